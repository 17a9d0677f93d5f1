"""Sinkhorn divergence."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, final

import numpy as np
import torch
from jaxtyping import Float
from scipy.optimize import minimize
from torch import Tensor

from ._base import AbstractStatistic, State
from ._distances import canonical, center_of, is_finite, squared_distances, subsample

Prices = Float[np.ndarray, " m"]


@final
@dataclass(frozen=True)
class SinkhornDivergence(AbstractStatistic):
    """The squared Wasserstein distance of samples that are looked at out of focus, and so less at the mercy of chance.

    OT(x, y) - OT(x, x) / 2 - OT(y, y) / 2, where OT is the cheapest transport at cost |x - y|^2, not halved, plus
    e KL(plan | independent). The temperature e is the square of `blur` times the root mean square distance of real
    samples from their mean, frozen: towards 0 it is `wasserstein` squared, towards infinity the squared distance of the
    means. It is debiased: 0 for equal samples, collapsed ones too. A sample of more than `rows` is cut by `seed`.

    Shapes: generated (n, d), real (m, d); a float.
    Formula: OT(y, x) - OT(y, y) / 2 - OT(x, x) / 2, OT(a, b) = min over plans P with uniform marginals of sum_ij P_ij
        |a_i - b_j|^2 + e sum_ij P_ij ln(n_a n_b P_ij), e = blur^2 mean |x - mean x|^2; x and e frozen.
    Unit: that of the data, squared; less is better, as far as real batches of the same size score.
    Undefined: NaN where all real samples coincide, so that they have no scale, or where a value is not finite.
    Cost: 100 to 300 times n (n + m), on the device, between steps on the CPU: below a second for n = 256, m = 1024, and
        a few for `fit`; more for a smaller `blur`, up to `rounds` steps. 4 m^2 numbers in memory.
    Source: Feydy et al., AISTATS 2019, https://arxiv.org/abs/1810.08278; Genevay, Peyré and Cuturi, AISTATS 2018,
        https://arxiv.org/abs/1706.00292.

    >>> from collapse_probe import statistics
    >>> square = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> round(statistics.sinkhorn_divergence(generated=square + torch.tensor([3.0, 4.0]), real=square), 6)  # 3^2 + 4^2
    25.0
    """

    blur: float = 0.1
    rows: int = 1024
    rounds: int = 300
    seed: int = 0

    unit: ClassVar[str] = "squared data units"
    healthy: ClassVar[Literal["high", "low", "reference"]] = "low"
    online: ClassVar[bool] = False

    def fit(self, real: Float[Tensor, "m d"]) -> State:
        center = center_of(real)
        rows = real.double() - center
        temperature = self.blur**2 * rows.square().sum(dim=1).mean()
        rows = subsample(canonical(rows), self.rows, self.seed)
        defined = is_finite(real) and bool(temperature > 0)
        own = self._transport(rows, rows, temperature) if defined else math.nan
        return {"center": center, "real": rows, "temperature": temperature, "real_own": temperature.new_tensor(own)}

    def compute(self, generated: Float[Tensor, "n d"], state: State) -> float:
        if not is_finite(generated) or not math.isfinite(state["real_own"]):
            return math.nan
        rows = subsample(canonical(generated.double() - state["center"]), self.rows, self.seed)
        across = self._transport(rows, state["real"], state["temperature"])
        own = self._transport(rows, rows, state["temperature"])
        return across - own / 2 - float(state["real_own"]) / 2

    def _transport(
        self, first: Float[Tensor, "n d"], second: Float[Tensor, "m d"], temperature: Float[Tensor, ""]
    ) -> float:
        """The cost of the entropic plan: the maximum of the smooth dual over the prices of `second`.

        Climbed by a quasi-Newton method while the temperature falls: the alternating updates of Sinkhorn need
        thousands of rounds to carry a little mass from one mode to another.
        """
        costs = squared_distances(first, second)
        cold = float(temperature)
        heat = max(float(costs.max()), cold)
        prices = np.zeros(len(second))
        while heat > 4 * cold:
            heat /= 4
            prices = heat * _climb(costs, prices / heat, heat, 10)[0]
        return cold * _climb(costs, prices / cold, cold, self.rounds)[1]


def _climb(costs: Float[Tensor, "n m"], prices: Prices, heat: float, steps: int) -> tuple[Prices, float]:
    """Better prices, and the value of the dual there, both in units of `heat`."""

    def downhill(prices: Prices) -> tuple[float, Prices]:
        offers = torch.as_tensor(prices, device=costs.device) - costs / heat
        best = torch.logsumexp(offers, dim=1)
        # The gradient: how much more each column is asked for than it has.
        excess = (offers - best[:, None]).exp_().mean(dim=0) - 1 / len(prices)
        return float(best.mean()) - math.log(len(prices)) - float(prices.mean()), excess.cpu().numpy()

    options: dict[str, Any] = {"maxiter": steps, "maxcor": 20, "gtol": 1e-9, "ftol": 1e-15}
    # The stubs ask for the number of axes in the type, which jaxtyping keeps to itself.
    found = minimize(downhill, prices, jac=True, method="L-BFGS-B", options=options)  # type: ignore[call-overload]
    return found.x, -float(found.fun)
