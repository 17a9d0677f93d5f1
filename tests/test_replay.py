"""Live and replayed are one monitor."""

from pathlib import Path

import pytest
import torch
from torch import nn

import collapse_probe as cp
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
