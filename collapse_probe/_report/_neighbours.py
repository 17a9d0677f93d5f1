"""Each generated picture beside the real one that is nearest to it; copies and odd ones framed."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped
from scipy.spatial.distance import cdist

from ._batches import Sheet, contact_sheet
from ._distances import features
from ._style import ORANGE, SKY
from ._view import View

SHOWN, ODDEST, COLUMNS, MOST_REAL, MOST_GENERATED = 24, 8, 8, 1024, 256
COPY, ODD = ORANGE, SKY


class RealSamples:
    """Real samples, and how far they are from one another."""

    def __init__(self, samples: Shaped[np.ndarray, "m ..."]) -> None:
        """The first 1,024 of three or more."""
        self.samples = samples[:MOST_REAL]
        self.points = features(self.samples)
        self._among = cdist(self.points, self.points)
        np.fill_diagonal(self._among, np.inf)

    def farthest(self) -> float:
        """99 % of them are nearer than this to another one."""
        return float(np.quantile(self._among.min(axis=1), 0.99))

    def closest(self, count: int) -> float:
        """Among so many of them, 99 % are farther than this from each other one."""
        return float(np.quantile(self._among[:count, :count].min(axis=1), 0.01))


@dataclass(frozen=True)
class Neighbours:
    """Of every generated sample: its nearest real one, and whether it is one of several copies, or far from all.

    A copy is nearer to another sample than 99 % of as many real ones are to theirs; an odd one is farther from all real
    samples than 99 % of real ones are from all others.
    """

    nearest: Int[np.ndarray, " n"]
    distance: Float[np.ndarray, " n"]
    copy: Bool[np.ndarray, " n"]
    odd: Bool[np.ndarray, " n"]

    @classmethod
    def of(cls, generated: Shaped[np.ndarray, "n ..."], real: RealSamples) -> "Neighbours":
        """Two samples or more."""
        points = features(generated)
        across, within = cdist(points, real.points), cdist(points, points)
        np.fill_diagonal(within, np.inf)
        distance = across.min(axis=1)
        copy = within.min(axis=1) < real.closest(max(len(points), 2))
        return cls(across.argmin(axis=1), distance, copy, distance > real.farthest())

    def order(self) -> Int[np.ndarray, " k"]:
        """Those that are shown: the first, then the farthest from real data of the others."""
        first = np.arange(min(len(self.nearest), SHOWN - ODDEST))
        rest = np.setdiff1d(np.arange(len(self.nearest)), first)
        return np.concatenate([first, rest[np.argsort(-self.distance[rest], kind="stable")][:ODDEST]])


def neighbour_sheet(
    view: View, generated: Shaped[np.ndarray, "n ..."], real: RealSamples, *, limits: tuple[float, float]
) -> tuple[Sheet, str]:
    """Pairs, the generated one above; and in words how many copies and odd ones the batch has."""
    generated = generated[:MOST_GENERATED]
    found = Neighbours.of(generated, real)
    order = found.order()
    rows = [order[begin : begin + COLUMNS] for begin in range(0, len(order), COLUMNS)]
    places = np.full((2 * len(rows), COLUMNS), -1)
    for number, row in enumerate(rows):
        places[2 * number, : len(row)] = row
        places[2 * number + 1, : len(row)] = len(generated) + found.nearest[row]
    frames = {}
    for place, index in enumerate(places.ravel().tolist()):
        if 0 <= index < len(generated) and (found.odd[index] or found.copy[index]):
            frames[place] = COPY if found.copy[index] else ODD
    both = np.concatenate([generated, real.samples])
    sheet = contact_sheet(both, limits, frames=frames, places=places)
    said = view.say(
        "{copies} of {count} are copies of one another (orange frame), {odd} are unlike any real sample (blue frame)",
        copies=int(found.copy.sum()),
        odd=int(found.odd.sum()),
        count=len(generated),
    )
    return sheet, said
