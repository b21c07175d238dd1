"""Clusters, linear SVM, neural network and predictions."""
import json

import numpy as np

from common import both_sql, columns, compare, load, made, psql


def kmeans():
    from sklearn.cluster import KMeans
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(16, 16)) * 1.5
    x = centres[rng.integers(0, 16, 1000000)] + rng.normal(size=(1000000, 16))
    load("k", x)
    init = x[rng.choice(len(x), 16, replace=False)]
    iterations = 61
    params = json.dumps({"n_init": 1, "tol": 0, "max_iter": iterations, "init": init.tolist()})
    sql = (f"SELECT i->'inertia', i->'iterations' FROM (SELECT uprofile_model_info(uprofile_kmeans({columns(16)}, 16, "
           f"'{params}')) AS i FROM k) AS m")

    def fit(data, _):
        import warnings
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return KMeans(16, init=init, n_init=1, tol=0, max_iter=iterations, algorithm="lloyd").fit(data)

    compare("k-means 1M x 16", "k", 16, 0, sql, fit, 0.3, lambda out, m: f"inertia, iterations {out.strip()}; scikit-learn "
            f"{m.inertia_:.6f}|{m.n_iter_}")


def linear(job, loss, dual, aim):
    from sklearn.svm import LinearSVC
    x, y = made(500000)
    load("v", x, y)
    sql = (f"SELECT i->'objective' FROM (SELECT uprofile_model_info(uprofile_svm({columns(20)}, y, "
           f"'{{\"loss\": \"{loss}\"}}')) AS i FROM v) AS m")

    def quality(out, m):
        z = np.maximum(0, 1 - (2 * y - 1) * (x @ m.coef_[0] + m.intercept_[0]))
        w = np.append(m.coef_[0], m.intercept_[0])
        return f"objective {float(out):.2f}; scikit-learn {w @ w / 2 + (z if loss == 'hinge' else z * z).sum():.2f}"

    compare(job, "v", 20, 1, sql, lambda a, b: LinearSVC(loss=loss, dual=dual).fit(a, b), aim, quality)


def svm():
    linear("svm squared hinge 500k", "squared_hinge", False, 0.2)


def hinge():
    linear("svm hinge 500k", "hinge", True, 0.06)


def mlp():
    from sklearn.neural_network import MLPClassifier
    x, y = made(100000)
    load("n", x, y)
    params = '{"hidden_layer_sizes": [128, 64], "batch_size": 32, "max_iter": 10}'
    sql = (f"SELECT avg((uprofile_predict(m, {columns(20)}) = y)::int) FROM n, (SELECT uprofile_mlp({columns(20)}, y, "
           f"'{params}') AS m FROM n) AS t")

    def fit(a, b):
        import warnings
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return MLPClassifier((128, 64), batch_size=32, max_iter=10, random_state=0).fit(a, b)

    compare("mlp 100k, 10 epochs", "n", 20, 1, sql, fit, 0.12,
            lambda out, m: f"accuracy {float(out):.4f} (scored as well); scikit-learn {m.score(x, y):.4f}")


def predict():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(1000000, 20))
    load("p", x, (x[:, 0] + x[:, 1] > 0).astype(float))
    psql(f"DROP TABLE IF EXISTS pm; CREATE TABLE pm AS SELECT uprofile_svm({columns(20)}, y) AS m FROM p")
    both_sql("predict 1M, linear", f"SELECT sum(uprofile_predict(m, {columns(20)})) FROM p, pm",
             f"SELECT sum(array_length({columns(20)}, 1)) FROM p, pm", 1.5)


JOBS = {"kmeans": kmeans, "svm": svm, "hinge": hinge, "mlp": mlp, "predict": predict}
