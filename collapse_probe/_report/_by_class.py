"""Generated pictures of each class, beside real ones of the class."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Int, Shaped

from .._recorder import class_indices
from ..errors import CollapseProbeError
from ._batches import Sheet, can_be_drawn, contact_sheet, is_image
from ._strip import MOST_NEIGHBOURS, Strip
from ._view import CLASSES, View, thin

Labelled = tuple[Shaped[np.ndarray, "n ..."], Int[np.ndarray, " n"]]
MOST, GENERATED, REAL = 16, 8, 4
"""Classes shown, and pictures of each."""


@dataclass
class ByClass:
    """One row a class, in the order of `names`."""

    names: list[str] = field(default_factory=list)
    strip: Strip = field(default_factory=Strip)
    real: Sheet | None = None


def by_class(view: View, steps: list[int], limits: tuple[float, float]) -> ByClass:
    """A sheet of rows by class at up to 20 of the steps; empty where the captures have no labels."""
    labels = {step: _labels(view, step) for step in thin(steps, keep=view.turns[:4], most=MOST_NEIGHBOURS)}
    batches = {step: (view.shown[step], known) for step, known in labels.items() if known is not None}
    classes = _chosen(view, batches)
    found = ByClass([view.class_name(label) for label in classes])
    for step, labelled in batches.items() if len(classes) > 1 else ():
        sheet = _sheet(labelled, classes, limits, columns=GENERATED)
        found.strip.images.append(sheet.uri)
        found.strip.steps.append(step)
        found.strip.captions.append(view.say("step {step}", step=f"{step:,}"))
        found.strip.width, found.strip.height = sheet.width, sheet.height
    real = _real(view)
    if found.strip.images and real is not None and real[0].shape[1:] == view.shown[steps[0]].shape[1:]:
        found.real = _sheet(real, classes, limits, columns=REAL)
    found.strip.show_at(steps)
    return found


def _chosen(view: View, batches: dict[int, Labelled]) -> list[int]:
    """In order; of more than 16, those that events name come first, then those of the lowest numbers."""
    known = sorted({int(label) for _, labels in batches.values() for label in np.unique(labels[labels >= 0])})
    named = {name for event in view.events for name in event.evidence}
    known.sort(key=lambda label: f"{CLASSES}.{label}" not in named)
    return sorted(known[:MOST])


def _sheet(labelled: Labelled, classes: list[int], limits: tuple[float, float], *, columns: int) -> Sheet:
    samples, labels = labelled
    places = np.full((len(classes), columns), -1)
    for row, label in enumerate(classes):
        mine = np.flatnonzero(labels == label)[:columns]
        places[row, : len(mine)] = mine
    return contact_sheet(samples, limits, places=places)


def _labels(view: View, step: int) -> np.ndarray | None:
    try:
        stored = view.run.capture(step).get("labels")
    except CollapseProbeError:
        return None
    found = class_indices(stored, len(view.shown[step]))
    return None if found is None else found.numpy()


def _real(view: View) -> Labelled | None:
    try:
        tensors = view.run.reference_tensors
    except CollapseProbeError:
        return None
    samples, labels = tensors.get("class_samples"), tensors.get("class_labels")
    if samples is None or not can_be_drawn(samples) or not is_image(samples):
        return None
    known = class_indices(labels, len(samples))
    return None if known is None else (samples, known.numpy())
