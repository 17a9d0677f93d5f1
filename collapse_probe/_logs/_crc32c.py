"""CRC-32C (Castagnoli) of many records at once, as TensorBoard's event files have it."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8, UInt32

_POLYNOMIAL = 0x82F63B78


def _table() -> UInt32[np.ndarray, " bytes"]:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(_POLYNOMIAL), table >> 1).astype(np.uint32)
    return table


_TABLE = _table()


def masked_crc32c(records: Sequence[bytes]) -> UInt32[np.ndarray, " records"]:
    """Of each record, rotated and shifted as its writer does.

    >>> rotated = lambda crc: (((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)
    >>> int(masked_crc32c([b"123456789"])[0]) == rotated(0xE3069283)  # the check value of the standard
    True
    """
    alike: dict[int, list[int]] = defaultdict(list)
    for place, record in enumerate(records):
        alike[len(record)].append(place)
    found = np.zeros(len(records), dtype=np.uint32)
    for length, places in alike.items():
        rows = np.frombuffer(b"".join(records[place] for place in places), dtype=np.uint8).reshape(len(places), length)
        found[places] = _crc32c(rows)
    rotated = (found >> np.uint32(15)) | (found << np.uint32(17))
    masked: np.ndarray = rotated + np.uint32(0xA282EAD8)
    return masked


def _crc32c(rows: UInt8[np.ndarray, "records bytes"]) -> UInt32[np.ndarray, " records"]:
    crc = np.full(len(rows), 0xFFFFFFFF, dtype=np.uint32)
    for column in rows.T:
        crc = _TABLE[(crc ^ column) & np.uint32(0xFF)] ^ (crc >> np.uint32(8))
    return crc ^ np.uint32(0xFFFFFFFF)
