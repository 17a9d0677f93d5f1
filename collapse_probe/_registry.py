"""A folder is a registry: a module that defines one concrete class is a member, its stem is its name."""

import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import TypeVar

from .errors import UnknownName

Member = TypeVar("Member")


def members(package: ModuleType, base: type[Member]) -> dict[str, type[Member]]:
    """Concrete subclasses of `base` defined in the modules of `package`, by module name without `_`, sorted.

    A module that defines none is a helper; one that defines two is a mistake and raises `TypeError`.
    """
    found: dict[str, type[Member]] = {}
    for module_info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{package.__name__}.{module_info.name}")
        classes = [
            value
            for value in vars(module).values()
            if inspect.isclass(value)
            and issubclass(value, base)
            and value.__module__ == module.__name__
            and not inspect.isabstract(value)
        ]
        if len(classes) > 1:
            raise TypeError(f"{module.__name__} defines {len(classes)} members ({classes}); give each its own file")
        if classes:
            found[module_info.name.removeprefix("_")] = classes[0]
    return found


def lookup(found: dict[str, Member], name: str, what: str) -> Member:
    """`found[name]`, or an `UnknownName` that lists what there is."""
    try:
        return found[name]
    except KeyError:
        raise UnknownName(f"no {what} called {name!r}; known: {', '.join(found)}") from None
