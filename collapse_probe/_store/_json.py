"""JSON from a file that anybody may have made."""

import json
import math
import re
from typing import Any

_DEEPEST = 32
_WIDEST = 2**63
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def parse_json(content: bytes) -> Any:
    """What it says; text is valid Unicode, an integer beyond 64 bits a float. `ValueError` for all that is none.

    >>> parse_json(b'{"a": [1, "b"], "c": 1e999}')
    {'a': [1, 'b'], 'c': inf}
    """
    try:
        return _sound(json.loads(content), _DEEPEST)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def text(value: object) -> str:
    """A string as it is; empty for anything else."""
    return value if isinstance(value, str) else ""


def whole(value: object) -> int | None:
    """An integer as it is; None for anything else, truth values included."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number(value: object) -> float:
    """A number, or one of the strings that stand for what JSON has not; NaN for anything else."""
    if isinstance(value, bool):
        return math.nan
    if isinstance(value, int | float):
        return float(value)
    return float(value) if value in ("nan", "inf", "-inf") and isinstance(value, str) else math.nan


def _sound(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, int) and not -_WIDEST <= value < _WIDEST:
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    if not isinstance(value, list | dict):
        return value
    if not depth:
        raise ValueError(f"it is nested deeper than {_DEEPEST}")
    if isinstance(value, list):
        return [_sound(item, depth - 1) for item in value]
    return {_sound(key, 0): _sound(item, depth - 1) for key, item in value.items()}
