#!/bin/bash
# Rows that workers of a parallel scan collect: the leader takes them over as they stand, in segments or in files beyond the memory setting. The
# same model in any plan; and nothing is left by plans that fail, are cancelled, killed or end early. Nor is it by those whose processes sum up a description.
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
-- The leader takes its time, if the setting names it, and workers are done before it reads what they sent.
CREATE FUNCTION in_worker(x float8[]) RETURNS float8[] LANGUAGE plpgsql PARALLEL SAFE AS
	'BEGIN IF pg_backend_pid()::text = current_setting(''test.leader'', true) THEN PERFORM pg_sleep(60); END IF; RETURN x; END';
-- Two steps in one process: a whole aggregation above the partial ones of partitions that are not scanned in parallel.
CREATE TABLE parts (LIKE many) PARTITION BY HASH (id);
CREATE TABLE parts_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0) WITH (parallel_workers = 0);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1) WITH (parallel_workers = 0);
INSERT INTO parts SELECT * FROM many;
CREATE TABLE wide AS SELECT i % 80 AS g, array_fill(sin(i), ARRAY[200]) AS x, i % 3 = 0 AS good FROM generate_series(1, 60000) i;
-- What anybody may make: our transition, and another function that combines.
CREATE FUNCTION spy(a bytea, b bytea) RETURNS bytea LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 100000 AS
	'BEGIN IF length(b) BETWEEN 10 AND 1000 THEN RAISE ''sees a name of % bytes'', length(b); END IF; RETURN uprofile_agg_combine_rows(a, b); END';
CREATE AGGREGATE spied(float8[], boolean) (SFUNC = uprofile_agg_boolean, STYPE = bytea, FINALFUNC = uprofile_agg_final, COMBINEFUNC = spy,
	INITCOND = 'svm', PARALLEL = SAFE);
CREATE AGGREGATE state_of(float8[], boolean) (SFUNC = uprofile_agg_boolean, STYPE = bytea, INITCOND = 'svm');
ALTER TABLE many SET (parallel_workers = 4);
ALTER TABLE wide SET (parallel_workers = 2);
ALTER TABLE bad SET (parallel_workers = 4);
ANALYZE many, bad, parts, wide;
S
)"

before=$(find /dev/shm -name 'PostgreSQL.*')
# Workers, segments of rows (others are smaller) that no process maps, and files that wait for a leader.
left()
{
	sql -c "SELECT 'worker ' || pid FROM pg_stat_activity WHERE backend_type = 'parallel worker'"
	find /dev/shm -name 'PostgreSQL.*' -user "$up_owner" -size +1024k 2>/dev/null | grep -vxF "$before" | while read -r name; do
		# One of another cluster may be on its way between a process and its removal.
		grep -q "$name" /proc/[0-9]*/maps 2>/dev/null || { sleep 0.2; grep -q "$name" /proc/[0-9]*/maps 2>/dev/null; } || [ ! -e "$name" ] || echo "$name"
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
SELECT 'two scans', (SELECT md5(uprofile_svm(x, good)) FROM many), (SELECT md5(uprofile_tree(x, good, '{"max_depth": 3}')) FROM many WHERE id < 150000);
S
}
PGOPTIONS_MORE="-c max_parallel_workers_per_gather=0"
alone=$(models)
check_equal "parallel scan: each model is trained" "$(grep -c '|[0-9a-f]\{32\}' <<<"$alone")" 8
check_equal "parallel scan: the plan is parallel" "$(PGOPTIONS_MORE= sql -c 'EXPLAIN SELECT uprofile_svm(x, good) FROM many' | grep -c 'Partial Aggregate')" 1
next_counts
for more in $counts "4 -c parallel_leader_participation=off" "2 -c uprofile.max_memory=8MB"; do
	PGOPTIONS_MORE="-c max_parallel_workers_per_gather=$more"
	check_equal "parallel scan: the same bytes with $more" "$(models)" "$alone"
done
check "parallel scan: nothing is left" "$(left)"

PGOPTIONS_MORE="-c max_parallel_workers_per_gather=4"
force=$(sql -c "SELECT name FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query')")
svm=$(grep ^svm <<<"$alone" | cut -d'|' -f2)
for holds in 03 04; do
	check_equal "parallel scan: forged bytes name nothing ($holds)" "$(sql -c "SELECT uprofile_agg_combine_rows(NULL, decode(regexp_replace(encode(state_of(x, good), 'hex'),
		'(06000000)02(0006000000)', '\\1$holds\\2'), 'hex')) FROM (SELECT * FROM many LIMIT 10) m" -c "SELECT 'goes on'")" "ERROR:  damaged aggregate state
DETAIL:  At byte $(sql -c "SELECT position('\\x06000000020006000000' IN state_of(x, good)) + 12 || ' of ' || length(state_of(x, good)) FROM (SELECT * FROM many LIMIT 10) m"): rows of $([ $holds = 03 ] && echo a worker || echo this process).
goes on"
done
check_equal "parallel scan: another combine function sees no names" "$(sql -c "SELECT md5(spied(x, good)) FROM many")" "$svm"
check_equal "parallel scan: both steps in one process" "$(sql -c "SET enable_partitionwise_aggregate = on; SET enable_parallel_append = off; SET $force = on; SELECT md5(uprofile_svm(x, good)) FROM parts")" "$svm"
again="SELECT md5(string_agg(m, '' ORDER BY k)) FROM (SELECT k, (SELECT md5(uprofile_svm(x, good)) FROM parts WHERE id % 3 <> k) AS m FROM generate_series(0, 2) k) a"
check_equal "parallel scan: both steps in one process, again and again" "$(sql -c "SET enable_partitionwise_aggregate = on; SET enable_parallel_append = off; SET $force = on; $again")" \
	"$(PGOPTIONS_MORE="-c max_parallel_workers_per_gather=0" sql -c "$again")"
grouped="SELECT md5(string_agg(m, '' ORDER BY g)) FROM (SELECT g, md5(uprofile_tree(x, good, '{\"max_depth\": 2}')) AS m FROM wide GROUP BY g) m"
check_equal "parallel scan: many groups" "$(sql -c "$grouped")" "$(PGOPTIONS_MORE="-c max_parallel_workers_per_gather=0" sql -c "$grouped")"
check_equal "parallel scan: a row that cannot be used is the caller's error" "$(sql -c "BEGIN" -c "SAVEPOINT s" -c "SELECT uprofile_svm(x, good) FROM bad" -c "ROLLBACK TO s" -c "SELECT md5(uprofile_svm(x, good)) FROM many" -c "COMMIT" |
	grep -E '^(ERROR|[0-9a-f]{32}$)' | sed 's/:.*//')" "ERROR
$(grep ^svm <<<"$alone" | cut -d'|' -f2)"
check_equal "parallel scan: a failure after workers have handed over" "$(sql -c "SELECT length(uprofile_svm(x, good, '{\"C\": -1}')) FROM many" -c "SELECT 1 / (length(uprofile_svm(x, good)) - length(uprofile_svm(x, good))) FROM many" -c "SELECT 'goes on'" |
	grep -cE '^(ERROR|goes on)')" 3
check "parallel scan: nothing is left" "$(left)"

# end_midway HOW NAME STATEMENT SETTING…: ends it so, while a worker is at work on it.
end_midway()
{
	local how=$1 statement=$3 more=$4 name="$1 of a $2 $4" session leader worker=

	PGOPTIONS_MORE="-c max_parallel_workers_per_gather=4 $more" sql -c "$statement" >"$up_dir/said" &
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
	up_cluster_await
	check "parallel scan: $name ends it" "$(grep -qE 'ERROR|closed the connection' "$up_dir/said" || echo "nothing did")"
	check "parallel scan: nothing is left after $name" "$(left)"
}
for how in cancel terminate kill; do
	for more in "" "-c uprofile.max_memory=8MB"; do
		end_midway $how training "SELECT length(uprofile_svm(slowly(x), good)) FROM many" "$more"
		end_midway $how description "SELECT count(*) FROM uprofile_describe('SELECT cardinality(slowly(x)), sin(id) FROM many')" "$more"
	done
done
# A session that goes on: say STATEMENTS prints the last line of what they answer.
begin_session()
{
	coproc PSQL { PGOPTIONS="-c client_min_messages=error -c parallel_setup_cost=0 -c max_parallel_workers_per_gather=2 $1" psql -qXAt 2>&1; }
	psql=$PSQL_PID
}
say()
{
	local line last=

	printf '%s\n\\echo .\n' "$1" >&"${PSQL[1]}"
	while read -r line <&"${PSQL[0]}" && [ "$line" != . ]; do last=$line; done
	echo "$last"
}
end_session()
{
	echo '\q' >&"${PSQL[1]}"
	wait "$psql" 2>/dev/null
}

for more in "" "-c uprofile.max_memory=8MB"; do
	begin_session "-c enable_hashagg=off $more"
	check_equal "parallel scan: a LIMIT above groups $more" "$(say "BEGIN; SELECT count(m) FROM (SELECT g, uprofile_svm(x, good) AS m FROM many GROUP BY g ORDER BY g LIMIT 1) l;")" 1
	check "parallel scan: a LIMIT leaves nothing, though its transaction goes on $more" "$(left)"
	say "COMMIT;" >/dev/null
	end_session
done

# Workers that are done, and a leader that has taken nothing.
for how in "cancel" "rollback to" "terminate" "kill"; do
	for more in "" "-c uprofile.max_memory=8MB"; do
		begin_session "$more"
		leader=$(say "SELECT set_config('test.leader', pg_backend_pid()::text, false);")
		printf 'BEGIN; SAVEPOINT s;\nSELECT length(uprofile_svm(in_worker(x), good)) FROM many;\n\\echo .\n' >&"${PSQL[1]}"
		for _ in $(seq 200); do
			[ -n "$(left | grep -v '^worker')" ] && [ -z "$(left | grep '^worker')" ] && break
			sleep 0.05
		done
		check_equal "parallel scan: rows wait for a leader that is slow $more" "$([ -n "$(left | grep -v '^worker')" ] && echo yes)" yes
		case $how in
		cancel | "rollback to") sql -c "SELECT pg_cancel_backend($leader)" >/dev/null ;;
		terminate) sql -c "SELECT pg_terminate_backend($leader)" >/dev/null ;;
		kill) kill -9 "$leader" ;;
		esac
		while read -r line <&"${PSQL[0]}" && [ "$line" != . ]; do :; done 2>/dev/null
		[ "$how" != "rollback to" ] || say "ROLLBACK TO s;" >/dev/null
		up_cluster_await
		for _ in $(seq 200); do
			[ -n "$(left)" ] || break
			sleep 0.05
		done
		check "parallel scan: nothing is left of what waited after $how $more" "$(left)"
		end_session 2>/dev/null
	done
done
check_equal "parallel scan: and it goes on" "$(sql -c "SELECT md5(uprofile_svm(x, good)) FROM many")" "$svm"

# Where there is hardly room for segments rows go to files.
if unshare -m true 2>/dev/null; then
	up_cluster_stop
	check_equal "parallel scan: no room for segments" "$(unshare -m bash -c '
		mount -t tmpfs -o size=3m tmpfs /dev/shm && chmod 1777 /dev/shm || exit
		. test/cluster
		UP_SHARED_BUFFERS=32MB UP_POSTGRES_OPTIONS="-c log_temp_files=0" up_cluster_start
		PGOPTIONS="-c client_min_messages=error -c parallel_setup_cost=0 -c max_parallel_workers_per_gather=4" psql -qXAt <<S
CREATE EXTENSION uprofile;
CREATE TABLE many AS SELECT i AS id, ARRAY[sin(i), cos(i * 1.7), i % 89, (i % 1001 * 7919 % 1001)::real, sin(i * 3.3), i % 7] AS x, sin(i) + cos(i * 1.7) * (i % 5) > 0.3 AS good
	FROM generate_series(1, 200000) i;
ALTER TABLE many SET (parallel_workers = 4);
ANALYZE many;
SELECT md5(uprofile_svm(x, good)) FROM many;
S
		up_cluster_log | grep -q "temporary file:" && echo files' 2>&1)" "$svm
files"
fi
finish
