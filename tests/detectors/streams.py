"""Made-up observations with a known course."""

from collections.abc import Sequence

import numpy as np

from collapse_probe._records import Band, Observation

BANDS = {"occupancy": Band(20.0, 0.5), "matched_occupancy": Band(40.0, 1.0)}


def captures(ratios: Sequence[float], *, guard: float = 0.1, every: int = 10) -> list[Observation]:
    """Captures whose diversity is `ratios` of real data's, and whose moment-matched guard is `guard` of it."""
    return [
        Observation(index * every, {"occupancy": 20.0 * ratio, "matched_occupancy": 40.0 * guard}, BANDS)
        for index, ratio in enumerate(ratios)
    ]


def rows(values: Sequence[dict[str, float]], *, real: float, every: int = 10) -> list[Observation]:
    """Captures with these values, each of which is `real` in real data."""
    return [
        Observation(index * every, row, {name: Band(real, 0.05) for name in row}) for index, row in enumerate(values)
    ]


def game(edges: Sequence[float], losses: Sequence[float], *, seed: int = 0, noise: float = 0.05) -> list[Observation]:
    """Steps of a game whose edge and canonical generator loss scatter about the given courses."""
    rng = np.random.default_rng(seed)
    return [
        Observation(
            step,
            {
                "edge": float(np.clip(edge + rng.normal(0, noise), -1, 1)),
                "canonical_loss_g": float(loss * np.exp(rng.normal(0, noise))),
            },
        )
        for step, (edge, loss) in enumerate(zip(edges, losses, strict=True))
    ]
