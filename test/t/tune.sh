#!/bin/bash
# Tuning between sessions: a killed or cancelled one leaves nothing, a time budget is kept, and trainings of one name at once each get
# a version. How soon they end is in cancel.sh.
. "$(dirname "$0")/common.bash"
scratch_database tune_many
psql -qX -v ON_ERROR_STOP=1 <<'SQL' || fail "tune: set-up"
CREATE EXTENSION uprofile;
CREATE TABLE points AS SELECT i AS id, hashint8(i * 31 + 1) / 2e9 AS a, hashint8(i * 31 + 2) / 2e9 AS b, hashint8(i * 31 + 3) / 2e9 AS c FROM generate_series(1, 4000) i;
ALTER TABLE points ADD y bool;
UPDATE points SET y = a + b * c + hashint8(id) / 4e9 > 0;
SQL
export PGOPTIONS='-c client_min_messages=warning'
long='{"search": {"n_estimators": {"integer": [400, 500]}, "learning_rate": {"log_uniform": [0.01, 0.1]}}, "max_trials": 1000}'
train="SELECT version FROM uprofile_train('judge', 'points', target => 'y', algorithm => 'boost', key => 'id'"
left="SELECT model FROM uprofile_models UNION ALL SELECT 'a trial' FROM uprofile_trials UNION ALL SELECT name FROM pg_ls_tmpdir()
	UNION ALL SELECT relation::regclass::text FROM pg_locks WHERE relation::regclass::text LIKE 'uprofile%' AND pid <> pg_backend_pid()"

# ended HOW: a tuning within a training is interrupted by this function of a process id once it works; what psql says of it.
ended()
{
	local log pid=

	log=$(mktemp) || exit 1
	PGAPPNAME=tuning psql -qXAt -c "$train, tune => '$long')" >"$log" 2>&1 &
	for _ in $(seq 600); do
		pid=$(psql -qXAt -c "SELECT pid FROM pg_stat_activity WHERE application_name = 'tuning' AND state = 'active' AND query_start < clock_timestamp() - interval '0.4 s'")
		[ -z "$pid" ] || break
		sleep 0.05
	done
	psql -qXAt -c "SELECT $1($pid)" >/dev/null
	wait $!
	head -1 "$log"
	rm -f "$log"
}

check_equal "tune: a training that tunes is cancelled" "$(ended pg_cancel_backend)" "ERROR:  canceling statement due to user request"
check_query "tune: and leaves no version, trial, file or lock" "$left"
check_equal "tune: it is killed" "$(ended pg_terminate_backend)" "FATAL:  terminating connection due to administrator command"
check_query "tune: and leaves as little" "$left"
check_equal "tune: a statement's timeout ends one" "$(psql -qXAt -c "SET statement_timeout = '300ms'" -c "$train, tune => '$long')" 2>&1 | head -1)" \
	"ERROR:  canceling statement due to statement timeout"
check_equal "tune: a subtransaction that is cancelled leaves the rest" "$({ psql -qXAt <<SQL 2>&1
BEGIN;
CREATE TEMP TABLE kept (n int);
SAVEPOINT s;
SET LOCAL statement_timeout = '300ms';
$train, tune => '$long');
ROLLBACK TO s;
SELECT count(*) FROM kept;
SELECT count(*) FROM uprofile_tune('points', 'y', 'logistic', '{"C": [0.1, 1]}');
COMMIT;
SQL
} | grep -v ^CONTEXT)" "ERROR:  canceling statement due to statement timeout
0
2"
check_query "tune: and nothing of its own" "$left"

# A budget is looked at between folds. By the processor it could be longer on a loaded machine, never by the trials that it planned.
check_equal "tune: a time budget is kept" "$(psql -qXAt -c "SELECT count(*) BETWEEN 1 AND 999 FROM uprofile_tune('points', 'y', 'boost',
	'{\"n_estimators\": {\"integer\": [400, 500]}, \"learning_rate\": {\"log_uniform\": [0.01, 0.1]}}', max_trials => 1000, time_budget => '0.3 s')" 2>&1)" t

# Two sessions train one name, which neither finds; and once more, with versions there.
for round in 1 2; do
	psql -qXAt -c "$train, tune => '{\"search\": {\"max_depth\": [2, 3]}}')" >/dev/null 2>"${TMPDIR:-/tmp}/tune.$$.1" &
	one=$!
	psql -qXAt -c "$train, tune => '{\"search\": {\"max_depth\": [2, 4]}}')" >/dev/null 2>"${TMPDIR:-/tmp}/tune.$$.2" &
	wait $!
	wait $one
	check "tune: two at once, round $round" "$(cat "${TMPDIR:-/tmp}/tune.$$.1" "${TMPDIR:-/tmp}/tune.$$.2")"
	rm -f "${TMPDIR:-/tmp}/tune.$$.1" "${TMPDIR:-/tmp}/tune.$$.2"
done
check_equal "tune: each has a version of its own, with its trials" "$(psql -qXAt -c "SELECT count(DISTINCT version), max(version), count(*) FILTER (WHERE deployed) FROM uprofile_models
	WHERE model = 'judge'" -c "SELECT version, count(*), count(DISTINCT params) FROM uprofile_trials GROUP BY version ORDER BY version")" "4|4|1
1|2|2
2|2|2
3|2|2
4|2|2"
finish
