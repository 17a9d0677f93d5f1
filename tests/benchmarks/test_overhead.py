"""The benchmark of the cost in small: every part runs, and says what it found or why it found nothing."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch

from collapse_probe._store import RunWriter


@pytest.fixture(scope="module")
def overhead(load_script: Callable[[str], ModuleType]) -> ModuleType:
    return load_script("overhead")


def claim(overhead: ModuleType, claims: list[object], beginning: str) -> object:
    found = [claim for claim in claims if claim.what.startswith(beginning)]  # type: ignore[attr-defined]
    assert len(found) == 1, overhead.table(claims)
    return found[0]


def test_a_ratio_is_the_median_over_rounds_of_the_quotients(overhead: ModuleType) -> None:
    ratio = sys.modules["_claims"].ratio
    measured = ratio([1.0, 6.0, 3.0], [2.0, 2.0, 2.0])
    assert (measured.median, measured.low, measured.high) == (1.5, 0.5, 3.0)


def test_a_target_on_the_upper_end_is_missed_where_only_the_median_keeps_it(overhead: ModuleType) -> None:
    interval = sys.modules["_claims"].Interval(2.0, 1.0, 4.0)
    assert overhead.Claim("median", interval, at_most=3.0).met is True
    assert overhead.Claim("end", interval, at_most=3.0, judged_by="upper end").met is False
    assert overhead.Claim("no target", interval).met is None
    assert overhead.Claim("not measured", None, at_most=3.0, note="no GPU").met is None


def test_a_table_shows_number_interval_target_and_whether_it_is_met(overhead: ModuleType) -> None:
    interval = sys.modules["_claims"].Interval(2.0, 1.0, 4.0)
    table = overhead.table(
        [
            overhead.Claim("slow", interval, "%", 3.0, "upper end"),
            overhead.Claim("none", None, "%", 1.0, note="no GPU"),
        ]
    )
    assert table.splitlines()[2:] == [
        "| slow | 2.00 % | 1.00 to 4.00 % | ≤ 3 %, upper end | **no** |",
        "| none | no GPU | – | ≤ 1 % | – |",
    ]


def test_what_is_recorded_is_read_back_and_a_missing_peer_is_said_to_be_missing(
    overhead: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorders = sys.modules["_overhead.recorders"]
    for module in (recorders, overhead.recording):
        monkeypatch.setattr(module, "installed", lambda peer: False)
    paces = [overhead.Pace("at once", 0.0, 2, 3), overhead.Pace("every ms", 0.001, 1, 2)]
    found, read_back = overhead.recording.measure(paces)
    assert read_back.startswith("All 13 steps ")
    assert {name: [len(block) for block in blocks] for name, blocks in found["at once"].items()} == {
        f"{ours}, {given}": [3, 3] for ours in ("`probe.log`", "`Probe.step`") for given in ("tensors", "floats")
    }
    claims = overhead.recording.claims(found)
    assert claim(overhead, claims, "`probe.log`, tensors, at once: median").measured.median > 0  # type: ignore[attr-defined]
    table = overhead.table(claims)
    assert "| `Probe.step`, tensors / TensorBoard, floats, every ms | tensorboard is not installed | – |" in table
    assert "| trackio, floats | not installed |" in overhead.recording.table(found)


@pytest.mark.skipif(importlib.util.find_spec("tensorboard") is None, reason="TensorBoard is not installed")
def test_tensorboard_writes_the_five_scalars_of_a_step(overhead: ModuleType, tmp_path: Path) -> None:
    recorder = sys.modules["_overhead.recorders"]._tensorboard(tmp_path, as_floats=False)
    recorder.record(0)
    recorder.close()
    (written,) = tmp_path.rglob("*tfevents*")
    assert all(name.encode() in written.read_bytes() for name in sys.modules["_overhead.recorders"].NAMES)


def test_the_small_network_is_watched_with_and_without_captures(overhead: ModuleType) -> None:
    floor = overhead.toy.measure(rounds=1, steps=8, warm_up=8, captures=False)
    captures = overhead.toy.measure(rounds=1, steps=12, warm_up=12, captures=True)
    assert len(floor.watched) == len(floor.alone) == len(captures.watched) == len(captures.alone) == 1
    table = overhead.table(overhead.toy.claims(floor, captures))
    assert "floor: steps alone, no captures" in table
    assert "with captures, all defaults" in table


@pytest.mark.slow
def test_pictures_are_watched_and_paused_by_turns(overhead: ModuleType) -> None:
    gan = overhead.networks.dcgan(width=2, batch_size=64, images=128)
    found = overhead.pictures.measure(gan, rounds=2, least=1)
    assert len(found.watched) == len(found.paused) == 2
    assert found.every >= 1
    assert found.hook_seconds > 0
    table = overhead.table(overhead.pictures.claims(found))
    assert "≤ 3 %, upper end" in table
    assert "CPU time of the probe, by its own clocks" in table


@pytest.mark.gpu
def test_no_watched_step_on_a_gpu_synchronises(overhead: ModuleType) -> None:
    gan = overhead.networks.dcgan(width=2, batch_size=64, device="cuda", images=128)
    assert overhead.pictures.synchronisations(gan, steps=40).met


def test_without_a_gpu_its_rows_say_so(overhead: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    heading, text = overhead.pictures_on_gpu(1)
    assert heading == "Pictures, on a GPU"
    assert text.count("no GPU on this machine") == 2


def test_a_row_of_a_stream_takes_eight_bytes_for_step_and_time_and_four_or_eight_for_a_scalar(
    overhead: ModuleType,
) -> None:
    looked: list[int] = []
    six, _ = overhead.stream.stream(6, steps=4000, look=looked.append)
    doubles, _ = overhead.stream.stream(8, steps=4000, single=False)
    assert looked == list(range(400, 4001, 400))
    assert 8 + 8 + 6 * 4 < six < 8 + 8 + 6 * 4 + 1
    assert 8 + 8 + 8 * 8 < doubles < 8 + 8 + 8 * 8 + 1


def test_a_stream_of_which_rows_are_missing_is_no_measurement(
    overhead: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = RunWriter.append_steps
    monkeypatch.setattr(
        RunWriter, "append_steps", lambda writer, columns: append(writer, {n: c[::2] for n, c in columns.items()})
    )
    with pytest.raises(RuntimeError, match="cannot hold 4,000 steps"):
        overhead.stream.stream(6, steps=4000)


def test_the_stream_compares_the_memory_of_its_first_tenth_with_that_at_its_end(overhead: ModuleType) -> None:
    claims = overhead.stream.measure(steps=2000, first=200)
    grown = claim(overhead, claims, "from 200 to 2,000 steps: memory grew by")
    assert grown.measured is None or " MB" in grown.note  # type: ignore[attr-defined]
    assert claim(overhead, claims, "on disk, 8 columns").met  # type: ignore[attr-defined]


def test_the_memory_on_the_device_is_at_least_that_of_the_samples_held(overhead: ModuleType) -> None:
    held = overhead.stream.device_memory(side=32, batch_size=64, steps=8)
    assert held.measured >= 256 * 3 * 32 * 32 * 4 / 1e6


def test_the_page_holds_the_question_the_machine_and_every_part(overhead: ModuleType) -> None:
    page = overhead.page([("First", "one"), ("Second", "two")])
    assert page.startswith("# What does the probe cost?\n")
    assert "torch thread" in page
    assert page.endswith("## First\n\none\n\n## Second\n\ntwo\n")
