"""The file that `report` writes."""

from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from collapse_probe._records import Event, Verdict
from collapse_probe._report import report
from collapse_probe._report._batches import contact_sheet
from collapse_probe._report._strip import film_strip
from collapse_probe._report._text import NEXT, advice, headline, time_saved
from collapse_probe._report._view import View
from collapse_probe._store import RunWriter, load
from collapse_probe.errors import InvalidArgument, RunNotFound
from tests.report.made_up_runs import COLLAPSE, image_run, point_run, strokes

VILLAIN = "</script><script>alert('x')</script><img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """What a browser would make of the page: its elements, and its text outside scripts."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.hidden = False
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.hidden = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self.hidden = False

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.text += data


def test_a_report_says_what_happened_to_each_run(tmp_path: Path) -> None:
    point_run(tmp_path / "runs" / "ring-1", collapse_at=600)
    image_run(tmp_path / "runs" / "digits")
    page = Page(report(tmp_path / "runs", tmp_path / "out" / "report.html"))
    for said in ("ring-1", "Collapsed at step 600", COLLAPSE.message, COLLAPSE.advice, "digits", "Healthy", "0.16"):
        assert said in page.text
    assert "2 runs, 1 of them flagged" in page.text
    assert "share of training" in page.text and "0.004" in page.text
    links = {attributes["href"] for tag, attributes in page.elements if tag == "a"}
    sections = {f"#{attributes['id']}" for tag, attributes in page.elements if tag == "section"}
    assert sections == {"#run-1", "#run-2"} <= links


def test_a_run_that_was_interrupted_says_by_what_and_how_far_it_got(tmp_path: Path) -> None:
    for name, how, error in (("cut", "exception", "ValueError: 1 < 2"), ("whole", "finished", None)):
        writer = RunWriter(tmp_path / name, info={"total_steps": 60_000 if error else 5})
        writer.append_steps({"step": np.arange(5), "time": np.arange(5.0)})
        writer.append_event(COLLAPSE)
        writer.close(how=how, error=error)
    cut, whole = (Page(report(tmp_path / name, tmp_path / f"{name}.html")).text for name in ("cut", "whole"))
    assert "Interrupted. Ended by ValueError: 1 < 2." in cut and "5 of 60,000 steps0 captures1 event4 s" in cut
    assert "Interrupted" not in whole and "5 of 5" not in whole and "5 steps0 captures1 event4 s" in whole
    in_japanese = Page(report(tmp_path / "cut", tmp_path / "ja.html", lang="ja")).text
    assert "途中終了: ValueError: 1 < 2 により終了しました。" in in_japanese
    assert "60,000ステップ中5ステップ" in in_japanese


@pytest.mark.parametrize(("stored", "told"), [(None, "an error"), (7, "an error"), ("x" * 999, "x" * 300)])
def test_what_ended_a_run_is_told_in_a_line_whatever_its_file_says(stored: object, told: str, tmp_path: Path) -> None:
    RunWriter(tmp_path / "cut", info={}).close(how="exception", error=stored)  # type: ignore[arg-type]
    assert load(tmp_path / "cut").interruption == told


def test_the_page_asks_nobody_for_anything(tmp_path: Path) -> None:
    image_run(tmp_path / "digits")
    page = Page(report(tmp_path, tmp_path / "report.html"))
    sources = [attributes.get("src") or "" for _, attributes in page.elements]
    assert all(source.startswith("data:") for source in sources if source)
    assert not [tag for tag, _ in page.elements if tag in ("link", "iframe", "object", "embed", "base")]


def test_plotly_is_in_the_page_once(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        point_run(tmp_path / name, every=100)
    path = report(tmp_path, tmp_path / "report.html")
    assert path.stat().st_size < 7_000_000
    assert path.read_text("utf-8").count("plotly.js v") == 1


def test_the_same_runs_give_the_same_bytes(tmp_path: Path) -> None:
    point_run(tmp_path / "runs" / "a", collapse_at=500)
    image_run(tmp_path / "runs" / "b")
    first, second = (report(tmp_path / "runs", tmp_path / name) for name in ("1.html", "2.html"))
    assert first.read_bytes() == second.read_bytes()


def test_text_of_a_run_stays_text(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "<img src=x onerror=alert(1)>", info={"tags": [VILLAIN], VILLAIN: VILLAIN})
    writer.append_steps({"step": np.arange(3), "time": np.arange(3.0), VILLAIN: np.arange(3.0)})
    writer.append_statistics({"step": np.arange(3), VILLAIN: np.ones(3), f"{VILLAIN}.0": np.ones(3)})
    statistics = {VILLAIN: {"title": VILLAIN, "unit": VILLAIN}}
    writer.write_reference({"real": np.ones((4, 2))}, {"bands": {VILLAIN: [1, 1]}, "statistics": statistics})
    event = {"message": VILLAIN, "advice": VILLAIN, "evidence": {VILLAIN: 1.0}}
    writer.append_event(COLLAPSE.__class__(**(COLLAPSE.__dict__ | event)))
    page = Page(report(tmp_path, tmp_path / "report.html", title=VILLAIN))
    assert VILLAIN in page.text
    assert not [attributes for _, attributes in page.elements if "onerror" in attributes]
    assert not [attributes for tag, attributes in page.elements if tag == "img" and attributes.get("src") == "x"]
    kinds = [attributes.get("type") for tag, attributes in page.elements if tag == "script"]
    assert kinds.count(None) == 2  # plotly.js and the page's own


def test_an_unreadable_run_costs_one_row(tmp_path: Path) -> None:
    point_run(tmp_path / "good", every=100)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "run.json").write_text("{")
    text = Page(report(tmp_path, tmp_path / "report.html")).text
    assert "1 could not be read" in text and "not JSON" in text and "good" in text


def test_damage_is_told_at_the_foot_of_the_page(tmp_path: Path) -> None:
    run = point_run(tmp_path / "run", every=100)
    content = bytearray((run.path / "steps.0").read_bytes())
    content[-1] ^= 1
    (run.path / "steps.0").write_bytes(content)
    reference = run.path / "reference.safetensors"
    reference.write_bytes(reference.read_bytes()[:50])
    text = Page(report(tmp_path, tmp_path / "report.html")).text
    assert "steps.0, byte 0" in text and "reference.safetensors" in text


def test_what_was_not_recorded_is_said(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "run", info={})
    writer.append_steps({"step": np.arange(3), "time": np.arange(3.0), "loss_d": np.arange(3.0)})
    text = Page(report(tmp_path, tmp_path / "report.html")).text
    missing = "edge of the discriminator, scores of the discriminator, gradient norms"
    assert f"Not recorded in this run: {missing}." in text


def test_a_run_without_a_row_has_its_section(tmp_path: Path) -> None:
    RunWriter(tmp_path / "empty", info={})
    assert "0 steps" in Page(report(tmp_path, tmp_path / "report.html")).text


def test_thinned_lines_and_captures_are_said(tmp_path: Path) -> None:
    point_run(tmp_path / "run")
    text = Page(report(tmp_path, tmp_path / "report.html", captures=10, points=100)).text
    assert "10 of 50 captures are shown" in text
    assert "Of 1,000 rows about 100 are drawn" in text and "No peak is lost" in text


def test_runs_may_be_given_as_paths_and_loaded(tmp_path: Path) -> None:
    first, second = point_run(tmp_path / "a", every=200), point_run(tmp_path / "b", every=200)
    text = Page(report([first, str(second.path)], tmp_path / "report.html")).text
    assert "2 runs" in text


def test_what_stopping_saves_is_worked_out_by_hand(tmp_path: Path) -> None:
    view = View(point_run(tmp_path / "run", collapse_at=600), number=1, captures=6)
    assert time_saved(view.run) == (
        "Stopping when it was flagged, at step 640 of 5,000, saves 4,360 steps (87%), "
        "about 18 min 10 s at 0.25 s a step."
    )
    assert headline(view).startswith("Collapsed at step 600; the healthiest generator was at step ")


def test_no_generator_of_a_run_that_never_fitted_is_called_healthy(tmp_path: Path) -> None:
    run = point_run(tmp_path / "run", every=200)
    run.verdict = Verdict("never_fitted", None, 47, "At best it was 21%.")
    assert headline(View(run, number=1, captures=6)) == "Never fitted; the least bad generator was at step 47."


def test_a_healthy_run_saves_nothing(tmp_path: Path) -> None:
    assert time_saved(point_run(tmp_path / "run")) is None


def test_a_folder_is_no_place_for_a_page(tmp_path: Path) -> None:
    run = point_run(tmp_path / "run", every=500)
    with pytest.raises(InvalidArgument, match=r"report\.html"):
        report(run, tmp_path)


def test_no_run_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(RunNotFound):
        report(tmp_path / "nothing", tmp_path / "report.html")
    with pytest.raises(InvalidArgument, match="no runs"):
        report([], tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [{"captures": 1}, {"points": 3}])
def test_a_page_that_could_show_nothing_is_refused(tmp_path: Path, options: dict[str, int]) -> None:
    run = load(point_run(tmp_path / "run", every=500).path)
    with pytest.raises(InvalidArgument, match=r"captures=.*points="):
        report(run, tmp_path / "report.html", **options)


def test_the_film_strip_shows_at_each_place_of_the_slider_the_newest_sheet_by_then(tmp_path: Path) -> None:
    image_run(tmp_path / "digits", captures=4)
    writer = RunWriter(tmp_path / "digits", info={})
    for step, seed in ((50, 1), (180, 2), (190, 3)):
        writer.write_sheet(step, strokes(9, seed, 28, 1))
    run = load(tmp_path / "digits")
    strip = film_strip(View(run, number=1, captures=60), [0, 99, 199, 299], (-1.0, 1.0))
    assert strip.steps == [50, 190]
    assert strip.shown == [0, 0, 1, 1]
    assert strip.images == [contact_sheet(run.sheet(step), (-1.0, 1.0)).uri for step in (50, 190)]
    page = Page(report(tmp_path / "digits", tmp_path / "report.html"))
    assert "Fixed latents" in page.text
    assert [attributes for tag, attributes in page.elements if "strip" in (attributes.get("class") or "").split()]


def test_a_run_without_sheets_has_no_film_strip(tmp_path: Path) -> None:
    image_run(tmp_path / "digits")
    assert "Fixed latents" not in Page(report(tmp_path / "digits", tmp_path / "report.html")).text


def test_a_healthy_run_that_stands_still_is_not_told_that_nothing_needs_to_be_done(tmp_path: Path) -> None:
    view = View(point_run(tmp_path / "run"))
    assert advice(view) == NEXT["healthy"]
    view.events = [Event("stalled", "critical", 700, 500, "It stands still.", {"grad_norm_g": 0.0}, "Go back.")]
    assert advice(view) == "Go back."
    view.events.append(Event("collapse", "critical", 800, 600, "It collapsed.", {"diversity": 0.1}, "Stop here."))
    view.verdict = Verdict("collapsed", 600, None, "It collapsed.")
    assert advice(view) == "Stop here."
    view.verdict = view.run.verdict
    view.events += [Event("recovery", "warning", 900, 900, "Back.", {"grad_norm_g": 1.0}, "None.")]
    assert advice(view) == NEXT["healthy"]
