"""Captures and the reference: named arrays in safetensors files, with JSON metadata."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from ..errors import InvalidArgument, UnreadableRun
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


def read_tensors(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and metadata; `UnreadableRun` names a file that is torn."""
    try:
        with safe_open(path, framework="numpy") as stream:
            tensors = {name: stream.get_tensor(name) for name in stream.keys()}
            return tensors, _metadata(stream.metadata())
    except (SafetensorError, OSError, ValueError) as error:
        raise UnreadableRun(f"{path} cannot be read ({error}); it is damaged, remove it to go on without it") from error


def read_metadata(path: Path) -> dict[str, Any]:
    """The metadata alone; no array is read, but the lengths are checked."""
    try:
        with safe_open(path, framework="numpy") as stream:
            return _metadata(stream.metadata())
    except (SafetensorError, OSError, ValueError) as error:
        raise UnreadableRun(f"{path} cannot be read ({error}); it is damaged, remove it to go on without it") from error


def _metadata(raw: dict[str, str] | None) -> dict[str, Any]:
    metadata: dict[str, Any] = json.loads((raw or {}).get(KEY, "{}"))
    return metadata
