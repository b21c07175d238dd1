"""Support vector machines with kernels, the plain linear models and how they grow, and training by name."""
import glob
import gzip
import io
import math
import os

import numpy as np

from common import both, columns, load, load_features, loaded, ours, psql, race, read, read_features, results, rows_name, rows_table, script, size, theirs
from jobs_trees import stored
from sides import repeat


def ring(n, d=20):
    """Twenty columns of which ten tell two classes apart, with noise: about a fifth of the rows become support vectors."""
    from sklearn.datasets import make_classification
    x, y = make_classification(n, d, n_informative=10, n_redundant=4, flip_y=0.05, random_state=7)
    return (x - x.mean(0)) / x.std(0), y.astype(float)


def peer_svc(clock, threads, kernel):
    from sklearn.svm import SVC
    clock.start()
    d = read("ring", 21)
    clock.fitting()
    m = SVC(kernel=kernel, cache_size=200).fit(d[:, :20], d[:, 20])
    clock.fitted()
    clock.store(m)
    clock.stop()
    from sklearn.metrics.pairwise import linear_kernel, rbf_kernel
    a, v = m.dual_coef_[0], m.support_vectors_
    return f"{0.5 * (a @ (rbf_kernel(v, v, m._gamma) if kernel == 'rbf' else linear_kernel(v, v)) @ a) - np.abs(a).sum():.3f}"


def svc(job, kernel, params, aim, threads):
    n = size(20000)
    if "ring" not in loaded:
        load("ring", *ring(n))
        loaded["ring"] = True
    sign = "" if kernel == "rbf" else "-"
    race(job, "Kernel machines", f"SVC with the {kernel} kernel ÷ SVC", rows_name(n), peer=peer_svc, aim=aim, quality=both("dual objective"),
         threads=threads, one_thread=True, after=f"SELECT {sign}round((uprofile_model_info(m)->'objective')::numeric, 3) FROM fitted",
         **stored("fitted", f"uprofile_svm({columns(20)}, y, '{params}')", "ring"), kernel=kernel)


def svc_rbf():
    svc("svc_rbf", "rbf", '{"kernel": "rbf"}', 0.2, (1, 2))


def svc_linear():
    svc("svc_linear", "linear", '{"loss": "hinge"}', 0.02, (1,))


def peer_linear(clock, threads, table):
    from sklearn.linear_model import LinearRegression
    clock.start()
    d = read(table, 21)
    clock.fitting()
    m = LinearRegression().fit(d[:, :20], d[:, 20])
    clock.fitted()
    clock.store(m)
    clock.stop()
    return f"{m.score(d[:, :20], d[:, 20]):.9f}"


def linear():
    for n in (size(1000000), size(100000)):
        rng = np.random.default_rng(4)
        x = rng.standard_normal((n, 20))
        load("summed", x, x @ np.arange(20) + 5 * rng.standard_normal(n))
        race("linear", "Linear machines", "least squares ÷ LinearRegression", rows_name(n), peer=peer_linear, aim=0.5, quality=both("r2"),
             after="SELECT round((uprofile_model_info(m)->'r2')::numeric, 9) FROM fitted",
             **stored("fitted", f"uprofile_linear({columns(20)}, y)", "summed"), table="summed")


def logistic_objective(x, y, w, b):
    """|w|² / 2 + the losses; w has a row a class, or one of two classes."""
    z = x @ np.atleast_2d(w).T + b
    if z.shape[1] == 1:
        return 0.5 * (w * w).sum() + np.logaddexp(0, (1 - 2 * y) * z[:, 0]).sum()
    top = z.max(1)
    return 0.5 * (w * w).sum() + (top + np.log(np.exp(z - top[:, None]).sum(1)) - z[np.arange(len(y)), y.astype(int)]).sum()


def peer_logistic(clock, threads, table, d):
    from sklearn.linear_model import LogisticRegression
    clock.start()
    if d == 20:
        data = read(table, 21)
        x, y = data[:, :20], data[:, 20]
    else:
        _, x, y = read_features(table, d)
    clock.fitting()
    m = LogisticRegression(max_iter=1000).fit(x, y)
    clock.fitted()
    clock.store(m)
    clock.stop()
    return f"{logistic_objective(x, y, m.coef_, m.intercept_):.3f}"


OBJECTIVE = "SELECT round((uprofile_model_info(m)->'objective')::numeric, 3) FROM fitted"


def logistic():
    for n in (size(500000), size(100000)):
        table = rows_table(n)
        race("logistic", "Linear machines", "logistic regression ÷ LogisticRegression, lbfgs", rows_name(n), peer=peer_logistic, aim=1,
             quality=both("objective"), after=OBJECTIVE, **stored("fitted", f"uprofile_logistic({columns(20)}, y = 1)", table), table=table, d=20)


def logistic_growth():
    """From 100 to 1,000 columns of 20,000 rows, and from 2 to 10 classes of 20,000 × 50: exponents beside those of lbfgs."""
    n = size(20000, 1000)
    model = stored("fitted", "uprofile_logistic(x, y)", "wide_logistic")
    rng = np.random.default_rng(11)

    def pair(x, y, what):
        load_features("wide_logistic", np.arange(n), x, y)
        mine = repeat(lambda: ours(model["statement"], 1, model["before"], OBJECTIVE))
        other = repeat(lambda: theirs(peer_logistic, 1, table="wide_logistic", d=x.shape[1]))
        results.add("logistic_growth", "Linear machines", f"logistic regression ÷ LogisticRegression, lbfgs, {what}", rows_name(n, x.shape[1]), 1, mine, other, 1,
                    f"objective {mine.answer} / {other.answer}")
        return mine.seconds, other.seconds

    x = rng.standard_normal((n, 1000))
    y = (x[:, :20].sum(1) + 3 * rng.standard_normal(n) > 0).astype(float)
    few, many = pair(np.ascontiguousarray(x[:, :100]), y, "2 classes"), pair(x, y, "2 classes")
    growth = [math.log(b / a) / math.log(10) for a, b in zip(few, many)]
    results.add("logistic_growth", "Growth", "logistic regression", "100 → 1,000 columns", 1, many[0], many[1], round(growth[1], 2), figure=growth[0],
                measure="exponent", note=f"aim: that of lbfgs, {few[0]:.2f} s → {many[0]:.2f} s beside {few[1]:.2f} s → {many[1]:.2f} s")
    x = rng.standard_normal((n, 50))
    noisy = x @ rng.standard_normal((50, 10)) + 3 * rng.standard_normal((n, 10))
    few = pair(x, noisy[:, :2].argmax(1).astype(float), "2 classes")
    many = pair(x, noisy.argmax(1).astype(float), "10 classes")
    results.add("logistic_growth", "Growth", "logistic regression, times as long", "2 → 10 classes", 1, many[0], many[1], round(many[1] / few[1], 2),
                figure=many[0] / few[0], note=f"aim: that of lbfgs, {few[0]:.2f} s → {many[0]:.2f} s beside {few[1]:.2f} s → {many[1]:.2f} s")


# ---- by name --------------------------------------------------------------------------------------------------------

def peer_adult(clock, threads):
    """The same rows are held out."""
    import pandas as pd
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.metrics import roc_auc_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    from sklearn.svm import LinearSVC
    held = list(map(int, psql("SELECT id FROM adult_held").split()))
    clock.start()
    frame = pd.read_csv(io.StringIO(psql("COPY adult TO STDOUT WITH (FORMAT csv, HEADER)")))
    held = frame.pop("id").isin(held)
    y = frame.pop("income")
    x, x_out, y, y_out = frame[~held], frame[held], y[~held], y[held]
    clock.fitting()
    texts = [c for c in frame if frame[c].dtype == object]
    prepared = make_column_transformer((make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), [c for c in frame if c not in texts]),
                                       (make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")), texts))
    model = make_pipeline(prepared, CalibratedClassifierCV(LinearSVC(dual=False), cv=5, n_jobs=threads)).fit(x, y)
    clock.fitted()
    p = model.predict_proba(x_out)[:, 1]
    accuracy = ((p > 0.5) == (y_out == model.classes_[1])).mean()
    area = roc_auc_score(y_out == model.classes_[1], p)
    clock.store(model)
    clock.stop()
    return f"{accuracy:.4f}, {area:.4f}"


def train_svm():
    found = glob.glob(os.path.join(os.environ.get("UPROFILE_DATA", "/nowhere"), "adult", "*train*"))
    if not found:
        print("skip train_svm: UPROFILE_DATA is not set")
        return
    with gzip.open(found[0], "rt") as f:
        text = f.read()
    names = text.split("\n", 1)[0].strip().split(",")
    numbers = {"age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week"}
    script("DROP TABLE IF EXISTS adult; CREATE TABLE adult (id serial, " + ", ".join(f"{c} {'integer' if c in numbers else 'text'}" for c in names) + ")")
    psql(f"COPY adult ({', '.join(names)}) FROM STDIN WITH (FORMAT csv, HEADER)", text)
    psql("VACUUM ANALYZE adult")
    held = "DROP TABLE IF EXISTS adult_held; CREATE TABLE adult_held AS SELECT user_key::int AS id FROM uprofile_held_out('bench_adult', 'adult')"
    forget = "SET client_min_messages = error; SELECT uprofile_drop_model(model) FROM uprofile_models WHERE model = 'bench_adult' LIMIT 1"
    train = ("SELECT round((metrics->'accuracy')::numeric, 4), round((metrics->'auc')::numeric, 4) FROM uprofile_train('bench_adult', 'adult', "
             "target => 'income', algorithm => 'svm', key => 'id', deploy => 'always', params => '{\"probability\": true}')")
    script(forget + "; " + train + "; " + held)
    race("train_svm", "Training by name", "uprofile_train svm on adult ÷ Pipeline, CalibratedClassifierCV(LinearSVC)", "32,561 × 14",
         train, peer_adult, 0.2,
         lambda mine, other: f"accuracy, AUC {mine.replace('|', ', ')} / {other}", before=forget)


JOBS = {"svc_rbf": svc_rbf, "svc_linear": svc_linear, "linear": linear, "logistic": logistic, "logistic_growth": logistic_growth,
        "train_svm": train_svm}
