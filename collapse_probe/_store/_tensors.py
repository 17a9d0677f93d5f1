"""Captures and the reference: named arrays in safetensors files, with JSON metadata."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from ..errors import InvalidArgument, UnreadableRun
from ._files import MOST_TENSORS, check_file
from ._json import parse_json
from ._layout import to_json

KEY = "collapse_probe"


def encode_tensors(tensors: Mapping[str, np.ndarray], metadata: Mapping[str, Any]) -> bytes:
    """The content of the file."""
    contiguous = {}
    for name, values in tensors.items():
        if values.dtype.kind not in "biuf":
            raise InvalidArgument(f"tensor {name!r} has type {values.dtype}; expected numbers")
        contiguous[name] = np.ascontiguousarray(values).reshape(values.shape)
    content: bytes = save(contiguous, metadata={KEY: to_json(dict(metadata))})
    return content


def read_tensors(path: Path, *needed: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and metadata; `UnreadableRun` names a file that is torn, or lacks one that is needed."""
    with _opened(path) as stream:
        tensors = {name: _numbers(name, stream.get_tensor(name)) for name in stream.keys()}
        missing = [name for name in needed if name not in tensors]
        if missing:
            raise ValueError(f"it holds no tensor {missing[0]!r}")
        return tensors, _metadata(stream.metadata())


def read_metadata(path: Path) -> dict[str, Any]:
    """The metadata alone; no array is read, but the lengths are checked."""
    with _opened(path) as stream:
        return _metadata(stream.metadata())


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        check_file(path, most=MOST_TENSORS)
        with safe_open(path, framework="numpy") as stream:
            yield stream
    except UnreadableRun:
        raise
    # Types that NumPy lacks are a TypeError or an AttributeError, a tensor that no memory holds is a MemoryError.
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError, MemoryError) as error:
        raise UnreadableRun(f"{path} cannot be read ({error}); it is damaged, remove it to go on without it") from error


def _numbers(name: str, values: np.ndarray) -> np.ndarray:
    if values.dtype.kind not in "biuf":
        raise ValueError(f"its tensor {name!r} has type {values.dtype}")
    # Any byte may stand where a truth value is expected, and some of them are neither True nor False.
    return values.view(np.uint8) != 0 if values.dtype.kind == "b" else values


def _metadata(raw: dict[str, str] | None) -> dict[str, Any]:
    metadata = parse_json((raw or {}).get(KEY, "{}").encode())
    if not isinstance(metadata, dict):
        raise ValueError("its metadata are no JSON object")
    return metadata
