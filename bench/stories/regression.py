"""Logistic regression in which each feature speaks for one event, or against it, never both.

What is fitted freely sets features that are alike against each other: it would say that
two titles mean the same and count that against one event. No library of the field bounds
the coefficients of a logistic regression, so the likelihood is maximised here (L-BFGS-B).
"""

import numpy as np
from scipy.optimize import minimize

MOST_STEPS = 1000


def fit(table, same, weights, signs, penalty):
    """Return the weight of each feature, and the bias.

    `table` has a row an example, `same` whether it is one event, `weights` what it
    counts; `signs` say of each feature whether its weight may be only positive (1),
    only negative (-1), or either (0). `penalty` is that of the squares of the weights,
    in spreads of their features.
    """
    middle, spread = table.mean(0), table.std(0) + 1e-9
    scaled, target = (table - middle) / spread, np.asarray(same, float)
    counts = np.asarray(weights, float)

    def loss(found):
        odds = scaled @ found[:-1] + found[-1]
        lost = counts @ (np.logaddexp(0.0, odds) - target * odds)
        off = counts * (1.0 / (1.0 + np.exp(-odds)) - target)
        slope = np.append(scaled.T @ off + penalty * found[:-1], off.sum())
        return lost + 0.5 * penalty * (found[:-1] ** 2).sum(), slope

    bounds = [_BOUNDS[sign] for sign in signs] + [_BOUNDS[0]]
    start = np.zeros(table.shape[1] + 1)
    made = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": MOST_STEPS},
    )
    if not made.success:
        raise RuntimeError(f"the weights could not be fitted: {made.message}")
    found = made.x[:-1] / spread
    return found, float(made.x[-1] - found @ middle)


_BOUNDS = {1: (0.0, None), -1: (None, 0.0), 0: (None, None)}
