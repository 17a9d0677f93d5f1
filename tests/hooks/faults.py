"""Every internal boundary of the package, and how to make one of them fail while a loop trains."""

import errno
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import collapse_probe
from collapse_probe import _best, _distributed, _hooks, _monitor, _recorder, _schedule, _store, detectors

READ_SIDE = {"_load", "_run", "_ranks", "_scan", "_tables"}


class SpeechlessError(Exception):
    """An error that cannot even be told."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


ERRORS: list[Callable[[], BaseException]] = [
    lambda: RuntimeError("injected"),
    lambda: MemoryError(),
    lambda: OSError(errno.ENOSPC, "No space left on device"),
    lambda: SpeechlessError(),
]


def _modules() -> Iterator[Any]:
    yield from (_best, _schedule)
    for package in (_hooks, _recorder, _store, _monitor, _distributed, detectors):
        for info in pkgutil.iter_modules(package.__path__):
            if info.name not in READ_SIDE:
                yield importlib.import_module(f"{package.__name__}.{info.name}")


def _is_written_out(member: Any) -> bool:
    """Whether a person wrote it, as opposed to `dataclass`."""
    function = inspect.unwrap(getattr(member, "fget", None) or getattr(member, "__func__", member))
    return inspect.isfunction(function) and function.__code__.co_filename.endswith(".py")


def _of_class(cls: type) -> Iterator[str]:
    for name, member in vars(cls).items():
        public = not name.startswith("_") or name in ("__init__", "__call__")
        if public and _is_written_out(member) and not getattr(member, "__isabstractmethod__", False):
            yield name


def boundaries() -> dict[str, tuple[Any, str]]:
    """Where each function, and each public method and property of a class, is looked up, by its dotted name."""
    found: dict[str, tuple[Any, str]] = {}
    for module in _modules():
        short = module.__name__.removeprefix("collapse_probe.")
        for name, value in vars(module).items():
            if getattr(value, "__module__", None) != module.__name__:
                continue
            if inspect.isclass(value) and not getattr(value, "_is_protocol", False):
                found |= {f"{short}.{name}.{method}": (value, method) for method in _of_class(value)}
            elif not name.startswith("_") and _is_written_out(value):
                found[f"{short}.{name}"] = (module, name)
    return found


class Fault:
    """Makes one boundary raise, at each call from `arm` on."""

    def __init__(self, boundary: str, error: Callable[[], BaseException], patch: pytest.MonkeyPatch) -> None:
        self.hits = 0
        self._armed = False
        self._error = error
        owner, name = boundaries()[boundary]
        original = vars(owner)[name]
        faulty = self._around(original)
        patch.setattr(owner, name, faulty)
        if inspect.ismodule(owner):
            for module in [m for m in list(sys.modules.values()) if _is_ours(m)]:
                for known in [known for known, value in vars(module).items() if value is original]:
                    patch.setattr(module, known, faulty)

    def arm(self) -> None:
        self._armed = True

    def disarm(self) -> None:
        self._armed = False

    def _around(self, original: Any) -> Any:
        if isinstance(original, property):
            return property(self._around(original.fget), original.fset)
        if isinstance(original, classmethod | staticmethod):
            return type(original)(self._around(original.__func__))

        def faulty(*args: Any, **kwargs: Any) -> Any:
            if self._armed:
                self.hits += 1
                raise self._error()
            return original(*args, **kwargs)

        return faulty


def _is_ours(module: Any) -> bool:
    return getattr(module, "__name__", "").split(".")[0] == collapse_probe.__name__
