"""Runs with a known course, written through the writer."""

from pathlib import Path

import numpy as np
from scipy.special import expit

from collapse_probe import Probe
from collapse_probe._records import Event
from collapse_probe._store import Run, RunWriter, load

COLLAPSE = Event(
    "collapse",
    "critical",
    step=640,
    onset=600,
    message="Since step 600 the generated batches hold 1.3 of the 8 modes of the data.",
    evidence={"occupancy": 0.16, "effective_modes": 1.3},
    advice="Stop here and go back to the generator of step 560; lower the learning rate of the discriminator.",
)
WARNING = Event(
    "revolution", "warning", 630, 590, "D tells real from generated without error.", {"edge": 0.99}, "Wait."
)
LABELS = {
    "occupancy": {
        "title": "How many cells of real data the generator visits, against as many real samples.",
        "unit": "cells",
        "healthy": "high",
    },
    "mode_shares": {"title": "Shares of modes", "unit": "share of samples", "healthy": "reference"},
}
BANDS = {"occupancy": [0.95, 0.02]} | {f"mode_shares.{i}": [0.125, 0.01] for i in range(8)}


def ring(modes: int, samples: int, seed: int) -> np.ndarray:
    """Samples of the first `modes` of eight modes on a circle."""
    random = np.random.default_rng(seed)
    angle = 2 * np.pi * random.integers(0, modes, samples) / 8
    points = np.column_stack([np.cos(angle), np.sin(angle)]) + random.normal(0, 0.04, (samples, 2))
    return points.astype(np.float32)


def training_steps(steps: int, collapse_at: int | None = None) -> dict[str, np.ndarray]:
    """All columns of a training run; D wins from `collapse_at` on."""
    random = np.random.default_rng(steps)
    step = np.arange(steps)
    won = np.zeros(steps) if collapse_at is None else expit((step - collapse_at) / 15)
    noise = random.normal(0, 0.05, (6, steps))
    return {
        "step": step,
        "time": 1.7e9 + step * 0.25,
        "loss_d": 1.38 * (1 - won) + 0.01 + abs(noise[0]),
        "loss_g": 0.7 + 6 * won + noise[1],
        "d_real": 0.3 + 4 * won + noise[2],
        "d_fake": -0.2 - 5 * won + noise[3],
        "edge": 0.2 + 0.79 * won + noise[4] / 5,
        "grad_norm_d": np.exp(-1 - 4 * won + noise[5]),
        "grad_norm_g": np.exp(0.5 + 2 * won + noise[0]),
        "lr": np.full(steps, 2e-4),
    }


def statistics(steps: np.ndarray, collapse_at: int | None = None) -> dict[str, np.ndarray]:
    """Occupancy, a statistic that nobody labelled, and the shares of eight modes."""
    lost = np.zeros(len(steps)) if collapse_at is None else expit((steps - collapse_at) / 15)
    fitted = 1 - np.exp(-steps / 100)
    first = 0.125 + 0.8 * lost
    columns = {"step": steps, "occupancy": 0.93 * fitted * (1 - 0.85 * lost), "sharpness_score": 2 + fitted}
    return columns | {f"mode_shares.{i}": first if i == 0 else (1 - first) / 7 for i in range(8)}


def point_run(folder: Path, *, collapse_at: int | None = None, every: int = 20) -> Run:
    """A thousand steps on the ring of eight."""
    writer = RunWriter(folder, info={"tags": ["ring"], "total_steps": 5000, "cost": {"share of training": 0.004}})
    writer.append_steps(training_steps(1000, collapse_at))
    captured = np.arange(0, 1000, every)
    writer.append_statistics(statistics(captured, collapse_at))
    for step in captured:
        modes = 1 if collapse_at is not None and step >= collapse_at else 8
        writer.write_capture(int(step), {"generated": ring(modes, 256, int(step))})
    writer.write_reference({"real": ring(8, 600, 1)}, {"bands": BANDS, "statistics": LABELS})
    if collapse_at is not None:
        writer.append_event(WARNING)
        writer.append_event(COLLAPSE, visible_at=642)
    writer.close(how="finished" if collapse_at is None else "stopped")
    return load(folder)


def strokes(count: int, seed: int, size: int, channels: int) -> np.ndarray:
    """Pictures of one bright line each, in [-1, 1]."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size] / size - 0.5
    angle = random.uniform(0, np.pi, (count, 1, 1))
    line = np.exp(-(((np.cos(angle) * x + np.sin(angle) * y) * 12) ** 2)) * (np.hypot(x, y) < 0.4)
    tint = random.uniform(0.3, 1, (count, channels, 1, 1)) if channels > 1 else np.ones((count, 1, 1, 1))
    return (2 * line[:, None] * tint - 1).astype(np.float32)


def image_run(folder: Path, *, size: int = 28, channels: int = 1, captures: int = 6) -> Run:
    """Pictures that come out of noise."""
    writer = RunWriter(folder, info={"value_range": [-1, 1]})
    writer.append_steps(training_steps(300))
    captured = np.linspace(0, 299, captures).astype(int)
    writer.append_statistics(statistics(captured))
    for step in captured:
        noise = np.random.default_rng(step).uniform(-1, 1, (64, channels, size, size)).astype(np.float32)
        share = step / 299
        writer.write_capture(
            int(step), {"generated": share * strokes(64, int(step), size, channels) + (1 - share) * noise}
        )
    writer.write_reference({"real": strokes(64, 5, size, channels)}, {"bands": BANDS, "statistics": LABELS})
    writer.close(how="finished")
    return load(folder)


def bars(labels: np.ndarray, seed: int, *, alike: tuple[int, ...] = ()) -> np.ndarray:
    """Pictures of 12 by 12 with a bright bar at any place, across, upright or aslant; some classes all alike."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:12, :12]
    across = np.array([y, x, (x + y) / 2])[labels]
    places = np.where(np.isin(labels, alike), 5.0, random.uniform(0, 11, len(labels)))
    bar = np.exp(-((across - places[:, None, None]) ** 2) / 2)[:, None]
    return (2 * bar - 1 + random.normal(0, 0.03, bar.shape)).astype(np.float32)


def labelled_run(folder: Path, *, steps: int = 60) -> Run:
    """Three classes, watched: bars of class 1 become alike from step 20 on, all of them from step 40 on."""
    classes = np.arange(480) % 3
    names = ["across", "upright", "aslant"]
    with Probe(folder, real=(bars(classes, 0), classes), class_names=names, value_range=(-1, 1), stop_on=()) as probe:
        for step in range(steps):
            alike = (0, 1, 2) if step >= 40 else (1,) if step >= 20 else ()
            now = classes[:120]
            probe.step(loss_d=1.3, loss_g=0.7 + step / 60, fake=bars(now, step + 1, alike=alike), labels=now)
    return load(folder)


def spiked_run(folder: Path, *, steps: int, at: int, width: int = 5) -> Run:
    """A loss around 0 that is 9 for a few steps."""
    loss = np.random.default_rng(at).normal(0, 0.5, steps)
    loss[at : at + width] = 9.0
    step = np.arange(steps)
    writer = RunWriter(folder, info={})
    writer.append_steps({"step": step, "time": 1.7e9 + step / 20, "loss_d": loss})
    writer.close(how="finished")
    return load(folder)
