"""A shape is trained twice from one seed, with the probe and without; every question is asked of what that left."""

import contextlib
import functools
import gc
import random
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.optim import optimizer as torch_optimizer

import collapse_probe as cp

from ._account import Account
from ._stage import SHAPES, Game, Shape

EARLY, LATE = 20, 2
FITTED_LATE = ("lazy R1", "lazy R1, zeros", "path length")
"""Shapes whose reference is full, and fitted, only between step 32 and step 50: its tensors come, and stay."""
LONGER = 82
"""Live tensors are counted so many steps before the end, unless it is said otherwise."""

_HOOKS = (
    "_forward_hooks",
    "_forward_pre_hooks",
    "_backward_hooks",
    "_backward_pre_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_pre_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)
_EVERYWHERE = ("_global_forward_hooks", "_global_forward_pre_hooks", "_global_backward_hooks")


@dataclass
class Watched:
    """What one probe recorded, beside what the loop knows."""

    account: Account
    steps: pd.DataFrame
    captures: dict[int, np.ndarray]
    reference: np.ndarray | None
    loop: dict[str, Any]
    error: str | None


@dataclass
class Outcome:
    """A shape, trained with the probe and without."""

    watched: list[Watched] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    state: dict[bool, list[Any]] = field(default_factory=dict)
    """Weights, buffers, moments and random state, with the probe (True) and without."""
    marks: dict[str, list[Any]] = field(default_factory=dict)
    """What lies on modules, parameters, optimizers and in PyTorch itself, before `attach` and after `close`."""
    live: dict[bool, dict[int, "Live"]] = field(default_factory=dict)
    """What is alive by step, with the probe and without."""


class Live(NamedTuple):
    """Live tensors, and the bytes of what they hold."""

    tensors: int
    bytes: int


@functools.cache
def outcome(name: str) -> Outcome:
    """Both trainings; kept, since every question reads them."""
    shape, result = SHAPES[name], Outcome()
    with warnings.catch_warnings(record=True) as caught:
        if shape.compiles:
            # The compiler looks at deprecated things by itself.
            warnings.simplefilter("ignore")
        warnings.simplefilter("always", cp.errors.CollapseProbeWarning)
        train(shape, result, probed=False)
        train(shape, result, probed=True)
    result.warnings = [str(w.message) for w in caught if issubclass(w.category, cp.errors.CollapseProbeWarning)]
    return result


def train(
    shape: Shape,
    result: Outcome,
    *,
    probed: bool,
    steps: int | None = None,
    count_at: tuple[int, ...] | None = None,
) -> None:
    """One training of a shape from its seed, and what it left."""
    game = new_game(shape)
    game.steps = steps or (LONGER if shape.name in FITTED_LATE else game.steps)
    count_at = count_at or (game.steps - EARLY, game.steps - LATE)
    counted = result.live.setdefault(probed, {})
    result.marks["before"] = marks(game)
    for turn in range(shape.turns):
        accounts = [Account(shape.orientation) for _ in shape.attached(game)]
        if turn == 0:
            accounts[0].after_step = lambda step: counted.update({step: live()} if step in count_at else {})
        if not probed:
            set_aside()
            shape.loop(game, *accounts)
            continue
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            probes = []
            for index, (pair, account) in enumerate(zip(shape.attached(game), accounts, strict=True)):
                options = {"every": 20, "sample_size": 64} | shape.options
                probe = stack.enter_context(cp.attach(*pair, run=Path(folder) / str(index), **options))
                account.send = probe.log
                probes.append(probe)
            set_aside()
            shape.loop(game, *accounts)
            for probe in reversed(probes):
                probe.close()
            for index, (probe, account) in enumerate(zip(probes, accounts, strict=True)):
                result.watched.append(_read(Path(folder) / str(index), account, probe.error))
    result.marks["after"] = marks(game)
    result.state[probed] = state(game)


def new_game(shape: Shape) -> Game:
    """The shape's networks and data, and all random state, from one seed."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    if shape.compiles:
        torch._dynamo.reset()
    return shape.build()


def set_aside() -> None:
    """From here on the collector sees only what is newer, which makes counting quick; `gc.unfreeze` ends it."""
    gc.collect()
    gc.freeze()


def live() -> Live:
    """What is alive."""
    # The worker first finishes what it was handed, which also keeps the collector's hands off its half-made tuples.
    began, idle = time.monotonic(), 0
    while idle < 4 and time.monotonic() < began + 10:
        time.sleep(0.004)
        idle = 0 if _others_run() else idle + 1
    gc.collect()
    tensors = [held for held in gc.get_objects() if type(held) in (Tensor, nn.Parameter)]
    storages = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in tensors}
    return Live(len(tensors), sum(storages.values()))


def _others_run() -> bool:
    """Whether another thread of this process runs, or would if a core were free."""
    tasks = Path("/proc/self/task")
    if not tasks.is_dir():
        return False
    return sum((task / "stat").read_text().rpartition(")")[2].split()[0] in "RD" for task in tasks.iterdir()) > 1


def state(game: Game) -> list[Any]:
    """Everything that training changes, and every random state of the process."""
    tensors = [value for module in game.modules for value in module.state_dict().values()]
    for optimizer in game.optimizers:
        tensors += [v for moments in optimizer.state.values() for v in moments.values() if isinstance(v, Tensor)]
    name, keys, *rest = np.random.get_state()
    found = [*(t.clone() for t in tensors), torch.get_rng_state(), name, keys.tobytes(), *rest]
    # Under pytest the package's annotations are checked by beartype, which draws from this one itself.
    return found if "beartype" in sys.modules else [*found, random.getstate()]


def marks(game: Game) -> list[Any]:
    """Identities of all that could be put on a module, a parameter, an optimizer or PyTorch to listen in."""
    found: list[Any] = []
    for module in (inner for outer in game.modules for inner in outer.modules()):
        found.append(("forward", id(module.__dict__.get("forward")) if "forward" in module.__dict__ else None))
        found.append(("class", id(type(module)), id(type(module).forward), id(type(module).__call__)))
        found += [(name, len(module.__dict__.get(name) or ())) for name in _HOOKS]
        for parameter in module.parameters(recurse=False):
            held = (parameter._backward_hooks, getattr(parameter, "_post_accumulate_grad_hooks", None))
            found.append(("parameter", *(len(hooks or ()) for hooks in held)))
    for optimizer in game.optimizers:
        kept = vars(optimizer)
        lengths = [len(kept.get(f"_optimizer_step_{when}_hooks") or ()) for when in ("pre", "post")]
        found.append(("optimizer", *lengths, "step" in kept))
    found += [(name, len(getattr(nn.modules.module, name))) for name in _EVERYWHERE]
    found += [len(torch_optimizer._global_optimizer_pre_hooks), len(torch_optimizer._global_optimizer_post_hooks)]
    found += [id(f) for f in (torch.autograd.backward, torch.autograd.grad, Tensor.backward, nn.Module.__call__)]
    return found


def _read(path: Path, account: Account, error: str | None) -> Watched:
    run = cp.load(path)
    captures = {step: run.batch(step) for step in run.batches}
    return Watched(account, run.steps, captures, run.reference, run.info["loop"], error)
