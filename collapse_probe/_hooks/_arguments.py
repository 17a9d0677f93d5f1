"""What a call was given: by the name of an argument, its position, or a callable of the user's."""

import inspect
from collections.abc import Callable
from typing import Any

from torch import nn

from .._recorder import plain
from ..errors import InvalidArgument

Pick = Callable[[tuple[Any, ...], dict[str, Any]], Any]


def first_argument(generator: nn.Module) -> Pick:
    """Picks what the generator's `forward` names first, in whatever order a call names its arguments."""
    parameters = list(inspect.signature(plain(generator).forward).parameters.values())
    named = parameters and parameters[0].kind is not parameters[0].VAR_KEYWORD
    name = parameters[0].name if named else None

    def pick(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return args[0] if args else kwargs.get(name) if name is not None else next(iter(kwargs.values()), None)

    return pick


def picker(generator: nn.Module, name: str, option: Any) -> Pick:
    """Picks what the option of this name asks for; None where a call lacks it.

    Raises `InvalidArgument` where the generator has no such argument.
    """
    if callable(option):
        return lambda args, kwargs: option(args, kwargs)
    if isinstance(option, int):
        return lambda args, kwargs: args[option] if option < len(args) else None
    parameters = inspect.signature(plain(generator).forward).parameters
    keywords = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    if option not in parameters and not keywords:
        raise InvalidArgument(
            f"{name} is {option!r}; the generator's forward takes {', '.join(parameters) or 'nothing'}: name one of "
            f"these, its position, or a callable (args, kwargs) -> {name}"
        )
    place = list(parameters).index(option) if option in parameters else len(parameters)
    return lambda args, kwargs: args[place] if place < len(args) else kwargs.get(option)
