"""Film strips: pictures of which each place of the slider shows the newest, such as sheets of fixed latents."""

from bisect import bisect_right
from dataclasses import dataclass, field

from ..errors import CollapseProbeError
from ._batches import can_be_drawn, contact_sheet, is_image
from ._neighbours import RealSamples, neighbour_sheet
from ._view import View, thin

MOST_NEIGHBOURS = 20


@dataclass
class Strip:
    """The different sheets, and which of them each place of the slider shows: `shown[i]` is a place in `images`."""

    images: list[str] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    shown: list[int] = field(default_factory=list)
    width: int = 0
    height: int = 0

    def show_at(self, steps: list[int]) -> "Strip":
        """At each step the newest sheet that was drawn by then, the first where there is none yet."""
        self.shown = newest(self.steps, steps) if self.steps else []
        return self


def newest(known: list[int], steps: list[int]) -> list[int]:
    """For each step the place of the last one that is known by then, of the first where none is.

    >>> newest([10, 20], [0, 10, 15, 30])
    [0, 0, 0, 1]
    """
    return [max(0, bisect_right(known, step) - 1) for step in steps]


def film_strip(view: View, steps: list[int], limits: tuple[float, float]) -> Strip:
    """The sheets of fixed latents; pictures only."""
    strip = Strip()
    stored = view.run.sheets
    for step in [stored[place] for place in sorted(set(newest(stored, steps)))] if stored else ():
        try:
            sheet = view.run.sheet(step)
        except CollapseProbeError:
            continue
        if can_be_drawn(sheet) and is_image(sheet):
            drawn = contact_sheet(sheet, limits)
            strip.images.append(drawn.uri)
            strip.steps.append(step)
            strip.captions.append(view.say("drawn after step {step}", step=f"{step:,}"))
            strip.width, strip.height = drawn.width, drawn.height
    return strip.show_at(steps)


def neighbour_strip(view: View, steps: list[int], limits: tuple[float, float]) -> Strip:
    """Generated pictures above their nearest real ones, at up to 20 of the steps."""
    strip, real = Strip(), view.reference
    batches = {step: view.shown[step] for step in thin(steps, keep=view.turns[:4], most=MOST_NEIGHBOURS)}
    if real is None or len(real) < 3 or real[0].shape != next(iter(batches.values()))[0].shape:
        return strip
    known = RealSamples(real)
    for step, batch in batches.items():
        if len(batch) > 1:
            sheet, said = neighbour_sheet(view, batch, known, limits=limits)
            strip.images.append(sheet.uri)
            strip.steps.append(step)
            strip.captions.append(view.say("step {step}: {said}", step=f"{step:,}", said=said))
            strip.width, strip.height = sheet.width, sheet.height
    return strip.show_at(steps)
