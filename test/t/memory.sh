#!/bin/bash
# What a call holds in memory and in files: nothing of it is counted any more after an error, whatever its kind, so that the next call has as much
# as the first; files stand in temp_tablespaces, and none is left.
. "$(dirname "$0")/common.bash"
. test/cluster
UP_SHARED_BUFFERS=32MB UP_POSTGRES_OPTIONS="-c max_worker_processes=16 -c max_parallel_workers=8" up_cluster_start || { fail "memory: set-up"; finish; }

sql() { PGOPTIONS="-c client_min_messages=error ${PGOPTIONS_MORE:-}" psql -qXAt "$@" 2>&1; }
up_as_owner mkdir "$up_dir/space"
check "memory: set-up" "$(sql -v ON_ERROR_STOP=1 <<S
CREATE EXTENSION uprofile;
CREATE TABLESPACE apart LOCATION '$up_dir/space';
CREATE TABLE points AS SELECT i AS id, sin(i) AS a, cos(i * 1.7) AS b, i % 89 AS c, sin(i) + cos(i * 1.7) * (i % 5) > 0.3 AS good
	FROM generate_series(1, 40000) i;
CREATE TABLE bad AS SELECT id, CASE WHEN id = 39990 THEN float8 'NaN' ELSE a END AS a, b, c, good FROM points;
S
)"

# Two trainings, and how many files they take: as many as the memory beside them leaves. Sizes and numbers of the files are no matter.
measured="SET uprofile.max_memory = '1MB'; SET log_temp_files = 0; SET client_min_messages = log;
SELECT length(uprofile_kmeans(ARRAY[a, b, c], 4, '{\"n_init\": 1, \"max_iter\": 3}')) > 0 FROM points;
SELECT length(uprofile_forest(ARRAY[a, b, c], good, '{\"n_estimators\": 3, \"max_depth\": 6}')) > 0 FROM points;
RESET client_min_messages;"
files() { sed -n 's/.*temporary file: path.*, size \([0-9]*\).*/\1/p' | sort -n | tr '\n' ' '; }

tee "$up_dir/failing" >/dev/null <<'S'
SET uprofile.max_memory = '3MB';
SELECT uprofile_kmeans(ARRAY[a, b, c], 4) FROM bad;
SELECT uprofile_svm(ARRAY[a, b, c], good, '{"C": -1}') FROM points;
SET temp_file_limit = '500kB';
SELECT uprofile_forest(ARRAY[a, b, c], good) FROM points;
RESET temp_file_limit;
SET statement_timeout = 150;
SELECT uprofile_boost(ARRAY[a, b, c], good, '{"n_estimators": 100000}') FROM points;
SELECT uprofile_mlp(ARRAY[a, b, c], good, '{"max_iter": 100000}') FROM points;
SELECT uprofile_kmeans(ARRAY[a, b, c], 50, '{"n_init": 1000}') FROM points;
SELECT * FROM uprofile_train('m', 'points', target => 'good', algorithm => 'logistic', key => 'id', params => '{"max_iter": 100000, "tol": 0}', tune => '{"search": {"C": [0.1, 1, 10, 100]}, "folds": 10}');
RESET statement_timeout;
DO $$ BEGIN PERFORM uprofile_kmeans(ARRAY[a, b, c], 4) FROM bad; EXCEPTION WHEN OTHERS THEN PERFORM 1; END $$;
BEGIN; SAVEPOINT s; SELECT uprofile_svr(ARRAY[a, b], c / (c - 5)) FROM points; ROLLBACK TO s; COMMIT;
SET uprofile.max_memory = '1MB';
SELECT uprofile_svm(ARRAY[a, b, c], good, '{"kernel": "rbf"}') FROM points;
RESET uprofile.max_memory;
CREATE TEMP TABLE kept AS SELECT uprofile_forest(ARRAY[a, b, c], good, '{"n_estimators": 20}') AS m FROM points;
SELECT count(uprofile_predict(m, ARRAY[a, b, c])) FROM kept, points WHERE id < 5000;
S
for workers in 0 2; do
	PGOPTIONS_MORE="-c uprofile.max_workers=$workers -c max_parallel_workers_per_gather=0"
	first=$(sql -c "$measured" | files)
	check "memory: with $workers workers, some of a training beyond the setting stands in files" "$([ -n "$first" ] || echo none)"
	check_equal "memory: with $workers workers, as much is there for a call after calls that failed" "$(sql -c "SELECT 1" -f "$up_dir/failing" -c "$measured" | files)" "$first"
done
PGOPTIONS_MORE=
check_equal "memory: files stand in temp_tablespaces" "$(sql -c "SET temp_tablespaces = apart" -c "$measured" | sed -n 's/.*temporary file: path "\([a-z_]*\).*/\1/p' | sort -u)" pg_tblspc

# Whole rows that are kept as sums take no files, unless all of them lack a value.
of_rows() { sql -c "SET uprofile.max_memory = '1MB'; SET uprofile.max_workers = 0; SET log_temp_files = 0; SET client_min_messages = log; SELECT length($1) > 0 FROM $2 AS p" | files; }
for call in "uprofile_linear(p, 'c')" "uprofile_scaler(p)" "uprofile_bayes(p, 'good')"; do
	check_equal "memory: sums of whole rows stand in no file: $call" "$(of_rows "$call" points)" ""
done
check "memory: whole rows do, where a learner needs them" "$([ -n "$(of_rows "uprofile_logistic(p, 'good')" points)" ] || echo none)"
gaps="(SELECT CASE WHEN id % 2 = 0 THEN a END AS a, CASE WHEN id % 2 = 1 THEN b END AS b, c, id, good FROM points)"
check "memory: … and where each lacks a value that is to be filled in" "$([ -n "$(of_rows "uprofile_linear(p, 'c')" "$gaps")" ] || echo none)"
check_equal "memory: … but not for naive Bayes" "$(of_rows "uprofile_bayes(p, 'good')" "$gaps")" ""

# A forest that does not fit is refused after its first trees, with what all would take, however many work on it.
refused() { sql -c "SET uprofile.processors = 8; SET uprofile.max_memory = '$2'; SET uprofile.max_workers = $1;
	SELECT length(uprofile_forest(ARRAY[a, b, c], hashint4(id) % 5, '{\"n_estimators\": $3}')) FROM points"; }
alone=$(refused 0 20MB 1000)
check "memory: a forest that does not fit is refused" "$(grep -qx 'ERROR:  a forest of 1000 trees needs about [0-9]* MB of memory, more than the 20 MB allowed' <<<"${alone%%$'\n'*}" || echo "$alone")"
for workers in 1 2 4; do
	check_equal "memory: … with $workers workers in the same words" "$(refused $workers 20MB 1000)" "$alone"
done
needed=$(sed -n 's/.*about \([0-9]*\) MB.*/\1/p' <<<"$(refused 0 20MB 40)")
for workers in 0 2; do
	check "memory: … and goes with what it said that it needs, with $workers workers" "$(refused $workers "$((needed + 1))MB" 40 | grep -vx '[0-9]*')"
done

# Trees of few rows, of which most have none of a rare class, differ much in size: the first ones may be the largest.
check_equal "memory: a forest that fits is not refused for its first trees" "$(sql -c "SET uprofile.max_workers = 0; SET uprofile.max_memory = '8700kB';
	SELECT length(uprofile_forest(ARRAY[a, b, sin(id * 2.3)], id % 223 = 7, jsonb_build_object('n_estimators', 40000, 'max_samples', 0.08, 'seed', 1))) > 0
	FROM points WHERE id < 2000")" t

# Predictions in blocks are made in parallel mode: that leaves a training above them all of the memory, unless the plan has workers.
check "memory: a model for blocks" "$(sql -c "CREATE TABLE small AS SELECT uprofile_tree(ARRAY[a, b], good, '{\"max_depth\": 3}') AS m FROM points; ANALYZE points, small")"
above="SET uprofile.max_memory = '3MB'; SET log_temp_files = 0; SET client_min_messages = log; SET min_parallel_table_scan_size = 0; SET parallel_tuple_cost = 0;
SELECT length(uprofile_kmeans(ARRAY[a, b, p], 4, '{\"n_init\": 1, \"max_iter\": 3}')) > 0 FROM (SELECT a, b, uprofile_predict((SELECT m FROM small), ARRAY[a, b]) AS p FROM points OFFSET 0) AS s"
PGOPTIONS_MORE="-c uprofile.max_workers=0"
check "memory: a training above blocks of predictions has all of it" "$(sql -c "SET parallel_setup_cost = 1e9; $above" | files)"
check "memory: … or half, beside workers of the plan" "$([ -n "$(sql -c "SET parallel_setup_cost = 0; $above" | files)" ] || echo none)"
PGOPTIONS_MORE=

# Foreign tables are read once, also where more rows are expected than memory has room for.
if [ "$(sql -c "SELECT count(*) FROM pg_available_extensions WHERE name = 'file_fdw'")" = 1 ]; then
	check "memory: a foreign table that counts its readings" "$(sql -v ON_ERROR_STOP=1 <<S
CREATE EXTENSION file_fdw;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE far (id int, a float8) SERVER files OPTIONS (program 'echo >>$up_dir/readings; seq 20000 | sed "s/.*/&,&/"', format 'csv');
CREATE TABLE far_all (id int, a float8) PARTITION BY RANGE (id);
ALTER TABLE far_all ATTACH PARTITION far FOR VALUES FROM (0) TO (30000);
S
)"
	for source in far far_all; do
		rm -f "$up_dir/readings"
		sql -c "SET uprofile.max_memory = '1MB'; SELECT uprofile_train('far', '$source', target => 'a', algorithm => 'svr')" \
			-c "SET uprofile.max_memory = '1MB'; SELECT uprofile_clean('$source', '${source}_clean', rules => '[{\"rule\": \"trim\"}]')" >/dev/null
		check_equal "memory: … is read once by a training and once by cleaning ($source)" "$(wc -l <"$up_dir/readings")" 2
	done
fi
check "memory: no file is left" "$(find "$up_dir" -path '*pgsql_tmp*' -type f)"
finish
