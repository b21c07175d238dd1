"""What a second process brings: on this machine at all, and by the server's workers; whether four on two processors do harm, and what the
server's defaults do."""
import multiprocessing
import time

import numpy as np

from common import columns, ours, results, rows_name, rows_table, size
from jobs_models import clusters_table, kmeans_model
from jobs_tune import C
from jobs_trees import DEPTH_SIX, stored
from sides import repeat

GROUP = "Several processes"


def statements():
    """Name, statement, before, rows, table and columns read, aim of the speed-up."""
    n, init = clusters_table()
    half, tenth = size(500000), size(100000)
    big, small = rows_table(half), rows_table(tenth)
    d = columns(20)

    def made(name, expression, source, rows, aim):
        s = stored("fitted", expression, source)
        return name, s["statement"], s["before"], rows, source, 20, aim

    k = kmeans_model(init)
    yield "k-means", k["statement"], k["before"], rows_name(n, 16), "clusters", 16, 1.7
    yield made("forest of 100", f"uprofile_forest({d}, y)", small, rows_name(tenth), 1.7)
    yield made("boosting", f"uprofile_boost({d}, y, '{{\"n_estimators\": 100, {DEPTH_SIX}}}')", big, rows_name(half), 1.7)
    for name, learner, search, metric in (("tune svm, 20 × 5 folds", "svm", f'{{"C": {C}}}', "accuracy"),
                                          ("tune boosting, 4 × 5 folds", "boost", '{"learning_rate": [0.1, 0.3], "n_estimators": [20, 40]}', "log_loss")):
        yield (name, f"CREATE TABLE fitted AS SELECT * FROM uprofile_tune('{small}', 'y', '{learner}', '{search}', metric => '{metric}')",
               "DROP TABLE IF EXISTS fitted", rows_name(tenth), small, 20, 1.7)
    yield made("svm", f"uprofile_svm({d}, y)", big, rows_name(half), 1.4)
    yield made("svm, rbf", f"uprofile_svm({d}, y, '{{\"kernel\": \"rbf\"}}')", rows_table(size(20000)), rows_name(size(20000)), 1.4)
    yield made("logistic", f"uprofile_logistic({d}, y = 1)", big, rows_name(half), 1.4)
    yield made("neural network, batch 1,000", f"uprofile_mlp({d}, y, '{{\"hidden_layer_sizes\": [128, 64], \"batch_size\": 1000, \"max_iter\": 10}}')",
               small, rows_name(tenth), 1.4)
    yield ("describe", f"SELECT count(*) FROM uprofile_describe('{big}')", "", rows_name(half), big, 20, 1.4)


# Between looks at memory: each takes a twentieth of a processor's time if they come every 10 ms, and no processor is left over here.
LOOKS = 0.2


def speed_up():
    for name, sql, before, rows, table, d, aim in statements():
        # What reading alone does not take is learning.
        reading = [repeat(lambda: ours(f"SELECT count({columns(d)}) FROM {table}", t, pause=LOOKS)).seconds for t in (1, 2)]
        one, two = (repeat(lambda: ours(sql, t, before, pause=LOOKS)) for t in (1, 2))
        many = {w: repeat(lambda: ours(sql, 1, before, settings={"max_parallel_workers_per_gather": 2, "uprofile.max_workers": w}, pause=LOOKS)).seconds
                for w in (2, 4)}
        learning = [max(s.seconds - r, 1e-9) for s, r in zip((one, two), reading)]
        results.add("speed_up", GROUP, f"{name}: learning, one process ÷ two", rows, "1 → 2", two, None, aim, figure=learning[0] / learning[1],
                    measure="speed-up", note=f"{one.seconds:.2f} s → {two.seconds:.2f} s, {one.seconds / two.seconds:.2f} × as a whole; {reading[0]:.2f} s → {reading[1]:.2f} s of it read")
        results.add("speed_up", GROUP, f"{name}: four workers ÷ two", rows, "2, 4", many[4], None, 1.05, figure=many[4] / many[2])


def defaults():
    """The server's own defaults beside one process: svm, k-means, forest."""
    for name, sql, before, rows, _, _, _ in statements():
        if name in ("svm", "k-means", "forest of 100"):
            one, any_number = (repeat(lambda: ours(sql, t, before)) for t in (1, None))
            results.add("defaults", GROUP, f"{name}: the server's defaults ÷ one process", rows, "default", any_number, None, 0.6,
                        figure=any_number.seconds / one.seconds, note=f"one process {one.seconds:.2f} s")


def in_cache():
    """Multiplications of small matrices: arithmetic, nothing from memory."""
    a = np.random.default_rng(1).random((64, 64))

    def work():
        for _ in range(size(4000)):
            a @ a

    return work


def in_memory():
    """Sums over 256 MB: what memory brings."""
    a = np.ones(size(32000000))

    def work():
        for _ in range(12):
            a.sum()

    return work


def at_once(make, n):
    """Seconds until n processes that share nothing have each done the same work."""
    ready = multiprocessing.Barrier(n + 1)

    def one():
        work = make()
        ready.wait()
        work()

    processes = [multiprocessing.Process(target=one) for _ in range(n)]
    for p in processes:
        p.start()
    ready.wait()
    began = time.perf_counter()
    for p in processes:
        p.join()
    return time.perf_counter() - began


def machine():
    """How much more two processes get done than one where nothing holds them up: processors may share a core, and do share memory."""
    for what, make in (("arithmetic in cache", in_cache), ("sums over 256 MB", in_memory)):
        one, two = (min(at_once(make, n) for _ in range(3)) for n in (1, 2))
        results.add("machine", GROUP, f"the machine itself, {what}: two processes that share nothing ÷ one", "", "1 → 2", two, None, None,
                    figure=2 * one / two, measure="speed-up", note=f"one {one:.2f} s, two at once {two:.2f} s")


JOBS = {"machine": machine, "defaults": defaults, "speed_up": speed_up}
