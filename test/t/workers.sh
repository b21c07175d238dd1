#!/bin/bash
# Work shared out to parallel workers: the same bytes for any number of them; a caller that is cancelled, a worker that is ended or killed leave
# neither process, nor shared memory, nor file, and the session goes on.
. "$(dirname "$0")/common.bash"
. test/cluster
UP_SHARED_BUFFERS=32MB UP_POSTGRES_OPTIONS="-c max_worker_processes=16 -c max_parallel_workers=8 -c restart_after_crash=on" up_cluster_start ||
	{ fail "workers: set-up"; finish; }

sql() { PGOPTIONS="-c client_min_messages=error ${PGOPTIONS_MORE:-}" psql -qXAt -v ON_ERROR_STOP=1 "$@" 2>&1; }

check "workers: set-up" "$(sql <<'S'
CREATE EXTENSION uprofile;
CREATE TABLE seen AS SELECT i % 997 AS who, (i * 7919 % 1009) * (i % 3 + 1) % 401 AS what FROM generate_series(1, 40000) i;
CREATE TABLE points AS SELECT i AS id, sin(i) AS a, cos(i * 1.7) AS b, i % 89 AS c, sin(i) + cos(i * 1.7) * (i % 5) > 0.3 AS good
	FROM generate_series(1, 40000) i;
CREATE TABLE wide AS SELECT (SELECT array_agg(sin(i * j * 1.7)) FROM generate_series(1, 250) j) AS many, sin(i * 1.7) + cos(i) > 0.3 AS good
	FROM generate_series(1, 8000) i;
S
)"

# models WORKERS: digests of what is trained with so many.
models()
{
	PGOPTIONS_MORE="-c uprofile.processors=8 -c uprofile.max_workers=$1" sql <<'S'
SELECT count(*) FROM uprofile_train_recommender('who', 'seen', 'who', 'what', algorithm => 'als', params => '{"iterations": 40}', deploy => 'always');
SELECT 'als', md5(bytes) FROM uprofile_model_versions ORDER BY id DESC LIMIT 1;
SELECT 'kmeans', md5(uprofile_kmeans(ARRAY[a, b, c], 12)) FROM points;
SELECT 'forest', md5(uprofile_forest(ARRAY[a, b, c], good)) FROM points;
SELECT 'boost', md5(uprofile_boost(ARRAY[a, b, c], good)) FROM points;
SELECT 'svm', md5(uprofile_svm(ARRAY[a, b, c], good)) FROM points;
SELECT 'svm hinge', md5(uprofile_svm(ARRAY[a + g * 0.1, b, c], good, '{"loss": "hinge", "probability": true}')) FROM points, generate_series(1, 2) g;
SELECT 'svm classes', md5(uprofile_svm(ARRAY[a + g * 0.1, b, c], c % 4)) FROM points, generate_series(1, 4) g;
SELECT 'svm wide', md5(uprofile_svm(many, good)) FROM wide;
SELECT 'svr linear', md5(uprofile_svr(ARRAY[a + g * 0.1, b, c], sin(c) + a, '{"kernel": "linear"}')) FROM points, generate_series(1, 7) g;
SELECT 'svm rbf', md5(uprofile_svm(ARRAY[a, b, c], good, '{"kernel": "rbf"}')) FROM points WHERE id % 3 = 0;
SELECT 'svm rbf, probabilities', md5(uprofile_svm(ARRAY[a, b, c], good, '{"kernel": "rbf", "probability": true}')) FROM points WHERE id % 6 = 0;
SELECT 'svm rbf, classes', md5(uprofile_svm(ARRAY[a, b, c], c % 4, '{"kernel": "rbf"}')) FROM points WHERE id % 4 = 0;
SELECT 'svm sigmoid', md5(uprofile_svm(ARRAY[a, b, c], good, '{"kernel": "sigmoid", "max_iter": 3000}')) FROM points WHERE id % 4 = 0;
SELECT 'svm poly', md5(uprofile_svm(many, good, '{"kernel": "poly", "degree": 2, "max_iter": 2000}')) FROM wide;
SELECT 'one class', md5(uprofile_one_class(ARRAY[a, b, c], '{"nu": 0.1}')) FROM points;
SELECT 'svr', md5(uprofile_svr(ARRAY[a, b], c)) FROM points;
SELECT 'logistic', md5(uprofile_logistic(ARRAY[a, b, c], good)) FROM points;
SELECT 'mlp', md5(uprofile_mlp(ARRAY[a, b, c], good, '{"max_iter": 3, "batch_size": 1000}')) FROM points;
SELECT 'gmm', md5(uprofile_gmm(ARRAY[a, b, c], 4)) FROM points;
SELECT 'importance', md5(string_agg(i::text, ',')) FROM uprofile_importance((SELECT uprofile_forest(p, 'good', '{"n_estimators": 20}') FROM points p WHERE id % 4 = 0), 'points') i;
SELECT 'linear', md5(uprofile_linear(ARRAY[a, b], c)) FROM points;
SELECT 'pca', md5(uprofile_pca(ARRAY[a, b, c])) FROM points;
SELECT 'pca of rows', md5(uprofile_pca(p, '{"n_components": 2}')) FROM points AS p;
S
}
alone=$(models 0)
check_equal "workers: each kind of model is trained" "$(wc -l <<<"$alone")" 24
for n in 1 2 4; do
	check_equal "workers: the same bytes with $n" "$(models $n)" "$alone"
done
check_equal "workers: in a plan that is parallel itself" "$(sql -c 'SET force_parallel_mode = on' -c 'SET parallel_setup_cost = 0' -c 'SET min_parallel_table_scan_size = 0' \
	-c 'SET parallel_tuple_cost = 0' -c "SELECT 'forest', md5(uprofile_forest(ARRAY[a, b, c], good)) FROM points")" "$(grep ^forest <<<"$alone")"
check_equal "workers: in a statement that writes" "$(sql -c "CREATE TABLE kept AS SELECT uprofile_forest(ARRAY[a, b, c], good) AS model FROM points" \
	-c "SELECT 'forest', md5(model) FROM kept")" "$(grep ^forest <<<"$alone")"

als="SELECT count(*) FROM uprofile_train_recommender('endless', 'seen', 'who', 'what', algorithm => 'als', params => '{\"iterations\": 10000, \"factors\": 256}')"

kernels="SELECT length(uprofile_svm(ARRAY[a, b, c, sin(id * 7.7)], sin(id * 3.3) > 0, '{\"kernel\": \"rbf\", \"C\": 1000000, \"gamma\": 1}')) FROM points"

# begin MEMORY STATEMENT SEGMENTS: an endless training in a session of its own, that says what became of it and trains again. Its worker, and what shared memory it maps.
begin()
{
	local before

	before=$(ls /dev/shm)
	sql -v ON_ERROR_STOP=0 -c "SET uprofile.max_workers = 4" -c "SET uprofile.processors = 2" -c "SET uprofile.max_memory = '$1'" -c "BEGIN" -c "SAVEPOINT s" -c "$2" -c "ROLLBACK TO s" \
		-c "SELECT 'goes on', md5(uprofile_forest(ARRAY[a, b, c], good)) FROM points" -c "COMMIT" >"$up_dir/said" &
	session=$!
	worker=
	for _ in $(seq 200); do
		worker=$(sql -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'parallel worker' AND leader_pid IS NOT NULL LIMIT 1")
		segments=$(sed -n 's|.* /dev/shm/\(PostgreSQL[.0-9]*\).*|\1|p' "/proc/${worker:-none}/maps" 2>/dev/null | sort -u | grep -vxF "$before")
		[ -n "$worker" ] && [ "$(wc -l <<<"$segments")" -ge "$3" ] && break
		sleep 0.05
	done
	leader=$(sql -c "SELECT leader_pid FROM pg_stat_activity WHERE pid = ${worker:-0}")
}

# left: workers, segments and temporary files that are still there.
left()
{
	local s

	sql -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'parallel worker'"
	for s in $segments; do
		[ ! -e "/dev/shm/$s" ] || echo "$s"
	done
	find "$up_dir" -path '*pgsql_tmp*' -type f
}
goes_on="goes on|$(grep ^forest <<<"$alone" | cut -d'|' -f2)"

begin 1GB "$als" 4
check "workers: one works on a long training" "$([ -n "$worker" ] || echo none)"
check_equal "workers: no more than there are processors beside the session's" \
	"$(sql -c "SELECT count(*) FROM pg_stat_activity WHERE leader_pid = $leader AND pid <> leader_pid")" 1
sql -c "SELECT pg_cancel_backend($leader)" >/dev/null
wait $session
check_equal "workers: the caller is cancelled, and goes on" "$(cat "$up_dir/said")" "ERROR:  canceling statement due to user request
$goes_on"
check "workers: nothing is left of it" "$(left)"

begin 1GB "$kernels" 2
check "workers: one works on a kernel machine" "$([ -n "$worker" ] || echo none)"
sql -c "SELECT pg_cancel_backend($leader)" >/dev/null
wait $session
check_equal "workers: a kernel machine is cancelled, and its session goes on" "$(cat "$up_dir/said")" "ERROR:  canceling statement due to user request
$goes_on"
check "workers: nothing is left of it" "$(left)"

begin 1GB "$als" 4
sql -c "SELECT pg_terminate_backend($worker)" >/dev/null
wait $session
check_equal "workers: one is ended: its error is the caller's, who goes on" "$(grep -v '^CONTEXT' "$up_dir/said" | tail -2)" \
	"ERROR:  terminating background worker \"parallel worker\" due to administrator command
$goes_on"
check "workers: nothing is left of it" "$(left)"

# Files come and go with the steps of a training: none at one moment says nothing yet.
on_files()
{
	for _ in $(seq 200); do
		! find "$up_dir" -path '*pgsql_tmp*' -type f -size +200k 2>/dev/null | grep -q . || return
		sleep 0.05
	done
	echo none
}

begin 2MB "$als" 4
check "workers: beyond the memory setting they work on files" "$(on_files)"
kill -9 "$worker"
wait $session
for _ in $(seq 200); do
	[ "$(sql -c 'SELECT 1')" != 1 ] || break
	sleep 0.05
done
check_equal "workers: one is killed: the server starts anew" "$(sql -c "SELECT md5(uprofile_forest(ARRAY[a, b, c], good)) FROM points")" "${goes_on#*|}"
check "workers: nothing is left of it" "$(left)"
finish
