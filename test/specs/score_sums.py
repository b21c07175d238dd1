"""Correlations and scores of rows that are not held, through SQL, against two passes in extended precision over ugly data."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Spec, load_frame, rows

import numpy as np
import pandas as pd
from scipy import stats

spec = Spec("score_sums")
N = 70000
NAMES = ["small", "thousandths", "sorted", "outlier", "late", "mixed", "constant", "drift"]


def columns(rng):
    """Around 1e9, in order, with an outlier first, constant at first, constant, and far away at first."""
    x = np.empty((N, 8))
    i = np.arange(N)
    x[:, 0] = 1e9 + rng.normal(size=N)
    x[:, 1] = 1e9 + rng.normal(size=N) * 1e-3 + 0.0005 * (x[:, 0] - 1e9)
    x[:, 2] = i
    x[:, 3] = rng.normal(size=N)
    x[0, 3] = 1e12
    x[:, 4] = np.where(i < 40000, 3.0, 3.0 + rng.normal(size=N))
    x[:, 5] = rng.normal(size=N) + x[:, 0] - 1e9
    x[:, 6] = 7
    x[:, 7] = np.where(i < 35000, 0.1, 1e9 + rng.normal(size=N) * 5 + (x[:, 0] - 1e9))
    return x


def wide(v):
    v = v.astype(np.longdouble)
    return v - np.median(v)


def correlation(a, b):
    known = ~(np.isnan(a) | np.isnan(b))
    n = int(known.sum())
    if n < 2:
        return np.nan, n
    a, b = wide(a[known]), wide(b[known])
    a, b = a - a.mean(), b - b.mean()
    below = np.sqrt((a * a).sum() * (b * b).sum())
    return (float((a * b).sum() / below) if below > 0 else np.nan), n


def anova(v, group):
    known = ~np.isnan(v)
    v, group = wide(v[known]), group[known]
    parts = [v[group == g] for g in np.unique(group)]
    between = sum(len(p) * (p.mean() - v.mean()) ** 2 for p in parts)
    within = sum(((p - p.mean()) ** 2).sum() for p in parts)
    return np.nan if within == 0 else float(between / (len(parts) - 1) / (within / (len(v) - len(parts))))


def scores(table, target, method):
    found = {r["feature"]: r for r in rows(f"SELECT * FROM uprofile_select_features('SELECT {', '.join(NAMES)}, {target} FROM {table}', "
                                           f"'{target}', '{method}')")}
    return np.array([np.nan if found[n]["score"] is None else found[n]["score"] for n in NAMES], float)


def relative(what, got, want):
    got, want = np.asarray(got, float), np.asarray(want, float)
    error = np.nanmax(np.abs(got - want) / np.maximum(np.abs(want), 1e-3))
    spec.check(what, np.array_equal(np.isnan(got), np.isnan(want)) and error <= 1e-12, f"largest relative difference {error:.1e}")


rng = np.random.default_rng(1)
whole = columns(rng)
missing = whole.copy()
for column, share in ((0, .1), (2, .5), (5, .3)):
    missing[rng.random(N) < share, column] = np.nan
# in two columns never known together, and in one from the middle on
missing[45000:, 1] = np.nan
missing[:45000, 4] = np.nan
y = whole[:, 0] - 1e9 + rng.normal(size=N) * .5
classes = np.digitize(y, [-1, 0, 1])
for table, x in (("whole", whole), ("missing", missing)):
    frame = pd.DataFrame(x, columns=NAMES)
    load_frame(table, frame.assign(y=y, k=classes, b=y > 0, s=np.array(list("xyzw"))[classes]))
    got = rows(f"SELECT * FROM uprofile_correlation('SELECT {', '.join(NAMES)} FROM {table}', methods => '{{pearson}}')")
    want = [correlation(x[:, NAMES.index(r["column_a"])], x[:, NAMES.index(r["column_b"])]) for r in got]
    spec.check(f"{table}: rows of each pair", [int(r["n"]) for r in got] == [w[1] for w in want])
    value = [np.nan if r["value"] is None else float(r["value"]) for r in got]
    spec.close(f"{table}: pearson", value, [w[0] for w in want], 1e-12)
    for target, group in (("k", classes), ("b", y > 0), ("s", classes)):
        relative(f"{table}: anova_f of {target}", scores(table, target, "anova_f"), [anova(c, np.asarray(group)) for c in x.T])
    for target, number in (("y", y), ("b", (y > 0).astype(float))):
        spec.close(f"{table}: pearson of {target}", scores(table, target, "pearson"), [correlation(c, number)[0] for c in x.T], 1e-12)
    r = scores(table, "y", "pearson")
    n = (~np.isnan(x)).sum(0)
    relative(f"{table}: F of the regression", scores(table, "y", "anova_f"), r * r / ((1 - r) * (1 + r)) * (n - 2))
    relative(f"{table}: variance", scores(table, "y", "variance"), [float(wide(c[~np.isnan(c)]).var()) for c in x.T])
got = rows("SELECT * FROM uprofile_select_features('SELECT small, y FROM whole', 'y', 'anova_f')")[0]
spec.close("p of the regression", float(got["p_value"]), stats.linregress(whole[:, 0] - 1e9, y).pvalue, 1e-12)
# numbers of more than 20 values are no classes, and fractions are none
spec.check("a target of many whole numbers", rows("SELECT statistic FROM uprofile_select_features('SELECT small, (y * 10)::integer AS y FROM whole', "
                                                  "'y', 'pearson')")[0]["statistic"] == "pearson")
spec.finish()
