"""Intervals of twenty made studies, by scipy: BCa of accuracy and AUROC by patient; DeLong's variance with and without patients.

    python tools/peers/report-intervals.py > packages/plugin-report/fixtures/intervals.json

Draws come from a generator that is written twice, here and in the test (MINSTD, exact in float64), so that both see the same resamples.
"""

import json
import sys

import numpy
import scipy
import sklearn
import statsmodels
from scipy.stats import bootstrap, mannwhitneyu, norm
from sklearn.metrics import roc_auc_score
from statsmodels.stats.proportion import proportion_confint

RESAMPLES = 300


class Minstd:
    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        self.state = self.state * 16807 % 2147483647
        return self.state / 2147483647


def study(number):
    """Rows of patients with 1 to 3 images: label, predicted label and score hang together within a patient."""
    rng = Minstd(1000 + number)
    rows = []
    for patient in range(20 + 2 * number):
        label = 1 if rng.uniform() < 0.4 else 0
        shift = rng.uniform()
        for _ in range(1 + int(rng.uniform() * 3)):
            score = 0.35 * label + 0.4 * shift + 0.5 * rng.uniform()
            score = round(score * 20) / 20 if number % 2 else score  # ties in every second study
            rows.append((patient, label, 1 if score > 0.6 else 0, score))
    return numpy.array(rows), rng


class Given:
    """What scipy asks of an earlier result: its distribution is gone on with."""

    def __init__(self, distribution):
        self.bootstrap_distribution = distribution
        self.standard_error = 0
        self.confidence_interval = None


def drawn_patients(rows, rng):
    patients = numpy.unique(rows[:, 0])
    return [[int(rng.uniform() * len(patients)) for _ in patients] for _ in range(RESAMPLES)]


def bca(rows, draws, statistic):
    patients = numpy.unique(rows[:, 0])
    members = [rows[rows[:, 0] == patient] for patient in patients]

    def of(drawn):
        return statistic(numpy.concatenate([members[int(patient)] for patient in drawn]))

    replicates = numpy.array([of(drawn) for drawn in draws])
    replicates = replicates[~numpy.isnan(replicates)]
    result = bootstrap((numpy.arange(len(patients)),), of, vectorized=False, method="BCa", n_resamples=0,
                       bootstrap_result=Given(replicates))
    return {"low": result.confidence_interval.low, "high": result.confidence_interval.high, "used": len(replicates)}


def accuracy(rows):
    return (rows[:, 1] == rows[:, 2]).mean()


def auroc(rows):
    return numpy.nan if len(set(rows[:, 1])) < 2 else roc_auc_score(rows[:, 1], rows[:, 3])


def components(rows):
    positive, negative = rows[rows[:, 1] == 1], rows[rows[:, 1] == 0]
    wins = (positive[:, None, 3] > negative[None, :, 3]) + 0.5 * (positive[:, None, 3] == negative[None, :, 3])
    return positive, negative, wins.mean(1), wins.mean(0)


def delong(rows):
    positive, negative, a, b = components(rows)
    return a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)


def obuchowski(rows):
    positive, negative, a, b = components(rows)
    area, patients = a.mean(), numpy.unique(rows[:, 0])
    up = numpy.array([(a[positive[:, 0] == patient] - area).sum() for patient in patients])
    down = numpy.array([(b[negative[:, 0] == patient] - area).sum() for patient in patients])
    m, n, i = len(a), len(b), len(patients)
    i10, i01 = len(set(positive[:, 0])), len(set(negative[:, 0]))
    s10, s01 = i10 / ((i10 - 1) * m) * (up**2).sum(), i01 / ((i01 - 1) * n) * (down**2).sum()
    s11 = i / (i - 1) * (up * down).sum()
    return s10 / m + s01 / n + 2 * s11 / (m * n)


studies = []
for number in range(20):
    rows, rng = study(number)
    draws = drawn_patients(rows, rng)
    u = mannwhitneyu(rows[rows[:, 1] == 1, 3], rows[rows[:, 1] == 0, 3], method="asymptotic").statistic
    area = u / ((rows[:, 1] == 1).sum() * (rows[:, 1] == 0).sum())
    half = norm.ppf(0.975) * numpy.sqrt(delong(rows)) / (area * (1 - area))
    logit = numpy.log(area / (1 - area))
    right = int((rows[:, 1] == rows[:, 2]).sum())
    wilson = proportion_confint(right, len(rows), method="wilson")
    studies.append({
        "number": number,
        "accuracy": bca(rows, draws, accuracy),
        "auroc": bca(rows, draws, auroc),
        "area": area,
        "deLongVariance": delong(rows),
        "clusteredVariance": obuchowski(rows),
        "logit": {"low": 1 / (1 + numpy.exp(half - logit)), "high": 1 / (1 + numpy.exp(-half - logit))},
        "wilson": {"low": wilson[0], "high": wilson[1]},
    })

versions = {"scipy": scipy.__version__, "scikit-learn": sklearn.__version__, "statsmodels": statsmodels.__version__, "numpy": numpy.__version__}
json.dump({"made": "tools/peers/report-intervals.py", "versions": versions, "resamples": RESAMPLES, "studies": studies}, sys.stdout, indent=1)
print()
