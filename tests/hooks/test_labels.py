"""`labels`: a conditional generator is watched class by class."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import collapse_probe as cp
from collapse_probe.errors import CollapseProbeWarning, InvalidArgument

CLASSES, BATCH = 3, 24
CENTRES = torch.tensor([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])


def _real(rows: int = 384, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(CLASSES, (rows,), generator=generator)
    return CENTRES[labels] + torch.randn(rows, 2, generator=generator), labels


class Conditional(nn.Module):
    """Its first output is the class; a class in `collapsed` is one point."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(2))
        self.norm = nn.BatchNorm1d(2)
        self.dropout = nn.Dropout(0.1)
        self.collapsed: tuple[int, ...] = ()

    def forward(self, z: Tensor, y: Tensor, *, strength: float = 1.0) -> Tensor:
        classes = y.argmax(1) if y.ndim == 2 else y
        noise = torch.where(torch.isin(classes, torch.tensor(self.collapsed))[:, None], 0.0, z)
        made: Tensor = CENTRES[classes] + strength * noise * self.scale + 0 * self.dropout(self.norm(z))
        return made


Call = Callable[[Conditional, Tensor, Tensor], Tensor]


def _train(run: Path | None, call: Call, *, steps: int = 24, **options: Any) -> list[Tensor]:
    torch.manual_seed(0)
    generator, discriminator = Conditional(), nn.Linear(2, 1)
    optimizers = [torch.optim.Adam(m.parameters(), 1e-3) for m in (generator, discriminator)]
    source = {"every": 2, "sample_size": 70}
    probe = cp.attach(generator, discriminator, run=run, **(source | options)) if run is not None else None
    for step in range(steps):
        generator.collapsed = (1,) if step >= steps // 2 else ()
        made = call(generator, torch.randn(BATCH, 2), torch.randint(CLASSES, (BATCH,)))
        for optimizer, batch, sign in ((optimizers[1], made.detach(), 1), (optimizers[0], made, -1)):
            optimizer.zero_grad()
            (sign * discriminator(batch).mean()).backward()
            optimizer.step()
    if probe is not None:
        probe.close()
    return [*generator.state_dict().values(), *discriminator.state_dict().values(), torch.get_rng_state()]


def _positional(generator: Conditional, z: Tensor, y: Tensor) -> Tensor:
    return generator(z, y)


def _by_name(generator: Conditional, z: Tensor, y: Tensor) -> Tensor:
    return generator(z, y=y)


def _one_hot(generator: Conditional, z: Tensor, y: Tensor) -> Tensor:
    return generator(z, nn.functional.one_hot(y, CLASSES).float())


def _second(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    return args[1] if len(args) > 1 else kwargs["y"]


@pytest.mark.parametrize(
    ("labels", "call"),
    [("y", _positional), ("y", _by_name), ("y", _one_hot), (1, _positional), (1, _one_hot), (_second, _by_name)],
)
def test_every_row_of_a_capture_has_the_label_that_it_was_made_from(labels: Any, call: Call, tmp_path: Path) -> None:
    _train(tmp_path / "run", call, labels=labels, real=_real())
    run = cp.load(tmp_path / "run")
    assert len(run.batches) >= 10
    for step in run.batches:
        capture = run.capture(step)
        # Batches of 24 into a ring of 70: where classes are one point, the row itself tells.
        nearest = np.linalg.norm(capture["generated"][:, None] - CENTRES.numpy(), axis=2).argmin(1)
        exact = np.isclose(capture["generated"], CENTRES.numpy()[nearest]).all(1)
        assert capture["labels"].shape == (70,)
        assert (capture["labels"][exact] == nearest[exact]).all()
        assert exact.any() == (step >= 12)


def test_a_class_that_collapses_shows_for_exactly_that_class(tmp_path: Path) -> None:
    _train(tmp_path / "run", _positional, labels="y", real=_real())
    run = cp.load(tmp_path / "run")
    classes = run.statistics[[f"class_diversity.{c}" for c in range(CLASSES)]]
    before, after = classes.loc[classes.index < 12], classes.loc[classes.index >= 16]
    assert len(before) >= 3 and len(after) >= 3
    assert (after["class_diversity.1"] == 0).all()
    assert (before["class_diversity.1"] > 0.6).all()
    assert (classes[["class_diversity.0", "class_diversity.2"]] > 0.6).all(axis=None)
    assert all(0.8 < run.bands[column].mean < 1.2 for column in classes)


def test_training_is_bit_identical_with_and_without_labels(tmp_path: Path) -> None:
    without, watched = _train(None, _positional), _train(tmp_path / "run", _positional, labels="y", real=_real())
    assert all(torch.equal(a, b) for a, b in zip(without, watched, strict=True))


@pytest.mark.parametrize(
    "real",
    [
        lambda x, y: (x, y),
        lambda x, y: (x.numpy(), y.numpy()),
        lambda x, y: (x, nn.functional.one_hot(y, CLASSES)),
        lambda x, y: DataLoader(TensorDataset(x, y), batch_size=50),
        lambda x, y: [{"image": x[:200], "label": y[:200]}, {"image": x[100:], "label": y[100:]}],
    ],
    ids=["pair", "arrays", "one-hot", "loader", "dictionaries that overlap"],
)
def test_real_labels_come_with_the_real_samples(real: Callable[[Tensor, Tensor], Any], tmp_path: Path) -> None:
    x, y = _real()
    with cp.Probe(run=tmp_path / "run", real=real(x, y)) as probe:
        fake, labels = _real(96, seed=1)
        probe.step(fake=fake, labels=labels)
        fake[labels == 2] = 0
        probe.step(fake=fake, labels=labels)
    rows = cp.load(tmp_path / "run").statistics
    assert np.allclose(rows[["class_diversity.0", "class_diversity.1"]], 1, atol=0.3)
    assert rows["class_diversity.2"].iloc[0] > 0.7
    assert rows["class_diversity.2"].iloc[1] == 0


def test_without_real_labels_there_are_labels_in_the_capture_and_no_class_statistics(tmp_path: Path) -> None:
    _train(tmp_path / "run", _positional, labels="y", real=_real()[0])
    run = cp.load(tmp_path / "run")
    assert run.capture(run.batches[-1])["labels"].shape == (70,)
    assert not [column for column in run.statistics if column.startswith("class")]


def test_labels_that_are_none_are_one_warning_and_training_and_measuring_go_on(tmp_path: Path) -> None:
    said = r"labels=<function .* gave a Tensor \(24, 2, 2\) for 24 samples; expected class indices"
    with pytest.warns(CollapseProbeWarning, match=said) as caught:
        _train(tmp_path / "run", _positional, labels=lambda args, kwargs: torch.zeros(24, 2, 2), real=_real())
    assert len(caught) == 1
    run = cp.load(tmp_path / "run")
    assert run.statistics["mean_pairwise_distance"].notna().all()
    assert set(run.capture(run.batches[0])["labels"].tolist()) == {-1}


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ("label", "the generator's forward takes z, y, strength"),
        (-1, "labels is -1; expected the name of an argument"),
        (True, "labels is True"),
    ],
)
def test_senseless_labels_are_refused_before_anything_is_made(labels: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=said):
        cp.attach(Conditional(), run=tmp_path / "run", labels=labels)
    with pytest.raises(InvalidArgument, match=r"give labels to step\(labels"):
        cp.Probe(run=tmp_path / "run", labels="y")
    assert not (tmp_path / "run").exists()


def test_a_run_that_is_taken_up_again_goes_on_reading_its_classes(tmp_path: Path) -> None:
    for first in (0, 4):
        with cp.Probe(run=tmp_path / "run", real=_real()) as probe:
            for step in range(first, first + 4):
                fake, labels = _real(96, seed=1 + step)
                probe.step(fake=fake, labels=labels, step=step)
    rows = cp.load(tmp_path / "run").statistics
    assert rows.index.tolist() == list(range(8))
    assert rows[[f"class_diversity.{c}" for c in range(CLASSES)]].notna().all(axis=None)
