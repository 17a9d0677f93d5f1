"""The benchmark of failing disks in small: each fault is survived, and said to be."""

import importlib
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_fault_of_a_disk_is_met_with_one_warning_and_no_missing_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    disks = importlib.import_module("_reliability.disks")
    monkeypatch.setattr(disks, "_AFTER", 20)
    monkeypatch.setattr(disks, "_BEFORE", 20)
    some = [fault for fault in disks.FAULTS if fault.what in ("full", "silent to the end", "deleted")]
    monkeypatch.setattr(disks, "FAULTS", some)
    heading, text = disks.measure(quick=True)
    assert heading == "When the disk fails"
    if "not measured: " in text:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(text)
    rows = {row.split(" | ")[0].removeprefix("| "): row.split(" | ") for row in text.splitlines() if ": " in row}
    for fault in some:
        for what in ("warnings", "tensors of weights that differ from a training without a probe"):
            assert rows[f"{fault.what}: {what}"][-1] == "yes |"
        if fault.what != "deleted":
            assert rows[f"{fault.what}: steps missing"][-1] == "yes |"
            assert rows[f"{fault.what}: blocks damaged"][-1] == "yes |"
