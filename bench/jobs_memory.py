"""Memory that a call takes beyond its setting, and what models are worth that were trained within little."""
from common import auc, columns, numbers_of_threads, ours, results, rows_name, rows_table, size
from jobs_models import clusters_table, kmeans_model
from jobs_trees import stored


def limited(name, model, rows, limit, quality, threads):
    free = ours(model["statement"], threads, model["before"], quality)
    tight = ours(model["statement"], threads, model["before"], quality, {"uprofile.max_memory": f"{limit}MB"})
    results.add("memory", "Memory", f"{name} under {limit} MB: peak of all its processes", rows, threads, tight, None, limit + 64, figure=tight.memory,
                measure="MB", quality=f"{tight.answer} / {free.answer} without that limit",
                note=f"without that limit {free.seconds:.2f} s, {free.memory:.0f} MB")


def area(fresh):
    return auc(fresh, "fitted")


def told(what):
    """What a model says of itself."""
    return f"SELECT uprofile_model_info(m)->'{what}' FROM fitted"


def memory():
    """64 MB (a try: 8) for a million rows, of which 64-bit numbers alone take 160."""
    n = size(1000000)
    limit = 64 if n >= 1000000 else 8
    fresh, table = rows_table(size(100000), True), rows_table(n)
    clusters, _, init = clusters_table()
    d = columns(20)
    for name, expression, quality in (
            ("svm", f"uprofile_svm({d}, y)", area(fresh).replace("_proba", "")),
            ("svm, hinge", f"uprofile_svm({d}, y, '{{\"loss\": \"hinge\", \"max_iter\": 20}}')", told("objective")),
            ("svr, linear", f"uprofile_svr({d}, c1 + y, '{{\"kernel\": \"linear\", \"max_iter\": 20}}')", told("objective")),
            ("logistic", f"uprofile_logistic({d}, y)", area(fresh)),
            ("neural network", f"uprofile_mlp({d}, y, '{{\"hidden_layer_sizes\": [32], \"batch_size\": 1000, \"max_iter\": 3}}')", area(fresh)),
            ("tree", f"uprofile_tree({d}, y, '{{\"max_depth\": 12}}')", area(fresh)),
            ("forest", f"uprofile_forest({d}, y, '{{\"n_estimators\": 10, \"max_depth\": 12}}')", area(fresh)),
            ("boosting", f"uprofile_boost({d}, y, '{{\"n_estimators\": 20}}')", area(fresh)),
            ("mixture of 4", f"uprofile_gmm({d}, 4, '{{\"max_iter\": 3}}')", told("log_likelihood")),
            ("k-means", None, "SELECT uprofile_model_info(m)->'inertia' FROM centred")):
        model, rows = (stored("fitted", expression, table), rows_name(n)) if expression else (kmeans_model(clusters, init), rows_name(n, 16))
        for threads in numbers_of_threads(1, 2):
            limited(name, model, rows, limit, quality, threads)


def memory_10m():
    """k-means of 10,000,000 × 20 under 1 GB, with the server's defaults."""
    n = size(10000000)
    table = rows_table(n)
    side = ours(f"CREATE TABLE centred AS SELECT uprofile_kmeans({columns(20)}, 8, '{{\"n_init\": 1, \"max_iter\": 20}}') AS m FROM {table}", None,
                "DROP TABLE IF EXISTS centred", "SELECT uprofile_model_info(m)->'inertia' FROM centred", {"uprofile.max_memory": "1GB"})
    results.add("memory_10m", "Memory", "k-means under 1 GB: peak of all its processes", rows_name(n), "default", side, None, 1024 + 64, figure=side.memory,
                measure="MB", quality=f"inertia {side.answer}")


JOBS = {"memory": memory, "memory_10m": memory_10m}
