"""Training under a memory setting that the rows do not fit into: the same model, byte for byte, as with room for all; by one process, with
workers, and where a parallel scan collects the rows.

UP_LONG=1: 1,000,000 rows of 20 columns under 64 MB: what the processes hold at most (RssAnon summed over them, and shared segments once)
is the setting and 64 MB; and 10,000,000 rows under 1 GB.
"""
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "lib"), os.path.join(HERE, "..", "..", "bench")]
from common import Spec, psql
from peak import Peak

LONG = os.environ.get("UP_LONG") == "1"
ROWS, LIMIT = (1000000, 64) if LONG else (16000, 2)
FEW = 5000 if LONG else 500  # rows that machines with a kernel take
spec = Spec("memory")


def make_rows(n):
    columns = ", ".join(f"hashint8(i * 21 + {j}) / 1e9" for j in range(20))
    psql(f"""DROP TABLE IF EXISTS memory_rows;
             CREATE TABLE memory_rows AS SELECT i, ARRAY[{columns}]::float8[] AS x,
               (hashint8(i * 21) + hashint8(i * 21 + 1) / 2.0 > 0)::int AS y
             FROM generate_series(1::bigint, {n}) i;
             ANALYZE memory_rows""")


make_rows(ROWS)
psql("SELECT uprofile_train('memory_tree', 'SELECT x, y FROM memory_rows', target => 'y', algorithm => 'tree', params => '{\"max_depth\": 4}', deploy => 'always')")


def model_of(call):
    return f"SELECT md5({call}) FROM memory_rows"


LEARNERS = {
    "k-means": model_of("uprofile_kmeans(x, 5, '{\"n_init\": 1, \"max_iter\": 5}')"),
    "mixture": model_of("uprofile_gmm(x, 3, '{\"max_iter\": 3}')"),
    "linear svm": model_of("uprofile_svm(x, y)"),
    "linear svm, hinge": model_of("uprofile_svm(x, y, '{\"loss\": \"hinge\", \"max_iter\": 50}')"),
    "svm of a sample": model_of(f"uprofile_svm(x, y, '{{\"kernel\": \"rbf\", \"max_rows\": {FEW}}}')"),
    "linear svr": model_of("uprofile_svr(x, x[1] * x[2], '{\"kernel\": \"linear\", \"max_iter\": 10}')"),
    "svr of a sample": model_of(f"uprofile_svr(x, x[1] * x[2], '{{\"max_rows\": {FEW}}}')"),
    "logistic": model_of("uprofile_logistic(x, y)"),
    "network": model_of("uprofile_mlp(x, y, '{\"max_iter\": 2, \"hidden_layer_sizes\": [8]}')"),
    "tree": model_of("uprofile_tree(x, y)"),
    "full tree of different targets": model_of("uprofile_tree(x, i + x[3])"),
    "tree of absolute errors": model_of("uprofile_tree(x, x[1] + x[2], '{\"criterion\": \"absolute_error\", \"max_depth\": 1}')"),
    "forest": model_of("uprofile_forest(x, y, '{\"n_estimators\": 4}')"),
    "boosting": model_of("uprofile_boost(x, y, '{\"n_estimators\": 5}')"),
    "robust scaler": model_of("uprofile_scaler(x, '{\"method\": \"robust\"}')"),
    "linear regression": model_of("uprofile_linear(x, x[1] * 2 + x[3])"),
    "naive Bayes": model_of("uprofile_bayes(x, y)"),
    "principal components": model_of("uprofile_pca(x)"),
    "importance": "SELECT md5(string_agg(i::text, ',')) FROM uprofile_importance('memory_tree', 'SELECT x, y FROM memory_rows', 'y', repeats => 1) i",
    "evaluation": "SELECT md5(string_agg(e::text, ',')) FROM uprofile_evaluate('memory_tree', 'SELECT x, y FROM memory_rows', 'y') e",
    "tuning": "SELECT md5(string_agg(concat(trial, params, mean, std), ',')) FROM uprofile_tune('SELECT x, y FROM memory_rows', 'y', 'logistic', '{\"C\": [0.1, 1]}', folds => 2) t",
}
# Whole rows of numbers, of which sums are kept.
WHOLE = f"(SELECT {', '.join(f'x[{j + 1}] AS c{j}' for j in range(20))}, y FROM memory_rows) r"
WHOLE_ROWS = {
    "linear regression": "uprofile_linear(r, 'y')",
    "naive Bayes": "uprofile_bayes(r, 'y')",
    "scaler": "uprofile_scaler(r)",
    "principal components": "uprofile_pca(r)",
}
# Sums of parts have other last digits where workers of a parallel scan took other parts.
SUMS = {"linear regression", "naive Bayes", "principal components"}

# Settings by which a statement is run by one process, by workers that it starts, and by those that read the rows for it as well.
PROCESSES = {
    "one process": {"max_parallel_workers_per_gather": 0, "uprofile.max_workers": 0},
    "workers": {"max_parallel_workers_per_gather": 0, "uprofile.max_workers": 2, "uprofile.debug_workers": "on"},
    "a parallel scan": {"max_parallel_workers_per_gather": 2, "uprofile.max_workers": 2, "min_parallel_table_scan_size": 0, "parallel_setup_cost": 0},
}


def watched(settings, statement):
    """What a statement answers, and the most that its processes held meanwhile, in MB."""
    options = {"client_min_messages": "error", "uprofile.processors": 8, **settings}
    session = subprocess.Popen(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env={**os.environ, "PGOPTIONS": " ".join(f"-c {k}={v}" for k, v in options.items())})
    session.stdin.write("SELECT pg_backend_pid();\n")
    session.stdin.flush()
    peak = Peak(int(session.stdout.readline()))
    answer, errors = session.communicate(statement + ";\n")
    return answer.strip() or errors.strip(), peak.end()


for name, statement in LEARNERS.items():
    wide, _ = watched({**PROCESSES["one process"], "uprofile.max_memory": "4GB"}, statement)
    for how, settings in PROCESSES.items():
        started = time.perf_counter()
        narrow, peak = watched({**settings, "uprofile.max_memory": f"{LIMIT}MB"}, statement)
        same = len(narrow) == 32 if name in SUMS and how == "a parallel scan" else narrow == wide
        spec.check(f"{name} by {how}: as with room for all rows", len(wide) == 32 and same, "" if len(wide) == 32 and same else narrow)
        if LONG:
            spec.check(f"{name} by {how}: {LIMIT} MB and 64 at most", peak <= LIMIT + 64, f"{peak:.0f} MB, {time.perf_counter() - started:.1f} s")

for name, call in WHOLE_ROWS.items():
    narrow, peak = watched({**PROCESSES["one process"], "uprofile.max_memory": f"{LIMIT}MB", "log_temp_files": 0, "client_min_messages": "log"},
                           f"SELECT md5({call}) FROM {WHOLE}")
    spec.check(f"{name} of whole rows: sums, and no files", len(narrow) == 32, "" if len(narrow) == 32 else narrow)
    if LONG:
        spec.check(f"{name} of whole rows: {LIMIT} MB at most", peak <= LIMIT, f"{peak:.0f} MB")

# By name: the rows held out are kept, and some others.
for algorithm, target in (("linear", "c3 * 2 + c5 AS y"), ("bayes", "y")):
    narrow, peak = watched({**PROCESSES["one process"], "uprofile.max_memory": f"{LIMIT}MB", "log_temp_files": 0, "client_min_messages": "log"},
                           f"""SELECT rows_trained + rows_tested FROM uprofile_train('memory_sums', 'SELECT i, {", ".join(f"x[{j + 1}] AS c{j}" for j in range(20))}, y FROM memory_rows',
                               target => 'y', algorithm => '{algorithm}', key => 'i', deploy => 'always'); SELECT uprofile_drop_model('memory_sums')"""
                           .replace(", y FROM", f", {target.replace('c3', 'x[4]').replace('c5', 'x[6]')} FROM"))
    summed = narrow.splitlines()[0] == str(ROWS) and "temporary file" not in narrow
    spec.check(f"uprofile_train of {algorithm}: sums, and no files", summed, "" if summed else narrow)
    if LONG:
        spec.check(f"uprofile_train of {algorithm}: {LIMIT} MB and 64 at most", peak <= LIMIT + 64, f"{peak:.0f} MB")

TRAINED = """SELECT rows_trained, metrics FROM uprofile_train('memory_trained', 'SELECT i, x, y > 0 AS y FROM memory_rows', target => 'y',
        algorithm => 'logistic', key => 'i');
    SELECT uprofile_drop_model('memory_trained')"""
wide, _ = watched({**PROCESSES["one process"], "uprofile.max_memory": "4GB"}, TRAINED)
for how, settings in PROCESSES.items():
    narrow, peak = watched({**settings, "uprofile.max_memory": f"{LIMIT}MB"}, TRAINED)
    spec.check(f"uprofile_train by {how}: as with room for all rows", "auc" in wide and narrow == wide, "" if narrow == wide else narrow)
    if LONG:
        spec.check(f"uprofile_train by {how}: {LIMIT} MB and 64 at most", peak <= LIMIT + 64, f"{peak:.0f} MB")
if LONG:
    make_rows(10000000)
    for name in ("k-means", "logistic"):
        started = time.perf_counter()
        model, peak = watched({"uprofile.max_memory": "1GB"}, LEARNERS[name])
        spec.check(f"{name}: 10,000,000 rows under 1 GB", len(model) == 32 and peak <= 1024 + 64,
                   f"{peak:.0f} MB, {time.perf_counter() - started:.1f} s" if len(model) == 32 else model)
spec.check("no file is left", psql("SELECT count(*) FROM pg_ls_tmpdir()").strip() == "0")
psql("SELECT uprofile_drop_model('memory_tree'); DROP TABLE memory_rows")
spec.finish()
