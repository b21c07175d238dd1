"""uprofile_describe against pandas: describe, skew, quantiles, nunique and value counts of real tables."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from common import Spec, data_file, load_frame, read_csv, rows

import numpy as np
import pandas as pd

spec = Spec("describe")
NUMBERS = {"mean": lambda v: v.mean(), "deviation": lambda v: v.std(), "skew": lambda v: v.skew(),
           "p01": lambda v: v.quantile(0.01), "p05": lambda v: v.quantile(0.05), "quartile1": lambda v: v.quantile(0.25),
           "median": lambda v: v.median(), "quartile3": lambda v: v.quantile(0.75), "p95": lambda v: v.quantile(0.95),
           "p99": lambda v: v.quantile(0.99)}


def outliers(v):
    low, high = v.quantile(0.25), v.quantile(0.75)
    return int(((v < low - 1.5 * (high - low)) | (v > high + 1.5 * (high - low))).sum())


def compare(name, frame):
    load_frame(name, frame)
    found = {r["column_name"]: r for r in rows(f"SELECT * FROM uprofile_describe('{name}')")}
    spec.check(f"{name}: columns", list(found) == list(frame.columns), f"{len(found)}")
    numbers = [c for c in frame.columns if pd.api.types.is_numeric_dtype(frame[c]) and frame[c].dtype != bool]
    for what, peer in NUMBERS.items():
        want = np.array([peer(frame[c]) for c in numbers])
        got = np.array([found[c][what] for c in numbers], float)
        error = np.max(np.abs(got - want) / np.maximum(np.abs(want), 1))
        spec.check(f"{name}: {what}", error <= 1e-9, f"largest difference {error:.1e}")
    for what, got, want in (
            ("rows", [found[c]["n_rows"] for c in frame], [len(frame)] * len(frame.columns)),
            ("missing", [found[c]["missing"] for c in frame], list(frame.isna().sum())),
            ("different values", [found[c]["distinct_values"] for c in frame], list(frame.nunique())),
            ("outliers", [found[c]["outliers"] for c in numbers], [outliers(frame[c]) for c in numbers]),
            ("all are exact", [found[c]["exact"] for c in frame], [True] * len(frame.columns))):
        spec.check(f"{name}: {what}", got == want, "" if got == want else f"{got}, expected {want}")
    for c in frame.columns:
        counts = frame[c].value_counts()
        if len(counts) == 0 or counts.iloc[0] < 2:
            good = found[c]["most_frequent"] is None
        else:
            got = found[c]["most_frequent"]
            # of equally frequent values pandas gives any
            good = [v["count"] for v in got] == list(counts.iloc[:5]) and all(
                counts[v["value"]] == v["count"] for v in got if len(str(v["value"])) < 100)
        if not good:
            spec.check(f"{name}: frequent values of {c}", False, f"{found[c]['most_frequent']}")
            break
    else:
        spec.check(f"{name}: frequent values", True, "as value_counts")


for folder, pattern, name in (("credit_data", "*.csv*", "credit"), ("adult", "*train*", "adult"),
                              ("telco_churn", "*.csv*", "telco"), ("online_retail", "*.csv*", "retail")):
    path = data_file(spec, folder, pattern)
    if path:
        compare(name, read_csv(path))
spec.finish()
