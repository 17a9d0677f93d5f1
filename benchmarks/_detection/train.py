"""Training the runs of a program, watched by the probe, and keeping what was seen with the truth beside it."""

import shutil
import time
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Generator, Tensor

import collapse_probe as cp

from .data import Data, data
from .faults import FAULTS, GRADUAL, WELL, Course
from .losses import LOSSES, PENALTIES
from .networks import networks
from .observed import STEP_COLUMNS, Observed, load, save
from .outcomes import watched
from .programs import PROGRAMS, Plan, Program, plans
from .truth import Classifier, Labeller, labeller, measure, real_modes

ROOT = Path(__file__).parent.parent.parent
WORK = ROOT / "build" / "detection"
OBSERVATIONS = Path(__file__).parent / "observations"
TRUTH_SAMPLES = 400
BRIEF_STEPS, STUMBLE_STEPS = 150, 40
_KEPT_PICTURES = 128


class Fault:
    """When which fault is at work in a run."""

    def __init__(self, plan: Plan) -> None:
        length = plan.program.length
        name = plan.setting.removesuffix("_briefly")
        self.name = name if name in FAULTS else "none"
        draw = np.random.default_rng(zlib.crc32(plan.name.encode())).uniform(0.35, 0.55)
        early = name in ("generator_starves", "feedback_drowns")
        self.first = 0 if early or self.name == "none" else round(draw * length)
        lasts = (
            BRIEF_STEPS
            if plan.setting.endswith("_briefly")
            else STUMBLE_STEPS
            if name == "generator_stumbles"
            else length
        )
        self.end = 0 if self.name == "none" else min(length, self.first + lasts)
        self._span = max(1, round(0.4 * length)) if name in GRADUAL else max(1, self.end - self.first)

    def course(self, step: int) -> Course:
        """How this step is trained."""
        if not self.first <= step < self.end:
            return WELL
        return FAULTS[self.name]((step - self.first) / self._span)


class Trainer:
    """A GAN in training, one step at a time."""

    def __init__(self, plan: Plan, known: Data) -> None:
        torch.manual_seed(zlib.crc32(plan.name.encode()))
        self.program, self.data = plan.program, known
        self.generator, self.discriminator = networks(plan.program.kind, plan.program.shape)
        betas = (plan.program.beta1, 0.999)
        self._of_g = torch.optim.Adam(self.generator.parameters(), plan.program.rates[0], betas, fused=True)
        self._of_d = torch.optim.Adam(self.discriminator.parameters(), plan.program.rates[1], betas, fused=True)
        self._drawn = Generator().manual_seed(zlib.crc32(plan.name.encode()) + 1)
        self._latent = 1.0

    def step(self, course: Course) -> tuple[Tensor, Tensor]:
        """Update both players; their losses."""
        program, loss = self.program, LOSSES[self.program.loss]
        self._of_g.param_groups[0]["lr"] = program.rates[0] * course.rate_g
        self._of_d.param_groups[0]["lr"] = program.rates[1] * course.rate_d
        self._latent = course.latent
        shown = max(1, round(course.classes * self.data.classes))
        for _ in range(program.updates_d * course.updates_d):
            real, labels = self.data.batch(program.batch, shown, self._drawn)
            if course.narrow:
                real[labels == 0] = self.data.samples[self.data.members[0][0]]
            fake = self.made(program.batch, labels)
            loss_d = loss.of_d(self.scored(real, labels), self.scored(fake.detach(), labels))
            total = loss_d
            if program.penalty is not None and course.penalty:
                name, weight = program.penalty
                total = total + weight * PENALTIES[name](partial(self.scored, labels=labels), real, fake)
            self._of_d.zero_grad()
            total.backward()
            self._of_d.step()
            if program.clip:
                with torch.no_grad():
                    for weights in self.discriminator.parameters():
                        weights.clamp_(-program.clip, program.clip)
        _, labels = self.data.batch(program.batch, shown, self._drawn)
        loss_g = loss.of_g(self.scored(self.made(program.batch, labels), labels))
        self._of_g.zero_grad()
        loss_g.backward()
        self._of_g.step()
        return loss_d, loss_g

    def made(self, count: int, labels: Tensor, generator: Generator | None = None) -> Tensor:
        """Generated samples."""
        latents = self._latent * torch.randn(count, self.program.shape.latent, generator=generator)
        return self.generator(latents, labels) if self.program.shape.classes else self.generator(latents)  # type: ignore[no-any-return]

    def scored(self, samples: Tensor, labels: Tensor) -> Tensor:
        """The discriminator's scores (n,)."""
        scores = self.discriminator(samples, labels) if self.program.shape.classes else self.discriminator(samples)
        return scores.flatten()  # type: ignore[no-any-return]  # a module returns Any


def run(plan: Plan, known: Data, label: Labeller, folder: Path) -> Observed:
    """Train a run to its end, whatever the probe says of it."""
    program, fault, trainer = plan.program, Fault(plan), Trainer(plan, known)
    drawn, truth = Generator().manual_seed(10**6 + plan.seed), {}
    options = {"labels": 1} if program.shape.classes else {}
    reference = (known.samples, known.labels) if program.shape.classes else known.samples
    probe = cp.attach(
        trainer.generator, trainer.discriminator, run=folder, real=reference, every=program.every,
        total_steps=program.length, **options,  # type: ignore[arg-type]
    )  # fmt: skip
    with probe:
        for step in range(program.length):
            loss_d, loss_g = trainer.step(fault.course(step))
            probe.log(loss_d=loss_d, loss_g=loss_g)
            if (step + 1) % program.every == 0:
                with probe.pause(), torch.no_grad():
                    truth[step] = _truth(trainer, label, drawn)
    if probe.error is not None:
        raise RuntimeError(f"{plan.name}: {probe.error}")
    seen = cp.load(folder)
    steps = seen.decisive_steps.reindex(columns=list(STEP_COLUMNS))
    steps["not_finite"] = steps["not_finite"].fillna(0.0)
    return Observed(
        program.name, plan.setting, plan.seed, program.length, real_modes(known, label, TRUTH_SAMPLES), fault.name,
        fault.first, fault.end, steps, seen.statistics, seen.bands, pd.DataFrame.from_dict(truth, orient="index"),
    )  # fmt: skip


def _truth(trainer: Trainer, label: Labeller, drawn: Generator) -> dict[str, float]:
    known = trainer.data
    # Labels by their shares in all data, whatever is shown to the discriminator at the time.
    wanted = known.labels[torch.randint(len(known.labels), (TRUTH_SAMPLES,), generator=drawn)]
    rows = torch.randint(len(known.held_out), (TRUTH_SAMPLES // 2,), generator=drawn)
    states = {name: value.clone() for name, value in trainer.generator.named_buffers()}
    generator_state = torch.get_rng_state()
    samples = trainer.made(TRUTH_SAMPLES, wanted, drawn)
    was_training = trainer.discriminator.training
    trainer.discriminator.eval()
    fake = trainer.scored(samples[: TRUTH_SAMPLES // 2], wanted[: TRUTH_SAMPLES // 2])
    real = trainer.scored(known.held_out[rows], known.held_out_labels[rows])
    trainer.discriminator.train(was_training)
    torch.set_rng_state(generator_state)
    for name, value in trainer.generator.named_buffers():
        value.copy_(states[name])
    return measure(samples, fake, real, label, known.classes)


def _kept(folder: Path, plan: Plan) -> None:
    """A thin copy of the captures, to try other statistics on; not part of the record."""
    seen = cp.load(folder)
    captures = {f"{step}": seen.batch(step)[:_KEPT_PICTURES] for step in seen.batches}
    small = {
        step: np.round((batch + 1) * 127.5).clip(0, 255).astype(np.uint8) if batch.ndim == 4 else batch
        for step, batch in captures.items()
    }
    path = WORK / "captures" / f"{plan.name}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **small)  # type: ignore[arg-type]  # names are step numbers


def _moved_by_rounding(observed: Observed, stored: Observed) -> str:
    """The events that detectors raise on the rows as stored and not on those that were seen, or the other way round."""
    raised = [{(e.kind, e.severity, e.step) for e in watched(one).events} for one in (observed, stored)]
    return ", ".join(f"{kind} {severity} at {step}" for kind, severity, step in sorted(raised[0] ^ raised[1])) or "none"


def _part(program: Program, mnist: Path | None, most: int | None) -> str:
    """The first `most` runs of a program, one after another; those that are kept, or were just made, are taken up."""
    torch.set_num_threads(1)
    known = data(program.data, mnist)
    label = labeller(known)
    if isinstance(label, Classifier):
        print(f"{program.name}: classifier right on {label.accuracy:.1%} of unseen pictures", flush=True)
    target = OBSERVATIONS / f"{program.name}.npz"
    kept = {one.name: one for one in load(target)} if target.is_file() else {}
    done = []
    for plan in plans(program)[:most]:
        path = WORK / "runs" / f"{plan.name}.npz"
        if plan.name in kept:
            done.append(kept.pop(plan.name))
            continue
        if not path.is_file():
            folder, began = WORK / "folders" / plan.name, time.perf_counter()
            shutil.rmtree(folder, ignore_errors=True)
            observed = run(plan, known, label, folder)
            _kept(folder, plan)
            save(path.with_suffix(".part.npz"), [observed])
            path.with_suffix(".part.npz").rename(path)
            shutil.rmtree(folder)
            told = _moved_by_rounding(observed, next(load(path)))
            print(f"{plan.name}: {time.perf_counter() - began:.0f} s; events moved by rounding: {told}", flush=True)
        done += list(load(path))
    # Runs that are kept and not asked for this time stay.
    save(target, [*done, *kept.values()])
    return program.name


def build(
    names: Iterable[str] = (), *, mnist: Path | None = None, processes: int = 2, most: int | None = None
) -> Iterator[str]:
    """Make the observations of these programs, or of all; what was made before is taken up. Yields what is done."""
    wanted = set(names)
    chosen = [one for one in PROGRAMS if (one.name in wanted or not wanted) and (one.data != "mnist" or mnist)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_part, chosen, [mnist] * len(chosen), [most] * len(chosen))
