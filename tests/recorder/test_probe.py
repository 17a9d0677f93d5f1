"""A probe fed by hand: what is given is recorded and analysed before `step` returns."""

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import collapse_probe as cp
from collapse_probe.errors import CollapseProbeWarning, InvalidArgument

RING = cp.toy.ring(8)
REAL = cp.toy.ring(8, seed=1).sample(2048)
ONE_MODE = torch.tensor([[1.0, 0.0]])


def _collapsing(run: Path, *, checks: int = 20, **options: object) -> cp.Probe:
    """Ten varied batches, then one mode only."""
    data = cp.toy.ring(8, seed=2)
    noise = torch.Generator().manual_seed(0)
    with cp.Probe(run=run, real=REAL, modes=RING, **options) as probe:  # type: ignore[arg-type]
        for index in range(checks):
            fake = data.sample(256)
            if index >= 10:
                fake = ONE_MODE + 0.01 * torch.randn(256, 2, generator=noise)
            probe.step(loss_d=0.7, loss_g=1.0 + index, fake=fake)
            if probe.should_stop:
                break
    return probe


def test_a_collapse_is_warned_of_then_critical_and_stops_the_run(tmp_path: Path) -> None:
    probe = _collapsing(tmp_path / "run", patience=3)
    assert [(e.kind, e.severity, e.onset, e.step) for e in probe.events] == [
        ("collapse", "warning", 10, 11),
        ("collapse", "critical", 10, 13),
    ]
    assert probe.should_stop
    run = cp.load(tmp_path / "run")
    assert len(run.steps) == 14
    assert run.verdict.kind == "collapsed"
    assert run.verdict.step == 10
    assert run.verdict.best_step is not None
    assert run.verdict.best_step < 10
    assert run.info["ends"][0]["how"] == "stopped"


def test_an_event_carries_evidence_and_advice_in_words(tmp_path: Path) -> None:
    event = _collapsing(tmp_path / "run").events[-1]
    assert event.evidence["diversity"] < 0.2
    assert event.evidence["best_diversity"] > 0.9
    assert "step 10" in event.message
    assert "best step before the onset" in event.advice


def test_the_terminal_says_what_to_do_once_it_is_sure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    best = _collapsing(tmp_path / "run").events[-1].advice.split()[-1]
    warning, critical = [line for line in capsys.readouterr().err.splitlines() if "ollaps" in line and "since" in line]
    assert warning.startswith("collapse_probe: warning: Collapsing since step 10") and "Stop" not in warning
    assert "and stays there. Stop here" in critical and critical.endswith(f"The best generator was at step {best}")


def test_a_kind_left_out_of_stop_on_does_not_stop(tmp_path: Path) -> None:
    probe = _collapsing(tmp_path / "run", stop_on=("divergence",))
    assert probe.events[-1].severity == "critical"
    assert not probe.should_stop


def test_more_patience_waits_longer(tmp_path: Path) -> None:
    assert _collapsing(tmp_path / "run", patience=6).events[-1].step == 14


def test_on_event_is_called_and_its_own_failure_is_a_warning(tmp_path: Path) -> None:
    seen: list[cp.Event] = []
    _collapsing(tmp_path / "a", on_event=seen.append)
    assert [e.severity for e in seen] == ["warning", "critical"]

    def broken(event: cp.Event) -> None:
        raise OSError("no route to the pager")

    with pytest.warns(CollapseProbeWarning, match="on_event raised OSError: no route to the pager"):
        probe = _collapsing(tmp_path / "b", on_event=broken)
    assert probe.should_stop


def test_healthy_batches_raise_nothing_and_the_verdict_is_healthy(tmp_path: Path) -> None:
    probe = _collapsing(tmp_path / "run", checks=10)
    assert probe.events == []
    assert cp.load(tmp_path / "run").verdict.kind == "healthy"


def test_the_same_events_are_raised_live_and_replayed(tmp_path: Path) -> None:
    probe = _collapsing(tmp_path / "run", patience=2, sensitivity=1.2)
    assert cp.replay(tmp_path / "run") == probe.events
    assert cp.load(tmp_path / "run").event_list == probe.events


def test_a_replay_may_ask_for_more_patience_or_other_modes(tmp_path: Path) -> None:
    _collapsing(tmp_path / "run", stop_on=())
    assert cp.replay(tmp_path / "run", patience=5)[-1].step == 14
    anew = cp.replay(tmp_path / "run", modes=RING.centers)
    assert [(e.kind, e.step) for e in anew] == [("collapse", 11), ("collapse", 13)]


def test_what_is_given_is_what_is_stored(tmp_path: Path) -> None:
    fake = torch.randn(64, 2, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(64)
    with cp.Probe(run=tmp_path / "run", real=REAL, modes=RING) as probe:
        probe.step(loss_d=0.25, loss_g=torch.tensor(0.5), lr=np.float64(1e-4), fake=fake, labels=labels)
        probe.step(loss_d=0.125)
        live = cp.load(tmp_path / "run")
        assert live.batches == [0]
    run = cp.load(tmp_path / "run")
    assert run.steps["loss_d"].tolist() == [0.25, 0.125]
    assert run.steps["lr"].iloc[0] == 1e-4
    assert math.isnan(run.steps["loss_g"].iloc[1])
    assert run.batch(0).tobytes() == fake.numpy().tobytes()
    assert run.capture(0)["labels"].tolist() == labels.tolist()
    assert run.statistics.index.tolist() == [0]
    assert np.isfinite(run.statistics["occupancy"].iloc[0])


def test_scores_by_hand_give_edge_and_canonical_losses(tmp_path: Path) -> None:
    with cp.Probe(run=tmp_path / "run") as probe:
        probe.step(d_real=torch.tensor([2.0, 3.0]), d_fake=np.array([-1.0, 0.0]))
        probe.step(d_real=0.5, d_fake=0.25)
    steps = cp.load(tmp_path / "run").steps
    assert steps["edge"].iloc[0] == 1.0
    assert steps["d_real"].tolist() == [2.5, 0.5]
    assert steps["canonical_loss_g"].iloc[0] == pytest.approx((math.log1p(math.e) + math.log(2)) / 2)
    assert math.isnan(steps["edge"].iloc[1])


def test_steps_can_be_renumbered_after_a_restored_checkpoint(tmp_path: Path) -> None:
    with cp.Probe(run=tmp_path / "run") as probe:
        probe.step(loss_d=1.0)
        probe.step(loss_d=2.0, step=100)
        probe.step(loss_d=3.0)
    assert cp.load(tmp_path / "run").steps.index.tolist() == [0, 100, 101]


def test_a_loss_that_is_nan_is_recorded_and_when_it_lasts_it_is_a_divergence(tmp_path: Path) -> None:
    with cp.Probe(run=tmp_path / "run") as probe:
        for loss in (1.0, 2.0, math.nan, math.inf, math.nan):
            probe.step(loss_d=loss)
    assert [(e.kind, e.severity, e.onset, e.step) for e in probe.events] == [
        ("divergence", "warning", 2, 2),
        ("divergence", "critical", 2, 4),
    ]
    assert "1 of the losses, scores and gradient norms" in probe.events[0].message
    run = cp.load(tmp_path / "run")
    assert run.steps["loss_d"].iloc[:2].tolist() == [1.0, 2.0]
    assert math.isinf(run.steps["loss_d"].iloc[3])
    assert run.verdict.kind == "diverged"


def test_a_batch_of_another_shape_is_refused_and_nothing_recorded_is_lost(tmp_path: Path) -> None:
    with cp.Probe(run=tmp_path / "run", real=REAL, modes=RING) as probe:
        probe.step(loss_d=1.0, fake=torch.randn(64, 2))
        with pytest.raises(InvalidArgument, match=r"fake holds samples of shape \(3,\) and the real reference \(2,\)"):
            probe.step(loss_d=2.0, fake=torch.randn(64, 3))
        probe.step(loss_d=3.0)
    assert cp.load(tmp_path / "run").steps["loss_d"].tolist() == [1.0, 3.0]
    assert cp.load(tmp_path / "run").batches == [0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"loss_d": "low"}, "loss_d is a str 'low'; expected one number"),
        ({"loss_d": torch.zeros(3)}, r"loss_d is a Tensor of shape \(3,\)"),
        ({"edge": 0.1}, "'edge' is a column that the probe fills itself"),
        ({"fake": torch.zeros(5)}, r"fake has shape \(5,\); expected a batch"),
        ({"step": -1}, "step is -1"),
        ({"d_real": "x"}, "d_real is 'x'; expected the discriminator's scores"),
    ],
)
def test_arguments_of_step_that_make_no_sense_are_refused(
    arguments: dict[str, object], said: str, tmp_path: Path
) -> None:
    with cp.Probe(run=tmp_path / "run", real=REAL, modes=RING) as probe, pytest.raises(InvalidArgument, match=said):
        probe.step(**arguments)  # type: ignore[arg-type]
    assert cp.load(tmp_path / "run").steps.empty


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"evry": 5}, "unknown option 'evry'; known: real, modes"),
        ({"every": 0}, "every is 0"),
        ({"budget": 2}, "budget is 2"),
        ({"patience": 0}, "patience is 0; expected a whole number >= 1"),
        ({"sensitivity": -1}, "sensitivity is -1"),
        ({"stop_on": "colapse"}, "stop_on holds 'colapse'; known kinds of event: collapse"),
        ({"real": torch.zeros(4, 2)}, "real holds 4 samples; at least 32"),
        ({"on_event": 3}, "on_event is 3"),
        ({"value_range": (1, 0)}, r"value_range is \(1, 0\)"),
        ({"tags": {"a": 1}}, "tags is {'a': 1}"),
        ({"class_names": "ab"}, "class_names is 'ab'; expected a list of strings, that of class 0 first"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, object], said: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=said):
        cp.Probe(run=tmp_path / "run", **options)  # type: ignore[arg-type]


def test_a_closed_probe_takes_no_more(tmp_path: Path) -> None:
    probe = cp.Probe(run=tmp_path / "run")
    probe.close()
    probe.close()
    with pytest.raises(InvalidArgument, match="this probe is closed"):
        probe.step(loss_d=1.0)


def test_generated_rows_that_are_nan_are_counted_and_leave_the_statistics_undefined(tmp_path: Path) -> None:
    fake = torch.randn(64, 2)
    bad = fake.clone()
    bad[:32] = math.nan
    with cp.Probe(run=tmp_path / "run", real=REAL, modes=RING) as probe:
        probe.step(fake=fake)
        probe.step(fake=bad)
    statistics = cp.load(tmp_path / "run").statistics
    assert statistics["not_finite"].fillna(0).tolist() == [0, 32]
    assert statistics["occupancy"].notna().tolist() == [True, False]


def test_a_folder_that_is_deleted_is_not_made_anew_and_what_is_given_is_watched_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, noise = cp.toy.ring(8, seed=2), torch.Generator().manual_seed(0)
    probe = cp.Probe(run=tmp_path / "run", real=REAL, modes=RING)
    probe.step(loss_d=1.0, fake=data.sample(256))
    probe._pipeline.outbox.settle()
    shutil.rmtree(tmp_path / "run")
    with pytest.warns(CollapseProbeWarning, match=r"cannot be written \(FileNotFoundError") as caught:
        for step in range(1, 16):
            collapsed = ONE_MODE + 0.01 * torch.randn(256, 2, generator=noise)
            probe.step(loss_d=2.0, fake=data.sample(256) if step < 10 else collapsed)
        probe.close()
    assert len(caught) == 1
    assert [event.kind for event in probe.events] == ["collapse", "collapse"]
    assert probe.should_stop
    assert not (tmp_path / "run").exists()
    assert "FileNotFoundError" in str(probe.error)
    assert "15 steps (between 1 and 15)" in capsys.readouterr().err


def test_scalars_that_are_given_at_some_steps_only_are_missing_at_the_others(tmp_path: Path) -> None:
    with cp.Probe(run=tmp_path / "run", real=REAL) as probe:
        probe.step(loss_d=0.5, lr=1e-3)
        probe.step(loss_d=0.25)
        probe.step(lr=1e-4, loss_d=0.125)
        probe.step()
    steps = cp.load(tmp_path / "run").steps
    assert steps.index.tolist() == [0, 1, 2, 3]
    assert steps["loss_d"].tolist()[:3] == [0.5, 0.25, 0.125]
    assert steps["lr"].dropna().to_dict() == {0: 1e-3, 2: 1e-4}


def test_a_step_number_too_long_for_a_float_is_kept_to_the_digit(tmp_path: Path) -> None:
    with cp.Probe(run=tmp_path / "run", real=REAL) as probe:
        probe.step(loss_d=0.5, step=2**53 + 1)
        probe.step(loss_d=0.5)
    assert cp.load(tmp_path / "run").steps.index.tolist() == [2**53 + 1, 2**53 + 2]


def test_tensors_logged_on_the_cpu_keep_all_their_digits_however_many_they_are(tmp_path: Path) -> None:
    generator = torch.nn.Linear(1, 2)
    optimizer = torch.optim.SGD(generator.parameters(), 0.01)
    logged = {f"part_{index}": torch.tensor(index + 0.1, dtype=torch.float64) for index in range(40)}
    with cp.attach(generator, run=tmp_path / "run") as probe:
        generator(torch.ones(16, 1)).sum().backward()
        optimizer.step()
        probe.log(**logged)
    stored = cp.load(tmp_path / "run").steps.loc[0]
    assert {name: stored[name] for name in logged} == {name: value.item() for name, value in logged.items()}


def test_a_number_may_come_as_an_array_of_one_element_and_one_too_large_is_refused(tmp_path: Path) -> None:
    with cp.Probe(run=tmp_path / "run") as probe:
        probe.step(loss_d=np.array([0.5]), loss_g=np.float32(2.0))
        with pytest.raises(InvalidArgument, match="loss_d is a int"):
            probe.step(loss_d=10**400)
    assert cp.load(tmp_path / "run").steps[["loss_d", "loss_g"]].to_numpy().tolist() == [[0.5, 2.0]]
