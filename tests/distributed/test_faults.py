"""Whatever fails between the ranks, each of them trains and records on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import collapse_probe as cp
from collapse_probe.errors import CollapseProbeWarning
from tests.hooks.faults import Fault, SpeechlessError, boundaries

from . import test_coordination
from .test_coordination import diverge, eventually

_fast, group = test_coordination._fast, test_coordination.group


# `leave` is for the others, at the end; `agreed` compares two numbers.
ASKED = ("Leader.__init__", "Leader.poll", "Member.__init__", "Member.poll", "Member.should_stop", "read", "decide")
PLACE = ("default_store", "under")


@pytest.mark.parametrize(
    "name", [name for name in boundaries() if name.startswith("_distributed.") and name.endswith(ASKED + PLACE)]
)
def test_ranks_that_can_agree_no_more_go_on_training(
    name: str, group: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group()
    with monkeypatch.context() as patched, pytest.warns(CollapseProbeWarning, match="cannot be stopped") as caught:
        fault = Fault(name, lambda: SpeechlessError(), patched)
        fault.arm()
        with cp.Probe(run=tmp_path) as probe:
            diverge(probe)
            assert eventually(lambda: not probe.should_stop and len(caught) > 0)
            diverge(probe)
    assert fault.hits
    assert len(caught) == 1
    assert len(cp.load(tmp_path).steps) == 6
