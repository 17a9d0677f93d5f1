"""What the page carries comes out as it went in, as far as a reader can see."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collapse_probe._report import _page
from collapse_probe._report._pack import packed, unpacked

numbers = st.lists(st.floats(width=64, allow_nan=True, allow_infinity=True), min_size=1, max_size=80)


@given(numbers)
def test_no_number_is_off_by_more_than_can_be_seen_in_a_plot_of_all_of_them(values: list[float]) -> None:
    line = np.array(values)
    (found,) = unpacked(packed([line]))
    finite = np.isfinite(line)
    assert np.array_equal(np.isfinite(found), finite)
    if finite.any():
        with np.errstate(over="ignore"):
            span = np.ptp(line[finite]) or np.abs(line[finite]).max()
        assert (np.abs(found - line)[finite] <= span / 2000).all()


@given(st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=80))
def test_steps_are_exact_as_far_as_a_browser_has_whole_numbers(values: list[int]) -> None:
    steps = np.array(values)
    assert np.array_equal(unpacked(packed(steps)), steps.astype(np.float64))


def test_a_small_wave_on_a_large_number_is_not_lost() -> None:
    wave = 1e6 + np.sin(np.arange(100.0))
    assert np.abs(unpacked(packed(wave)) - wave).max() < 1e-3


def test_a_matrix_and_plain_values_keep_their_places() -> None:
    matrix = np.arange(6.0).reshape(2, 3)
    found = unpacked(packed({"z": matrix, "name": "</script>", "none": None, "bad": float("inf"), "list": [1, [2.5]]}))
    assert np.array_equal(found.pop("z"), matrix)
    assert found == {"name": "</script>", "none": None, "bad": None, "list": [1, [2.5]]}


def test_a_line_of_two_thousand_steps_takes_less_than_ten_kilobytes() -> None:
    random = np.random.default_rng(0)
    steps = np.sort(random.choice(20_000, 2000, replace=False))
    assert len(packed([steps, random.normal(size=2000)])) < 10_000


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js, which would run the page's own reader")
def test_the_page_reads_what_was_packed(tmp_path: Path) -> None:
    content = {
        "steps": np.array([5, 3, 2**40, -7]),
        "line": np.array([1.5, np.nan, -2.25]),
        "wide": np.array([1e300, 2.0]),
        "z": np.arange(6.0).reshape(2, 3),
    }
    source = _page.script().partition("async function unpack")[2].partition("// The data of a run")[0]
    script = f"""const ARRAY = "\\u0001"; async function unpack{source}
    unpack({json.dumps(packed(content))}).then(found => console.log(JSON.stringify(found, (_, value) =>
        ArrayBuffer.isView(value) ? Array.from(value) : value)));"""
    (tmp_path / "read.js").write_text(script)
    done = subprocess.run(["node", tmp_path / "read.js"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {
        "steps": [5, 3, 2**40, -7],
        "line": [1.5, None, -2.25],
        "wide": [1e300, 2.0],
        "z": [[0, 1, 2], [3, 4, 5]],
    }
