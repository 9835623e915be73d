"""Gamma-Gamma: what the next purchase of a customer is worth, from what its purchases were worth.

Fader and Hardie (2013), The Gamma-Gamma model of monetary value. Values of a customer's purchases vary by a gamma
distribution (`p`) about a mean of its own, which is gamma distributed over customers (`q`, `v`), whatever their number.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln

from scv_assets.segments.bg_nbd import Numbers

_LEAST, _MOST = 1e-3, 1e5


@dataclass(frozen=True)
class GammaGamma:
    """A fitted model; it has no mean where q is 1 or less."""

    p: float
    q: float
    v: float
    log_likelihood: float

    def expected_value(self, repeats: Numbers, mean: Numbers) -> Numbers:
        """Return the expected value of each customer's purchases (equation 5): between its own mean and everybody's.

        `repeats`: purchases that `mean` is the mean of; 0: the customer has none, and gets everybody's.
        """
        known = self.p * repeats
        own = np.where(repeats > 0, mean, 0.0)
        return self.p * (self.v + repeats * own) / (known + self.q - 1)


def fit(repeats: Numbers, mean: Numbers) -> GammaGamma | None:
    """Return the model of greatest likelihood, or None where these customers do not tell one.

    In: customers with one repeat purchase or more, each with the mean value of these (above 0).
    """
    if not len(repeats):
        return None
    scale = float(np.mean(mean))
    scaled = mean / scale

    def cost(logs: Numbers) -> float:
        value = -log_likelihood(np.exp(logs), repeats, scaled) / len(scaled)
        return value if np.isfinite(value) else 1e10

    bounds = [(np.log(_LEAST), np.log(_MOST))] * 3
    found = minimize(cost, np.log([2.0, 2.0, 1.0]), method="L-BFGS-B", bounds=bounds, options={"maxiter": 500})
    p, q, v = (float(value) for value in np.exp(found.x))
    is_at_bound = any(not 1.01 * _LEAST < value < 0.99 * _MOST for value in (p, q, v))
    if not found.success or is_at_bound or q <= 1:
        return None
    return GammaGamma(p, q, v * scale, log_likelihood(np.array([p, q, v * scale]), repeats, mean))


def log_likelihood(parameters: Numbers, repeats: Numbers, mean: Numbers) -> float:
    """Return the log-likelihood (equation 1a) of (p, q, v)."""
    p, q, v = parameters
    known = p * repeats
    return float(
        np.sum(
            gammaln(known + q)
            - gammaln(known)
            - gammaln(q)
            + q * np.log(v)
            + (known - 1) * np.log(mean)
            + known * np.log(repeats)
            - (known + q) * np.log(v + mean * repeats)
        )
    )
