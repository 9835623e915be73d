"""BG/NBD: how often who buys now and then will buy again, and whether it still does.

Fader, Hardie and Lee (2005), "Counting your customers" the easy way: an alternative to the Pareto/NBD model, Marketing
Science 24(2). Equation numbers are the paper's. A customer buys as a Poisson process and may drop out after any
purchase; the rate is gamma distributed over customers (`r`, `alpha`), the chance to drop out beta (`a`, `b`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, hyp2f1

Numbers = NDArray[np.float64]

#: A parameter beyond these has run away: the customers do not tell it.
_LEAST, _MOST = 1e-4, 1e4


@dataclass(frozen=True)
class Purchases:
    """Customers by what they bought, one place a customer, times in one unit.

    `repeats`: purchases after the first; `last`: time from the first to the last; `age`: time from the first to now.
    """

    repeats: Numbers
    last: Numbers
    age: Numbers

    def __len__(self) -> int:
        """Return how many customers there are."""
        return len(self.repeats)


@dataclass(frozen=True)
class BgNbd:
    """A fitted model; `log_likelihood` is that of the customers it was fitted on."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float

    def alive(self, customers: Purchases) -> Numbers:
        """Return the probability that each customer still buys (Fader and Hardie 2008, a note on P(alive)).

        It is 1 for everybody without a repeat purchase: the model lets nobody drop out before one.
        """
        x = customers.repeats
        with np.errstate(over="ignore"):
            gone = self.a / (self.b + x - 1) * np.exp((self.r + x) * self._silence(customers))
        return np.where(x > 0, 1 / (1 + gone), 1.0)

    def expected(self, customers: Purchases, time: float) -> Numbers:
        """Return the purchases that each customer is expected to make in the next `time` (equation 10).

        Written with Euler's transformation of the hypergeometric function, whose terms do not overflow for customers
        with hundreds of purchases.
        """
        x, a = customers.repeats, self.a if abs(self.a - 1) > 1e-6 else self.a + 1e-6
        z = time / (self.alpha + customers.age + time)
        series = hyp2f1(a + self.b - 1 - self.r, a - 1, a + self.b + x - 1, z)
        made = (a + self.b + x - 1) / (a - 1) * (1 - (1 - z) ** (a - 1) * series)
        return np.maximum(made * self.alive(customers), 0.0)

    def _silence(self, customers: Purchases) -> Numbers:
        return np.log(self.alpha + customers.age) - np.log(self.alpha + customers.last)


def fit(customers: Purchases) -> BgNbd | None:
    """Return the model of greatest likelihood, or None where these customers do not tell one.

    Starts from one fixed point, so the same customers give the same model.
    """
    scale = float(np.mean(customers.age)) if len(customers) else 0.0
    if scale <= 0 or not customers.repeats.any():
        return None
    scaled = Purchases(customers.repeats, customers.last / scale, customers.age / scale)

    def cost(logs: Numbers) -> float:
        value = -log_likelihood(np.exp(logs), scaled) / len(scaled)
        return value if np.isfinite(value) else 1e10

    bounds = [(np.log(_LEAST), np.log(_MOST))] * 4
    found = minimize(cost, np.log([0.5, 0.5, 1.0, 2.0]), method="L-BFGS-B", bounds=bounds, options={"maxiter": 500})
    r, alpha, a, b = (float(value) for value in np.exp(found.x))
    is_at_bound = any(not 1.01 * _LEAST < value < 0.99 * _MOST for value in (r, alpha, a, b))
    if not found.success or is_at_bound:
        return None
    model = (r, alpha * scale, a, b)
    return BgNbd(*model, log_likelihood(np.array(model), customers))


def log_likelihood(parameters: Numbers, customers: Purchases) -> float:
    """Return the log-likelihood (equation 6) of (r, alpha, a, b)."""
    r, alpha, a, b = parameters
    x = customers.repeats
    still = -(r + x) * np.log(alpha + customers.age)
    dropped = np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + customers.last)
    times = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    chance = betaln(a, b + x) - betaln(a, b)
    return float(np.sum(times + chance + np.where(x > 0, np.logaddexp(still, dropped), still)))
