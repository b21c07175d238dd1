"""Linear support vector machines through SQL against LIBLINEAR and scikit-learn.

On the standardized one-hot matrix of adult, with the bias as a feature: both objectives at most 1.001 times
LIBLINEAR's (-B 1 -e 1e-6), which are kept in test/data/svm.csv (see Kept of lib/common.py), the accuracy on the test file
.854 ± .003. On made data: scikit-learn's coefficients.
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

import json

import numpy as np
import pandas as pd
from sklearn.datasets import load_iris, make_classification
from sklearn.svm import LinearSVC

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Kept, psql

failed = False
kept = Kept("svm")


def check(name, good, detail):
    global failed
    failed = failed or not good
    print(("ok" if good else "FAIL") + f" svm: {name}: {detail}", flush=True)


def load(table, x, y):
    psql(f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} (id integer, x float8[], y integer)")
    psql(f"COPY {table} FROM STDIN", "".join(
        f"{i}\t{{{','.join(map(repr, map(float, row)))}}}\t{int(label)}\n" for i, (row, label) in enumerate(zip(x, y))))


def train(table, params):
    psql(f"DROP TABLE IF EXISTS fitted; CREATE TABLE fitted AS SELECT uprofile_svm(x, y, '{json.dumps(params)}') AS m FROM {table}")
    info = json.loads(psql("SELECT uprofile_model_info(m) FROM fitted"))
    return info, np.array(info["coef"]), np.array(info["intercept"])


def objective(x, y, w, b, hinge, c=1.0):
    z = np.maximum(0, 1 - y * (x @ w + b))
    return 0.5 * (w @ w + b * b) + c * (z.sum() if hinge else (z * z).sum())


x, y = make_classification(3000, 12, n_informative=6, flip_y=0.1, random_state=3)
load("made", x, y)
for loss in ("squared_hinge", "hinge"):
    info, w, b = train("made", {"loss": loss, "tol": 1e-6})
    peer = LinearSVC(loss=loss, dual=loss == "hinge", tol=1e-8, max_iter=1000000).fit(x, y)
    mine = objective(x, 2 * y - 1, w, b, loss == "hinge")
    theirs = objective(x, 2 * y - 1, peer.coef_[0], peer.intercept_[0], loss == "hinge")
    check(f"{loss}: objective", mine <= theirs * (1 + 1e-5), f"{mine:.6f}, scikit-learn {theirs:.6f}")
    check(f"{loss}: model_info tells it", abs(info["objective"] - mine) <= 1e-6 * mine, f"{info['objective']:.6f}")
    distance = np.abs(w - peer.coef_[0]).max()
    check(f"{loss}: coefficients", distance <= 2e-3, f"within {distance:.1e}")
info, w, b = train("made", {"class_weight": "balanced", "C": 0.1})
peer = LinearSVC(class_weight="balanced", C=0.1, dual=False, tol=1e-8).fit(x, y)
check("balanced, C 0.1: coefficients", np.abs(w - peer.coef_[0]).max() <= 1e-3, f"within {np.abs(w - peer.coef_[0]).max():.1e}")

iris = load_iris()
load("flowers", iris.data, iris.target)
info, w, b = train("flowers", {"tol": 1e-6})
peer = LinearSVC(dual=False, tol=1e-8).fit(iris.data, iris.target)
check("three classes: coefficients", np.abs(w - peer.coef_).max() <= 1e-3, f"within {np.abs(w - peer.coef_).max():.1e}")
labels = psql("WITH m AS (SELECT uprofile_svm(x, y) AS m FROM flowers) "
              "SELECT uprofile_predict(m, x) FROM flowers, m ORDER BY id").split()
same = np.mean(np.array(labels, float) == peer.predict(iris.data))
check("three classes: predictions", same >= 0.99, f"{same:.3f} the same")

psql("DROP TABLE IF EXISTS p; CREATE TABLE p AS WITH m AS (SELECT uprofile_svm(x, y, '{\"probability\": true}') AS m FROM made) "
     "SELECT y, uprofile_predict_proba(m, x) AS p FROM made, m")
gap = float(psql("SELECT max(abs(share - mean)) FROM (SELECT avg(y) AS share, avg(p) AS mean FROM p "
                 "GROUP BY width_bucket(p, 0, 1, 5) HAVING count(*) > 100) AS b"))
check("probabilities are what they say", gap <= 0.08, f"largest gap of five bins {gap:.3f}")



def peers_objective(x, y, loss):
    peer = LinearSVC(loss=loss, dual=loss == "hinge", tol=1e-6, max_iter=20000).fit(x, y)
    return objective(x, 2 * y - 1, peer.coef_[0], peer.intercept_[0], loss == "hinge")


# Many columns: fewer rows than twice as many columns, half of them categories.
rng = np.random.default_rng(7)
x = np.hstack([rng.standard_normal((1500, 400)), rng.random((1500, 400)) < 0.03]).astype(float)
y = (x[:, :20].sum(1) + x[:, 400:440].sum(1) + 3 * rng.standard_normal(1500) > 1).astype(int)
load("wide", x, y)
for loss in ("squared_hinge", "hinge"):
    info, w, b = train("wide", {"loss": loss})
    mine = objective(x, 2 * y - 1, w, b, loss == "hinge")
    theirs = kept.get(f"800 columns, {loss}: objective", [x, y], lambda: [peers_objective(x, y, loss)])[0]
    check(f"800 columns, {loss}", info["converged"] and mine <= theirs * (1 + 1e-4), f"{mine:.6f}, LIBLINEAR {theirs:.6f}: {info['iterations']} steps")

# No more rows than columns, and of three classes.
x = rng.standard_normal((300, 400))
y = np.digitize(x[:, :10].sum(1), (-1.5, 1.5))
for name, label in (("two classes", (y == 1).astype(int)), ("three classes", y)):
    load("wide", x, label)
    for loss in ("squared_hinge", "hinge"):
        info = json.loads(psql(f"SELECT uprofile_model_info(uprofile_svm(x, y, '{{\"loss\": \"{loss}\"}}')) FROM wide"))
        theirs = 0
        for c in ([1] if name == "two classes" else range(3)):
            sign = np.where(label == c, 1, -1)
            peer = LinearSVC(loss=loss, dual=True, tol=1e-7, max_iter=100000).fit(x, sign)
            theirs += objective(x, sign, peer.coef_[0], peer.intercept_[0], loss == "hinge")
        check(f"400 columns of 300 rows, {name}, {loss}", info["converged"] and info["objective"] <= theirs * (1 + 1e-4),
              f"{info['objective']:.6f}, LIBLINEAR {theirs:.6f}: {info['iterations']} passes of {info['solver']}")


def liblinear_objective(x, sign, solver):
    """The objective where LIBLINEAR ends, as a list of one; None where it is not installed."""
    if not shutil.which("liblinear-train"):
        return None
    with tempfile.TemporaryDirectory() as place:
        path, model = os.path.join(place, "rows.txt"), os.path.join(place, "model")
        with open(path, "w") as f:
            for row, label in zip(x, sign):
                f.write(f"{label:+d} " + " ".join(f"{j + 1}:{v!r}" for j, v in enumerate(map(float, row)) if v) + "\n")
        subprocess.run(["liblinear-train", "-q", "-s", str(solver), "-B", "1", "-e", "1e-6", path, model],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        text = open(model).read()
    weights = np.array([float(v) for v in text.split("\nw\n")[1].split()]) * int(text.split("label")[1].split()[0])
    return [objective(x, sign, weights[:-1], weights[-1], solver == 3)]


folder = os.environ.get("UPROFILE_DATA")
if not folder:
    print("skip svm: adult: UPROFILE_DATA is not set")
else:
    files = sorted(glob.glob(os.path.join(folder, "adult", "*.csv*")))
    test_file = [f for f in files if "test" in os.path.basename(f)][0]
    train_file = [f for f in files if f != test_file][0]
    frames = [pd.read_csv(f, skipinitialspace=True) for f in (train_file, test_file)]
    whole = pd.concat(frames, keys=[0, 1])
    target = whole["income"].astype(str).str.contains(">50K").astype(int)
    whole = whole.drop(columns="income")
    encoded = pd.get_dummies(whole, dummy_na=False).astype(float)
    first = encoded.loc[0]
    mean, deviation = first.mean(), first.std(ddof=0).replace(0, 1)
    scaled = (encoded - mean) / deviation
    scaled = scaled.fillna(0)
    x, y = scaled.loc[0].to_numpy(), target.loc[0].to_numpy()
    xt, yt = scaled.loc[1].to_numpy(), target.loc[1].to_numpy()
    load("adult", x, y)
    load("adult_test", xt, yt)
    sign = 2 * y - 1
    for solver, loss in ((2, "squared_hinge"), (3, "hinge")):
        theirs = kept.get(f"adult, {loss}: objective", [x, sign], lambda: liblinear_objective(x, sign, solver))
        if theirs is None:
            print("skip svm: adult: liblinear-tools is not installed, and its figure is not kept")
            break
        info, w, b = train("adult", {"loss": loss})
        mine = objective(x, sign, w, b, solver == 3)
        check(f"adult, {loss}: objective", mine <= 1.001 * theirs[0], f"{mine:.3f}, LIBLINEAR {theirs[0]:.3f}: {mine / theirs[0]:.6f}")
        accuracy = float(psql("SELECT avg((uprofile_predict(m, x) = y)::int) FROM adult_test, fitted"))
        check(f"adult, {loss}: accuracy on the test file", abs(accuracy - 0.854) <= 0.003, f"{accuracy:.4f}")
sys.exit(failed)
