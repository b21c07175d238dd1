#!/bin/bash
# uprofile_run for schedulers: the row of a failed run stands and the error is raised as well; and a refresh while another
# session refreshes the same profile.
. "$(dirname "$0")/common.bash"
scratch_database profile_run
export PGOPTIONS='-c client_min_messages=error'

sql()
{
	psql -qXAt "$@" 2>&1
}
runs="SELECT count(*) FILTER (WHERE status = 'succeeded'), count(*) FILTER (WHERE status = 'failed') FROM uprofile_runs"
broken="UPDATE users SET id = 1 WHERE id = 2"
mended="UPDATE users SET id = 2 WHERE n = 2"

check "run: set-up" "$(sql -v ON_ERROR_STOP=1 -c 'CREATE EXTENSION uprofile' \
	-c "CREATE TABLE users AS SELECT i AS id, i AS n FROM generate_series(1, 20) i" \
	-c "DO \$\$ BEGIN PERFORM uprofile_create('club', 'users', 'id'); PERFORM uprofile_create('other', 'users', 'id'); END \$\$")"
check_equal "run: a refresh that succeeds" "$(sql -c "CALL uprofile_run('club')" -c "$runs")" "1|0"
check_equal "run: one that fails is recorded, and raised" "$(sql -c "$broken" -c "CALL uprofile_run('club')"; sql -c "$runs" -c "SELECT count(*) FROM club_profile")" \
	"ERROR:  refresh of profile \"club\" failed: 2 rows of the source have the same \"id\", which is the key: 1; uprofile_alter('club', clean => '[{\"rule\": \"duplicate_keys\"}]') keeps one of them
DETAIL:  The profile is as it was before. The run is recorded in uprofile_runs.
1|1
20"
check_equal "run: with the error's own code" "$(printf '%s\n' '\set VERBOSITY sqlstate' "CALL uprofile_run('club');" | sql)" "ERROR:  21000"
check_equal "run: with status 1, so that a scheduler sees it" "$(sql -c "CALL uprofile_run('club')" >/dev/null; echo $?)" 1
check_equal "run: out of a DO block it commits as well" "$(sql -c "DO \$\$ BEGIN CALL uprofile_run('club'); END \$\$" | head -1
	sql -c "$runs")" "ERROR:  refresh of profile \"club\" failed: 2 rows of the source have the same \"id\", which is the key: 1; uprofile_alter('club', clean => '[{\"rule\": \"duplicate_keys\"}]') keeps one of them
1|4"
check_equal "run: inside a transaction block it raises, says so and records nothing" "$(
	PGOPTIONS= sql -c BEGIN -c "CALL uprofile_run('club')" -c COMMIT; sql -c "$runs")" \
	"NOTICE:  inside a transaction block a failure is raised and not recorded
ERROR:  2 rows of the source have the same \"id\", which is the key: 1; uprofile_alter('club', clean => '[{\"rule\": \"duplicate_keys\"}]') keeps one of them
1|4"
check_equal "run: NULL is refused" "$(sql -c "CALL uprofile_run(NULL)")" "ERROR:  arguments must not be NULL"

# A session that has refreshed and not committed yet.
sql -c "$mended" -c "UPDATE users SET n = -n"
sql -c BEGIN -c "SELECT uprofile_refresh('club')" -c "SELECT pg_sleep(120) AS holding" -c COMMIT >/dev/null &
for _ in $(seq 600); do
	holder=$(sql -c "SELECT pid FROM pg_stat_activity WHERE query LIKE '%AS holding' AND pid <> pg_backend_pid() AND state = 'active'")
	[ -z "$holder" ] || break
	sleep 0.1
done
check_equal "run: busy while another session refreshes" \
	"$(sql -c "SELECT status, users, message FROM uprofile_refresh('club', wait => false)")" \
	"busy|0|another session refreshes the profile"
check_equal "run: uprofile_run as well" "$(PGOPTIONS= sql -c "CALL uprofile_run('club', wait => false)")" \
	"NOTICE:  profile \"club\" is not refreshed: another session refreshes the profile"
check_equal "run: otherwise it waits" "$(sql -c "SET lock_timeout = 200" -c "SELECT uprofile_refresh('club')" | head -1)" \
	"ERROR:  canceling statement due to lock timeout"
check_equal "run: another profile and the writers of the source do not" "$(sql -c "SET lock_timeout = 10000" \
	-c "UPDATE users SET n = 7 WHERE id = 7" -c "SELECT status FROM uprofile_refresh('other')" \
	-c "SELECT count(*) FROM uprofile_runs")" "succeeded
6"
sql -c "SELECT pg_terminate_backend($holder)" >/dev/null
wait
check_equal "run: what a killed session wrote is gone, and the next refresh does it" "$(
	sql -c "SELECT count(*) FROM club_profile WHERE n < 0" -c "SELECT status, updated FROM uprofile_refresh('club', wait => false)")" "0
succeeded|19"
check_equal "run: no profile" "$(sql -c "SELECT uprofile_refresh('clubs', wait => false)" | head -1)" "ERROR:  profile \"clubs\" does not exist"
finish
