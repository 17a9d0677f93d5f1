"""What detectors and verdicts say, in Japanese: all of it, with the numbers that are in it."""

import ast
import inspect
import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pytest

import collapse_probe
from collapse_probe import detectors, statistics
from collapse_probe._monitor import Monitor
from collapse_probe._monitor._classes import ClassDiversity
from collapse_probe._monitor._held_out import overfitting_described
from collapse_probe._records import Band, Event, Observation
from collapse_probe._report._words import Words, japanese
from collapse_probe._verdict import WARM_UP_CHECKS, judge, of_a_standstill, of_an_import
from collapse_probe.detectors._base import DetectorOptions
from tests.detectors.streams import captures, game, rows

PACKAGE = Path(collapse_probe.__file__).parent
JAPANESE = Words("ja")
SPEAKERS = [
    *sorted((PACKAGE / "detectors").glob("_*.py")),
    PACKAGE / "_monitor" / "_advice.py",
    PACKAGE / "_monitor" / "_alone.py",
    PACKAGE / "_verdict.py",
]
OF_ENGLISH = re.compile(r"[A-Za-z]{2,}")
NAMES = (
    "NaN R1 KL DiffAugment ADA held_out docs/remedies.md grad_norm_g beta1 epsilon real=... every=... "
    "binary_cross_entropy_with_logits"
)


def english_in(text: str) -> set[str]:
    """Words that no name explains."""
    return set(OF_ENGLISH.findall(text)) - set(OF_ENGLISH.findall(NAMES))


def raised_by(name: str, observations: Iterable[Observation], *, judged: bool) -> list[Event]:
    """Events as they are stored, with what the monitor makes of their advice; `judged` by a discriminator or not."""
    options = DetectorOptions(total_steps=100_000)
    monitor = Monitor(options, lambda: [detectors.get(name)(options)])
    if judged:
        monitor.observe_step(0, {"loss_d": 0.7})
    for step, values, bands in observations:
        if bands:
            monitor.observe_statistics(step, values, bands)
        else:
            monitor.observe_step(step, values)
    return monitor.events


def every_event() -> list[Event]:
    """All that detectors can say: each sentence at least once."""
    classes = [{f"class_diversity.{label}": 0.8 for label in range(3)}] * 10
    one, two = (
        [row | {f"class_diversity.{label}": 0.1 for label in lost} for row in classes] for lost in ([1], [0, 2])
    )
    hops = [{f"mode_shares.{k}": float(k == index % 4) for k in range(8)} for index in range(60)]
    even = [{f"mode_shares.{k}": 0.125 for k in range(8)}] * 12
    bad, good = {"not_finite": 3.0}, {"edge": 0.1}
    diverging = [Observation(step, bad if 60 <= step < 64 or step % 60 == 0 else good) for step in range(1, 200)]
    pictures = [Observation(each.step, each.values, {"occupancy": Band(20.0, 0.5)}) for each in diverging]
    copies = [{"copied_share": 0.4}] * 10 + [{"copied_share": 0.01}] * 10
    rote = [{"discriminator_overfitting": 0.9}] * 10 + [{"discriminator_overfitting": 0.1}] * 10
    norms = [7.4] * 200 + [0.0] * 400 + [7.4] * 200
    both = [Observation(step, {"grad_norm_g": norm, "grad_norm_d": norm}) for step, norm in enumerate(norms)]
    one_by_one = [
        [Observation(step, {f"grad_norm_{player}": norm}) for step, norm in enumerate(norms)] for player in "gd"
    ]
    leaps = [0.3] * 800 + [0.98] * 400 + [0.3] * 400
    streams = {
        "collapse": [captures([0.9] * 8 + [0.7] * 6 + [0.05] * 12 + [0.9] * 8)],
        "class_collapse": [rows(classes + one + classes * 2 + two + classes * 2, real=0.8)],
        "divergence": [diverging, pictures],
        "memorisation": [rows(copies, real=0.01)],
        "never_fitted": [captures([0.1] * 100, every=100)],
        "oscillation": [rows(hops + even, real=0.125)],
        "overfitting": [rows(rote, real=0.0)],
        "revolution": [game(leaps, [0.9 + 3 * (edge > 0.9) for edge in leaps]), game(leaps, [0.9] * len(leaps))],
        "stalled": [both, *one_by_one],
    }
    assert sorted(streams) == detectors.names()
    watched = [
        (name, stream, judged) for name, several in streams.items() for stream in several for judged in (True, False)
    ]
    return [event for name, stream, judged in watched for event in raised_by(name, stream, judged=judged)]


def every_reason() -> list[str]:
    """All verdicts that say something of their own."""
    bands = {"occupancy": Band(20.0, 1.0)}
    steps = pd.DataFrame({"loss_g": range(100)})
    found = []
    for ratios, finished in [
        ([0.9] * 20, True),
        ([0.9] * 20, False),
        ([0.9] * 3, True),
        ([0.1] * 10, True),
        ([0.1] * WARM_UP_CHECKS, True),
    ]:
        table = pd.DataFrame({"occupancy": [20 * ratio for ratio in ratios]})
        verdict = judge(events=[], steps=steps, statistics=table, bands=bands, finished=finished)
        found.append(verdict)
    still = [Observation(step, {"grad_norm_g": float(step < 200)}) for step in range(600)]
    stalled = raised_by("stalled", still, judged=True)
    found.append(of_a_standstill(found[0], stalled))
    imports = [{"judged": judged} for judged in (["divergence", "revolution"], ["divergence"], ["revolution"], [])]
    return [verdict.reason for verdict in [*found, *(of_an_import(found[2], {"imported": said}) for said in imports)]]


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return every_event()


def test_every_message_is_told_in_japanese_with_its_numbers(events: list[Event]) -> None:
    said = {re.sub(r"\d[\d.,%]*", "#", event.message) for event in events}
    assert len(said) >= 20, said
    for event in events:
        told = JAPANESE.told(event.message)
        assert not english_in(told), told
        assert sorted(re.findall(r"\d+(?:\.\d+)?", told)) == sorted(re.findall(r"\d+(?:\.\d+)?", event.message)), told


def test_every_advice_is_told_in_japanese(events: list[Event]) -> None:
    assert any("still to come" in event.advice for event in events)
    assert any("best generator" in event.advice for event in events)
    for event in events:
        assert not english_in(JAPANESE.told(event.advice)), event.advice


def test_every_reason_of_a_verdict_is_told_in_japanese() -> None:
    reasons = every_reason()
    assert len({re.sub(r"\d+", "#", reason) for reason in reasons}) == len(reasons)
    for reason in reasons:
        assert not english_in(JAPANESE.told(reason)), reason


def literals(source: str) -> set[str]:
    """Text that may be part of a sentence: with a space and two letters in it, and no docstring, no error."""
    tree = ast.parse(source)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docs)
    found = {node.value for node in texts if isinstance(node.value, str)}
    return {text for text in found if " " in text and re.search("[a-z]{2}", text) and len(text.strip()) > 3}


def test_no_sentence_of_a_detector_or_verdict_is_without_its_japanese() -> None:
    known = " ".join(re.sub(r"\{\w+\}", "\0", english) for english in japanese("sentences"))
    for path in SPEAKERS:
        for text in literals(path.read_text("utf-8")):
            assert text.strip() in known, f"{path.name} says {text!r}: put the sentence in japanese/sentences.json"


def test_every_statistic_has_a_name_a_title_a_unit_and_a_part_in_japanese() -> None:
    known = japanese("statistics")
    members = {
        name: (inspect.getdoc(type(m)) or "", m.unit, m.part)
        for name in statistics.names()
        if (m := statistics.get(name))
    }
    about = ClassDiversity({}, {}).described()["class_diversity"]
    members["class_diversity"] = (about["title"], about["unit"], about["part"])
    ((name, about),) = overfitting_described().items()
    members[name] = (about["title"], about["unit"], about["part"])
    for name, (title, unit, part) in members.items():
        for text in (name.replace("_", " ").capitalize(), title.splitlines()[0].removesuffix("."), unit, part):
            assert text in known, f"{name}: put {text!r} in japanese/statistics.json"
    for text, translated in known.items():
        assert re.search(r"[^\x00-\x7f]", translated), text


def test_what_somebody_else_wrote_stays_as_it_is() -> None:
    for text in ("Mine: stop.", "It hops no more. And mine.", "", " ", "It hops no more. " * 1000, "{0.__class__} {x}"):
        assert JAPANESE.told(text) == text
    assert JAPANESE.told("The discriminator's edge is back at {self}.") == "識別器の優位は{self}に戻りました。"


def test_in_english_nothing_is_changed(events: list[Event]) -> None:
    assert all(Words("en").told(event.message) == event.message for event in events)
