"""Feature scores through SQL against scikit-learn and scipy: correlations, F, chi2, mutual information, information gain."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Spec, data_file, load_frame, load_table, psql, read_csv, rows

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.feature_selection import (chi2, f_classif, f_regression, mutual_info_classif, mutual_info_regression)
from sklearn.linear_model import LogisticRegression, lasso_path
from sklearn.metrics import mutual_info_score
from sklearn.preprocessing import StandardScaler

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
        got.append(r["value"])
        want.append(peer[0])
        p_got.append(r["p_value"])
        p_want.append(peer[1])
    n = len(frame.columns)
    expected = n * (n - 1) // 2 + len(numbers) * (len(numbers) - 1) // 2
    spec.check("credit: pairs", len(found) == expected, f"{len(found)} of {expected}")
    spec.close("credit: associations of all pairs", got, want, 1e-9)
    close_p("credit: their p-values", np.array(p_got), p_want)


def wide():
    """All pairs at once, complete and with missing values, against scipy."""
    rng = np.random.default_rng(11)
    x = rng.normal(size=(3000, 12)) @ rng.normal(size=(12, 12)) * 10.0 ** rng.integers(-6, 7, 12) + 1e5
    x[:, 3] = np.round(x[:, 3] / np.std(x[:, 3]))
    for name, share in (("complete", 0), ("holes", 0.2)):
        v = x.copy()
        if share:
            v[:, ::2][rng.random((3000, 6)) < share] = np.nan
        load_table("wide", [(f"x{j}", "float8") for j in range(12)], v.tolist())
        found = rows("SELECT * FROM uprofile_correlation('wide')")
        want, p = [], []
        for r in found:
            a, b = v[:, int(r["column_a"][1:])], v[:, int(r["column_b"][1:])]
            known = ~np.isnan(a) & ~np.isnan(b)
            peer = (stats.pearsonr if r["method"] == "pearson" else stats.spearmanr)(a[known], b[known])
            want.append(peer[0])
            p.append(peer[1])
            if r["n"] != known.sum():
                spec.check(f"{name}: rows of {r['column_a']}, {r['column_b']}", False, f"{r['n']}, expected {known.sum()}")
        spec.check(f"{name}: pairs", len(found) == 132, str(len(found)))
        spec.close(f"{name}: correlations", [r["value"] for r in found], want, 1e-11)
        close_p(f"{name}: p-values", np.array([r["p_value"] for r in found]), p)


def multiclass():
    x, y = load_digits(return_X_y=True)
    used = [j for j in range(64) if x[:, j].std() > 0]
    names = [f"x{j}" for j in used]
    x = x[:, used]
    load_table("digits", [(n, "float8") for n in names] + [("y", "text")], [list(map(float, r)) + [str(t)] for r, t in zip(x, y)])
    for method, peer in (("anova_f", f_classif), ("chi2", chi2)):
        value, p = scores("digits", "y", method, names)
        relative(f"digits: {method}", value, peer(x, y)[0])
        close_p(f"digits: p of {method}", p, peer(x, y)[1])


def l1():
    """The order of the first features is that in which the paths of scikit-learn take them."""
    x, y = load_breast_cancer(return_X_y=True)
    z = StandardScaler().fit_transform(x)
    most = np.max(np.abs(z.T @ (y - y.mean()))) / len(y)
    names = [f"x{j}" for j in range(x.shape[1])]
    value, _ = scores("cancer", "y", "l1", names)
    for share in (0.5, 0.1, 0.03):
        peer = LogisticRegression(penalty="l1", solver="saga", C=1 / (share * most * len(y)), tol=1e-8, max_iter=100000).fit(z, y)
        # The path's penalties are 0.001^(i / 60): compare away from their steps.
        active = {n for n, w in zip(names, peer.coef_[0]) if abs(w) > 1e-3}
        mine = {n for n, v in zip(names, value) if v >= share}
        spec.check(f"breast_cancer: features in the penalized logistic regression at {share}", active <= mine and
                   len(mine - active) <= 2, f"{len(mine)} features, scikit-learn {len(active)}")
    x, y = load_diabetes(return_X_y=True)
    names = [f"x{j}" for j in range(x.shape[1])]
    alphas, w, _ = lasso_path(StandardScaler().fit_transform(x), (y - y.mean()) / y.std(), eps=1e-3, n_alphas=400)
    entered = [alphas[np.argmax(np.abs(c) > 0)] / alphas[0] if np.any(c) else 0 for c in w]
    value, _ = scores("diabetes", "y", "l1", names)
    error = np.max(np.abs(np.log(value) - np.log(entered)))
    spec.check("diabetes: penalties at which the lasso takes features", error < 0.11, f"largest difference of logarithms {error:.3f}")


def noise():
    """Selected and fitted on one half of pure noise, a model is at chance on the other; selected on all it would seem not."""
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(1000, 1000)), rng.random(1000) < 0.5
    load_table("noise", [("half", "integer"), ("x", "float8[]"), ("y", "boolean")],
               ([i % 2, row, bool(t)] for i, (row, t) in enumerate(zip(x, y))))
    for method in ("anova_f", "pearson", "information_gain", "l1", "mrmr"):
        learned = (f"SELECT uprofile_svm(x, y, '{{\"select\": {{\"method\": \"{method}\", \"k\": 20}}}}') AS m FROM noise "
                   "WHERE half = 0")
        share = {h: float(psql(f"WITH t AS MATERIALIZED ({learned}) SELECT avg((uprofile_predict_label(m, x)::boolean = y)::int) "
                               f"FROM noise, t WHERE half = {h}")) for h in (0, 1)}
        spec.check(f"noise of 1,000 columns: {method} on one half, accuracy on the other", abs(share[1] - 0.5) < 0.07,
                   f"{share[1]:.3f}, on its own half {share[0]:.3f}")
        spec.check(f"noise of 1,000 columns: {method} fits its own half", share[0] > 0.6, f"{share[0]:.3f}")


numbers()
categories()
pairs()
wide()
multiclass()
l1()
noise()
spec.finish()
