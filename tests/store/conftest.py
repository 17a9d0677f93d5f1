"""The reader printed in docs/run-format.md, as it stands there."""

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "run-format.md"


@pytest.fixture(scope="module")
def reader() -> dict[str, Any]:
    (source,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(source, str(PAGE), "exec"), names)
    return names
