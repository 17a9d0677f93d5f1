"""`latents`: captures hold what the generator was called on, row by row beside its samples."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import collapse_probe as cp
from collapse_probe.errors import CollapseProbeWarning, InvalidArgument

BATCH, WIDTH = 24, 5


class Plain(nn.Module):
    """Its samples are its latents, so that each row tells which one it was made from."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(WIDTH))
        self.norm = nn.BatchNorm1d(WIDTH)
        self.dropout = nn.Dropout(0.1)

    def forward(self, z: Tensor, y: Any = None) -> Tensor:
        rows = z.detach().flatten(1)[:, :WIDTH].float().clone()
        made: Tensor = rows + 0 * self.weight + 0 * self.dropout(self.norm(rows))
        return made


class Turned(Plain):
    def forward(self, y: Any, z: Tensor) -> Tensor:
        return super().forward(z)


class Wide(Plain):
    def forward(self, z: Tensor, y: Any = None) -> Tensor:
        return super().forward(z[:, :WIDTH])


Call = Callable[[Plain, Tensor], Tensor]


def _train(run: Path | None, call: Call, *, steps: int = 24, made: type[Plain] = Plain, **options: Any) -> list[Tensor]:
    torch.manual_seed(0)
    generator, discriminator = made(), nn.Linear(WIDTH, 1)
    optimizers = [torch.optim.Adam(m.parameters(), 1e-3) for m in (generator, discriminator)]
    source = {"every": 2, "sample_size": 70, "real": torch.randn(96, WIDTH)}
    probe = cp.attach(generator, discriminator, run=run, **(source | options)) if run is not None else None
    z = torch.empty(BATCH, WIDTH)
    for _ in range(steps):
        samples = call(generator, z.normal_())
        for optimizer, batch, sign in ((optimizers[1], samples.detach(), 1), (optimizers[0], samples, -1)):
            optimizer.zero_grad()
            scores = discriminator(batch).mean()
            # The next latents go where these were, before the probe has taken the samples.
            z.normal_()
            (sign * scores).backward()
            optimizer.step()
    if probe is not None:
        probe.close()
    return [*generator.state_dict().values(), *discriminator.state_dict().values(), torch.get_rng_state()]


def _captures(run: Path) -> list[dict[str, np.ndarray]]:
    found = cp.load(run)
    assert len(found.batches) >= 10
    return [found.capture(step) for step in found.batches]


@pytest.mark.parametrize(
    "call",
    [
        lambda generator, z: generator(z),
        lambda generator, z: generator(z=z),
        lambda generator, z: generator(y=torch.nn.functional.one_hot(torch.arange(BATCH), BATCH).float(), z=z),
        lambda generator, z: generator(z[:, :, None, None]),
        lambda generator, z: generator(z, torch.zeros(BATCH, dtype=torch.int64)),
        lambda generator, z: generator(z.double()),
        lambda generator, z: generator(z.bfloat16()),
        lambda generator, z: generator(torch.cat([z, torch.zeros(BATCH, 512 - WIDTH)], dim=1)),
    ],
    ids=[
        "alone",
        "by name",
        "by name after labels",
        "with axes of one",
        "beside labels",
        "double",
        "half",
        "as wide as StyleGAN's",
    ],
)
def test_every_row_of_a_capture_has_the_latent_that_it_was_made_from(call: Call, tmp_path: Path) -> None:
    _train(tmp_path / "run", call)
    for capture in _captures(tmp_path / "run"):
        assert capture["latents"].ndim == 2
        assert np.array_equal(capture["latents"][:, :WIDTH].astype(np.float32), capture["generated"])


@pytest.mark.parametrize(
    "call",
    [
        lambda generator, z: generator(z.reshape(BATCH, 1, 1, WIDTH).expand(BATCH, 1, 4, WIDTH)),
        lambda generator, z: generator(torch.cat([z, torch.zeros(BATCH, 784 - WIDTH)], dim=1)),
        lambda generator, z: generator((100 * z).int()),
        lambda generator, z: generator(torch.cat([z, z])),
    ],
    ids=["a picture", "a flattened picture", "whole numbers", "two for each sample"],
)
def test_what_is_no_latent_vector_of_each_sample_is_not_taken_unasked(call: Call, tmp_path: Path) -> None:
    class Shortened(Plain):
        def forward(self, z: Tensor, y: Any = None) -> Tensor:
            return super().forward(z[:BATCH])

    _train(tmp_path / "run", call, made=Shortened)
    assert all("latents" not in capture for capture in _captures(tmp_path / "run"))


@pytest.mark.parametrize("latents", ["z", 1, lambda args, kwargs: args[1]], ids=["name", "position", "callable"])
def test_latents_that_are_not_the_first_argument_can_be_named(latents: Any, tmp_path: Path) -> None:
    def call(generator: Plain, z: Tensor) -> Tensor:
        made: Tensor = generator(torch.zeros(BATCH, 3), z)
        return made

    _train(tmp_path / "named", call, made=Turned, latents=latents)
    for capture in _captures(tmp_path / "named"):
        assert np.array_equal(capture["latents"], capture["generated"])
    _train(tmp_path / "none", call, made=Turned, latents=None)
    assert all("latents" not in capture for capture in _captures(tmp_path / "none"))


def test_latents_that_are_none_are_one_warning_and_captures_go_on(tmp_path: Path) -> None:
    said = r"latents=1 gave a Tensor \(7,\) of torch.float32 for 24 samples; expected a tensor of numbers \(n, \.\.\.\)"
    with pytest.warns(CollapseProbeWarning, match=said) as caught:
        _train(tmp_path / "run", lambda generator, z: generator(z, torch.zeros(7)), latents=1)
    assert len(caught) == 1
    assert all("latents" not in capture for capture in _captures(tmp_path / "run"))


def test_a_capture_has_latents_only_where_those_of_each_of_its_rows_are_known(tmp_path: Path) -> None:
    calls = iter(range(100))

    class Loose(Plain):
        def forward(self, z: Tensor, y: Any = None) -> Tensor:
            return super().forward(z if len(z) == BATCH else z.T)

    def call(generator: Plain, z: Tensor) -> Tensor:
        made: Tensor = generator(z.T if next(calls) == 12 else z)
        return made

    _train(tmp_path / "run", call, made=Loose, every=1)
    run = cp.load(tmp_path / "run")
    having = [int(step) for step in run.batches if "latents" in run.capture(step)]
    # Three batches of 24 fill a capture of 70: the batch of step 12, whose call was another, is in those of 12 to 14.
    assert [step for step in run.batches if step not in having] == [12, 13, 14]
    for step in having:
        assert np.array_equal(run.capture(step)["latents"], run.capture(step)["generated"])


def test_training_is_bit_identical_with_and_without_latents(tmp_path: Path) -> None:
    def call(generator: Plain, z: Tensor) -> Tensor:
        made: Tensor = generator(z)
        return made

    without, watched = _train(None, call), _train(tmp_path / "run", call)
    assert all(torch.equal(a, b) for a, b in zip(without, watched, strict=True))


def test_a_gan_attached_with_one_line_shows_whether_its_latents_matter(tmp_path: Path) -> None:
    _train(tmp_path / "run", lambda generator, z: generator(z))
    run = cp.load(tmp_path / "run")
    pairs = cp.figures.latents(run).data[0]
    assert np.allclose(pairs.x, pairs.y, atol=1e-5)
    assert "Do the latents matter?" in cp.report(run.path, tmp_path / "report.html").read_text("utf-8")


def test_what_latents_take_on_the_device_is_part_of_the_account(tmp_path: Path) -> None:
    taken = {}
    for name, latents in (("with", "auto"), ("without", None)):
        _train(tmp_path / name, lambda generator, z: generator(z), latents=latents)
        taken[name] = cp.load(tmp_path / name).info["cost"]["device_bytes"]
    assert taken["with"] - taken["without"] == 2 * 70 * WIDTH * 4


@pytest.mark.parametrize(
    ("latents", "said"),
    [("noise", "the generator's forward takes z, y: name one"), (-1, "latents is -1; expected"), (False, "is False")],
)
def test_senseless_latents_are_refused_before_anything_is_made(latents: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=said):
        cp.attach(Plain(), run=tmp_path / "run", latents=latents)
    with pytest.raises(InvalidArgument, match=r"give latents to step\(latents"):
        cp.Probe(run=tmp_path / "run", latents="z")
    assert not (tmp_path / "run").exists()


def _nested() -> Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, that it may change
        return torch.nested.nested_tensor([torch.zeros(2)] * BATCH)


class Odd(Plain):
    """Takes something that is no vector of numbers, and latents of its own."""

    def forward(self, y: Any, z: Any = None) -> Tensor:
        return super().forward(torch.randn(BATCH, WIDTH))


@pytest.mark.parametrize(
    "odd",
    [_nested(), torch.zeros(BATCH, WIDTH).to(torch.float8_e4m3fn), torch.zeros(BATCH, 2, dtype=torch.complex64)],
    ids=["nested", "float8", "complex"],
)
@pytest.mark.parametrize("asked", [False, True])
def test_what_is_no_vector_of_numbers_costs_no_capture(odd: Tensor, asked: bool, tmp_path: Path) -> None:
    options: dict[str, Any] = {"latents": 0} if asked else {}
    if asked:
        with pytest.warns(CollapseProbeWarning, match="captures are stored without latents") as said:
            _train(tmp_path / "run", lambda generator, z: generator(odd), made=Odd, **options)
        assert len(said) == 1
    else:
        _train(tmp_path / "run", lambda generator, z: generator(odd), made=Odd)
    assert all("latents" not in capture for capture in _captures(tmp_path / "run"))


def test_a_callable_that_fails_is_told_of_once_and_costs_no_capture(tmp_path: Path) -> None:
    def fails(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
        raise RuntimeError("no such thing")

    with pytest.warns(CollapseProbeWarning, match=r"gave an error \(RuntimeError: no such thing\)") as said:
        _train(tmp_path / "run", lambda generator, z: generator(z), latents=fails)
    assert len(said) == 1
    assert all("latents" not in capture for capture in _captures(tmp_path / "run"))


def test_latents_too_large_to_be_pooled_are_told_of_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from collapse_probe._recorder import _pool

    monkeypatch.setattr(_pool, "MAXIMUM_BYTES", 70 * 100 * 4)
    wide = torch.zeros(BATCH, 200)
    with pytest.warns(CollapseProbeWarning, match="latents too large to be pooled") as said:
        _train(tmp_path / "run", lambda generator, z: generator(wide), made=Wide, latents=0)
    assert len(said) == 1
    assert all("latents" not in capture for capture in _captures(tmp_path / "run"))
