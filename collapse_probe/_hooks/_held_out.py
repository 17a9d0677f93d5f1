"""Real samples held out of training: the probe asks the discriminator itself how it rates them."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from .._monitor import D_HELD_OUT, D_TRAINING, GROUP, rows_compared
from .._recorder import warn
from ..errors import InvalidArgument, in_a_line
from ._scores_of import ScorePicker
from ._untraced import UntracedModule, on


class HeldOut:
    """Calls D on held-out and on training samples, in evaluation mode and without a trace.

    Both kinds go through D in the same calls, in a fixed random order, so that what D makes of a batch as a whole, its
    spread for instance, concerns both alike: chance is then what Mann and Whitney say, whatever D is.
    """

    def __init__(self, discriminator: nn.Module, samples: Tensor, *, score: Callable[..., Tensor] | None) -> None:
        """Raises `InvalidArgument` where D cannot be called on `samples` (n, ...), some of which are copied."""
        self._discriminator = UntracedModule(discriminator)
        self._pick = ScorePicker(score)
        self._generator = torch.Generator().manual_seed(0)
        _, count = rows_compared(len(samples), samples)
        chosen = torch.randperm(len(samples), generator=self._generator)[:count]
        held_out = samples.detach()[chosen.to(samples.device)]
        if not bool(held_out.isfinite().all()):
            raise InvalidArgument("held_out holds NaN or infinity; leave those samples out")
        # NumPy's numbers are float64 where nothing else was said; a scale for whole numbers nobody can guess.
        kept = _dtype_of(discriminator) if held_out.is_floating_point() else held_out.dtype
        self._held_out = held_out.to(kept)
        self._training = 0
        self._mixed: Tensor | None = None
        self._places = torch.empty(0, dtype=torch.int64)
        self.error: str | None = None
        try:
            self._rate(on(self._held_out[:GROUP], self._discriminator.device))
        except Exception as failure:
            raise InvalidArgument(
                f"the discriminator cannot be called on held_out ({in_a_line(failure)}); it is asked about {GROUP} "
                f"samples at once, by D(samples), here of {self._held_out.dtype}, and has to give a score for each. "
                "One that takes labels too cannot be asked: leave held_out out"
            ) from failure

    @property
    def nbytes(self) -> int:
        """Memory of the samples, in bytes."""
        return 0 if self._mixed is None else self._mixed.nbytes

    def ask(self, training: Tensor | None, *, batch_size: int) -> dict[str, Tensor]:
        """Scores (n,) of training samples and of held-out ones, on the device, under the names of both.

        Training samples are drawn from `training` (m, ...), once. Empty while there are none, and, after one warning,
        once a call has failed. About `batch_size` samples go through D at a time.
        """
        if self.error is not None or training is None:
            return {}
        try:
            if self._mixed is None:
                self._mix(training)
            return self._ask(max(GROUP, batch_size // GROUP * GROUP))
        except Exception as failure:
            self.error = in_a_line(failure)
            warn(f"the discriminator is not asked about held_out any more, the rest goes on: {self.error}")
            return {}

    def _mix(self, training: Tensor) -> None:
        held_out = self._held_out
        if training.shape[1:] != held_out.shape[1:]:
            raise InvalidArgument(
                f"held_out has samples of shape {tuple(held_out.shape[1:])} and the real data "
                f"{tuple(training.shape[1:])}; give them alike"
            )
        self._training, _ = rows_compared(len(training), held_out)
        drawn = training[torch.randperm(len(training), generator=self._generator)[: self._training]]
        both = torch.cat([on(drawn.to(held_out.dtype), held_out.device), held_out])
        order = torch.randperm(len(both), generator=self._generator)
        self._places = order.argsort()
        self._mixed, self._held_out = both[on(order, both.device)], held_out[:0].clone()

    def _ask(self, rows: int) -> dict[str, Tensor]:
        device = self._discriminator.device
        self._mixed, self._places = on(self._mixed, device), on(self._places, device)
        # Clones, since it may write into what it is given.
        scores = torch.cat([self._rate(part.clone()) for part in self._mixed.split(rows)])[self._places]
        return {D_TRAINING: scores[: self._training], D_HELD_OUT: scores[self._training :]}

    def _rate(self, samples: Tensor) -> Tensor:
        scores = self._pick.plain(self._discriminator((samples,), {}), samples)
        if scores is None or len(scores) != len(samples):
            came = "no score" if scores is None else f"{len(scores)} scores"
            raise InvalidArgument(f"it gave {came} for {len(samples)} samples")
        return scores.float()


def _dtype_of(discriminator: nn.Module) -> torch.dtype:
    """That of its first weights; float32 where it has none."""
    return next((p.dtype for p in discriminator.parameters() if p.is_floating_point()), torch.float32)
