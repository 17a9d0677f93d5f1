"""Figures as one short text: numbers as compressed typed arrays, which the page unpacks when it draws them."""

import base64
import json
import math
import zlib
from typing import Any

import numpy as np

ARRAY = "\u0001"
"""The only key of an object that stands for an array: `[kind, rows, columns]`, `rows` -1 for a single line."""
STEADY = 2.0**-11
"""An error of this share of what an array spans is less than a pixel."""
_DROPPED = {"h": 7, "f": 0}  # of the 23 bits of a float32


def packed(content: object) -> str:
    """JSON and the arrays in it, deflated, in base64.

    Whole numbers are kept exactly, as differences. Others are kept as float32, of which 16 bits where no more can be
    seen, and as float64 where float32 does not tell them apart.
    """
    arrays: list[bytes] = []
    head = json.dumps(_without_arrays(content, arrays), separators=(",", ":"), allow_nan=False).encode()
    whole = b"".join([len(head).to_bytes(4, "little"), head, *arrays])
    return base64.b64encode(zlib.compress(whole, 6)).decode()


def unpacked(text: str) -> Any:
    """What the page makes of it."""
    whole = zlib.decompress(base64.b64decode(text))
    size = int.from_bytes(whole[:4], "little")
    place = 4 + size

    def filled(item: Any) -> Any:
        nonlocal place
        if isinstance(item, list):
            return [filled(each) for each in item]
        if not isinstance(item, dict):
            return item
        if list(item) != [ARRAY]:
            return {name: filled(each) for name, each in item.items()}
        kind, rows, columns = item[ARRAY]
        count, width = abs(rows) * columns, 8 if kind == "d" else 4
        planes = np.frombuffer(whole, np.uint8, count * width, place).reshape(width, count)
        place += count * width
        values = np.ascontiguousarray(planes.T).view({"i": "<i4", "d": "<f8"}.get(kind, "<f4"))[:, 0]
        values = values.cumsum(dtype=np.int64) if kind == "i" else values.astype(np.float64)
        return values if rows < 0 else values.reshape(rows, columns)

    return filled(json.loads(whole[4:place]))


def _without_arrays(item: object, arrays: list[bytes]) -> object:
    if isinstance(item, dict):
        return {name: _without_arrays(each, arrays) for name, each in item.items()}
    if isinstance(item, list | tuple):
        return [_without_arrays(each, arrays) for each in item]
    if isinstance(item, np.ndarray):
        kind, values = _coded(item)
        width = values.dtype.itemsize
        # The bytes of equal weight side by side: those of the exponents are alike, and deflate to little.
        arrays.append(values.view(np.uint8).reshape(-1, width).T.tobytes())
        return {ARRAY: [kind, len(item) if item.ndim == 2 else -1, item.shape[-1]]}
    # What is not finite, where a number ran over, is left to the figure to choose.
    return None if isinstance(item, float) and not math.isfinite(item) else item


def _coded(array: np.ndarray) -> tuple[str, np.ndarray]:
    flat = np.ascontiguousarray(array).ravel()
    if flat.dtype.kind in "iu":
        steps = np.diff(flat.astype(np.int64), prepend=np.int64(0))
        if not flat.size or max(abs(int(steps.min())), abs(int(steps.max()))) < 2**31:
            return "i", steps.astype("<i4")
        return "d", flat.astype("<f8")
    values = np.where(np.isfinite(flat.astype(np.float64)), flat, np.nan).astype("<f8")
    kind = _kind(values[np.isfinite(values)])
    if kind == "d":
        return kind, values
    bits = values.astype("<f4").view("<u4")
    dropped = _DROPPED[kind]
    if dropped:
        half = np.where(np.isfinite(values), np.uint32(1 << (dropped - 1)), np.uint32(0))
        bits = ((bits + half) >> np.uint32(dropped)) << np.uint32(dropped)
    return kind, bits.astype("<u4")


def _kind(finite: np.ndarray) -> str:
    """The shortest form in which the values look as they are."""
    if not finite.size:
        return "h"
    largest, least = float(np.abs(finite).max()), float(np.abs(finite[finite != 0]).min(initial=np.inf))
    if largest > 1e38 or least < 1e-37:
        return "d"
    span = float(finite.max()) - float(finite.min()) or largest
    return next((kind for kind, bits in (("h", 17), ("f", 24)) if largest * 2.0**-bits <= span * STEADY), "d")
