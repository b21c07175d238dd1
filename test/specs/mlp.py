#!/usr/bin/python3
"""The neural network through SQL against scikit-learn's MLPClassifier and MLPRegressor with the same settings.

Needs a server with the extension (PGHOST, PGPORT, PGDATABASE) and python3-sklearn; UPROFILE_DATA names the folder of
real data. One line a check: ok, FAIL or skip; status 1 after a failure. scikit-learn's accuracies are kept in
test/data/mlp.csv (see Kept of lib/common.py).
"""
import json
import os
import subprocess
import sys
import warnings

try:
    import numpy as np
    import pandas as pd
    from sklearn.datasets import load_diabetes, load_digits
    from sklearn.neural_network import MLPClassifier, MLPRegressor
except ImportError as e:
    print(f"skip mlp: {e}")
    sys.exit(0)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Kept

warnings.simplefilter("ignore")
SEEDS = range(5)
kept = Kept("mlp")
failures = 0


def check(what, good, detail):
    global failures
    failures += not good
    print(f"{'ok' if good else 'FAIL'} mlp: {what}: {detail}", flush=True)


def run_sql(script):
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1"], input=script, capture_output=True, text=True)
    if done.returncode != 0:
        print(f"FAIL mlp: psql: {done.stderr.strip()}")
        sys.exit(1)
    return done.stdout.splitlines()


def table(name, x, y, label_type):
    """Statements that make a temporary table name(id, x float8[], y)."""
    lines = "\n".join(f"{i}\t{{{','.join(repr(float(v)) for v in row)}}}\t{label}"
                      for i, (row, label) in enumerate(zip(x, y)))
    return (f"CREATE TEMP TABLE {name} (id int8, x float8[], y {label_type});\n"
            f"COPY {name} FROM STDIN;\n{lines}\n\\.\n")


def tables(train, test, label_type):
    return ("SET client_min_messages = error;\nCREATE EXTENSION IF NOT EXISTS uprofile;\n"
            + table("train", *train, label_type) + table("test", *test, label_type))


def models(params, seeds=SEEDS):
    """Statements that train one model for each seed."""
    literal = json.dumps(params).replace("'", "''")
    return "".join(f"CREATE TEMP TABLE m{s} AS SELECT uprofile_mlp(x, y, '{literal}'::jsonb || '{{\"seed\": {s}}}') "
                   "AS model FROM train;\n" for s in seeds)


def check_classifier(what, train, test, label_type, params, seeds=SEEDS):
    script = tables(train, test, label_type) + models(params, seeds)
    for s in seeds:
        script += (f"SELECT avg((uprofile_predict_label(model, x) = y::text)::int) FROM test, m{s};\n"
                   f"SELECT avg((uprofile_predict_proba(model, x, y::text) >= 0.5)::int) FROM test, m{s};\n")
    script += "SELECT uprofile_model_info(model) FROM m0;\n"
    lines = run_sql(script)
    own = np.mean([float(v) for v in lines[0:-1:2]])
    likely = np.mean([float(v) for v in lines[1:-1:2]])
    info = json.loads(lines[-1])
    peer, = kept.get(f"{what}: accuracy, {len(seeds)} seeds", [*train, *test, json.dumps(params)], lambda: [
        np.mean([MLPClassifier(**params, random_state=s).fit(*train).score(*test) for s in seeds])])
    check(f"{what}: accuracy, mean of {len(seeds)} seeds", abs(own - peer) <= 0.01, f"{own:.4f}, scikit-learn {peer:.4f}")
    check(f"{what}: probabilities agree with labels", own - 0.03 <= likely <= own + 1e-9, f"{likely:.4f}")
    check(f"{what}: model_info", info["iterations"] == len(info["loss_curve"]) <= params["max_iter"]
          and info["layers"] == [train[0].shape[1], *params["hidden_layer_sizes"], 1 if len(set(train[1])) == 2
                                 else len(set(train[1]))]
          and info["best_loss"] == min(info["loss_curve"]),
          f"{info['iterations']} iterations, layers {info['layers']}, loss {info['loss']:.4f}")
    return info


def check_regression():
    """A regression: the same quality, and the same loss after as many passes."""
    x, y = load_diabetes(return_X_y=True)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    y = (y - y.mean()) / y.std()
    held = np.arange(len(y)) % 5 == 0
    train, test = (x[~held], y[~held]), (x[held], y[held])
    params = {"hidden_layer_sizes": [32], "max_iter": 100, "activation": "tanh", "alpha": 1}
    script = tables(train, test, "float8") + models(params)
    for s in SEEDS:
        script += (f"SELECT 1 - sum((y - uprofile_predict(model, x)) ^ 2) / (var_pop(y) * count(*)) FROM test, m{s};\n"
                   f"SELECT uprofile_model_info(model) -> 'loss' FROM m{s};\n")
    lines = [float(v) for v in run_sql(script)]
    peers_fitted = [MLPRegressor(**params, random_state=s).fit(*train) for s in SEEDS]
    own, peer = np.mean(lines[0::2]), np.mean([p.score(*test) for p in peers_fitted])
    loss, peer_loss = np.mean(lines[1::2]), np.mean([p.loss_ for p in peers_fitted])
    check(f"diabetes: R², mean of {len(SEEDS)} seeds", abs(own - peer) <= 0.02, f"{own:.4f}, scikit-learn {peer:.4f}")
    check("diabetes: loss", abs(loss / peer_loss - 1) <= 0.03, f"{loss:.4f}, scikit-learn {peer_loss:.4f}")


def check_digits():
    x, y = load_digits(return_X_y=True)
    x = x / 16
    held = np.arange(len(y)) % 5 == 0
    train, test = (x[~held], y[~held]), (x[held], y[held])
    check_classifier("digits", train, test, "int", {"hidden_layer_sizes": [64], "max_iter": 200})
    check_classifier("digits, tanh, sgd", train, test, "int",
                     {"hidden_layer_sizes": [48, 24], "max_iter": 100, "activation": "tanh", "solver": "sgd",
                      "learning_rate": "adaptive", "learning_rate_init": 0.05, "batch_size": 64})
    # Where it stops depends on chance: a deviation of 1 point for a single seed, so more of them.
    info = check_classifier("digits, early stopping", train, test, "int",
                            {"hidden_layer_sizes": [64], "max_iter": 200, "early_stopping": True,
                             "learning_rate_init": 0.01}, range(20))
    check("digits, early stopping: scores", info["validation_scores"] is not None
          and len(info["validation_scores"]) == info["iterations"] and max(info["validation_scores"]) > 0.93,
          f"best {info['best_validation_score']:.4f}")


def adult(folder):
    """Features one-hot, all columns standardized; its own test file."""
    parts = [pd.read_csv(os.path.join(folder, "adult", f"adult_{p}.csv.gz")) for p in ("train", "test")]
    labels = [p.iloc[:, -1].astype(str).str.contains(">50K").astype(int).to_numpy() for p in parts]
    x = pd.get_dummies(pd.concat([p.iloc[:, :-1] for p in parts])).to_numpy(dtype=float)
    n = len(labels[0])
    deviation = x[:n].std(axis=0)
    x = (x - x[:n].mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    return (x[:n], labels[0]), (x[n:], labels[1])


def check_same_seed():
    """The same rows in any order and the same seed: the same bytes."""
    lines = run_sql("SET client_min_messages = error;\nCREATE EXTENSION IF NOT EXISTS uprofile;\n"
                    "CREATE TEMP TABLE t AS SELECT i, ARRAY[sin(i), cos(3 * i)] AS x, sin(i) * cos(3 * i) > 0 AS y "
                    "FROM generate_series(1, 500) AS i;\n"
                    + "".join(f"SELECT md5(uprofile_mlp(x, y, '{{\"seed\": {seed}, \"max_iter\": 20}}' {order})) FROM t;\n"
                              for seed, order in ((1, ""), (1, "ORDER BY i DESC"), (2, ""))))
    check("the same seed gives the same bytes", lines[0] == lines[1] != lines[2], " ".join(v[:8] for v in lines))


def main():
    check_same_seed()
    check_digits()
    check_regression()
    folder = os.environ.get("UPROFILE_DATA")
    if not folder or not os.path.exists(os.path.join(folder, "adult")):
        print("skip mlp: adult: UPROFILE_DATA is not set")
    else:
        check_classifier("adult", *adult(folder), "int", {"hidden_layer_sizes": [64], "max_iter": 20})
    sys.exit(failures > 0)


main()
