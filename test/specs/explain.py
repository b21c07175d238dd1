"""Explanations through SQL: they add up on 1,000 rows of every learner, equal Shapley values by definition, and SQL text predicts alike."""
import itertools
import json
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Spec, data_file, load_arrays, load_frame, psql, read_csv, rows

import numpy as np
from sklearn.datasets import make_classification

spec = Spec("explain")

x, y = make_classification(1000, 8, n_informative=5, flip_y=0.1, random_state=3)
x = np.round(x, 3)
load_arrays("t", x, y, "integer")
psql("ALTER TABLE t ADD COLUMN kind text, ADD COLUMN amount float8; "
     "UPDATE t SET kind = (ARRAY['a', 'b', 'c'])[1 + (x[1] > 0)::int + (x[2] > 0.5)::int], amount = x[1] * 2 - x[3] + abs(x[4])")
for algorithm, target, params in (("tree", "y", {}), ("forest", "y", {"n_estimators": 20}), ("boost", "y", {"n_estimators": 30}), ("logistic", "y", {}),
                                  ("mlp", "y", {"max_iter": 20}), ("tree", "amount", {}), ("forest", "amount", {"n_estimators": 20}),
                                  ("boost", "amount", {"n_estimators": 30}), ("linear", "amount", {}), ("mlp", "amount", {"max_iter": 20}),
                                  ("svr", "amount", {}), ("forest", "kind", {"n_estimators": 10}), ("bayes", "y", {}), ("svm", "y", {}), ("svm", "y", {"kernel": "rbf"}),
                                  ("logistic", "kind", {}), ("boost", "kind", {"n_estimators": 10})):
    psql(f"DROP TABLE IF EXISTS fitted; CREATE TABLE fitted AS SELECT uprofile_{algorithm}(x, {target}, '{json.dumps(params)}') AS m FROM t")
    limit = 1000
    sums = rows(f"SELECT id, label, sum(contribution) + max(base_value) AS s FROM t, fitted, LATERAL uprofile_explain(m, x) WHERE id < {limit} GROUP BY id, label ORDER BY id, label")
    got = np.array([r["s"] for r in sums])
    if target == "amount":
        want = [float(v) for v in psql(f"SELECT uprofile_predict(m, x) FROM t, fitted WHERE id < {limit} ORDER BY id").split()]
    elif algorithm in ("bayes", "svm"):
        # Joint log-probabilities, margins: compared by what they decide.
        labels = [r["p"] for r in rows(f"SELECT uprofile_predict(m, x) AS p FROM t, fitted WHERE id < {limit} ORDER BY id")]
        if algorithm == "svm":
            spec.check(f"{algorithm} {params}: sums decide", np.mean((got > 0) == np.array(labels)) == 1, f"{len(got)} rows")
            continue
        two = got.reshape(limit, -1)
        decided = two[:, 1] > two[:, 0] if two.shape[1] == 2 else two[:, 0] > 0
        spec.check(f"{algorithm}: sums decide", np.mean(decided == np.array(labels)) == 1, f"{len(got)} rows")
        continue
    else:
        classes = ["a", "b", "c"] if target == "kind" else ["1"]
        p = np.array([[float(v) for v in line.split("|")] for line in psql(
            "SELECT " + ", ".join(f"uprofile_predict_proba(m, x, '{c}')" for c in classes) + f" FROM t, fitted WHERE id < {limit} ORDER BY id").splitlines()])
        if algorithm in ("boost", "logistic"):
            if len(classes) == 1:
                want = np.log(p / (1 - p)).ravel()
                keep = (p.ravel() > 1e-6) & (p.ravel() < 1 - 1e-6)
                got, want = got[keep], want[keep]
            else:
                scores = got.reshape(limit, -1)
                got = (np.exp(scores) / np.exp(scores).sum(1, keepdims=True)).ravel()
                want = p.ravel()
        else:
            want = p.ravel()
    want = np.array(want)
    error = np.abs(got - want).max() / max(1, np.abs(want).max())
    spec.check(f"{algorithm} of {target}: contributions and base value add up", error <= 1e-9, f"largest difference {error:.1e} on {len(got)} outputs")

# A network on three features, by the definition of Shapley's values against the mean row.
psql("DROP TABLE IF EXISTS few; CREATE TABLE few AS SELECT id, x[1:3] AS x, amount FROM t")
psql("DROP TABLE IF EXISTS fitted; CREATE TABLE fitted AS SELECT uprofile_mlp(x, amount, '{\"max_iter\": 50}') AS m FROM few")
means = np.array(json.loads(psql("SELECT uprofile_model_info(m)->'feature_means' FROM fitted")))
spec.close("means of the features", means, x[:, :3].mean(0), 1e-9)


def value(v):
    return float(psql(f"SELECT uprofile_predict(m, ARRAY{[float(a) for a in v]}::float8[]) FROM fitted"))


row = x[7, :3]
game = {s: value([row[j] if j in s else means[j] for j in range(3)]) for n in range(4) for s in itertools.combinations(range(3), n)}
want = []
for j in range(3):
    total = 0
    for s in game:
        if j not in s:
            total += math.factorial(len(s)) * math.factorial(2 - len(s)) / 6 * (game[tuple(sorted(s + (j,)))] - game[s])
    want.append(total)
found = {r["feature"]: r["contribution"] for r in rows("SELECT e.* FROM few, fitted, LATERAL uprofile_explain(m, x) e WHERE id = 7")}
spec.close("network: Shapley values by their definition", [found[f"x{j + 1}"] for j in range(3)], want, 1e-6)

# The same predictions from SQL text, on every row; UP_LONG=1: of adult too.
for folder, pattern, target, number in (("credit_data", "*.csv*", "status", "amount"), ("telco_churn", "*.csv*", "churn", None), ("adult", "*train*", "income", "age"))[:3 if os.environ.get("UP_LONG") == "1" else 2]:
    path = data_file(spec, folder, pattern)
    if not path:
        continue
    frame = read_csv(path)
    names = {c.lower(): c for c in frame.columns}
    column = names.get(target, frame.columns[-1])
    frame = frame[[c for c in frame.columns if c == column or frame[c].nunique() <= 255 or frame[c].dtype != object]]
    load_frame("t", frame)
    jobs = [("tree", column, {"max_depth": 8}), ("tree", column, {"min_samples_leaf": 20}),
            ("logistic", column, {}), ("svm", column, {}), ("logistic", column, {"scale": "minmax", "penalty": "l1"})]
    number = number or frame.select_dtypes("number").columns[-1]
    number = names.get(number.lower(), number)
    jobs += [("linear", number, {"task": "regression"}), ("tree", number, {"max_depth": 7, "task": "regression"})]
    for algorithm, goal, params in jobs:
        psql(f"DROP TABLE IF EXISTS fitted; CREATE TABLE fitted AS SELECT uprofile_{algorithm}(t, '{goal}', '{json.dumps(params)}') AS m FROM t")
        text = psql("SELECT uprofile_to_sql(m, 'r') FROM fitted").strip()
        if goal == column:
            n, same = psql(f"SELECT count(*), count(*) FILTER (WHERE ({text})::text = uprofile_predict_label(m, r)) FROM t AS r, fitted").split("|")
            spec.check(f"{folder}: {algorithm} {params} as SQL", n.strip() == same.strip(), f"{same.strip()} of {n} rows alike; {len(text)} characters")
        else:
            n, worst = psql(f"SELECT count(*), max(abs(({text}) - p) / greatest(1, abs(p))) FROM (SELECT r.*, uprofile_predict(m, r) AS p FROM t AS r, fitted) AS r").split("|")
            spec.check(f"{folder}: {algorithm} of {goal} as SQL", float(worst) <= 1e-11, f"largest difference {float(worst):.1e} on {n} rows")
spec.finish()
