"""run.json: format, ids, options, tags, how each start and each end went."""

import json
from pathlib import Path
from typing import Any

from ..errors import UnreadableRun, UnsupportedFormat
from ._layout import FORMAT, run_file

RESERVED = frozenset({"format", "starts", "ends", "gaps"})


def read_run_file(folder: Path, rank: int = 0) -> dict[str, Any]:
    """The content of run.json; raises `UnreadableRun` or `UnsupportedFormat`."""
    path = run_file(folder, rank)
    try:
        content: Any = json.loads(path.read_bytes())
    except ValueError as error:
        raise UnreadableRun(f"{path} is not JSON ({error}); restore it, or remove the folder") from error
    except OSError as error:
        raise UnreadableRun(f"{path} cannot be read ({error.strerror})") from error
    if not isinstance(content, dict) or not isinstance(content.get("format"), int):
        raise UnreadableRun(f"{path} names no format; expected the run.json of a run folder")
    if content["format"] > FORMAT:
        raise UnsupportedFormat(
            f"{path} has format {content['format']}, and this version of collapse_probe reads up to {FORMAT}; "
            "upgrade with pip install --upgrade collapse_probe"
        )
    for name in ("starts", "ends"):
        if not isinstance(content.get(name), list):
            raise UnreadableRun(f"{path} has no list {name!r}; expected the run.json of a run folder")
    return content
