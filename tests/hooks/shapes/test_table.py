"""The documentation's table is that of the registry."""

from ._stage import SHAPES
from ._table import PAGE, described, rows_on


def test_the_page_names_every_shape_once_and_no_others() -> None:
    rows = rows_on(PAGE.read_text("utf-8"))
    assert len(rows) == len(SHAPES)
    for line, name in zip(rows, SHAPES, strict=True):
        assert line.startswith(described(name)), "run `python -m tests.hooks.shapes`"
