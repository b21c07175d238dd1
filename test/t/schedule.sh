#!/bin/bash
# early: it waits for pg_cron most of the time, so test/run starts it before the others
# uprofile_schedule: pg_cron really refreshes a profile, a failure is a failed job, and who may schedule what.
. "$(dirname "$0")/common.bash"
. test/cluster
PG_CONFIG=$(up_pg_config)
library=$("$PG_CONFIG" --pkglibdir)/pg_cron.so
major=$("$PG_CONFIG" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
if [ ! -f "$library" ] && [[ $library = /usr/lib/postgresql/* ]]; then
	timeout 120 test/install-packages "postgresql-$major-cron" >/dev/null 2>&1
fi

as()
{
	local role=$1

	shift
	PGOPTIONS="-c client_min_messages=${messages:-notice}" PGUSER=$role psql -qXAt "$@" 2>&1
}

restart()
{
	up_as_owner "$up_bin/pg_ctl" -D "$up_dir/data" -l "$up_dir/log" -m fast -w -s -o "$*" restart
}

UP_SHARED_BUFFERS=32MB up_cluster_start || { fail "schedule: set-up"; finish; }
check "schedule: set-up" "$(messages=warning as postgres -c 'CREATE EXTENSION uprofile' -c 'CREATE ROLE up_anna LOGIN' \
	-c 'CREATE ROLE up_bert LOGIN ROLE up_anna' -c 'CREATE ROLE up_carl LOGIN IN ROLE up_anna' -c 'CREATE ROLE up_dora LOGIN' \
	-c 'GRANT CREATE ON SCHEMA public TO up_anna, up_dora' \
	-c 'CREATE TABLE people AS SELECT i AS id, i % 7 AS x, i % 5 AS z FROM generate_series(1, 100) i' -c 'CREATE TABLE visits AS TABLE people' -c 'GRANT ALL ON people, visits TO PUBLIC'
	messages=warning as up_anna -c "DO \$\$ BEGIN PERFORM uprofile_create('club', 'people', 'id', policy => '{\"full_every\": \"7 days\"}');
	PERFORM uprofile_create('it''s \$uprofile\$', 'people', 'id'); PERFORM uprofile_create('broken', 'SELECT id, x + z AS q FROM visits', 'id'); END \$\$")"
check_equal "schedule: without pg_cron it says how to get it" "$(as up_anna -c "SELECT uprofile_schedule('club', '* * * * *')" | sed "s/-$major-/-N-/")" \
	"ERROR:  pg_cron, which runs scheduled refreshes, is not installed in this server
HINT:  Install it (in Debian and Ubuntu the package postgresql-N-cron), add pg_cron to shared_preload_libraries, set cron.database_name = 'uprofile', restart the server, and CREATE EXTENSION pg_cron here. Any other scheduler can run: CALL public.uprofile_run('club')"
check_equal "schedule: without pg_cron a profile is unscheduled and dropped" "$(as up_anna -c "SELECT uprofile_create('gone', 'people', 'id')" \
	-c "SELECT uprofile_unschedule('gone')" -c "SELECT uprofile_drop('gone')")" "public.gone_profile
f"
check_equal "schedule: nothing comes of nothing" "$(as up_anna -c "SELECT uprofile_schedule(NULL, '* * * * *') IS NULL, uprofile_unschedule(NULL) IS NULL")" "t|t"
if [ ! -f "$library" ]; then
	echo "skip schedule: pg_cron (postgresql-$major-cron) is not installed and cannot be"
	up_cluster_stop
	finish
fi

restart "-c shared_preload_libraries=pg_cron -c cron.database_name=uprofile -c cron.host=$PGHOST"
check_equal "schedule: pg_cron is to be created" "$(as up_anna -c "SELECT uprofile_schedule('club', '* * * * *')")" \
	"ERROR:  pg_cron, which runs scheduled refreshes, is not created in this database
HINT:  A superuser can run CREATE EXTENSION pg_cron, and GRANT USAGE ON SCHEMA cron TO those who schedule."
as postgres -c 'CREATE EXTENSION pg_cron'
check_equal "schedule: and to be granted" "$(as up_anna -c "SELECT uprofile_schedule('club', '* * * * *')")" \
	"ERROR:  role \"up_anna\" may not use pg_cron
HINT:  A superuser can run GRANT USAGE ON SCHEMA cron TO up_anna."
as postgres -c 'GRANT USAGE ON SCHEMA cron TO up_anna, up_carl, up_dora'

told="HINT:  Give minute, hour, day of the month, month and day of the week: '*/5 * * * *' is every five minutes, '0 3 * * *' every night at three."
for pair in '* * * *|It has 4 fields, not five.' '|It has 0 fields, not five.' \
	'60 * * * *|The minute is "60"; allowed are 0 to 59, *, lists, ranges and steps.' \
	'0 3 1-40 * *|The day of the month is "1-40"; allowed are 1 to 31, *, lists, ranges and steps.' \
	'0 3 * * dim|The day of the week is "dim"; allowed are 0 to 7, sun mon tue wed thu fri sat, *, lists, ranges and steps.'; do
	check_equal "schedule: \"${pair%%|*}\" is refused in words" "$(as up_anna -c "SELECT uprofile_schedule('club', '${pair%%|*}')")" \
		"ERROR:  \"${pair%%|*}\" is not a schedule that pg_cron understands
DETAIL:  ${pair#*|}
$told"
done
check_equal "schedule: none that was never given comes back" "$(as up_anna -c "SELECT uprofile_schedule('club')")" \
	"ERROR:  profile \"club\" was never scheduled
HINT:  Say when: uprofile_schedule('club', '0 3 * * *') refreshes it every night at three."
check_equal "schedule: only of those who may use the profile" "$(as up_dora -c "SELECT uprofile_schedule('club', '* * * * *')" | head -1
	as up_dora -c "SELECT uprofile_unschedule('club')" | head -1)" 'ERROR:  profile "club" does not exist
ERROR:  profile "club" does not exist'
check_equal "schedule: what was refused left nothing" "$(as postgres -c 'SELECT count(*) FROM cron.job' -c 'SELECT count(*) FROM uprofile_schedules')" "0
0"

jobs="SELECT username, schedule FROM cron.job WHERE command LIKE '%CALL public.uprofile_run(''club'')%' ORDER BY 1, 2"
listed="SELECT schedule FROM uprofile_profiles WHERE profile = 'club'"
check_equal "schedule: one job, of who asked for it" "$(as up_anna -c "SELECT uprofile_schedule('club', '0 3 * * *') > 0")$(as postgres -c "$jobs" -c "$listed")" \
	"tup_anna|0 3 * * *
0 3 * * *"
check_equal "schedule: another one takes its place" "$(as up_anna -c "SELECT uprofile_schedule('club', '0 4 * * *') > 0")$(as postgres -c "$jobs" -c "$listed")" \
	"tup_anna|0 4 * * *
0 4 * * *"
check_equal "schedule: also a member's" "$(as up_carl -c "SELECT uprofile_schedule('club', '0 5 * * *') > 0")$(as postgres -c "$jobs" -c "$listed")" \
	"tup_carl|0 5 * * *
0 5 * * *"
check_equal "schedule: of a member who is none to the other, both are told of" "$(as up_anna -c "SELECT uprofile_schedule('club', '0 6 * * *') > 0" |
	sed 's/uprofile_[0-9a-f]\{32\}/JOB/')" "NOTICE:  the job that role \"up_carl\" scheduled for profile \"club\" may remain
HINT:  That role, or a superuser, ends it with SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname = 'JOB'.
t"
check_equal "schedule: a superuser takes all of them" "$(as postgres -c "SELECT uprofile_unschedule('club')" -c "SELECT uprofile_unschedule('club')" -c "$jobs" -c "$listed")" "t
f"
check_equal "schedule: what is rolled back is not scheduled" "$(as up_anna -c BEGIN -c "SELECT uprofile_schedule('club', '0 7 * * *') > 0" -c ROLLBACK \
	-c "SELECT count(*) FROM cron.job")" "t
0"
check_equal "schedule: a profile takes its job along" "$(as up_anna -c "SELECT uprofile_create('gone', 'people', 'id')" \
	-c "SELECT uprofile_schedule('gone', '0 7 * * *') > 0" -c "SELECT uprofile_drop('gone')" -c "SELECT count(*) FROM cron.job")" "public.gone_profile
t

0"

# What is due in the next minute: one that succeeds, one that fails, one with an odd name, one in another database.
as postgres -c 'CREATE DATABASE other'
PGDATABASE=other as postgres -c 'CREATE EXTENSION uprofile' -c 'CREATE TABLE people AS SELECT 1 AS id' -c "SELECT uprofile_create('far', 'people', 'id')" >/dev/null
elsewhere=$(PGDATABASE=other as postgres -c "SELECT uprofile_schedule('far', '* * * * *')")
check_equal "schedule: a profile in another database than the jobs" "$(sed 's/uprofile_[0-9a-f]\{32\}/JOB/' <<<"$elsewhere")" \
	"ERROR:  pg_cron keeps its jobs in database \"uprofile\", and profile \"far\" is in \"other\"
HINT:  A superuser can run there: SELECT cron.schedule_in_database('JOB', '* * * * *', \$uprofile\$CALL public.uprofile_run('far')\$uprofile\$, 'other', 'postgres')"
check_equal "schedule: the statement that it names works" "$(as postgres -c "SELECT (${elsewhere#*run there: SELECT }) > 0" | sed 's/(SELECT/(/')" t
check_equal "schedule: the jobs of the next minute" "$(as up_anna -c "SELECT count(uprofile_schedule(profile, '* * * * *')) FROM uprofile_profiles")" 3
as postgres -c 'ALTER TABLE visits DROP COLUMN z' >/dev/null
runs="SELECT count(*) FROM cron.job_run_details WHERE status IN ('succeeded', 'failed')"
for _ in $(seq 75); do
	[ "$(as postgres -c "$runs")" -lt 4 ] || break
	sleep 2
done
check_equal "schedule: pg_cron refreshed, and a refresh that failed is a job that failed" "$(as postgres -c "SELECT DISTINCT p.profile, d.username, d.status,
	CASE WHEN d.status = 'failed' THEN substr(d.return_message, 1, 46) END FROM cron.job_run_details d JOIN cron.job j USING (jobid)
	JOIN uprofile_profile_definitions f ON j.jobname = 'uprofile_' || replace(f.identity::text, '-', '') JOIN uprofile_profiles p ON p.profile = f.name ORDER BY 1")" \
	"broken|up_anna|failed|ERROR:  refresh of profile \"broken\" failed: th
club|up_anna|succeeded|
it's \$uprofile\$|up_anna|succeeded|"
check_equal "schedule: the runs say so" "$(as postgres -c "SELECT DISTINCT profile, status, run_by FROM uprofile_runs ORDER BY 1" -c "SELECT count(*) FROM club_profile" \
	-c "SELECT refresh, schedule, last_status, next_full - last_refresh BETWEEN interval '6 days' AND interval '7 days' FROM uprofile_profiles WHERE profile = 'club'"
	PGDATABASE=other as postgres -c "SELECT DISTINCT profile, status FROM uprofile_runs")" "broken|failed|up_anna
club|succeeded|up_anna
it's \$uprofile\$|succeeded|up_anna
100
manual|* * * * *|succeeded|t
far|succeeded"
check_equal "schedule: a policy that cannot be read does not hide the others" "$(
	as up_anna -c "UPDATE uprofile_profile_definitions SET policy = '{\"full_every\": \"soon\"}' WHERE name = 'club'"
	as postgres -c "SELECT count(*), count(next_full) FROM uprofile_profiles")" "3|0"

# Nobody tells pg_cron that the extension is gone: its jobs end themselves when they run next.
command=$(as up_anna -c "SELECT command FROM cron.job WHERE command LIKE '%(''club'')%'")
check_equal "schedule: a job ends itself when the extension is gone" "$(messages=error as postgres -c 'DROP EXTENSION uprofile CASCADE'
	as up_anna -c "$command" -c "SELECT count(*) FROM cron.job WHERE command LIKE '%(''club'')%'")" 0
up_cluster_stop
finish
