"""What a movie shows: which steps, and the frame of each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from jaxtyping import Shaped
from PIL import Image

from .._report._batches import Plane, can_be_drawn, is_image, value_range
from .._report._view import thin
from .._store import Run
from ..errors import CollapseProbeError, InvalidArgument, UnreadableRun
from ._frames import captioned, cloud, contact_sheet

Source = Literal["auto", "sheets", "captures"]


@dataclass
class Film:
    """The frames in order, each made when it is asked for."""

    source: Source
    steps: list[int]
    left_out: int
    """How many more are stored, when there are more than were asked for."""
    _read: Callable[[int], np.ndarray]
    _draw: Callable[[np.ndarray], Image.Image]
    _caption: Callable[[int], tuple[str, str]]

    def frames(self) -> Iterator[Image.Image]:
        """All of one size; what cannot be read, or has another shape than the rest, is passed over."""
        size = None
        for step in self.steps:
            try:
                samples = self._read(step)
                if not can_be_drawn(samples):
                    continue
                picture = captioned(self._draw(samples), *self._caption(step))
            except CollapseProbeError:
                continue
            if size is None or picture.size == size:
                size = picture.size
                yield picture


def film_of(run: Run, *, source: Source = "auto", most: int = 300) -> Film:
    """The sheets of fixed latents where a run has them, else the captures; at most so many, the turns among them.

    Raises `InvalidArgument` where the run stores neither.
    """
    if source == "auto":
        source = "sheets" if len(run.sheets) > 1 else "captures"
    stored, read = (run.sheets, run.sheet) if source == "sheets" else (run.batches, run.batch)
    if not stored:
        raise InvalidArgument(f"{run.path} stores no {source}, so there is nothing to be shown")
    turns = [step for event in run.event_list for step in (event.onset, event.step)]
    best = run.verdict.best_step
    steps = thin(stored, keep=turns if best is None else [best, *turns], most=most)
    return Film(source, steps, len(stored) - len(steps), read, _drawing(run, steps, read), partial(_caption, run, best))


def _drawing(run: Run, steps: list[int], read: Callable[[int], np.ndarray]) -> Callable[[np.ndarray], Image.Image]:
    """How every frame is drawn: on one scale, so that what changes is the samples."""
    last = next((found for step in reversed(steps) if (found := _readable(read, step)) is not None), None)
    if last is None:
        raise UnreadableRun(f"{run.path}: none of its {len(steps):,} stored batches can be drawn")
    try:
        real = run.reference
    except UnreadableRun:
        real = None
    real = real if real is not None and can_be_drawn(real) else None
    if is_image(last):
        limits = value_range(run.info.get("value_range"), real, last)
        return partial(contact_sheet, limits=limits)
    if real is not None and real[0].size != last[0].size:
        real = None
    plane = Plane.of(last if real is None else real)
    return partial(cloud, plane=plane, real=None if real is None else plane.points(real), last=plane.points(last))


def _readable(read: Callable[[int], np.ndarray], step: int) -> Shaped[np.ndarray, "n ..."] | None:
    try:
        samples = read(step)
    except CollapseProbeError:
        return None
    return samples if can_be_drawn(samples) else None


def _caption(run: Run, best: int | None, step: int) -> tuple[str, str]:
    """The step, and what is going on there with the severity that colours it."""
    said, severity = "", ""
    for event in run.event_list:
        if event.onset <= step:
            said, severity = f"{event.kind} since {event.onset:,}", event.severity
            if event.kind == "recovery":
                said, severity = f"recovery at {event.onset:,}", "good"
    if step == best:
        said, severity = "healthiest generator", "good"
    return f"step {step:,}    {said}".rstrip(), severity
