#!/bin/bash
# Rows that workers of a parallel scan collect: the leader takes them over as they stand, in segments or in files beyond the memory setting. The
# same model in any plan; and nothing is left by plans that fail, are cancelled, killed or end early.
. "$(dirname "$0")/common.bash"
. test/cluster
UP_SHARED_BUFFERS=128MB UP_POSTGRES_OPTIONS="-c max_worker_processes=16 -c max_parallel_workers=8" up_cluster_start || { fail "parallel scan: set-up"; finish; }

sql() { PGOPTIONS="-c client_min_messages=error -c uprofile.processors=8 -c parallel_setup_cost=0 ${PGOPTIONS_MORE:-}" psql -qXAt "$@" 2>&1; }
check "parallel scan: set-up" "$(sql -v ON_ERROR_STOP=1 <<'S'
CREATE EXTENSION uprofile;
CREATE TABLE many AS SELECT i AS id, i % 2 AS g, ARRAY[sin(i), cos(i * 1.7), i % 89, (i % 1001 * 7919 % 1001)::real, sin(i * 3.3), i % 7] AS x, sin(i) + cos(i * 1.7) * (i % 5) > 0.3 AS good
	FROM generate_series(1, 200000) i;
CREATE TABLE bad AS SELECT id, CASE WHEN id = 199990 THEN x || ARRAY[float8 'NaN'] ELSE x || ARRAY[1::float8] END AS x, good FROM many;
CREATE FUNCTION slowly(x float8[]) RETURNS float8[] LANGUAGE plpgsql PARALLEL SAFE AS 'BEGIN PERFORM pg_sleep(0.0001); RETURN x; END';
ALTER TABLE many SET (parallel_workers = 4);
ALTER TABLE bad SET (parallel_workers = 4);
ANALYZE many, bad;
S
)"

before=$(find /dev/shm -name 'PostgreSQL.*')
# Workers, segments of rows (others are smaller) that no process maps, and files that wait for a leader.
left()
{
	sql -c "SELECT 'worker ' || pid FROM pg_stat_activity WHERE backend_type = 'parallel worker'"
	find /dev/shm -name 'PostgreSQL.*' -user "$up_owner" -size +1024k 2>/dev/null | grep -vxF "$before" | while read -r name; do
		grep -q "$name" /proc/[0-9]*/maps 2>/dev/null || [ ! -e "$name" ] || echo "$name"
	done
	find "$up_dir" -path '*pgsql_tmp*' -type f
}

models()
{
	sql <<'S'
SELECT 'k-means', md5(uprofile_kmeans(x, 3, '{"n_init": 1, "max_iter": 5}')) FROM many;
SELECT 'svm', md5(uprofile_svm(x, good)) FROM many;
SELECT 'logistic', md5(uprofile_logistic(x, good)) FROM many;
SELECT 'tree', md5(uprofile_tree(x, good, '{"max_depth": 4}')) FROM many;
SELECT 'two', md5(uprofile_svm(x, good)), md5(uprofile_tree(x, x[3], '{"max_depth": 3}')) FROM many WHERE id < 150000;
SELECT 'groups', g, md5(uprofile_svm(x, good)) FROM many GROUP BY g ORDER BY g;
S
}
PGOPTIONS_MORE="-c max_parallel_workers_per_gather=0"
alone=$(models)
check_equal "parallel scan: each model is trained" "$(grep -c '|[0-9a-f]\{32\}' <<<"$alone")" 7
check_equal "parallel scan: the plan is parallel" "$(PGOPTIONS_MORE= sql -c 'EXPLAIN SELECT uprofile_svm(x, good) FROM many' | grep -c 'Partial Aggregate')" 1
for more in 1 2 4 "4 -c parallel_leader_participation=off" "2 -c uprofile.max_memory=8MB"; do
	PGOPTIONS_MORE="-c max_parallel_workers_per_gather=$more"
	check_equal "parallel scan: the same bytes with $more" "$(models)" "$alone"
done
check "parallel scan: nothing is left" "$(left)"

PGOPTIONS_MORE="-c max_parallel_workers_per_gather=4"
check_equal "parallel scan: forged bytes name nothing" "$(sql -c "SELECT uprofile_agg_combine_rows('svm', s) FROM (SELECT decode('555053540200030001000101', 'hex') AS s) f" | grep -c '^ERROR:  damaged')" 1
check_equal "parallel scan: a row that cannot be used is the caller's error" "$(sql -c "BEGIN" -c "SAVEPOINT s" -c "SELECT uprofile_svm(x, good) FROM bad" -c "ROLLBACK TO s" -c "SELECT md5(uprofile_svm(x, good)) FROM many" -c "COMMIT" |
	grep -E '^(ERROR|[0-9a-f]{32}$)' | sed 's/:.*//')" "ERROR
$(grep ^svm <<<"$alone" | cut -d'|' -f2)"
check_equal "parallel scan: a failure after workers have handed over" "$(sql -c "SELECT length(uprofile_svm(x, good, '{\"C\": -1}')) FROM many" -c "SELECT 1 / (length(uprofile_svm(x, good)) - length(uprofile_svm(x, good))) FROM many" -c "SELECT 'goes on'" |
	grep -cE '^(ERROR|goes on)')" 3
check "parallel scan: nothing is left" "$(left)"

for how in cancel terminate kill; do
	for more in "" "-c uprofile.max_memory=8MB"; do
		PGOPTIONS_MORE="-c max_parallel_workers_per_gather=4 $more" sql -c "SELECT length(uprofile_svm(slowly(x), good)) FROM many" >"$up_dir/said" &
		session=$!
		for _ in $(seq 200); do
			read -r leader worker < <(sql -F ' ' -c "SELECT leader_pid, pid FROM pg_stat_activity WHERE backend_type = 'parallel worker' AND leader_pid IS NOT NULL LIMIT 1")
			[ -z "${worker:-}" ] || break
			sleep 0.05
		done
		sleep 1
		case $how in
		cancel) sql -c "SELECT pg_cancel_backend($leader)" >/dev/null ;;
		terminate) sql -c "SELECT pg_terminate_backend($worker)" >/dev/null ;;
		kill) kill -9 "$worker" ;;
		esac
		wait $session
		for _ in $(seq 200); do
			[ "$(sql -c 'SELECT 1')" != 1 ] || break
			sleep 0.05
		done
		check "parallel scan: nothing is left after $how $more" "$(left)"
	done
done
check_equal "parallel scan: and it goes on" "$(sql -c "SELECT md5(uprofile_svm(x, good)) FROM many")" "$(grep ^svm <<<"$alone" | cut -d'|' -f2)"
finish
