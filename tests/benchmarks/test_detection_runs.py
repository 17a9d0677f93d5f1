"""Benchmarks that train: each part of them once, at the smallest size."""

import dataclasses
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

FOLDER = Path(__file__).parent.parent.parent / "benchmarks"
MODULES = ("data", "faults", "networks", "observed", "programs", "train", "truth")


@pytest.fixture(scope="module")
def made() -> Iterator[SimpleNamespace]:
    """What trains the runs, and the two benchmarks that train anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(FOLDER)
        before = set(sys.modules)
        modules = {name: importlib.import_module(f"_detection.{name}") for name in MODULES}
        commands = {name: importlib.import_module(name) for name in ("false_alarms", "remedies")}
        yield SimpleNamespace(**modules, **commands)
        for added in set(sys.modules) - before:
            if added.partition(".")[0] in ("_detection", "_page", "_claims", *commands):
                patch.delitem(sys.modules, added)


def test_a_run_is_watched_to_its_end_and_keeps_its_truth(made: SimpleNamespace, tmp_path: Path) -> None:
    program = made.programs.PROGRAMS[0].but(length=60, every=20)
    known = made.data.data(program.data)
    plan = made.programs.Plan(program, "generator_rushes", 3)
    seen = made.train.run(plan, known, made.truth.labeller(known), tmp_path / "run")
    assert seen.steps.index.tolist() == list(range(60))
    assert seen.truth.index.tolist() == [19, 39, 59]
    assert {"effective_modes", "favourite", "quality", "held_out_edge", "finite"} == set(seen.truth.columns)
    assert seen.fault == "generator_rushes" and 0.35 * 60 <= seen.fault_from <= 0.55 * 60
    assert set(seen.bands) >= {"occupancy", "matched_occupancy"}
    made.observed.save(tmp_path / "kept.npz", [seen])
    (again,) = made.observed.load(tmp_path / "kept.npz")
    assert again.name == seen.name and again.truth.index.equals(seen.truth.index)


def test_the_same_plan_draws_the_same_and_another_seed_does_not(made: SimpleNamespace) -> None:
    program = made.programs.PROGRAMS[0]
    known = made.data.data(program.data)

    def first_loss(seed: int) -> Any:
        trainer = made.train.Trainer(made.programs.Plan(program, "healthy", seed), known)
        return trainer.step(made.faults.WELL)[0].item()

    assert first_loss(1) == first_loss(1) != first_loss(2)


def test_every_program_makes_what_its_discriminator_reads(made: SimpleNamespace) -> None:
    for program in made.programs.PROGRAMS:
        generator, discriminator = made.networks.networks(program.kind, program.shape)
        latents, labels = torch.randn(4, program.shape.latent), torch.arange(4)
        more = (labels,) if program.shape.classes else ()
        samples = generator(latents, *more)
        assert samples.shape == (4, *program.shape.sample)
        assert discriminator(samples, *more).shape == (4, 1)


def test_plans_have_ten_healthy_seeds_of_each_program_and_no_name_twice(made: SimpleNamespace) -> None:
    for program in made.programs.PROGRAMS:
        plans = made.programs.plans(program)
        assert sum(plan.setting == "healthy" for plan in plans) == 10
        assert len({plan.name for plan in plans}) == len(plans)


def test_a_gradual_fault_spreads_and_a_brief_one_ends(made: SimpleNamespace) -> None:
    program = made.programs.PROGRAMS[0]
    dwindling = made.train.Fault(made.programs.Plan(program, "classes_dwindle", 1))
    shares = [dwindling.course(step).classes for step in range(dwindling.first, program.length)]
    assert shares == sorted(shares, reverse=True) and shares[0] == 1 and shares[-1] < 0.1
    brief = made.train.Fault(made.programs.Plan(program, "generator_rushes_briefly", 1))
    assert brief.end - brief.first == made.train.BRIEF_STEPS
    assert brief.course(brief.end) == made.faults.WELL


def test_run_lengths_are_steps_by_flags_and_a_bound_where_there_are_none(made: SimpleNamespace) -> None:
    seen = made.false_alarms.Seen("ring", 1000, "healthy", ("collapse",), 0)
    bad = dataclasses.replace(seen, kind="collapsed", warnings=("collapse",), stops=1)
    text = made.false_alarms.table([seen, seen, bad])
    assert "| in all | 2 | 1 | 2,000 | 2 | 1,000 | 0 | at least 667 |" in text


def test_a_remedy_helps_where_the_modes_of_its_pair_rise_by_a_tenth(made: SimpleNamespace) -> None:
    before = [made.remedies.Ended(0.2, True), made.remedies.Ended(0.5, True)]
    after = [made.remedies.Ended(0.9, False), made.remedies.Ended(0.45, False)]
    text = made.remedies.table({"as it is": before, "R1": after})
    assert "| R1 | 0.68 (0.45 to 0.90) | 1 of 2 | 0 of 2 | 0 of 2 |" in text
