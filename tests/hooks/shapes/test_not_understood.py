"""Where a loop cannot be understood the user hears of it once, with what was seen and what to do about it."""

import copy
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import collapse_probe as cp
from collapse_probe.errors import CollapseProbeWarning, LoopNotUnderstood

from ._stage import Game, networks

STEPS = 60
Loop = Callable[[Game, cp.Probe], None]


def _losses(game: Game, generator: nn.Module, discriminator: nn.Module) -> tuple[Tensor, Tensor]:
    fake = generator(game.latents())
    on_real, on_fake = discriminator(next(game.batches)), discriminator(fake.detach())
    loss_d = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
    return loss_d, F.softplus(-discriminator(fake)).mean()


def _update(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def _others(game: Game) -> tuple[nn.Module, nn.Module]:
    """Modules with the same parameters that the probe does not know: as in a graph that was compiled before."""
    return _twin(game.generator), _twin(game.discriminator)


def _twin(module: nn.Module) -> nn.Module:
    twin = copy.deepcopy(module)
    for name, parameter in module.named_parameters():
        owner, _, last = name.rpartition(".")
        setattr(twin.get_submodule(owner), last, parameter)
    return twin


def neither_is_called(game: Game, probe: cp.Probe) -> None:
    others = _others(game)
    for _ in range(STEPS):
        _update(game.optimizer_d, _losses(game, *others)[0])
        _update(game.optimizer_g, _losses(game, *others)[1])


def the_discriminator_is_never_called(game: Game, probe: cp.Probe) -> None:
    _, discriminator = _others(game)
    for _ in range(STEPS):
        _update(game.optimizer_d, _losses(game, game.generator, discriminator)[0])
        _update(game.optimizer_g, _losses(game, game.generator, discriminator)[1])


def the_generator_is_never_called(game: Game, probe: cp.Probe) -> None:
    generator, _ = _others(game)
    for _ in range(STEPS):
        _update(game.optimizer_d, _losses(game, generator, game.discriminator)[0])
        _update(game.optimizer_g, _losses(game, generator, game.discriminator)[1])


def the_discriminator_never_steps(game: Game, probe: cp.Probe) -> None:
    for _ in range(STEPS):
        _losses(game, game.generator, game.discriminator)[0].backward()
        _update(game.optimizer_g, _losses(game, game.generator, game.discriminator)[1])


def the_generator_never_steps(game: Game, probe: cp.Probe) -> None:
    for _ in range(STEPS):
        _update(game.optimizer_d, _losses(game, game.generator, game.discriminator)[0])
        _losses(game, game.generator, game.discriminator)[1].backward()


def _unseen(game: Game) -> Tensor:
    """One step of which nothing shows: other modules, updates by hand."""
    loss = sum(_losses(game, *_others(game)), torch.zeros(()))
    for module in game.modules:
        for parameter, slope in zip(
            module.parameters(), torch.autograd.grad(loss, list(module.parameters()), retain_graph=True), strict=True
        ):
            with torch.no_grad():
                parameter.sub_(slope, alpha=1e-3)
    return loss.detach()


def nothing_is_seen_but_should_stop(game: Game, probe: cp.Probe) -> None:
    for _ in range(STEPS):
        _unseen(game)
        if probe.should_stop:
            break
    assert probe.error is not None


def nothing_is_seen_but_log(game: Game, probe: cp.Probe) -> None:
    for _ in range(STEPS):
        probe.log(loss=_unseen(game))
    assert probe.error is not None


def nothing_is_seen_until_close(game: Game, probe: cp.Probe) -> None:
    for _ in range(STEPS):
        _unseen(game)


CASES: list[tuple[Loop, str]] = [
    (neither_is_called, "never called"),
    (the_discriminator_is_never_called, "the discriminator was never called"),
    (the_generator_is_never_called, "the generator was never called"),
    (the_discriminator_never_steps, "no optimizer updated the discriminator"),
    (the_generator_never_steps, "no optimizer updated the generator"),
    (nothing_is_seen_but_should_stop, "nothing|never called|no optimizer"),
    (nothing_is_seen_but_log, "nothing|never called|no optimizer"),
    (nothing_is_seen_until_close, "nothing|never called|no optimizer"),
]
every_case = pytest.mark.parametrize(
    ("loop", "said"), CASES, ids=[loop.__name__.replace("_", " ") for loop, _ in CASES]
)


@every_case
def test_a_loop_that_cannot_be_understood_is_named_once_with_what_to_do(loop: Loop, said: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    game = networks()
    with pytest.warns(CollapseProbeWarning, match=said) as caught:
        with cp.attach(game.generator, game.discriminator, run=tmp_path / "run") as probe:
            loop(game, probe)
    told = [str(w.message) for w in caught if issubclass(w.category, CollapseProbeWarning)]
    assert len(told) == 1
    assert "attach" in told[0] or "pass" in told[0]
    assert probe.error is not None
    assert str(probe.error) in told[0]


def _wait_until_steps_were_looked_at(probe: cp.Probe) -> None:
    """The probe's thread may be late, and says of what it has seen that all is well."""
    give_up = time.monotonic() + 10
    while probe._source._assembler.steps < 20 and time.monotonic() < give_up:  # type: ignore[union-attr]
        time.sleep(0.001)


@pytest.mark.parametrize("swapped", [False, True], ids=["in order", "swapped"])
def test_the_line_that_says_what_is_watched_is_not_said_of_networks_that_are_swapped(
    swapped: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.manual_seed(0)
    game = networks()
    pair = (game.discriminator, game.generator) if swapped else (game.generator, game.discriminator)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # Captures are taken well before the 50th step, at which what is not understood is warned of.
        with cp.attach(*pair, run=tmp_path / "run", every=2, sample_size=16) as probe:
            for step in range(STEPS):
                _update(game.optimizer_d, _losses(game, game.generator, game.discriminator)[0])
                _update(game.optimizer_g, _losses(game, game.generator, game.discriminator)[1])
                if step == 40:
                    _wait_until_steps_were_looked_at(probe)
    told = [str(w.message) for w in caught if issubclass(w.category, CollapseProbeWarning)]
    assert ("watching: " in capsys.readouterr().err) != swapped
    assert len(told) == swapped and all("the order" in each for each in told)
    assert (probe.error is not None) == swapped


@every_case
def test_strict_raises_where_a_loop_cannot_be_understood(loop: Loop, said: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    game = networks()
    probe = cp.attach(game.generator, game.discriminator, run=tmp_path / "run", strict=True)
    with pytest.raises(LoopNotUnderstood, match=said), probe:
        loop(game, probe)
    assert all("forward" not in vars(module) for module in game.modules)


@pytest.mark.filterwarnings("ignore")  # The compiler looks at deprecated things by itself.
@pytest.mark.parametrize("optimizers", ["outside", "inside"])
def test_a_step_that_was_compiled_before_attach_is_seen_in_full_or_named(optimizers: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    torch._dynamo.reset()
    game = networks(dropout=False)

    def loss_of(latents: Tensor, real: Tensor, whose: int) -> Tensor:
        fake = game.generator(latents)
        if whose == 1:
            return F.softplus(-game.discriminator(fake)).mean()
        return F.softplus(-game.discriminator(real)).mean() + F.softplus(game.discriminator(fake.detach())).mean()

    def update(latents: Tensor, real: Tensor, whose: int) -> None:
        _update((game.optimizer_d, game.optimizer_g)[whose], loss_of(latents, real, whose))

    compiled_loss = torch.compile(loss_of, backend="eager")
    compiled_update = torch.compile(update, backend="eager")

    def step() -> None:
        for whose in (0, 1):
            latents, real = game.latents(), next(game.batches)
            if optimizers == "inside":
                compiled_update(latents, real, whose)
            else:
                _update((game.optimizer_d, game.optimizer_g)[whose], compiled_loss(latents, real, whose))

    step()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CollapseProbeWarning)
        with cp.attach(game.generator, game.discriminator, run=tmp_path / "run") as probe:
            for _ in range(STEPS):
                step()
                assert not probe.should_stop
    told = [str(w.message) for w in caught if issubclass(w.category, CollapseProbeWarning)]
    if probe.error is None:
        run = cp.load(tmp_path / "run")
        assert len(run.steps) == STEPS
        assert run.info["loop"]["calls"] == {"real": STEPS, "fake": STEPS, "generator fake": STEPS}
    else:
        assert len(told) == 1
        assert "compile" in told[0]
