"""Live and replayed are one monitor."""

from pathlib import Path

import pytest
import torch
from torch import nn

import collapse_probe as cp
from collapse_probe._recorder import parse_options
from collapse_probe._replay import _measured_anew
from collapse_probe.errors import CollapseProbeWarning, InvalidArgument


class _Shrinking(nn.Module):
    """Draws from the ring, then, from a given call on, from one mode only."""

    def __init__(self, turns_at: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(2))
        self.data = cp.toy.ring(8, seed=3)
        self.calls = 0
        self.turns_at = turns_at

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        sample = self.data.sample(len(latents))
        if self.calls > self.turns_at:
            sample = self.data.centers[:1] + 0.01 * latents[:, :2]
        return sample * self.scale


def _watched(run: Path) -> cp.Probe:
    torch.manual_seed(0)
    generator, discriminator = _Shrinking(turns_at=60), nn.Linear(2, 1)
    optimizers = [torch.optim.SGD(m.parameters(), 1e-4) for m in (generator, discriminator)]
    real = cp.toy.ring(8, seed=1).sample(1024)
    with cp.attach(
        generator, discriminator, run=run, real=real, modes=generator.data, every=5, sample_size=64
    ) as probe:
        for _ in range(120):
            for player in (1, 0):
                optimizers[player].zero_grad()
                fake = generator(torch.randn(64, 4))
                if player:
                    loss = discriminator(fake.detach()).mean() - discriminator(generator.data.sample(64)).mean()
                else:
                    loss = -discriminator(fake).mean()
                loss.backward()
                optimizers[player].step()
            probe.log(loss=loss)
    return probe


def test_a_watched_run_and_its_replay_raise_the_same_events(tmp_path: Path) -> None:
    probe = _watched(tmp_path / "run")
    assert probe.should_stop
    assert [e.severity for e in probe.events] == ["warning", "critical"]
    assert 20 <= probe.events[0].onset <= 40
    assert cp.replay(tmp_path / "run") == probe.events == cp.load(tmp_path / "run").event_list


def test_when_should_stop_became_visible_is_recorded_beside_the_event(tmp_path: Path) -> None:
    _watched(tmp_path / "run")
    events = cp.load(tmp_path / "run").events
    critical = events[events["severity"] == "critical"]
    assert critical["visible_at"].iloc[0] >= critical.index[0]


def test_measuring_anew_says_which_captures_are_gone(tmp_path: Path) -> None:
    probe = _watched(tmp_path / "run")
    captures = sorted((tmp_path / "run" / "captures").iterdir())
    captures[-1].unlink()
    with pytest.warns(CollapseProbeWarning, match="1 captures of .* are not stored any more"):
        anew = cp.replay(tmp_path / "run", modes=cp.toy.ring(8))
    assert [(e.kind, e.severity, e.step) for e in anew] == [(e.kind, e.severity, e.step) for e in probe.events]


def test_measuring_anew_without_captures_is_refused(tmp_path: Path) -> None:
    with cp.Probe(run=tmp_path / "run") as probe:
        probe.step(loss_d=1.0)
    with pytest.raises(InvalidArgument, match="stores 0 captures and no reference"):
        cp.replay(tmp_path / "run", sample_size=64)


def _by_hand(run: Path, batches: list[torch.Tensor], *, first: int | None = None) -> cp.Probe:
    real = cp.toy.ring(8, seed=1).sample(1024)
    with cp.Probe(run=run, real=real, modes=cp.toy.ring(8), stop_on=()) as probe:
        for index, batch in enumerate(batches):
            probe.step(loss_d=1.0, fake=batch, step=first if index == 0 else None)
    return probe


def _varied(count: int) -> list[torch.Tensor]:
    data = cp.toy.ring(8, seed=4)
    return [data.sample(64) for _ in range(count)]


def _alike(count: int) -> list[torch.Tensor]:
    noise = torch.Generator().manual_seed(0)
    return [torch.tensor([[1.0, 0.0]]) + 0.01 * torch.randn(64, 2, generator=noise) for _ in range(count)]


def test_a_run_that_is_taken_up_again_knows_what_came_before(tmp_path: Path) -> None:
    _by_hand(tmp_path / "run", _varied(10))
    bands = cp.load(tmp_path / "run").bands
    probe = _by_hand(tmp_path / "run", _alike(10), first=10)
    assert [(e.severity, e.onset, e.step) for e in probe.events] == [("warning", 10, 11), ("critical", 10, 13)]
    assert cp.replay(tmp_path / "run") == probe.events
    run = cp.load(tmp_path / "run")
    assert run.verdict.kind == "collapsed"
    assert str(run.bands) == str(bands)


def test_going_back_to_a_checkpoint_replaces_the_abandoned_branch(tmp_path: Path) -> None:
    real = cp.toy.ring(8, seed=1).sample(1024)
    with cp.Probe(run=tmp_path / "run", real=real, modes=cp.toy.ring(8)) as probe:
        for batch in _varied(10) + _alike(10):
            probe.step(loss_d=1.0, fake=batch)
        assert probe.should_stop
        probe.step(loss_d=2.0, fake=_varied(1)[0], step=8)
        assert not probe.should_stop
        assert probe.events == []
        for batch in _varied(4):
            probe.step(loss_d=2.0, fake=batch)
    run = cp.load(tmp_path / "run")
    assert run.steps.index.tolist() == list(range(13))
    assert run.steps["loss_d"].tolist() == [1.0] * 8 + [2.0] * 5
    assert run.verdict.kind == "healthy"
    assert cp.replay(run) == run.event_list == []


def test_measuring_anew_with_the_same_options_gives_the_same_statistics(tmp_path: Path) -> None:
    probe = _by_hand(tmp_path / "run", _varied(6) + _alike(6))
    run = cp.load(tmp_path / "run")
    assert cp.replay(run, modes=cp.toy.ring(8)) == probe.events


def test_an_embedding_that_the_run_was_made_with_is_asked_for(tmp_path: Path) -> None:
    real = cp.toy.ring(8, seed=1).sample(1024)
    with cp.Probe(run=tmp_path / "run", real=real, embed=lambda x: 2 * x.flatten(1)) as probe:
        probe.step(fake=real[:64])
    with pytest.raises(InvalidArgument, match=r"was measured with an embed of its own \(function\)"):
        cp.replay(tmp_path / "run", sample_size=32)


def test_an_embedding_by_name_is_made_again_from_the_stored_reference(tmp_path: Path) -> None:
    images = torch.rand(128, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    with cp.Probe(run=tmp_path / "run", real=images, embed="principal_components") as probe:
        for _ in range(3):
            probe.step(fake=images[:64] ** 2)
    run = cp.load(tmp_path / "run")
    assert run.info["options"]["embed"] == "principal_components"
    measured, bands = _measured_anew(run, parse_options({"embed": "principal_components"}))
    shared = list(bands)
    assert measured[shared].equals(run.statistics.loc[measured.index, shared])
    other, _ = _measured_anew(run, parse_options({"embed": "edge_orientations"}))
    assert not other["occupancy"].equals(measured["occupancy"])
    assert cp.replay(run, sample_size=32) == []


def _classes(rows: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(3, (rows,), generator=generator)
    return 4.0 * labels[:, None] + torch.randn(rows, 2, generator=generator), labels


def _of_classes(events: list[cp.Event]) -> list[cp.Event]:
    return [event for event in events if "class_diversity.1" in event.evidence]


@pytest.fixture
def labelled(tmp_path: Path) -> cp.Run:
    """Of three classes one becomes a single point."""
    with cp.Probe(run=tmp_path / "run", real=_classes(600, 0)) as probe:
        for step in range(16):
            fake, labels = _classes(150, step + 1)
            fake[labels == 1] = 4.0 if step > 7 else fake[labels == 1]
            probe.step(fake=fake, labels=labels)
    assert len(_of_classes(probe.events)) == 1
    return cp.load(tmp_path / "run")


def test_a_class_that_collapsed_is_found_again_with_other_modes_or_fewer_samples(labelled: cp.Run) -> None:
    for changed in ({"modes": cp.toy.ring(8)}, {"sample_size": 100}):
        assert _of_classes(cp.replay(labelled, **changed)) == _of_classes(labelled.event_list)


def test_classes_are_measured_anew_where_the_real_data_come_with_labels(labelled: cp.Run) -> None:
    classes = [f"class_diversity.{label}" for label in range(3)]
    table, bands = _measured_anew(labelled, parse_options({"real": _classes(600, 0)}))
    assert table[classes].equals(labelled.statistics[classes])
    assert {name: bands[name] for name in classes} == {name: labelled.bands[name] for name in classes}
    for real in (_classes(600, 0), _classes(600, 99)):
        assert len(_of_classes(cp.replay(labelled, real=real, embed=lambda samples: 2 * samples))) == 1


def test_classes_are_left_out_where_nobody_knows_what_real_ones_would_score(labelled: cp.Run) -> None:
    for changed in ({"real": _classes(600, 0)[0]}, {"embed": lambda samples: samples[:, :1]}):
        assert _of_classes(cp.replay(labelled, **changed)) == []


def test_a_torn_capture_is_named_and_left_out(tmp_path: Path) -> None:
    _by_hand(tmp_path / "run", _varied(8))
    torn = sorted((tmp_path / "run" / "captures").iterdir())[3]
    torn.write_bytes(torn.read_bytes()[:50])
    with pytest.warns(CollapseProbeWarning) as caught:
        assert cp.replay(tmp_path / "run", modes=cp.toy.ring(8)) == []
    assert any(torn.name in str(w.message) for w in caught)
