"""What takes longer: memory over a thousand steps, and random state in a process of its own."""

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ._stage import SHAPES
from ._watch import Outcome, train

LONG = ["DCGAN", "R1", "simultaneous", "augmented", "fake and real together", "gradient scaler", "moving average"]
_IN_A_FRESH_PROCESS = """
import warnings
warnings.simplefilter("ignore")
from tests.hooks.shapes._watch import outcome
states = outcome("LSGAN").state
assert type(states[True][-1]) is tuple and len(states[True][-1][1]) == 625, "not Python's own random state"
assert states[True][-1] == states[False][-1]
"""


@pytest.fixture(autouse=True)
def _garbage() -> Iterator[None]:
    yield
    gc.unfreeze()


@pytest.mark.slow
@pytest.mark.parametrize("name", LONG)
def test_after_a_thousand_steps_no_more_tensors_are_alive_than_after_a_hundred(name: str) -> None:
    result = Outcome()
    train(SHAPES[name], result, probed=True, steps=1000, count_at=(100, 900))
    early, late = result.live[True][100], result.live[True][900]
    assert late.tensors <= early.tensors + 40
    # Two chunks of the record and a capture are on their way at most.
    assert late.bytes <= early.bytes + 2**21


@pytest.mark.slow
def test_the_random_state_of_python_is_the_same_with_and_without_the_probe() -> None:
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", _IN_A_FRESH_PROCESS], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
