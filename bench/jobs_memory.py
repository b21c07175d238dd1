"""Memory that a call takes beyond its setting, and what models are worth that were trained within little."""
from common import auc, columns, numbers_of_threads, ours, results, rows_name, rows_table, size
from jobs_models import clusters_table, kmeans_model
from jobs_trees import stored


def limited(name, model, table, rows, limit, quality, threads):
    free = ours(model["statement"], threads, model["before"], quality)
    tight = ours(model["statement"], threads, model["before"], quality, {"uprofile.max_memory": f"{limit}MB"})
    results.add("memory", "Memory", f"{name} under {limit} MB: peak of all its processes", rows, threads, tight, None, limit + 64, figure=tight.memory,
                measure="MB", quality=f"{tight.answer} / {free.answer} without that limit",
                note=f"without that limit {free.seconds:.2f} s, {free.memory:.0f} MB")


def memory():
    """64 MB (a try: 8) for a million rows."""
    n = size(1000000)
    limit = 64 if n >= 1000000 else 8
    fresh, table = rows_table(size(100000), True), rows_table(n)
    _, init = clusters_table()
    d = columns(20)
    for name, expression in (("svm", f"uprofile_svm({d}, y)"), ("logistic", f"uprofile_logistic({d}, y)"),
                             ("neural network", f"uprofile_mlp({d}, y, '{{\"hidden_layer_sizes\": [32], \"batch_size\": 1000, \"max_iter\": 3}}')"),
                             ("tree", f"uprofile_tree({d}, y, '{{\"max_depth\": 12}}')"),
                             ("forest", f"uprofile_forest({d}, y, '{{\"n_estimators\": 10, \"max_depth\": 12}}')"),
                             ("boosting", f"uprofile_boost({d}, y, '{{\"n_estimators\": 20}}')")):
        for threads in numbers_of_threads(1, 2):
            try:
                limited(name, stored("fitted", expression, table), table, rows_name(n), limit, auc(fresh, "fitted").replace("_proba", "") if name == "svm"
                        else auc(fresh, "fitted"), threads)
            except RuntimeError as error:
                print(f"{name} under {limit} MB, {threads}: {str(error).splitlines()[0]}", flush=True)
    try:
        limited("k-means", kmeans_model(init), "clusters", rows_name(n, 16), limit, "SELECT uprofile_model_info(m)->'inertia' FROM centred", 1)
    except RuntimeError as error:
        print(f"k-means under {limit} MB: {str(error).splitlines()[0]}", flush=True)


def memory_10m():
    """k-means of 10,000,000 × 20 under 1 GB, with the server's defaults."""
    n = size(10000000)
    table = rows_table(n)
    side = ours(f"CREATE TABLE centred AS SELECT uprofile_kmeans({columns(20)}, 8, '{{\"n_init\": 1, \"max_iter\": 20}}') AS m FROM {table}", None,
                "DROP TABLE IF EXISTS centred", "SELECT uprofile_model_info(m)->'inertia' FROM centred", {"uprofile.max_memory": "1GB"})
    results.add("memory_10m", "Memory", "k-means under 1 GB: peak of all its processes", rows_name(n), "default", side, None, 1024 + 64, figure=side.memory,
                measure="MB", quality=f"inertia {side.answer}")


JOBS = {"memory": memory, "memory_10m": memory_10m}
