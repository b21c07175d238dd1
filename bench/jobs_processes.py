"""What a second process brings: on this machine at all, and by the server's workers; whether four on two processors do harm, and what the
server's defaults do."""
import collections
import json
import multiprocessing
import time

import numpy as np

from common import columns, ours, psql, results, rows_name, rows_table, size
from jobs_clean import CONTACT_RULES, RULES, contacts_table, lines_table
from jobs_mining import chess, shop
from jobs_models import clusters_table, kmeans_model
from jobs_tune import C
from jobs_trees import DEPTH_SIX, stored
from sides import QUICK, in_turn

GROUP = "Several processes"


# rows: what the table tells of them; reads: a query that reads what the statement learns from; aim: of the speed-up.
Statement = collections.namedtuple("Statement", "name sql before rows reads aim")


def reading(table, d=20):
    return f"SELECT count({columns(d)}) FROM {table}"


def made(name, expression, table, rows, aim):
    s = stored("fitted", expression, table)
    return Statement(name, s["statement"], s["before"], rows_name(rows), reading(table), aim)


def answered(name, expression, table, rows, aim):
    """What answers rows rather than a model."""
    return Statement(name, f"CREATE TABLE fitted AS SELECT * FROM {expression}", "DROP TABLE IF EXISTS fitted", rows_name(rows), reading(table), aim)


def cleaned(name, table, rules, n, width, aim=1.4):
    rules = json.dumps(rules).replace("'", "''")
    return Statement(name, f"SELECT count(*) FROM uprofile_clean('{table}', 'tidy', rules => '{rules}')",
                     "DROP TABLE IF EXISTS tidy, tidy_changes, tidy_quarantine", rows_name(n, width), f"SELECT count(t) FROM {table} AS t", aim)


def item_sets(table, baskets, n, support, what, aim):
    psql(f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} (basket integer, item integer)")
    psql(f"COPY {table} FROM STDIN", baskets)
    psql(f"VACUUM ANALYZE {table}")
    return Statement(f"item sets, {what}, from {support:,} on", f"SELECT count(*) FROM uprofile_itemsets('{table}', 'basket', 'item', {support}, max_itemsets => 10000000)", "",
                     f"{n:,} baskets", f"SELECT count((basket, item)) FROM {table}", aim)


def statements():
    """Those with an aim of their own, and one of each other kind of learner."""
    clusters, n, init = clusters_table()
    half, tenth = size(500000), size(100000)
    big, small = rows_table(half), rows_table(tenth)
    d = columns(20)
    k = kmeans_model(clusters, init)
    yield Statement("k-means", k["statement"], k["before"], rows_name(n, 16), reading(clusters, 16), 1.7)
    yield made("forest of 100", f"uprofile_forest({d}, y)", small, tenth, 1.7)
    yield made("boosting", f"uprofile_boost({d}, y, '{{\"n_estimators\": 100, {DEPTH_SIX}}}')", big, half, 1.7)
    for name, learner, search, metric in (("tune svm, 20 × 5 folds", "svm", f'{{"C": {C}}}', "accuracy"),
                                          ("tune boosting, 4 × 5 folds", "boost", '{"learning_rate": [0.1, 0.3], "n_estimators": [20, 40]}', "log_loss")):
        yield answered(name, f"uprofile_tune('{small}', 'y', '{learner}', '{search}', metric => '{metric}')", small, tenth, 1.7)
    yield made("svm", f"uprofile_svm({d}, y)", big, half, 1.4)
    yield made("svm, rbf", f"uprofile_svm({d}, y, '{{\"kernel\": \"rbf\"}}')", rows_table(size(20000)), size(20000), 1.4)
    yield made("logistic", f"uprofile_logistic({d}, y = 1)", big, half, 1.4)
    yield made("neural network, batch 1,000", f"uprofile_mlp({d}, y, '{{\"hidden_layer_sizes\": [128, 64], \"batch_size\": 1000, \"max_iter\": 10}}')",
               small, tenth, 1.4)
    yield Statement("describe", f"SELECT count(*) FROM uprofile_describe('{big}')", "", rows_name(half), reading(big), 1.4)


def other_statements():
    """What else learns, selects, mines and cleans."""
    half, tenth = size(500000), size(100000)
    big, small = rows_table(half), rows_table(tenth)
    d = columns(20)
    yield made("a tree", f"uprofile_tree({d}, y)", big, half, 1.4)
    yield made("svm, hinge", f"uprofile_svm({d}, y, '{{\"loss\": \"hinge\"}}')", big, half, 1.4)
    yield made("svr, linear", f"uprofile_svr({d}, c1 + y, '{{\"kernel\": \"linear\"}}')", small, tenth, 1.4)
    yield made("logistic, ten classes", f"uprofile_logistic({d}, (floor(abs(c1 + c2) * 4)::int % 10)::text)", small, tenth, 1.4)
    yield made("mixture of 8", f"uprofile_gmm({d}, 8, '{{\"tol\": 0, \"max_iter\": 10}}')", small, tenth, 1.4)
    yield made("scaler, yeo_johnson", f"uprofile_scaler({d}, '{{\"method\": \"yeo_johnson\"}}')", big, half, 1.4)
    yield Statement("linear regression by name", f"SELECT rows_trained FROM uprofile_train('summed', '{big}', target => 'y', algorithm => 'linear', deploy => 'always')",
                    "SELECT count(*) FROM uprofile_model_names m, uprofile_drop_model(m.name) WHERE m.name = 'summed'", rows_name(half), reading(big), 1.4)
    yield answered("spearman of all pairs", f"uprofile_correlation('{big}', methods => '{{spearman}}')", big, half, 1.4)
    yield answered("mutual_info with a label", f"uprofile_select_features('{small}', 'y', 'mutual_info')", small, tenth, 1.4)
    yield answered("features by permutation", f"uprofile_select_features('{small}', 'y', 'permutation')", small, tenth, 1.4)
    lines_table(half)
    yield cleaned("cleaning by 7 rules", "lines", RULES, half, 7)
    contacts_table(half)
    yield cleaned("cleaning of texts that hardly repeat, by 12 rules", "contacts", CONTACT_RULES, half, 8)
    n = size(300000)
    yield item_sets("shop", shop(n), n, n // 40, "of a shop", 1.4)
    # 25 ms of mining and 672,136 sets to tell: workers would take longer to start and to leave.
    n, support = (800, 400) if QUICK else (3196, 1500)
    yield item_sets("chess", chess(n), n, support, "chess-like, too few to share out", None)


def speed_up(job, kinds):
    for s in kinds():
        def by(processes=1, settings=None):
            return lambda: ours(s.sql, processes, s.before, settings=settings, pause=None)

        def read(processes):
            return lambda: ours(s.reads, processes, pause=None)

        def workers(n):
            return by(settings={"max_parallel_workers_per_gather": n, "uprofile.max_workers": n})

        one, two, one_read, two_read, two_workers, four_workers = in_turn(by(1), by(2), read(1), read(2), workers(2), workers(4))
        # What reading alone does not take is learning.
        learning = [max(all.seconds - r.seconds, 1e-9) for all, r in ((one, one_read), (two, two_read))]
        results.add(job, GROUP, f"{s.name}: learning, one process ÷ two", s.rows, "1 → 2", two, None, s.aim, figure=learning[0] / learning[1],
                    measure="speed-up", note=f"{one.seconds:.2f} s → {two.seconds:.2f} s, {one.seconds / two.seconds:.2f} × as a whole; "
                    f"{one_read.seconds:.2f} s → {two_read.seconds:.2f} s of it read")
        results.add(job, GROUP, f"{s.name}: four workers ÷ two", s.rows, "2, 4", four_workers, None, 1.05, figure=four_workers.seconds / two_workers.seconds)


def defaults():
    """The server's own defaults beside one process: svm, k-means, forest."""
    for s in statements():
        if s.name in ("svm", "k-means", "forest of 100"):
            one, any_number = in_turn(*(lambda t=t: ours(s.sql, t, s.before, pause=None) for t in (1, None)))
            results.add("defaults", GROUP, f"{s.name}: the server's defaults ÷ one process", s.rows, "default", any_number, None, 0.6,
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


JOBS = {"machine": machine, "defaults": defaults, "speed_up": lambda: speed_up("speed_up", statements),
        "speed_up_others": lambda: speed_up("speed_up_others", other_statements)}
