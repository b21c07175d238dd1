"""Pipelines through SQL against scikit-learn: imputers, encoders and scalers on real tables, to 1e-9.

Target encoding is compared with its formula (scikit-learn 1.2 has no TargetEncoder): by empirical Bayes and with a fixed
weight. A column replayed at prediction is compared as well: another order of columns, an extra one, unseen and missing
values. UP_LONG=1: of the larger tables all rows.
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Spec, data_file, load_frame, load_table, psql, quoted, read_csv, rows

import numpy as np
import pandas as pd
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.preprocessing import (MaxAbsScaler, MinMaxScaler, OneHotEncoder, OrdinalEncoder, PowerTransformer,
                                   QuantileTransformer, RobustScaler, StandardScaler)

spec = Spec("prepare")
MOST_ROWS = None if os.environ.get("UP_LONG") == "1" else 2500


def transformed(table, columns, params, order="id", model="uprofile_pipeline(r, '{}')"):
    """Feature names and the matrix of uprofile_transform over the table's columns, ordered by id."""
    select = ", ".join(quoted(c) for c in columns)
    call = model.format(json.dumps(params).replace("'", "''"))
    psql(f"DROP TABLE IF EXISTS fitted; CREATE TABLE fitted AS SELECT {call} AS m FROM (SELECT {select} FROM {table}) AS r")
    names = json.loads(psql("SELECT uprofile_model_info(m)->'features' FROM fitted"))
    out = psql(f"SELECT array_to_string(uprofile_transform(m, r), ',') FROM fitted, (SELECT {select}, id AS row_id FROM {table}) AS r "
               f"ORDER BY r.row_id")
    return names, np.array([[float(v) for v in line.split(",")] for line in out.split()])


def load(name, frame):
    frame = frame.copy()
    frame.insert(0, "id", np.arange(len(frame)))
    load_frame(name, frame)


def numbers_of(frame):
    return [c for c in frame.columns if pd.api.types.is_numeric_dtype(frame[c]) and not pd.api.types.is_bool_dtype(frame[c])]


def texts_of(frame):
    return [c for c in frame.columns if frame[c].dtype == object and frame[c].nunique() <= 255]


def compare_numbers(name, frame):
    columns = numbers_of(frame)
    x = frame[columns].to_numpy(float)
    for impute in ("mean", "median", "most_frequent"):
        _, got = transformed(name, columns, {"prepare": {"*": {"impute": impute, "scale": "none"}}})
        spec.close(f"{name}: {impute}", got, SimpleImputer(strategy=impute).fit_transform(x), 1e-9)
    _, got = transformed(name, columns, {"prepare": {"*": {"impute": "constant", "fill_value": -7.5, "scale": "none"}}})
    spec.close(f"{name}: constant", got, SimpleImputer(strategy="constant", fill_value=-7.5).fit_transform(x), 1e-9)
    filled = SimpleImputer(strategy="median").fit_transform(x)
    for scale, peer in (("zscore", StandardScaler()), ("minmax", MinMaxScaler()), ("maxabs", MaxAbsScaler()),
                        ("robust", RobustScaler()),
                        ("quantile", QuantileTransformer(subsample=10**9, n_quantiles=min(1000, len(x))))):
        _, got = transformed(name, columns, {"prepare": {"*": {"scale": scale}}})
        spec.close(f"{name}: {scale}", got, peer.fit_transform(filled), 1e-9)
    options = {"scale": "quantile", "output_distribution": "normal", "n_quantiles": 100}
    _, got = transformed(name, columns, {"prepare": {"*": options}})
    spec.close(f"{name}: normal quantiles", got, QuantileTransformer(
        n_quantiles=100, output_distribution="normal", subsample=10**9).fit_transform(filled), 1e-9)
    compare_power(name, columns, filled)
    indicator = [c for c in columns if frame[c].isna().any()]
    if indicator:
        names, got = transformed(name, indicator, {"prepare": {"*": {"indicator": True}}})
        at = [i for i, n in enumerate(names) if n.endswith(" is missing")]
        spec.close(f"{name}: missing indicator", got[:, at], MissingIndicator().fit_transform(frame[indicator].to_numpy(float)), 0)


def compare_power(name, columns, x):
    """Lambda to 1e-5; the likelihood of ours at least that of scikit-learn's less 1e-9 of it."""
    peer = PowerTransformer().fit(x)
    info = json.loads(psql("SELECT uprofile_model_info(m)->'inputs' FROM (SELECT uprofile_pipeline(r, "
                           "'{\"prepare\": {\"*\": {\"scale\": \"yeo_johnson\"}}}') AS m FROM (SELECT "
                           + ", ".join(quoted(c) for c in columns) + f" FROM {name}) AS r) AS t"))

    def likelihood(v, l):
        up, down = np.maximum(v, 0), np.maximum(-v, 0)
        above = ((up + 1) ** l - 1) / l if l else np.log1p(up)
        below = -((down + 1) ** (2 - l) - 1) / (2 - l) if l != 2 else -np.log1p(down)
        t = np.where(v >= 0, above, below)
        return -len(v) / 2 * np.log(t.var()) + (l - 1) * (np.sign(v) * np.log1p(np.abs(v))).sum()

    ours = np.array([i["lambda"] for i in info])
    spec.close(f"{name}: Yeo-Johnson lambda", ours, peer.lambdas_, 1e-5)
    worst = max((likelihood(x[:, j], peer.lambdas_[j]) - likelihood(x[:, j], ours[j])) /
                abs(likelihood(x[:, j], peer.lambdas_[j])) for j in range(len(columns)))
    spec.check(f"{name}: Yeo-Johnson likelihood", worst <= 1e-9, f"relative loss {worst:.1e}")


def compare_texts(name, frame):
    columns = texts_of(frame)
    if not columns:
        return
    mode = SimpleImputer(strategy="most_frequent", missing_values=None)
    x = frame[columns].astype(object).where(frame[columns].notna(), None)
    filled = mode.fit_transform(x)
    names, got = transformed(name, columns, {"prepare": {"*": {"impute": "most_frequent"}}})
    peer = OneHotEncoder(sparse_output=False).fit(filled)
    want_names = [f"{c}={v}" for c, values in zip(columns, peer.categories_) for v in values]
    spec.check(f"{name}: names of one-hot features", names == want_names, f"{len(names)} features")
    spec.close(f"{name}: one-hot", got, peer.transform(filled), 0)
    _, got = transformed(name, columns, {"prepare": {c: {"encode": "ordinal"} for c in columns}})
    spec.close(f"{name}: ordinal", got, OrdinalEncoder().fit_transform(filled), 0)
    _, got = transformed(name, columns, {"prepare": {c: {"max_categories": 2} for c in columns}})
    want = []
    for j in range(len(columns)):
        values, counts = np.unique(filled[:, j].astype(str), return_counts=True)
        # of equally frequent values the first; scikit-learn's max_categories counts the shared bucket
        known = frame[columns[j]].dropna().astype(str)
        values, counts = np.unique(known, return_counts=True)
        kept = sorted(values[np.argsort(-counts, kind="stable")[:2]]) if len(values) > 2 else sorted(values)
        column = [(filled[:, j] == v).astype(float) for v in kept]
        if len(values) > 2:
            column.append(1 - sum(column))
        want += column
    spec.close(f"{name}: one-hot with a cap", got, np.column_stack(want), 0)


def encoded_targets(x, y, smooth):
    """The formula, for a table of all rows; missing and unseen values get the mean."""
    mean, variance = y.mean(), y.var()
    table = {}
    for v in pd.unique(x.dropna()):
        part = y[(x == v).to_numpy()]
        if smooth is not None:
            table[v] = (part.sum() + smooth * mean) / (len(part) + smooth)
        else:
            s = ((part - part.mean()) ** 2).sum()
            weight = variance * len(part)
            weight = weight / (weight + s / len(part)) if weight > 0 else 0
            table[v] = weight * part.mean() + (1 - weight) * mean
    return np.array([table.get(v, mean) if not pd.isna(v) else mean for v in x])


def compare_targets(name, frame, target, column):
    """At prediction every row, also one that was trained on, gets the value of the table of all rows."""
    y = frame[target]
    labels = np.unique(y.dropna().astype(str))
    numbers = (y.astype(str) == labels[-1]).to_numpy(float)
    for smooth in (None, 20):
        plan = {"encode": "target", "scale": "none"}
        if smooth is not None:
            plan["smooth"] = smooth
        _, got = transformed(name, [column, target], {"prepare": {column: plan}},
                             model=f"uprofile_svm(r, '{target}', '{{}}')")
        spec.close(f"{name}: {column} by {target}, " + (f"weight {smooth}" if smooth else "empirical Bayes"), got[:, 0],
                   encoded_targets(frame[column], numbers, smooth), 1e-9)


def tables():
    path = data_file(spec, "credit_data", "*.csv*")
    if path:
        frame = read_csv(path)
        load("credit", frame)
        compare_numbers("credit", frame)
        compare_texts("credit", frame)
        compare_targets("credit", frame, [c for c in frame.columns if c.lower() == "status"][0],
                        [c for c in frame.columns if c.lower() == "job"][0])
    path = data_file(spec, "adult", "*train*") or data_file(spec, "adult", "adult.csv*")
    if path:
        frame = read_csv(path).iloc[:MOST_ROWS]
        load("adult", frame)
        compare_numbers("adult", frame)
        compare_texts("adult", frame)
        compare_targets("adult", frame, frame.columns[-1], texts_of(frame)[0])
    path = data_file(spec, "telco_churn", "*.csv*")
    if path:
        frame = read_csv(path)
        load("telco", frame)
        compare_numbers("telco", frame)
        compare_texts("telco", frame)
    path = data_file(spec, "online_retail", "*.csv*")
    if path:
        frame = read_csv(path).iloc[:MOST_ROWS or 100000]
        load("retail", frame)
        compare_numbers("retail", frame)


def times():
    stamps = pd.date_range("1999-12-25 06:30", periods=900, freq="37h13min")
    load("moments", pd.DataFrame({"t": stamps}))
    names, got = transformed("moments", ["t"], {"prepare": {"t": {"encode": "cyclic",
                             "parts": ["hour", "weekday", "month_day", "month", "year_day"]}}})
    day = stamps.hour / 24 + stamps.minute / 1440
    want = []
    for phase in (day, ((stamps.weekday - 5) % 7 + day) / 7, (stamps.day - 1 + day) / stamps.days_in_month,
                  (stamps.month - 1) / 12, (stamps.dayofyear - 1 + day) / (365 + stamps.is_leap_year)):
        want += [np.sin(2 * np.pi * np.asarray(phase)), np.cos(2 * np.pi * np.asarray(phase))]
    spec.close("parts of a time", got, np.column_stack(want), 1e-9)


def leakage():
    """Pure noise, 500 values a column: encoded by the target on one half, chance on the other."""
    rng = np.random.default_rng(5)
    n = 2000
    columns = [f"c{j}" for j in range(200)]
    data = [[i] + [f"v{v}" for v in row] + [bool(label)] for i, (row, label) in
            enumerate(zip(rng.integers(0, 500, (n, len(columns))), rng.integers(0, 2, n)))]
    load_table("noise", [("id", "int")] + [(c, "text") for c in columns] + [("y", "boolean")], data)
    plans = json.dumps({"exclude": ["id"], "prepare": {c: {"encode": "target"} for c in columns}})
    for what, params in (("target encoding", plans),
                         ("selection", json.dumps({"exclude": ["id"], "select": {"method": "mutual_info", "k": 20},
                                                   "prepare": {c: {"encode": "target"} for c in columns}}))):
        psql(f"DROP TABLE IF EXISTS fitted; CREATE TABLE fitted AS SELECT uprofile_svm(noise, 'y', '{params}') AS m "
             f"FROM noise WHERE id < {n // 2}")
        out = rows("SELECT avg((uprofile_predict(m, noise) = y::int)::int) AS accuracy FROM noise, fitted "
                   f"WHERE id >= {n // 2}")
        spec.check(f"{what} of noise: accuracy on the other half", abs(out[0]["accuracy"] - 0.5) < 0.05,
                   f"{out[0]['accuracy']:.3f}")


tables()
times()
leakage()
spec.finish()
