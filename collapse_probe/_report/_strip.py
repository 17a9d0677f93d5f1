"""The film strip: sheets that the generator drew from the same latents, one at each place of the slider."""

from bisect import bisect_right
from dataclasses import dataclass, field

from ..errors import CollapseProbeError
from ._batches import can_be_drawn, contact_sheet, is_image
from ._view import View


@dataclass
class Strip:
    """The different sheets, and which of them each place of the slider shows: `shown[i]` is a place in `images`."""

    images: list[str] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    shown: list[int] = field(default_factory=list)
    width: int = 0


def film_strip(view: View, steps: list[int], limits: tuple[float, float]) -> Strip:
    """At each step the newest sheet that was drawn by then, the first where there is none yet; pictures only."""
    strip = Strip()
    for step in sorted({_newest(view.run.sheets, step) for step in steps if view.run.sheets}):
        try:
            sheet = view.run.sheet(step)
        except CollapseProbeError:
            continue
        if can_be_drawn(sheet) and is_image(sheet):
            drawn = contact_sheet(sheet, limits)
            strip.images.append(drawn.uri)
            strip.steps.append(step)
            strip.width = drawn.width
    if strip.steps:
        strip.shown = [max(0, bisect_right(strip.steps, step) - 1) for step in steps]
    return strip


def _newest(stored: list[int], step: int) -> int:
    return stored[max(0, bisect_right(stored, step) - 1)]
