"""Records what SciPy says about samples, for the tests of src/gate/statistics.

    python3 -m venv venv && venv/bin/pip install scipy==1.17.1 numpy==2.4.6
    venv/bin/python test/unit/gate/data/record-scipy.py > test/unit/gate/data/scipy.json
"""

import json
import math

import numpy as np
import scipy
from scipy import special, stats

rng = np.random.default_rng(20240501)


def samples():
    for n, m in [(3, 4), (5, 8), (8, 30), (8, 8), (9, 9), (30, 30), (60, 47), (360, 360)]:
        yield rng.normal(100, 15, n), rng.normal(104, 15, m)
        yield rng.lognormal(3, 1, n), rng.lognormal(3, 1.6, m)
        # Rounded values have ties.
        yield np.round(rng.exponential(5, n)), np.round(rng.exponential(7, m))
    yield np.array([1.0, 1.0, 1.0]), np.array([1.0, 1.0])
    yield np.array([1.0, 2.0, 2.0, 3.0] * 4), np.array([2.0, 2.0, 5.0] * 4)


def shift(a, b, confidence):
    n, m = len(a), len(b)
    differences = np.sort(np.subtract.outer(a, b).ravel())
    z = stats.norm.ppf(0.5 + confidence / 2)
    k = max(1, math.floor(n * m / 2 - z * math.sqrt(n * m * (n + m + 1) / 12)))
    return [float(np.median(differences)), float(differences[k - 1]), float(differences[n * m - k])]


def judged(a, b):
    record = {"first": a.tolist(), "second": b.tolist()}
    for alternative in ["greater", "less", "two-sided"]:
        test = stats.mannwhitneyu(a, b, alternative=alternative, method="auto")
        p = float(test.pvalue)
        record[alternative] = {"u": float(test.statistic), "p": 1.0 if math.isnan(p) else p}
    record["shift95"] = shift(a, b, 0.95)
    record["shift99"] = shift(a, b, 0.99)
    levene = stats.levene(a, b, center="median")
    if not math.isnan(levene.pvalue):
        record["levene"] = {"statistic": float(levene.statistic), "p": float(levene.pvalue)}
    return record


def proportions():
    for a, n, b, m in [(1, 20, 3, 25), (0, 50, 4, 40), (3, 1000, 12, 900), (30, 1000, 12, 900), (480, 1000, 450, 900),
                       (7, 7, 0, 9), (120, 100000, 180, 100000), (2, 100000, 9, 100000), (50, 500, 50, 500)]:
        pooled = (a + b) / (n + m)
        fisher = min(n, m) * min(pooled, 1 - pooled) < 5
        record = {"first": [a, n], "second": [b, m], "method": "fisher" if fisher else "z"}
        z = (a / n - b / m) / math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        tails = {"greater": stats.norm.sf(z), "less": stats.norm.cdf(z), "two-sided": 2 * stats.norm.sf(abs(z))}
        for alternative, tail in tails.items():
            table = [[a, n - a], [b, m - b]]
            record[alternative] = float(stats.fisher_exact(table, alternative).pvalue if fisher else tail)
        yield record


print(json.dumps({
    "scipy": scipy.__version__,
    "samples": [judged(a, b) for a, b in samples()],
    "proportions": list(proportions()),
    "normalTail": [[float(z), float(stats.norm.sf(z))] for z in np.linspace(-9, 30, 79)],
    "normalQuantile": [[float(p), float(stats.norm.ppf(p))] for p in [1e-300, 1e-20, 1e-9, 0.001, 0.025, 0.3, 0.5, 0.9, 0.975, 0.9999999]],
    "logGamma": [[float(x), float(special.gammaln(x))] for x in [0.1, 0.5, 1, 2, 3.7, 10, 55.5, 1234.5, 1e6]],
    "incompleteBeta": [[float(x), a, b, float(special.betainc(a, b, x))] for x in [0.01, 0.3, 0.5, 0.77, 0.999]
                       for a, b in [(0.5, 0.5), (2.0, 0.5), (29.0, 0.5), (3.0, 7.5), (500.0, 0.5)]],
}))
