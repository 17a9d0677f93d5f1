"""Lines over the same steps are thinned together, and nothing that matters is lost."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from collapse_probe._report._bucket import AROUND, shared_rows
from collapse_probe._report._lines import Lines
from collapse_probe._report._view import View
from collapse_probe._store import RunWriter, load
from tests.report.made_up_runs import spiked_run


def test_five_steps_of_a_million_are_drawn_in_twelve_runs_of_twelve() -> None:
    random = np.random.default_rng(0)
    x = np.arange(1_000_000)
    common = random.normal(size=(3, len(x)))
    for place in random.integers(0, len(x) - 5, 12):
        lines = common.copy()
        lines[1, place : place + 5] = 8.0
        kept = shared_rows(x, lines, most=3000)
        assert len(kept) < 4000
        assert lines[1, kept].max() == 8.0 and place <= x[kept][lines[1, kept].argmax()] < place + 5


def test_one_step_of_a_million_is_drawn_up_or_down_in_any_of_the_lines() -> None:
    x, lines = np.arange(1_000_000), np.zeros((4, 1_000_000))
    lines[0, 0], lines[2, 123_457], lines[3, 999_998] = 1.0, -1.0, 1.0
    assert {0, 123_457, 999_998} <= set(shared_rows(x, lines, most=400).tolist())


def test_all_rows_around_an_event_stay() -> None:
    x = np.arange(0, 100_000, 2)
    kept = shared_rows(x, np.sin(x)[None], most=1000, events=[40_000])
    near = set(range(20_000 - AROUND, 20_000 + AROUND + 1))
    assert near <= set(kept.tolist())
    assert len(kept) < 1200


@given(st.integers(0, 2**32 - 1))
def test_no_line_is_joined_over_a_gap_of_its_own(seed: int) -> None:
    random = np.random.default_rng(seed)
    lines = random.normal(size=(random.integers(1, 5), 60))
    lines[random.random(lines.shape) < random.choice([0.02, 0.2, 0.6])] = np.nan
    kept = shared_rows(np.arange(60), lines, most=20)
    for line in lines:
        for first, last in pairwise(kept.tolist()):
            if np.isfinite(line[[first, last]]).all():
                assert np.isfinite(line[first : last + 1]).all()


def test_the_lines_of_a_table_share_their_steps_but_for_one_that_is_logged_now_and_then() -> None:
    random = np.random.default_rng(1)
    table = pd.DataFrame(random.normal(size=(20_000, 3)), columns=["a", "b", "now"], index=np.arange(20_000))
    table.loc[table.index % 100 != 0, "now"] = np.nan
    lines = Lines(table, most=500)
    assert lines["a"][0] is lines["b"][0] and len(lines["a"][0]) < 700
    assert (lines["now"][0] % 100 == 0).all() and len(lines["now"][0]) == 200
    assert np.array_equal(lines["b"][1], table["b"].loc[lines["b"][0]])


def test_a_run_of_many_columns_shows_fewer_points_of_each(tmp_path: Path) -> None:
    few = View(spiked_run(tmp_path / "few", steps=20_000, at=7_777))
    writer = RunWriter(tmp_path / "many", info={})
    columns = {f"column {number}": np.random.default_rng(number).normal(size=20_000) for number in range(50)}
    writer.append_steps({"step": np.arange(20_000), "time": np.arange(20_000.0)} | columns)
    many = View(load(tmp_path / "many"))
    assert few.most == 3000 and 400 < many.most < 600
    assert len(many.step_lines["column 7"][0]) < len(few.step_lines["loss_d"][0]) <= 3000
    assert many.step_lines["column 7"][1].max() == columns["column 7"].max()
