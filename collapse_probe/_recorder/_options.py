"""The options of `attach` and `Probe`, checked once."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any, Literal, TypedDict, get_args

import numpy as np
import torch
from torch import Tensor, nn

from .. import embeddings
from .._records import Event, EventKind
from .._schedule import Schedule
from ..detectors import DetectorOptions
from ..errors import InvalidArgument
from ..toy import Mixture
from ._keep_best import parse_keep_best

FEWEST_HELD_OUT = 16


class ProbeOptions(TypedDict, total=False):
    """What `attach` and `Probe` take beside the run; every option has a default. See docs/options.md."""

    real: Any
    modes: Any
    embed: Callable[[Tensor], Tensor] | str | None
    score: Callable[..., Tensor] | None
    sample: Callable[..., Tensor] | None
    first_step: int
    total_steps: int | None
    value_range: tuple[float, float] | None
    every: int | Literal["auto"]
    budget: float
    sample_size: int
    stop_on: Iterable[str]
    patience: int
    sensitivity: float
    on_event: Callable[[Event], None] | None
    tags: Mapping[str, str]
    disk_limit: int
    labels: str | int | Callable[..., Any] | None
    latents: str | int | Callable[..., Any] | None
    class_names: Sequence[str] | None
    fixed_latents: Any
    held_out: Tensor | np.ndarray | None
    if_taken: Literal["error", "sibling"]
    keep_best: str | PathLike[str] | tuple[str | PathLike[str], Mapping[str, nn.Module]] | None
    strict: bool


@dataclass(frozen=True)
class Options:
    """The options with their defaults, validated."""

    real: Any = None
    modes: Any = None
    embed: Callable[[Tensor], Tensor] | str | None = None
    score: Callable[..., Tensor] | None = None
    sample: Callable[..., Tensor] | None = None
    first_step: int = 0
    total_steps: int | None = None
    value_range: tuple[float, float] | None = None
    every: int | Literal["auto"] = "auto"
    budget: float = 0.01
    sample_size: int = 256
    stop_on: Iterable[str] = ("collapse", "divergence")
    patience: int = 3
    sensitivity: float = 1.0
    on_event: Callable[[Event], None] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    disk_limit: int = 10**9
    labels: str | int | Callable[..., Any] | None = None
    latents: str | int | Callable[..., Any] | None = "auto"
    class_names: Sequence[str] | None = None
    fixed_latents: Any = None
    held_out: Any = None
    if_taken: Literal["error", "sibling"] = "error"
    keep_best: Any = None
    strict: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "stop_on", _kinds(self.stop_on))
        object.__setattr__(self, "keep_best", parse_keep_best(self.keep_best))
        object.__setattr__(self, "held_out", _held_out(self.held_out, self.real))
        for name, least in (
            ("sample_size", 16),
            ("patience", 1),
            ("total_steps", 1),
            ("disk_limit", 1),
            ("first_step", 0),
        ):
            value = getattr(self, name)
            if value is None and name == "total_steps":
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= 2**53:
                raise InvalidArgument(f"{name} is {value!r}; expected a whole number >= {least}")
        if not isinstance(self.sensitivity, int | float) or not self.sensitivity > 0:
            raise InvalidArgument(f"sensitivity is {self.sensitivity!r}; expected a number > 0 (1 is the default)")
        if isinstance(self.embed, str):
            embeddings.check(self.embed)
        for name in ("embed", "score", "sample", "on_event"):
            value = getattr(self, name)
            if value is not None and not callable(value) and not (name == "embed" and isinstance(value, str)):
                raise InvalidArgument(f"{name} is {value!r}; expected something that can be called")
        if self.value_range is not None and not _is_range(self.value_range):
            raise InvalidArgument(f"value_range is {self.value_range!r}; expected (low, high), e.g. (-1, 1)")
        if not (self.modes is None or isinstance(self.modes, Mixture | Tensor | np.ndarray) or callable(self.modes)):
            raise InvalidArgument(
                f"modes is {self.modes!r}; expected a cp.toy mixture, centres (k, d), or a callable that labels samples"
            )
        if not isinstance(self.tags, Mapping) or not all(isinstance(x, str) for kv in self.tags.items() for x in kv):
            raise InvalidArgument(f"tags is {self.tags!r}; expected a mapping of strings to strings")
        for name in ("labels", "latents"):
            value = getattr(self, name)
            number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
            if not (value is None or isinstance(value, str) or number or callable(value)):
                raise InvalidArgument(
                    f"{name} is {value!r}; expected the name of an argument of the generator's call, its position, "
                    f"or a callable (args, kwargs) -> {name}"
                )
        if self.class_names is not None and not _are_names(self.class_names):
            raise InvalidArgument(
                f"class_names is {self.class_names!r}; expected a list of strings, that of class 0 first"
            )
        if not _holds_tensor(self.fixed_latents):
            raise InvalidArgument(
                f"fixed_latents is {type(self.fixed_latents).__name__}; expected what the generator's call takes: a "
                "tensor, a tuple of arguments, or a dict of keyword arguments, with a tensor among them"
            )
        if self.if_taken not in ("error", "sibling"):
            raise InvalidArgument(f'if_taken is {self.if_taken!r}; expected "error" or "sibling"')
        self.schedule()

    def schedule(self) -> Schedule:
        """A fresh schedule of captures."""
        return Schedule(every=self.every, budget=self.budget)

    def detector_options(self) -> DetectorOptions:
        """What detectors may read."""
        return DetectorOptions(
            sensitivity=float(self.sensitivity), patience=self.patience, total_steps=self.total_steps
        )

    def described(self) -> dict[str, Any]:
        """What of the options goes into the run's record: numbers and words as they are, the rest by type."""
        values = {f.name: _described(getattr(self, f.name)) for f in dataclasses.fields(self) if f.name != "tags"}
        return values | {"keep_best": None if self.keep_best is None else str(self.keep_best[0])}


def parse_options(options: ProbeOptions) -> Options:
    """The options as given; an `InvalidArgument` that lists the known ones where a name is unknown."""
    known = [f.name for f in dataclasses.fields(Options)]
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise InvalidArgument(f"unknown option {unknown[0]!r}; known: {', '.join(known)}")
    return Options(**options)


def _described(value: Any) -> Any:
    plain = (int, float, str, type(None))
    whole = all(isinstance(part, plain) for part in value) if isinstance(value, tuple) else isinstance(value, plain)
    return value if whole else type(value).__name__


def _holds_tensor(latents: Any) -> bool:
    parts = latents.values() if isinstance(latents, Mapping) else latents if isinstance(latents, tuple) else [latents]
    return latents is None or any(isinstance(part, Tensor) for part in parts)


def _held_out(samples: Any, real: Any) -> Tensor | None:
    if samples is None:
        return None
    if not isinstance(samples, Tensor | np.ndarray):
        raise InvalidArgument(
            f"held_out is {type(samples).__name__}; expected real samples that training never sees: a tensor or array "
            "(n, ...), without labels"
        )
    shape = tuple(samples.shape)
    if len(shape) < 2 or shape[0] < FEWEST_HELD_OUT:
        raise InvalidArgument(
            f"held_out has shape {shape}; expected at least {FEWEST_HELD_OUT} real samples along the first dimension"
        )
    real = real[0] if isinstance(real, tuple) and real else real
    if isinstance(real, Tensor | np.ndarray) and tuple(real.shape[1:]) != shape[1:]:
        raise InvalidArgument(
            f"held_out has samples of shape {shape[1:]} and real of {tuple(real.shape[1:])}; give both alike"
        )
    return torch.from_numpy(np.array(samples)) if isinstance(samples, np.ndarray) else samples


def _are_names(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(name, str) for name in value)


def _is_range(value: Any) -> bool:
    pair = isinstance(value, tuple | list) and len(value) == 2 and all(isinstance(x, int | float) for x in value)
    return pair and value[0] < value[1]


def _kinds(stop_on: Iterable[str]) -> tuple[str, ...]:
    known = get_args(EventKind)
    if not isinstance(stop_on, Iterable):
        raise InvalidArgument(f"stop_on is {stop_on!r}; expected kinds of event: {', '.join(known)}, or () for none")
    kinds = (stop_on,) if isinstance(stop_on, str) else tuple(stop_on)
    for kind in kinds:
        if kind not in known:
            raise InvalidArgument(f"stop_on holds {kind!r}; known kinds of event: {', '.join(known)}")
    return kinds
