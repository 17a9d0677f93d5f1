"""The programs: a program is data, architecture and loss, and the rates at which it goes well."""

from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Literal

from .networks import Shape


@dataclass(frozen=True)
class Program:
    """How one program is trained; `rates` are those of generator and discriminator."""

    name: str
    data: str
    kind: Literal["plain", "dense", "convolutional"]
    shape: Shape
    loss: str
    rates: tuple[float, float]
    length: int
    penalty: tuple[str, float] | None = None
    clip: float = 0.0
    """Of a critic's weights, Arjovsky et al. 2017."""
    updates_d: int = 1
    batch: int = 64
    beta1: float = 0.5
    every: int = 25
    natural: tuple[tuple[str, "Program"], ...] = field(default=(), repr=False)
    """Settings that fail by themselves, where some are known."""

    def but(self, **changes: object) -> "Program":
        """The same program with other numbers."""
        return replace(self, **changes)  # type: ignore[arg-type]  # fields of this class, by name


@dataclass(frozen=True)
class Plan:
    """A run to be made: setting names the fault, or what was changed from the start."""

    program: Program
    setting: str
    seed: int

    @property
    def name(self) -> str:
        """Unique among all runs."""
        return f"{self.program.name}/{self.setting}/{self.seed}"


HEALTHY_SEEDS = 10
FAULTY_SEEDS = {
    "generator_rushes": 2,
    "classes_dwindle": 2,
    "discriminator_leaps": 2,
    "latent_dwindles": 2,
    "generator_rushes_briefly": 2,
    "generator_stumbles": 2,
    "classes_vanish_briefly": 2,
    "classes_vanish": 1,
    "classes_halve": 1,
    "feedback_stops": 1,
    "discriminator_leaps_alone": 1,
    "both_rush": 1,
    "weights_explode": 1,
    "generator_starves": 1,
}
_NATURAL_SEEDS = 6


def plans(program: Program) -> list[Plan]:
    """All runs of a program, healthy and faulty by turns; the seed of a faulty one also draws when the fault comes."""
    healthy = [Plan(program, "healthy", seed) for seed in range(HEALTHY_SEEDS)]
    rounds = range(max(FAULTY_SEEDS.values()))
    faulty = [Plan(program, fault, 100 + k) for k in rounds for fault, count in FAULTY_SEEDS.items() if k < count]
    # On points the discriminator hardly ever wins so, whatever is done to it.
    faulty += [Plan(program, "discriminator_leaps", 102 + k) for k in range(0 if program.kind == "plain" else 2)]
    faulty += [Plan(program, "class_narrows", 100 + k) for k in range(6 if program.shape.classes else 0)]
    faulty += [Plan(other, setting, 200 + k) for setting, other in program.natural for k in range(_NATURAL_SEEDS)]
    return [plan for pair in zip_longest(faulty, healthy) for plan in pair if plan is not None]


def _points(data: str, dimensions: int, width: int = 128, **more: object) -> Shape:
    return Shape((dimensions,), 16, width, **more)  # type: ignore[arg-type]  # fields of Shape, by name


_RING = Program("ring-vanilla", "ring", "plain", _points("ring", 2), "vanilla", (5e-4, 1e-3), 2000, penalty=("r1", 0.1))
_DIGITS = Program("digits-dense-vanilla", "digits", "dense", Shape((1, 16, 16), 32, 128), "vanilla", (4e-4, 4e-4), 1600)
_SHAPES = Program(
    "shapes-conv-r1", "shapes", "convolutional", Shape((1, 28, 28), 32, 16), "vanilla", (1e-3, 1e-3), 1000, batch=32
)

PROGRAMS = (
    _RING.but(
        natural=(
            ("no_penalty", _RING.but(rates=(8e-5, 2e-4), penalty=None)),
            ("undamped", _RING.but(rates=(1e-3, 1e-4), penalty=None)),
        )
    ),
    _RING.but(
        name="grid-hinge", data="grid", loss="hinge",
        natural=(("undamped", _RING.but(name="grid-hinge", data="grid", rates=(1e-3, 1e-4), penalty=None)),),
    ),
    _RING.but(name="unequal-least-squares", data="unequal", loss="least-squares", length=2000),
    _RING.but(
        name="many-dimensions-vanilla", data="many-dimensions", shape=_points("many-dimensions", 32),
        penalty=("r1", 0.05), length=2000,
    ),
    _RING.but(
        name="ring-wasserstein-clip", loss="wasserstein", rates=(2e-4, 2e-4), penalty=None, clip=0.05, updates_d=3,
        beta1=0.0, length=2000,
    ),
    _RING.but(
        name="grid-wasserstein-gradient", data="grid", loss="wasserstein", rates=(3e-4, 6e-4),
        penalty=("gradient", 1.0), updates_d=2, length=2000,
    ),
    _DIGITS.but(natural=(("no_norm", _DIGITS.but(rates=(2e-3, 2e-3), beta1=0.9)),)),
    _DIGITS.but(name="digits-dense-hinge-spectral", loss="hinge", shape=Shape((1, 16, 16), 32, 128, spectral=True)),
    _DIGITS.but(
        name="digits-conv-wasserstein-gradient", kind="convolutional", shape=Shape((1, 16, 16), 32, 16),
        loss="wasserstein", penalty=("gradient", 10.0), updates_d=2, rates=(1e-3, 1e-3), length=1000, batch=32,
    ),
    _DIGITS.but(name="digits-dense-conditional", shape=Shape((1, 16, 16), 32, 128, classes=10)),
    _SHAPES.but(penalty=("r1", 1.0)),
    _SHAPES.but(
        name="shapes-dense-least-squares", kind="dense", shape=Shape((1, 28, 28), 64, 128), loss="least-squares",
        rates=(2e-4, 2e-4), length=1600, batch=64,
    ),
    _SHAPES.but(
        name="shapes-conv-label-noise", loss="label-noise", rates=(5e-4, 5e-4),
        shape=Shape((1, 28, 28), 32, 16, dropout=0.3, norm_d=True),
    ),
    _SHAPES.but(
        name="pairs-conv-hinge", data="pairs", loss="hinge", rates=(1e-3, 1e-3), penalty=("r1", 0.5), length=1200,
    ),
    _SHAPES.but(
        name="tiny-conv-vanilla", data="tiny", rates=(5e-4, 5e-4), shape=Shape((1, 28, 28), 16, 16), penalty=None,
        length=1200,
    ),
    _SHAPES.but(
        name="colour-conv-hinge", data="colour", shape=Shape((3, 32, 32), 32, 16), loss="hinge",
        penalty=("r1", 0.5), length=1500, batch=32,
    ),
    _SHAPES.but(
        name="colour-64-conv-vanilla", data="colour-64", shape=Shape((3, 64, 64), 32, 16), penalty=("r1", 0.5),
        rates=(2e-3, 2e-3),
        length=1600,
    ),
    _DIGITS.but(name="mnist-dense-vanilla", data="mnist", shape=Shape((1, 28, 28), 64, 128), rates=(2e-4, 2e-4)),
    _SHAPES.but(
        name="mnist-conv-spectral", data="mnist", loss="hinge", rates=(1e-3, 1e-3),
        shape=Shape((1, 28, 28), 32, 16, spectral=True),
    ),
)  # fmt: skip
