"""The tables by which algorithm => 'auto' is measured, and what scikit-learn and XGBoost reach on them.

Of each table a part is held out that no step of a search sees: adult's own test file, else every fifth row. As a script it searches
60 points of XGBoost's parameters by three folds of the other rows (at most 20,000 of them), fits the best on all of these, and keeps
the AUC of the part held out in test/data/auto_xgboost.csv; some minutes on one processor. The spec auto.py compares.
"""
import csv
import os
import sys

import pandas as pd

STORED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data", "auto_xgboost.csv")
FIELDS = ["table", "rows", "held_out", "auc", "xgboost"]
MOST_ROWS, TRIALS, FOLDS = 20000, 60, 3


def table(name):
    """Rows to train on and rows held out, with the boolean target y; None where the data are not there."""
    def read(file):
        path = os.path.join(os.environ.get("UPROFILE_DATA", ""), file)
        return pd.read_csv(path, keep_default_na=False, na_values=[""]) if os.path.exists(path) else None

    if name == "adult":
        parts = read("adult/adult_train.csv.gz"), read("adult/adult_test.csv.gz")
        if parts[0] is None or parts[1] is None:
            return None
        return [p.drop(columns="income").assign(y=p.income.str.startswith(">50K")) for p in parts]
    frame = read(next(f for f in FILES if f.startswith(name + "/")))
    if frame is None:
        return None
    if name == "telco_churn":
        frame = frame.drop(columns=["customer_id", "churn"]).assign(y=frame.churn == "Yes")
    elif name == "bank_marketing":
        frame = frame.assign(y=frame.y == "yes")
    elif name == "credit_data":
        frame = frame.drop(columns="status").assign(y=frame.status == "bad")
    elif name == "breast_cancer":
        frame = frame.drop(columns="diagnosis").assign(y=frame.diagnosis == "malignant")
    elif name == "bike_hour":
        frame = frame.drop(columns=["instant", "dteday", "casual", "registered", "cnt"]).assign(y=frame.cnt > 142)
    held = (frame.index + 1) % 5 == 0
    return frame[~held].reset_index(drop=True), frame[held].reset_index(drop=True)


FILES = ("telco_churn/telco_churn.csv.gz", "bank_marketing/bank_marketing.csv.gz", "credit_data/credit_data.csv",
         "breast_cancer/breast_cancer.csv", "bike_hour/bike_hour.csv.gz")
TABLES = ("adult", "telco_churn", "bank_marketing", "credit_data", "breast_cancer", "bike_hour")


def stored():
    with open(STORED) as f:
        return {r["table"]: r for r in csv.DictReader(f)}


def main():
    import xgboost
    from scipy.stats import loguniform, randint, uniform
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import RandomizedSearchCV, StratifiedKFold

    space = {"n_estimators": randint(50, 400), "learning_rate": loguniform(0.02, 0.3), "max_depth": randint(2, 9),
             "min_child_weight": loguniform(0.5, 20), "subsample": uniform(0.5, 0.5), "colsample_bytree": uniform(0.4, 0.6),
             "reg_lambda": loguniform(0.1, 20), "gamma": [0, 0, 0.5, 2]}
    found = []
    for name in TABLES:
        train, test = table(name)
        x = pd.get_dummies(pd.concat([train, test]).drop(columns="y"), dtype=float)
        x.columns = [f"x{j}" for j in range(x.shape[1])]
        x_train, x_test, y = x.iloc[:len(train)], x.iloc[len(train):], train.y.to_numpy()
        sample = train.sample(min(len(train), MOST_ROWS), random_state=0).index
        search = RandomizedSearchCV(xgboost.XGBClassifier(tree_method="hist", n_jobs=1, random_state=0), space, n_iter=TRIALS, scoring="roc_auc",
                                    cv=StratifiedKFold(FOLDS, shuffle=True, random_state=0), random_state=0, refit=False)
        search.fit(x_train.iloc[sample], y[sample])
        best = xgboost.XGBClassifier(tree_method="hist", n_jobs=1, random_state=0, **search.best_params_).fit(x_train, y)
        auc = roc_auc_score(test.y, best.predict_proba(x_test)[:, 1])
        print(name, f"{auc:.4f}", search.best_params_, flush=True)
        found.append({"table": name, "rows": len(train), "held_out": len(test), "auc": f"{auc:.5f}", "xgboost": xgboost.__version__})
    with open(STORED, "w", newline="") as f:
        out = csv.DictWriter(f, FIELDS, lineterminator="\n")
        out.writeheader()
        out.writerows(found)


if __name__ == "__main__":
    main()
