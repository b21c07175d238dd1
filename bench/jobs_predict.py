"""Fresh rows predicted from a table to a table, and the first row of a model that nobody has loaded yet."""
from common import (both, columns, median, ours, psql, race, read, results, rows_name, rows_table, script, size, write_back)
from jobs_trees import DEPTH_SIX
from sides import QUICK, REPEAT

FIRST = "The first row of a model"
GROUP = "Predictions on fresh rows, table to table"
HELPERS = 1 if QUICK else 2  # threads of a fit that is not timed


def peer_predict(clock, threads, kind, table, fresh):
    import numpy as np
    d = read(table, 21)
    x, y = d[:, :20], d[:, 20]
    kind_of = np.float64
    if kind == "forest":
        from sklearn.ensemble import RandomForestClassifier
        model = RandomForestClassifier(100, n_jobs=HELPERS, random_state=0).fit(x, y).set_params(n_jobs=threads)
    elif kind == "boost":
        from xgboost import XGBClassifier
        model = XGBClassifier(n_estimators=100, max_depth=6, learning_rate=0.3, tree_method="hist", n_jobs=HELPERS).fit(x, y).set_params(n_jobs=threads)
    elif kind == "linear":
        from sklearn.svm import LinearSVC
        model = LinearSVC(dual=False).fit(x, y)
    else:
        from sklearn.neural_network import MLPClassifier
        kind_of = np.float32
        model = MLPClassifier((128, 64), batch_size=200, max_iter=3, random_state=0).fit(x.astype(kind_of), y)
    clock.start()
    d = read(fresh, 22)
    clock.fitting()
    p = model.predict(d[:, 1:21].astype(kind_of, copy=False))
    clock.fitted()
    write_back("back_peer", d[:, 0], p)
    clock.stop()
    return f"{(p == d[:, 21]).mean():.4f}"


def predicted(job, what, kind, expression, aim, threads=(1, 2)):
    train, fresh = rows_table(size(100000)), rows_table(size(1000000), True)
    script(f"DROP TABLE IF EXISTS predictor; CREATE TABLE predictor AS SELECT {expression} AS m FROM {train}; ANALYZE predictor")
    race(job, GROUP, what, rows_name(size(1000000)), f"CREATE TABLE back AS SELECT id, uprofile_predict(m, {columns(20)}) AS p FROM {fresh}, predictor",
         peer_predict, aim, both("accuracy:"), threads, "DROP TABLE IF EXISTS back",
         f"SELECT round(avg((p = y)::int), 4) FROM back JOIN {fresh} USING (id)", kind=kind, table=train, fresh=fresh)


def predict_forest():
    predicted("predict_forest", "forest of 100 ÷ RandomForestClassifier", "forest", f"uprofile_forest({columns(20)}, y)", 0.3)


def predict_boost():
    predicted("predict_boost", "boosting, 100 rounds ÷ XGBoost", "boost",
              f"uprofile_boost({columns(20)}, y, '{{\"n_estimators\": 100, {DEPTH_SIX}}}')", 0.3)


def predict_linear():
    predicted("predict_linear", "linear svm ÷ LinearSVC", "linear", f"uprofile_svm({columns(20)}, y)", 0.25, (1,))


def predict_mlp():
    params = '{"hidden_layer_sizes": [128, 64], "batch_size": 200, "max_iter": 3}'
    predicted("predict_mlp", "neural network 128-64 ÷ MLPClassifier, float32", "mlp", f"uprofile_mlp({columns(20)}, y, '{params}')", 0.1, (1,))


def first_row():
    """Milliseconds of the first row by a registered name in a fresh connection, and of a prepared statement that takes the model from a
    column of a table, the fourth time and later."""
    source = rows_table(size(100000))
    one = f"(SELECT * FROM {source} LIMIT 1) AS r"
    script("DROP TABLE IF EXISTS models_kept; CREATE TABLE models_kept (name text, m bytea)")
    for name, leaf in (("bench_small", 25), ("bench_large", 1)):
        forest = f"forest of 100, leaves of {leaf} and more"
        script(f"SELECT uprofile_drop_model(model) FROM uprofile_models WHERE model = '{name}'; "
               f"SELECT 1 FROM uprofile_train('{name}', '{source}', target => 'y', algorithm => 'forest', test_size => 0.001, deploy => 'always', "
               f"params => '{{\"n_estimators\": 100, \"min_samples_leaf\": {leaf}}}'); INSERT INTO models_kept SELECT '{name}', uprofile_model('{name}')")
        mb = float(psql(f"SELECT length(m) / 1e6 FROM models_kept WHERE name = '{name}'"))
        fresh = [ours(f"SELECT uprofile_predict('{name}', r) FROM {one}", None).seconds for _ in range(max(REPEAT, 3))]
        results.add("first_row", FIRST, "first row by name, fresh connection", forest, "default", median(fresh), aim=0.01, figure=median(fresh),
                    measure="seconds", note=f"{mb:.1f} MB")
        done = psql_times(f"PREPARE one AS SELECT uprofile_predict(m, r) FROM models_kept, {one} WHERE name = '{name}'", ["EXECUTE one"] * 8)
        results.add("first_row", FIRST, "prepared, the model from a bytea column, warm", forest, "default", median(done[3:]), aim=0.01,
                    figure=median(done[3:]), measure="seconds", note=f"{mb:.1f} MB; the first execution {done[0] * 1000:.1f} ms")


def psql_times(before, statements):
    """Seconds of each statement, all in one session."""
    out = script(before + ";\n\\timing on\n" + "".join(s + ";\n" for s in statements))
    return [float(line.split()[1]) / 1000 for line in out.split("\n") if line.startswith("Time: ")]


JOBS = {"predict_forest": predict_forest, "predict_boost": predict_boost, "predict_linear": predict_linear, "predict_mlp": predict_mlp,
        "first_row": first_row}
