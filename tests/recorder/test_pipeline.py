"""Trouble behind the training loop: what can be recorded is, and what cannot be measured is said once."""

import math
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, RandomSampler, TensorDataset

import collapse_probe as cp
from collapse_probe.errors import CollapseProbeWarning, InvalidArgument

RING = cp.toy.ring(8)
REAL = cp.toy.ring(8, seed=1).sample(512)
VARIED = cp.toy.ring(8, seed=2).sample(64)
ONE_MODE = VARIED[:1] + 0.001 * VARIED


def _train(
    probe_of: Callable[[nn.Module], cp.Probe], *, steps: int, wait_for_stop: bool = False, **logged: float
) -> cp.Probe:
    """A generator that is trained without a discriminator, watched."""
    torch.manual_seed(0)
    generator = nn.Linear(4, 2)
    optimizer = torch.optim.SGD(generator.parameters(), 0.01)
    with probe_of(generator) as probe:
        for _ in range(steps):
            optimizer.zero_grad()
            loss = generator(torch.randn(32, 4)).square().mean()
            loss.backward()
            optimizer.step()
            probe.log(loss_g=loss, **logged)
        give_up = time.monotonic() + 10
        while wait_for_stop and not probe.should_stop and time.monotonic() < give_up:
            time.sleep(0.01)
    return probe


def test_an_embedding_of_the_wrong_shape_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=r"embed returned shape \(4,\) for 2 samples; expected \(2, d\)"):
        cp.Probe(run=tmp_path / "run", real=REAL, embed=lambda samples: samples.flatten())
    assert not (tmp_path / "run").exists()


def test_an_embedding_that_fails_later_ends_the_measuring_and_not_the_recording(tmp_path: Path) -> None:
    fails = False

    def embed(samples: Tensor) -> Tensor:
        return samples[:0] if fails else samples

    with pytest.warns(CollapseProbeWarning, match="nothing can be measured any more: InvalidArgument: embed") as caught:
        with cp.Probe(run=tmp_path / "run", real=REAL, modes=RING, embed=embed) as probe:
            for index in range(5):
                fails = index >= 2
                probe.step(loss_d=float(index), fake=VARIED)
    assert len(caught) == 1
    assert "embed returned shape (0, 2)" in str(probe.error)
    run = cp.load(tmp_path / "run")
    assert run.steps["loss_d"].tolist() == [0, 1, 2, 3, 4]
    assert run.batches == [0, 1, 2, 3, 4]
    assert run.statistics.index.tolist() == [0, 1]
    assert run.info["error"] == probe.error


def test_real_data_of_another_shape_than_the_samples_is_named_once_with_both_shapes(tmp_path: Path) -> None:
    real = torch.randn(64, 3)
    with pytest.warns(CollapseProbeWarning) as caught:
        _train(lambda g: cp.attach(g, run=tmp_path / "run", real=real, every=1, sample_size=32), steps=6)
    said = [str(warning.message) for warning in caught]
    assert len(said) == 1
    assert "samples of shape (2,) and the real data have (3,)" in said[0]
    run = cp.load(tmp_path / "run")
    assert run.steps["loss_g"].gt(0).tolist() == [True] * 6
    assert run.batches == [0, 1, 2, 3, 4, 5]


def test_a_scalar_of_the_loops_own_that_is_undefined_never_stops_the_run(tmp_path: Path) -> None:
    probe = _train(lambda g: cp.attach(g, run=tmp_path / "run"), steps=12, fid=math.nan)
    assert not probe.should_stop
    assert probe.events == []
    assert cp.load(tmp_path / "run").steps["fid"].isna().all()


def test_generated_batches_that_are_nan_are_a_divergence(tmp_path: Path) -> None:
    with cp.Probe(run=tmp_path / "run", real=REAL, modes=RING, patience=3) as probe:
        for index in range(6):
            probe.step(loss_d=1.0, fake=VARIED if index < 2 else torch.full_like(VARIED, math.nan))
    assert [(e.kind, e.severity, e.onset, e.step) for e in probe.events] == [
        ("divergence", "warning", 2, 2),
        ("divergence", "critical", 2, 4),
    ]
    assert "64 of the generated samples are NaN" in probe.events[0].message
    assert probe.should_stop
    assert cp.load(tmp_path / "run").verdict.kind == "diverged"


def test_leaving_the_program_in_on_event_is_a_warning_and_loses_nothing(tmp_path: Path) -> None:
    def leave(event: cp.Event) -> None:
        sys.exit(3)

    with pytest.warns(CollapseProbeWarning, match="on_event raised SystemExit: 3; the run goes on"):
        with cp.Probe(run=tmp_path / "run", real=REAL, modes=RING, on_event=leave) as probe:
            for index in range(9):
                probe.step(loss_d=float(index), fake=VARIED if index < 4 else ONE_MODE)
    run = cp.load(tmp_path / "run")
    assert run.steps["loss_d"].tolist() == list(range(9))
    assert run.statistics.index.tolist() == list(range(9))
    assert [(e.kind, e.severity) for e in run.event_list] == [("collapse", "warning"), ("collapse", "critical")]
    assert run.event_list == probe.events


@pytest.mark.parametrize(("how", "said"), [("close", "set a flag there"), ("exit", "SystemExit: 3")])
def test_ending_a_watched_run_from_on_event_is_a_warning_and_loses_nothing(how: str, said: str, tmp_path: Path) -> None:
    probes: list[cp.Probe] = []
    ends = {"close": lambda event: probes[0].close(), "exit": lambda event: sys.exit(3)}

    def attach(generator: nn.Module) -> cp.Probe:
        probes.append(cp.attach(generator, run=tmp_path / "run", on_event=ends[how]))
        return probes[0]

    with pytest.warns(CollapseProbeWarning, match=f"on_event raised .*{said}.*; the run goes on"):
        _train(attach, steps=100, wait_for_stop=True, loss_d=math.nan)
    run = cp.load(tmp_path / "run")
    assert len(run.steps) == 100
    assert [(e.kind, e.severity) for e in run.event_list] == [("divergence", "warning"), ("divergence", "critical")]
    assert run.info["ends"][0]["how"] == "stopped"


def test_closing_a_probe_fed_by_hand_from_on_event_loses_nothing(tmp_path: Path) -> None:
    # The step that raised the event has a batch too, which is recorded after it.
    def close(event: cp.Event) -> None:
        probe.close()

    probe = cp.Probe(run=tmp_path / "run", real=REAL, modes=RING, on_event=close)
    try:
        probe.step(loss_d=1.0, fake=VARIED)
        with pytest.warns(CollapseProbeWarning, match=r"close\(\) was called inside on_event"):
            probe.step(loss_d=math.nan, fake=VARIED)
        assert probe.error is None
    finally:
        probe.close()
    run = cp.load(tmp_path / "run")
    assert run.steps.index.tolist() == run.batches == run.statistics.index.tolist() == [0, 1]
    assert [e.kind for e in run.event_list] == ["divergence"]


@pytest.mark.parametrize(
    "labels",
    [np.arange(64, dtype=np.int32), list(range(64)), torch.arange(64), np.arange(64, dtype=np.uint8)],
    ids=["int32 array", "list", "int64 tensor", "uint8 array"],
)
def test_labels_are_kept_as_they_came(labels: Any, tmp_path: Path) -> None:
    with cp.Probe(run=tmp_path / "run") as probe:
        probe.step(fake=VARIED, labels=labels)
    stored = cp.load(tmp_path / "run").capture(0)["labels"]
    assert stored.tolist() == list(range(64))
    assert stored.dtype == np.asarray(labels).dtype


@pytest.mark.parametrize("holder", ["loader", "sampler"])
def test_a_loaders_own_generator_is_put_back(holder: str, tmp_path: Path) -> None:
    own, data = torch.Generator().manual_seed(5), TensorDataset(REAL)
    if holder == "loader":
        loader = DataLoader(data, batch_size=32, shuffle=True, generator=own)
    else:
        loader = DataLoader(data, batch_size=32, sampler=RandomSampler(data, generator=own))
    before = own.get_state()
    cp.Probe(run=tmp_path / "run", real=loader).close()
    assert torch.equal(own.get_state(), before)


class _Augmented:
    """A loader that draws from every global source of random numbers."""

    def __iter__(self) -> Iterator[Tensor]:
        for part in REAL.split(64):
            yield part + random.random() * float(np.random.rand()) * torch.rand(1)


def test_a_loader_that_draws_random_numbers_leaves_their_states_as_they_were(tmp_path: Path) -> None:
    def states() -> list[Any]:
        return [random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()]

    before = states()
    cp.Probe(run=tmp_path / "run", real=_Augmented()).close()
    assert states() == before


def test_a_batch_of_four_is_kept_and_not_measured_and_a_larger_one_is(tmp_path: Path) -> None:
    with cp.Probe(run=tmp_path / "run", real=REAL, modes=RING) as probe:
        probe.step(fake=VARIED[:4])
        probe.step(fake=VARIED)
        assert probe.error is None
    run = cp.load(tmp_path / "run")
    assert run.batches == [0, 1]
    assert run.statistics.index.tolist() == [1]
    assert np.isfinite(run.statistics["occupancy"].iloc[0])


UNCLOSED = """
import sys, torch, collapse_probe as cp
probe = cp.Probe(run=sys.argv[1])
probe.step(loss_d=1.0)
G = torch.nn.Linear(2, 2)
optimizer = torch.optim.SGD(G.parameters(), 0.1)
attached = cp.attach(G, run=sys.argv[2])
G(torch.randn(8, 2)).mean().backward()
optimizer.step()
attached.log(loss_g=2.0)
"""


def test_a_process_that_ends_without_close_has_its_steps_and_an_end_on_record(tmp_path: Path) -> None:
    command = [sys.executable, "-c", UNCLOSED, str(tmp_path / "hand"), str(tmp_path / "attached")]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    for name, column, value in (("hand", "loss_d", 1.0), ("attached", "loss_g", 2.0)):
        run = cp.load(tmp_path / name)
        assert run.steps[column].tolist() == [value]
        assert run.finished
        assert run.info["ends"][0]["how"] == "interpreter exit"


def test_captures_that_a_stalled_analysis_cannot_take_are_dropped_and_counted_and_no_step_is(tmp_path: Path) -> None:
    gate, pixels = threading.Event(), 1 << 18
    gate.set()

    def embed(samples: Tensor) -> Tensor:
        gate.wait(20)
        return samples[:, :2].clone()

    generator = nn.Linear(1, pixels)
    optimizer = torch.optim.SGD(generator.parameters(), 0.01)
    options: dict[str, Any] = {"real": torch.randn(32, pixels), "embed": embed, "every": 1, "sample_size": 16}
    options |= {"latents": None}  # captures are as large as the samples in them
    with cp.attach(generator, run=tmp_path / "run", **options) as probe:
        gate.clear()
        for _ in range(8):
            optimizer.zero_grad()
            generator(torch.randn(16, 1)).mean().backward()
            optimizer.step()
        # Captures are of 16 MB, and 64 MB may wait. The last one leaves at the end, when there may be room again.
        threading.Timer(0.2, gate.set).start()
    run = cp.load(tmp_path / "run")
    assert probe.error is None
    assert len(run.steps) == 8
    assert run.batches[:4] == [0, 1, 2, 3]
    assert run.info["cost"]["captures_dropped"] in (3, 4)
    assert len(run.batches) + run.info["cost"]["captures_dropped"] == run.info["cost"]["captures"] == 8


def test_a_few_real_samples_of_each_class_and_their_names_are_kept_for_a_person_to_look_at(tmp_path: Path) -> None:
    labels = torch.arange(200) % 3
    labels[:5] = -1
    real = torch.randn(200, 2) + 10 * labels[:, None]
    with cp.Probe(tmp_path / "run", real=(real, labels), class_names=("a", "b", "c")) as probe:
        probe.step(fake=real[:64], labels=labels[:64])
    run = cp.load(tmp_path / "run")
    kept = run.reference_tensors
    assert kept["class_labels"].tolist() == [0] * 8 + [1] * 8 + [2] * 8
    assert (abs(kept["class_samples"] - 10 * kept["class_labels"][:, None]) < 5).all()
    assert run.info["class_names"] == ["a", "b", "c"]
