"""The same questions asked of every shape of loop: what was seen is what the loop did, and it did not notice."""

import gc
from collections.abc import Iterator

import numpy as np
import pytest

from ._stage import SHAPES
from ._table import wrong_tags
from ._watch import EARLY, LATE, outcome


@pytest.fixture(scope="module", autouse=True)
def _garbage() -> Iterator[None]:
    yield
    gc.unfreeze()


every_shape = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if shape.slow else []) for name, shape in SHAPES.items()]
)


@every_shape
def test_the_loop_is_understood(name: str) -> None:
    result = outcome(name)
    assert [w.error for w in result.watched] == [None] * len(result.watched)
    assert result.warnings == []


@every_shape
def test_calls_of_the_discriminator_are_tagged_for_what_they_were(name: str) -> None:
    for watched in outcome(name).watched:
        wrong, calls = wrong_tags(watched.account, watched.loop["calls"]), watched.account.calls
        assert 100 * wrong <= calls.total(), f"truly {dict(calls)}, tagged {watched.loop['calls']}"


@every_shape
def test_the_direction_of_the_scores_is_found(name: str) -> None:
    for watched in outcome(name).watched:
        assert watched.loop["orientation"] == (SHAPES[name].orientation if watched.account.calls.total() else 0)


@every_shape
def test_there_is_one_step_for_each_update_of_the_generator(name: str) -> None:
    for watched in outcome(name).watched:
        assert watched.steps.index.tolist() == list(range(len(watched.account.steps)))


@every_shape
@pytest.mark.parametrize("column", ["d_real", "d_fake", "edge", "canonical_loss_d", "canonical_loss_g"])
def test_scores_are_those_that_the_loop_saw(name: str, column: str) -> None:
    for watched in outcome(name).watched:
        truth = watched.account.column(column)
        if column == "edge" and not SHAPES[name].edge:
            continue
        if column.startswith("canonical") and np.isnan(truth).all():
            continue  # The loop's loss is no cross-entropy.
        if np.isnan(truth).all():
            assert column not in watched.steps or watched.steps[column].isna().all()
            continue
        np.testing.assert_allclose(watched.steps[column], truth, rtol=1e-4, atol=1e-5)


@every_shape
def test_the_loops_own_scalars_stay_with_their_step(name: str) -> None:
    for watched in outcome(name).watched:
        for column in sorted({n for step in watched.account.steps for n in step if n.startswith("loss")}):
            np.testing.assert_allclose(watched.steps[column], watched.account.column(column), rtol=1e-6)


@every_shape
def test_every_row_of_a_capture_is_one_that_the_generator_made_in_training(name: str) -> None:
    for watched in outcome(name).watched:
        assert len(watched.captures) >= 2
        for step, rows in watched.captures.items():
            foreign = sum(row.tobytes() not in watched.account.made_rows for row in rows)
            assert foreign == 0, f"{foreign} of {len(rows)} rows at step {step}"


@every_shape
def test_every_row_of_the_reference_is_real(name: str) -> None:
    for watched in outcome(name).watched:
        if "real" in SHAPES[name].options or not watched.account.real_rows:
            continue
        assert watched.reference is not None
        foreign = sum(row.tobytes() not in watched.account.real_rows for row in watched.reference)
        assert foreign == 0, f"{foreign} of {len(watched.reference)} rows"


@every_shape
def test_training_is_bit_identical_with_and_without_the_probe(name: str) -> None:
    with_probe, without = (outcome(name).state[probed] for probed in (True, False))
    assert len(with_probe) == len(without)
    for ours, theirs in zip(with_probe, without, strict=True):
        assert (ours == theirs).all() if hasattr(ours, "all") else ours == theirs


@every_shape
def test_nothing_is_left_on_the_networks_after_close(name: str) -> None:
    assert outcome(name).marks["after"] == outcome(name).marks["before"]


@every_shape
def test_no_more_tensors_are_alive_late_in_training_than_early(name: str) -> None:
    live = outcome(name).live
    grown = {}
    for probed, counted in live.items():
        early, late = (counted[step].tensors for step in sorted(counted))
        grown[probed] = late - early
    # A chunk of the record and a capture may be on their way; one tensor kept a step would be eighteen.
    assert grown[True] < max(0, grown[False]) + EARLY - LATE
