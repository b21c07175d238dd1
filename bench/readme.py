#!/usr/bin/env python3
"""The table of README.md's "How fast", made of results.json: bench/readme.py writes it, bench/readme.py --check tells whether it is up to date.

Rows by one thread on both sides; seconds to two digits.
"""
import json
import math
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
README = os.path.join(HERE, "..", "README.md")
HEAD = "| work | uprofile | peer | quality |\n|---|---|---|---|\n"


def numbers(text):
    return re.findall(r"-?\d[\d.]*", text)


def same(what):
    """The quality of both sides is the same to so many digits, which is told."""
    def tell(text):
        mine, peer = (numbers(side)[0] for side in text.split(" / ", 1))
        digits = 0
        for a, b in zip(mine.replace("-", ""), peer.replace("-", "")):
            if a != b:
                break
            digits += a.isdigit()
        return f"the same {what} to {digits} digits"

    return tell


def against(what):
    def tell(text):
        mine, peer = (s.replace("0.", ".", 1) for s in numbers(text)[:2])
        return f"{what} {mine} against {peer}" if mine != peer else f"the same {what}"

    return tell


def said(what):
    return lambda text: what


# Work as the reader knows it, the row's job, what it says it measured, and its rows; the peer, what is told of the quality.
LINES = [
    ("k-means, 1,000,000 × 16, k = 16, 61 iterations", "kmeans", "k-means, k = 16", "scikit-learn (Elkan)", same("inertia")),
    ("svm, hinge, 500,000 × 20", "hinge", "linear svm, hinge", "LinearSVC", said("")),
    ("neural network 128-64, 100,000 × 20, 10 epochs", "mlp", "128-64", "MLPClassifier, float32,", against("accuracy")),
    ("z-score of 1,000,000 × 20, table to table", None, "z-score by uprofile_normalize", "plain SQL", said("")),
    ("describe, 1,000,000 × 20", None, "describe", "pandas", said("the same numbers")),
    ("impute, one-hot, scale, 1,000,000 × 20, table to table", None, "impute, one-hot, scale", "pandas and scikit-learn",
     lambda text: f"differences below {math.ceil(float(re.search(r'[0-9.]+e-[0-9]+', text)[0]) * 1e13):.0f}e-13"),
    ("random forest of 100 full trees, 100,000 × 20", "forest", "forest of 100 trees", "RandomForestClassifier", against("AUC")),
    ("boosting, 100 rounds of depth 6, 1,000,000 × 20", "boost_1m", "boosting", "XGBoost hist", against("AUC")),
    ("1,000,000 fresh rows predicted by boosting", "predict_boost", "boosting", "XGBoost, out and back", against("accuracy")),
    ("svm with the rbf kernel, 20,000 × 20", "svc_rbf", "SVC with the rbf kernel", "SVC", same("dual objective")),
    ("logistic regression, 500,000 × 20", "logistic", "logistic regression", "LogisticRegression", same("objective")),
    ("accuracy, F1, AUC, log loss and RMSE of 1,000,000 rows", None, "five metrics", "scikit-learn", said("the same to 15 digits")),
    ("cleaning of 500,000 × 7 by 7 rules, with a record of every change", None, "clean by 7 rules", "pandas, out and back", said("the same rows")),
    ("item sets of T10I4D100K, support 100", "itemsets", "item sets of fimi_t10i4d100k", "`COPY` and Eclat or LCM in C",
     lambda text: f"{int(numbers(text)[0]):,} sets"),
]


def two_digits(v):
    return f"{v:.{max(0, 1 - math.floor(math.log10(v)))}f}"


def megabytes(text):
    """Of both sides, where the quality tells of them."""
    found = re.search(r"memory (\d+) MB, \w+ (\d+) MB", text)
    return [f", {int(mb):,} MB" for mb in found.groups()] if found else ["", ""]


def line(rows, work, job, what, peer, quality):
    row = next(r for r in rows if r["threads"] == 1 and r["what"].startswith(what) and job in (None, r["job"]))
    mine, other = megabytes(row["quality"])
    theirs = f"{peer}, given up after {row['peer']:.0f} s" if row["over"] else f"{peer} {two_digits(row['peer'])} s{other}"
    told = quality(row["quality"])
    return f"| {work} | {two_digits(row['ours'])} s{mine} | {theirs} |{f' {told} ' if told else ' '}|\n"


def main():
    with open(os.path.join(HERE, "results.json")) as f:
        rows = list(json.load(f)["rows"].values())
    with open(README) as f:
        text = f.read()
    before, rest = text.split(HEAD)
    table, after = rest[:rest.index("\n\n") + 1], rest[rest.index("\n\n") + 1:]
    now = "".join(line(rows, *what) for what in LINES)
    if "--check" in sys.argv:
        for old, new in zip(table.splitlines(), now.splitlines()):
            if old != new:
                print(f"README.md: {old}\nresults:   {new}")
        return int(table != now)
    with open(README, "w") as f:
        f.write(before + HEAD + now + after)
    return 0


if __name__ == "__main__":
    sys.exit(main())
