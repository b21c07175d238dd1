"""Clusters, linear machines, neural networks."""
import json

import numpy as np

from common import both, columns, loaded, load, load_features, numbers_of_threads, ours, race, read, read_features, results, rows_name, rows_table, size, theirs
from jobs_trees import stored
from sides import QUICK, repeat


def clusters_table(rows=1000000):
    """A table of 16 normal clusters in 16 columns: its name, its rows, 16 of them to begin with."""
    n = size(rows)
    table = f"clusters_{n}"
    if table not in loaded:
        rng = np.random.default_rng(1)
        centres = rng.normal(size=(16, 16)) * 1.5
        x = centres[rng.integers(0, 16, n)] + rng.normal(size=(n, 16))
        load(table, x)
        loaded[table] = x[rng.choice(n, 16, replace=False)].tolist()
    return table, n, loaded[table]


ITERATIONS = 61


def kmeans_model(table, init):
    params = json.dumps({"n_init": 1, "tol": 0, "max_iter": ITERATIONS, "init": init})
    return stored("centred", f"uprofile_kmeans({columns(16)}, 16, '{params}')", table)


def peer_kmeans(clock, threads, table, init, algorithm):
    from sklearn.cluster import KMeans
    clock.start()
    x = read(table, 16)
    clock.fitting()
    model = KMeans(16, init=np.array(init), n_init=1, tol=0, max_iter=ITERATIONS, algorithm=algorithm).fit(x)
    clock.fitted()
    clock.store(model)
    clock.stop()
    return [algorithm, f"{model.inertia_:.6f}", model.n_iter_]


def kmeans():
    for rows, aim in ((1000000, 0.15), (100000, None)):
        table, n, init = clusters_table(rows)
        model = kmeans_model(table, init)
        for t in numbers_of_threads(1, 2):
            mine = repeat(lambda: ours(model["statement"], t, model["before"],
                                       "SELECT i->'inertia', i->'iterations' FROM (SELECT uprofile_model_info(m) AS i FROM centred) AS c"))
            peers = [repeat(lambda: theirs(peer_kmeans, t, table=table, init=init, algorithm=a)) for a in ("lloyd", "elkan")]
            best = min(peers, key=lambda p: p.seconds)
            results.add("kmeans", "Clusters", "k-means, k = 16 ÷ KMeans, Lloyd or Elkan", rows_name(n, 16), t, mine, best, aim,
                        f"inertia|iterations {mine.answer} / {best.answer[1]}|{best.answer[2]}",
                        note=", ".join(f"{p.answer[0]} {p.seconds:.2f} s" for p in peers))


# ---- linear machines ------------------------------------------------------------------------------------------------

def svm_objective(x, y, w, b, hinge):
    z = np.maximum(0, 1 - (2 * y - 1) * (x @ w + b))
    return 0.5 * (w @ w + b * b) + (z if hinge else z * z).sum()


def peer_svm(clock, threads, table, loss, dual):
    from sklearn.svm import LinearSVC
    clock.start()
    d = read(table, 21)
    clock.fitting()
    model = LinearSVC(loss=loss, dual=dual).fit(d[:, :20], d[:, 20])
    clock.fitted()
    clock.store(model)
    clock.stop()
    return f"{svm_objective(d[:, :20], d[:, 20], model.coef_[0], model.intercept_[0], loss == 'hinge'):.2f}"


OBJECTIVE = "SELECT round((uprofile_model_info(m)->'objective')::numeric, 2) FROM fitted"


def linear_svm(job, loss, dual, aim):
    n = size(500000)
    table = rows_table(n)
    race(job, "Linear machines", f"linear svm, {loss.replace('_', ' ')} ÷ LinearSVC(dual={dual})", rows_name(n), peer=peer_svm, aim=aim,
         quality=both("objective"), after=OBJECTIVE, slow=8, one_thread=True,
         **stored("fitted", f"uprofile_svm({columns(20)}, y, '{{\"loss\": \"{loss}\"}}')", table), table=table, loss=loss, dual=dual)


def svm():
    linear_svm("svm", "squared_hinge", False, 0.12)


def hinge():
    linear_svm("hinge", "hinge", True, 0.04)


def peer_wide_svm(clock, threads, table, d):
    from sklearn.svm import LinearSVC
    clock.start()
    _, x, y = read_features(table, d)
    clock.fitting()
    model = LinearSVC(dual=False).fit(x, y)
    clock.fitted()
    clock.store(model)
    clock.stop()
    return f"{svm_objective(x, y, model.coef_[0], model.intercept_[0], False):.3f}"


def wide_rows(n, d, seed=7):
    """Standard normal columns, a fifth of them seldom other than 0, of which twenty tell two classes apart."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, d))
    x[:, d - d // 5:] *= rng.random((n, d // 5)) < 0.1
    return x, (x[:, :20].sum(1) + 3 * rng.standard_normal(n) > 0).astype(float)


def svm_wide():
    for n, d in ((20000, 400), (20000, 1000), (5000, 5000))[:1 if QUICK else 3]:
        n = size(n, 500)
        x, y = wide_rows(n, d)
        load_features("wide_svm", np.arange(n), x, y)
        race("svm_wide", "Linear machines", "linear svm, squared hinge ÷ LinearSVC(dual=False)", rows_name(n, d), peer=peer_wide_svm, aim=0.5,
             quality=both("objective"), slow=5, one_thread=True, after=OBJECTIVE.replace(", 2)", ", 3) || CASE WHEN uprofile_model_info(m)->'converged' = 'false' "
                                                                       "THEN ' (not converged)' ELSE '' END"),
             **stored("fitted", "uprofile_svm(x, y)", "wide_svm"), table="wide_svm", d=d)


def svr_objective(x, y, w, b):
    return 0.5 * w @ w + np.maximum(0, np.abs(x @ w + b - y) - 0.1).sum()


def peer_svr(clock, threads, table, d, setting):
    from sklearn.svm import SVR, LinearSVR
    clock.start()
    data = read(table, d + 1)
    x, y = np.ascontiguousarray(data[:, :d]), data[:, d]
    clock.fitting()
    if setting == "SVR(linear)":
        model = SVR(kernel="linear", epsilon=0.1, cache_size=1000).fit(x, y)
        w, b = model.coef_[0], model.intercept_[0]
    else:
        model = LinearSVR(epsilon=0.1, intercept_scaling=10, random_state=0, max_iter=20000 if "20,000" in setting else 1000).fit(x, y)
        w, b = model.coef_, model.intercept_[0]
    clock.fitted()
    clock.store(model)
    clock.stop()
    return [setting, svr_objective(x, y, w, b)]


def svr():
    """Linear support vector regression. Which setting of LIBSVM or LIBLINEAR is best: the fastest of those within .1 % of the least
    objective that one of them reaches; one that takes more than half a minute is given up."""
    for n, d in ((100000, 20), (20000, 100))[:1 if QUICK else 2]:
        n = size(n)
        rng = np.random.default_rng(9)
        x = rng.standard_normal((n, d))
        y = x @ rng.standard_normal(d) + np.sin(2 * x[:, 0]) + 0.5 * rng.standard_normal(n)
        load("regressed", x, y)
        peers = [theirs(peer_svr, 1, 30, table="regressed", d=d, setting=s) for s in ("LinearSVR", "LinearSVR, 20,000 passes", "SVR(linear)")[:1 if QUICK else 3]]
        done = [p for p in peers if not p.over]
        least = min(p.answer[1] for p in done)
        best = min((p for p in done if p.answer[1] <= least * 1.001), key=lambda p: p.seconds)
        note = ", ".join(f"{p.answer[0]} {p.seconds:.2f} s, objective {p.answer[1]:.2f}" if not p.over else f"another > {p.seconds:.0f} s"
                         for p in peers)
        model = stored("fitted", f"uprofile_svr({columns(d)}, y, '{{\"kernel\": \"linear\", \"epsilon\": 0.1}}')", "regressed")
        for t in numbers_of_threads(1, 2):
            mine = repeat(lambda: ours(model["statement"], t, model["before"], f"SELECT p || '' FROM (SELECT abs((uprofile_model_info(m)->>'objective')"
                                       f"::float8) AS p FROM fitted) AS i"))
            results.add("svr", "Linear machines", "svr with the linear kernel ÷ the best of LinearSVR and SVR", rows_name(n, d), t, mine, best, 0.3,
                        f"objective {float(mine.answer):.2f} / {best.answer[1]:.2f}", note=note if t == 1 else "")


# ---- neural networks ------------------------------------------------------------------------------------------------

def peer_mlp(clock, threads, table, fresh):
    from sklearn.neural_network import MLPClassifier
    clock.start()
    d = read(table, 21)
    x = d[:, :20].astype(np.float32)
    clock.fitting()
    model = MLPClassifier((128, 64), batch_size=32, max_iter=10, random_state=0).fit(x, d[:, 20])
    clock.fitted()
    clock.store(model)
    clock.stop()
    d = read(fresh, 22)
    return f"{model.score(d[:, 1:21].astype(np.float32), d[:, 21]):.4f}"


def mlp():
    n = size(100000)
    table, fresh = rows_table(n), rows_table(size(100000), True)
    params = '{"hidden_layer_sizes": [128, 64], "batch_size": 32, "max_iter": 10}'
    race("mlp", "Neural networks", "128-64, batch 32, 10 epochs ÷ MLPClassifier, float32", rows_name(n), peer=peer_mlp, aim=0.12,
         quality=both("accuracy, fresh rows:"), threads=(1, 2), slow=5,
         after=f"SELECT round(avg((uprofile_predict(m, {columns(20)}) = y)::int), 4) FROM {fresh}, net",
         **stored("net", f"uprofile_mlp({columns(20)}, y, '{params}')", table), table=table, fresh=fresh)


JOBS = {"kmeans": kmeans, "svm": svm, "hinge": hinge, "svm_wide": svm_wide, "svr": svr, "mlp": mlp}
