"""Feature scores through SQL against scikit-learn and scipy: correlations, F, chi2, mutual information, information gain."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Spec, data_file, load_frame, load_table, quoted, read_csv, rows

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.feature_selection import (chi2, f_classif, f_regression, mutual_info_classif, mutual_info_regression)
from sklearn.metrics import mutual_info_score

spec = Spec("features")


def scores(source, target, method, names, seed=0):
    found = {r["feature"]: r for r in rows(f"SELECT * FROM uprofile_select_features('{source}', '{target}', '{method}', "
                                           f"seed => {seed})")}
    value = lambda k: np.array([np.nan if found[n][k] is None else found[n][k] for n in names], float)
    return value("score"), value("p_value")


def close_p(what, got, want):
    """p-values, relative where they can be told from 0."""
    want = np.asarray(want, float)
    good = want > 1e-250
    error = np.max(np.abs(got[good] / want[good] - 1), initial=0)
    spec.check(what, error < 1e-8 and np.all(got[~good] < 1e-200), f"largest relative difference {error:.1e}")


def relative(what, got, want):
    error = np.max(np.abs(got - want) / np.maximum(np.abs(want), 1e-3))
    spec.check(what, error <= 1e-9, f"largest relative difference {error:.1e}")


def numbers():
    x, y = load_breast_cancer(return_X_y=True)
    names = [f"x{j}" for j in range(x.shape[1])]
    load_table("cancer", [(n, "float8") for n in names] + [("y", "boolean")], [list(map(float, r)) + [bool(t)] for r, t in zip(x, y)])
    for method, peer in (("anova_f", f_classif), ("chi2", chi2)):
        value, p = scores("cancer", "y", method, names)
        relative(f"breast_cancer: {method}", value, peer(x, y)[0])
        close_p(f"breast_cancer: p of {method}", p, peer(x, y)[1])
    value, p = scores("cancer", "y", "pearson", names)
    relative("breast_cancer: pearson", value, [stats.pearsonr(c, y)[0] for c in x.T])
    close_p("breast_cancer: p of pearson", p, [stats.pearsonr(c, y)[1] for c in x.T])
    value, p = scores("cancer", "y", "spearman", names)
    relative("breast_cancer: spearman", value, [stats.spearmanr(c, y)[0] for c in x.T])
    close_p("breast_cancer: p of spearman", p, [stats.spearmanr(c, y)[1] for c in x.T])
    relative("breast_cancer: variance", scores("cancer", "y", "variance", names)[0], x.var(0))
    peer = np.mean([mutual_info_classif(x, y, random_state=s) for s in range(20)], 0)
    mine = np.mean([scores("cancer", "y", "mutual_info", names, s)[0] for s in range(20)], 0)
    spec.close("breast_cancer: mutual information by neighbours, mean of 20 seeds", mine, peer, 0.01)
    x, y = load_diabetes(return_X_y=True)
    names = [f"x{j}" for j in range(x.shape[1])]
    load_table("diabetes", [(n, "float8") for n in names] + [("y", "float8")], [list(map(float, r)) + [float(t)] for r, t in zip(x, y)])
    value, p = scores("diabetes", "y", "anova_f", names)
    relative("diabetes: F of the regression", value, f_regression(x, y)[0])
    close_p("diabetes: p of the regression", p, f_regression(x, y)[1])
    peer = np.mean([mutual_info_regression(x, y, random_state=s) for s in range(20)], 0)
    mine = np.mean([scores("diabetes", "y", "mutual_info", names, s)[0] for s in range(20)], 0)
    spec.close("diabetes: mutual information by neighbours, mean of 20 seeds", mine, peer, 0.01)
    for method in ("l1", "rfe", "mrmr", "permutation"):
        best = rows(f"SELECT feature FROM uprofile_select_features('diabetes', 'y', '{method}', 2) WHERE selected")
        # bmi and s5, by every textbook
        spec.check(f"diabetes: {method} finds x2", "x2" in {r["feature"] for r in best}, str([r["feature"] for r in best]))


def entropy(counts):
    p = np.asarray(counts, float) / np.sum(counts)
    return -np.sum(p[p > 0] * np.log2(p[p > 0]))


def bins(v):
    """The documented cut: up to 20 different values each their own, else 10 parts of equally many rows."""
    v = np.asarray(v, float)
    if len(np.unique(v)) <= 20:
        return np.unique(v, return_inverse=True)[1]
    s = np.sort(v)
    edges = []
    for part in range(1, 11):
        edge = s[max(part * len(s) // 10, 1) - 1]
        if not edges or edge > edges[-1]:
            edges.append(edge)
    return np.searchsorted(edges, v)


def categories():
    path = data_file(spec, "adult", "*train*")
    if not path:
        return
    frame = read_csv(path)
    target = frame.columns[-1]
    load_frame("adult", frame)
    texts = [c for c in frame.columns[:-1] if frame[c].dtype == object]
    known = lambda c: frame[[c, target]].dropna()
    value, _ = scores("adult", target, "mutual_info", texts)
    spec.close("adult: mutual information of categories", value,
               [mutual_info_score(known(c)[c], known(c)[target]) for c in texts], 1e-9)
    every = list(frame.columns[:-1])
    gain, ratio = [], []
    for c in every:
        k = known(c)
        code = k[c].astype("category").cat.codes.to_numpy() if c in texts else bins(k[c])
        information = mutual_info_score(code, k[target]) / np.log(2)
        gain.append(information)
        ratio.append(information / entropy(np.bincount(code)))
    spec.close("adult: information gain", scores("adult", target, "information_gain", every)[0], gain, 1e-9)
    spec.close("adult: gain ratio", scores("adult", target, "gain_ratio", every)[0], ratio, 1e-9)
    value, p = scores("adult", target, "chi2", texts)
    peer = [stats.chi2_contingency(pd.crosstab(known(c)[c], known(c)[target]), correction=False)[:2] for c in texts]
    relative("adult: chi2 of categories", value, np.array([a for a, _ in peer]))
    close_p("adult: p of chi2 of categories", p, [b for _, b in peer])


def pairs():
    path = data_file(spec, "credit_data", "*.csv*")
    if not path:
        return
    frame = read_csv(path)
    load_frame("credit", frame)
    found = {(r["column_a"], r["column_b"], r["method"]): r for r in rows("SELECT * FROM uprofile_correlation('credit')")}
    numbers = [c for c in frame.columns if pd.api.types.is_numeric_dtype(frame[c])]
    texts = [c for c in frame.columns if c not in numbers]
    got, want, p_got, p_want = [], [], [], []
    for (a, b, method), r in found.items():
        k = frame[[a, b]].dropna()
        if a in numbers and b in numbers:
            peer = (stats.pearsonr if method == "pearson" else stats.spearmanr)(k[a], k[b])[:2]
        elif a in texts and b in texts:
            table = pd.crosstab(k[a], k[b])
            statistic, p = stats.chi2_contingency(table, correction=False)[:2]
            peer = (np.sqrt(statistic / len(k) / (min(table.shape) - 1)), p)
        else:
            group, v = (a, b) if a in texts else (b, a)
            parts = [part[v].to_numpy() for _, part in k.groupby(group)]
            between = sum(len(part) * (part.mean() - k[v].mean()) ** 2 for part in parts)
            peer = (np.sqrt(between / ((k[v] - k[v].mean()) ** 2).sum()), stats.f_oneway(*parts)[1])
        got.append(r["correlation"])
        want.append(peer[0])
        p_got.append(r["p_value"])
        p_want.append(peer[1])
    n = len(frame.columns)
    expected = n * (n - 1) // 2 + len(numbers) * (len(numbers) - 1) // 2
    spec.check("credit: pairs", len(found) == expected, f"{len(found)} of {expected}")
    spec.close("credit: associations of all pairs", got, want, 1e-9)
    close_p("credit: their p-values", np.array(p_got), p_want)


numbers()
categories()
pairs()
spec.finish()
