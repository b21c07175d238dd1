#!/bin/bash
# early: it waits for background workers most of the time, so test/run starts it before the others
# shared_preload_libraries = 'uprofile': continuous profiles follow changes by themselves, one worker for several databases;
# failures rest, and nothing stands in the way of DROP DATABASE, DROP EXTENSION, a crash, a standby or the end of the server.
. "$(dirname "$0")/common.bash"
. test/cluster
UP_SHARED_BUFFERS=32MB UP_POSTGRES_OPTIONS="-c wal_level=replica -c shared_preload_libraries=uprofile" up_cluster_start || { fail "worker: set-up"; finish; }

as()
{
	local role=$1

	shift
	PGOPTIONS="-c client_min_messages=${messages:-warning}" PGUSER=$role psql -qXAt "$@" 2>&1
}

# The query gives this within a minute, and no earlier than it is so.
check_soon()
{
	local got

	for _ in $(seq 120); do
		got=$(as postgres -c "$2")
		[ "$got" != "$3" ] || break
		sleep 0.5
	done
	check_equal "$1" "$got" "$3"
}

# people, and a continuous profile of them in this database.
prepare()
{
	as postgres -c 'CREATE EXTENSION uprofile' -c 'GRANT CREATE ON SCHEMA public TO PUBLIC' \
		-c 'CREATE TABLE people (id int PRIMARY KEY, x int)' -c 'INSERT INTO people SELECT i, i % 7 FROM generate_series(1, 100) i' \
		-c 'ALTER TABLE people OWNER TO up_anna'
	as up_anna -c "DO \$\$ BEGIN PERFORM uprofile_create('club', 'people', 'id', policy => '{\"refresh\": \"continuous\"}'); END \$\$"
}
continuous="policy => '{\"refresh\": \"continuous\"}'"
total="SELECT sum(x) FROM club_profile"

as postgres -c 'ALTER SYSTEM SET uprofile.max_continuous_workers = 1' -c "ALTER SYSTEM SET uprofile.continuous_interval = '100ms'" \
	-c 'SELECT pg_reload_conf()' -c 'CREATE ROLE up_anna LOGIN' -c 'CREATE ROLE up_gone LOGIN' >/dev/null
check "worker: set-up" "$(prepare)"
check_soon "worker: a profile is computed when it is made" "$total" 297
check_equal "worker: as its owner" "$(as postgres -c 'SELECT status, run_by, run_as, mode FROM uprofile_runs')" "succeeded|up_anna|up_anna|full"
as up_anna -c 'UPDATE people SET x = x + 1000 WHERE id = 7'
check_soon "worker: it follows a change" "$total" 1297
as up_anna -c BEGIN -c 'UPDATE people SET x = x + 1000 WHERE id = 8' -c ROLLBACK -c 'DELETE FROM people WHERE id = 9' -c 'INSERT INTO people VALUES (1001, 2)'
check_soon "worker: and further ones, by keys" "$total; SELECT DISTINCT mode FROM uprofile_runs WHERE run > (SELECT min(run) FROM uprofile_runs)" "1297
keys"
check_equal "worker: what is going on can be seen" "$(as postgres -c "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'uprofile launcher' AND application_name = 'uprofile' AND datid IS NULL")" 1

as up_anna -c "DO \$\$ BEGIN PERFORM uprofile_alter('club', models => '{\"s\": {\"algorithm\": \"kmeans\", \"k\": 2}}'); END \$\$"
check_soon "worker: it follows a definition" 'SELECT count(s) FROM club_profile' 100
check_equal "worker: one that watches nothing says so" "$(messages=notice as up_anna -c "SELECT uprofile_create('blind', 'people', 'id', watch => 'none', $continuous)")" \
	"NOTICE:  profile \"blind\" watches nothing, so no change of it is seen
HINT:  It is refreshed when \"full_every\" of its policy has passed, or when asked for.
public.blind_profile"
check_soon "worker: it is computed once" "SELECT count(*), (SELECT count(*) FROM uprofile_runs WHERE profile = 'blind') FROM blind_profile" "100|1"

# Another database, with the one worker there is.
as postgres -c 'CREATE DATABASE second'
check "worker: a second database" "$(PGDATABASE=second prepare)"
PGDATABASE=second check_soon "worker: one worker is enough for two databases" "$total" 297
as up_anna -c 'UPDATE people SET x = 0'
PGDATABASE=second as up_anna -c 'UPDATE people SET x = 0'
check_soon "worker: it goes from one" "$total" 0
PGDATABASE=second check_soon "worker: to the other" "$total" 0

# One that fails: tried again after 2 s, 4 s, …; the other goes on.
as up_anna -c 'CREATE TABLE doubled (n int, id int)' -c 'INSERT INTO doubled SELECT i, i FROM generate_series(1, 10) i' \
	-c "DO \$\$ BEGIN PERFORM uprofile_create('broken', 'doubled', 'id', $continuous); END \$\$"
check_soon "worker: one that will fail" 'SELECT count(*) FROM broken_profile' 10
as up_anna -c 'UPDATE doubled SET id = 1 WHERE n = 2'
failed="SELECT count(*) FROM uprofile_runs WHERE profile = 'broken' AND status = 'failed'"
check_soon "worker: it fails" "SELECT ($failed) > 0" t
as up_anna -c 'UPDATE people SET x = 1'
check_soon "worker: another one goes on" "$total" 100
check_soon "worker: it is tried again" "SELECT ($failed) > 2" t
check_equal "worker: after longer and longer times" "$(as postgres -c "SELECT string_agg((started_at - before >= least)::text, ' ' ORDER BY run) FROM (SELECT run, started_at,
	lag(started_at + duration) OVER (ORDER BY run) AS before, interval '1 second' * 2 ^ (row_number() OVER (ORDER BY run) - 1) AS least
	FROM uprofile_runs WHERE profile = 'broken' AND status = 'failed' ORDER BY run LIMIT 3) r")" "true true"
as up_anna -c 'ALTER TABLE doubled ADD COLUMN good bool DEFAULT true' -c 'UPDATE doubled SET good = false WHERE n = 2' \
	-c "DO \$\$ BEGIN PERFORM uprofile_alter('broken', source => 'SELECT id, n FROM doubled WHERE good'); END \$\$"
check_soon "worker: another definition ends the rest" 'SELECT count(*) FROM broken_profile' 9

as up_anna -c 'DROP TABLE broken_profile CASCADE' -c 'UPDATE doubled SET n = n'

# An owner that is gone.
as up_gone -c 'CREATE TABLE theirs AS SELECT 1 AS id' -c "DO \$\$ BEGIN PERFORM uprofile_create('left', 'theirs', 'id', $continuous); END \$\$"
check_soon "worker: another owner's" 'SELECT count(*) FROM left_profile' 1
as postgres -c 'REASSIGN OWNED BY up_gone TO postgres' -c 'DROP OWNED BY up_gone' -c 'DROP ROLE up_gone' -c 'INSERT INTO theirs VALUES (2)'
for i in 1 2 3; do
	as up_anna -c "UPDATE people SET x = 2$i"
	check_soon "worker: an owner that is gone stops nobody ($i)" "$total" "2${i}00"
done
check_equal "worker: the log says so once" "$(up_cluster_log | grep -c 'profile "left" is not refreshed: its owner is gone')" 1
for _ in $(seq 300); do
	gone=$(up_cluster_log | grep -c 'profile "broken" is not refreshed: its table is gone')
	[ "$gone" = 0 ] || break
	sleep 0.2
done
check_equal "worker: and of a table that is gone" "$gone" 1

# A restore is not disturbed, and what was restored is followed.
check "worker: dump and restore" "$(PGDATABASE=postgres createdb third; pg_dump -Fc -d second -f "$up_dir/dump" && pg_restore -d third "$up_dir/dump" 2>&1)"
PGDATABASE=third as up_anna -c 'UPDATE people SET x = 3'
PGDATABASE=third check_soon "worker: what was restored is followed" "$total" 300

# DROP EXTENSION and DROP DATABASE while a worker is there, or on its way.
PGDATABASE=third as up_anna -c 'UPDATE people SET x = 4'
check "worker: DROP EXTENSION" "$(PGDATABASE=third as postgres -c 'SET lock_timeout = 60000' -c 'DROP EXTENSION uprofile CASCADE' -c 'DROP TABLE people, club_profile, club_queue')"
check "worker: the extension again" "$(PGDATABASE=third prepare)"
PGDATABASE=third check_soon "worker: is followed again" "$total" 297
PGDATABASE=third as up_anna -c 'UPDATE people SET x = 5'
check "worker: DROP DATABASE" "$(as postgres -c 'DROP DATABASE third')"

# No worker is wanted; then one is.
as postgres -c 'ALTER SYSTEM SET uprofile.max_continuous_workers = 0' -c 'SELECT pg_reload_conf()' >/dev/null
for _ in $(seq 100); do
	[ "$(as postgres -c 'SHOW uprofile.max_continuous_workers')" != 0 ] || break
	sleep 0.1
done
check_equal "worker: without workers it is said" "$(messages=notice as up_anna -c "SELECT uprofile_create('late', 'people', 'id', $continuous)")" \
	"NOTICE:  no background worker refreshes profile \"late\" continuously
HINT:  It takes shared_preload_libraries = 'uprofile' and uprofile.max_continuous_workers above 0. Until then refresh it, or schedule it with uprofile_schedule.
public.late_profile"
check_soon "worker: the last one ends" "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'uprofile worker'" 0
as up_anna -c 'UPDATE people SET x = 6'
runs=$(as postgres -c 'SELECT count(*) FROM uprofile_runs')

# A standby: the same cluster in recovery. Nothing is done before it is promoted.
as postgres -c 'ALTER SYSTEM SET uprofile.max_continuous_workers = 1'
up_as_owner "$up_bin/pg_ctl" -D "$up_dir/data" -m fast -w -s stop
up_as_owner touch "$up_dir/data/standby.signal"
up_as_owner "$up_bin/pg_ctl" -D "$up_dir/data" -l "$up_dir/log" -w -s -o '-c wal_level=replica -c shared_preload_libraries=uprofile' start
check_equal "worker: on a standby it waits" "$(as postgres -c "SELECT pg_is_in_recovery(), count(*) FILTER (WHERE backend_type LIKE 'uprofile%') FROM pg_stat_activity" \
	-c 'SELECT count(*) FROM uprofile_runs')" "t|0
$runs"
as postgres -c 'SELECT pg_promote()' >/dev/null
check_soon "worker: once promoted it begins" "$total; SELECT count(*) FROM late_profile" "600
100"

# A crash of the server.
pid=$(as postgres -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
kill -9 "$pid"
for _ in $(seq 300); do
	[ "$(as postgres -c "SELECT pid <> $pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")" != t ] || break
	sleep 0.2
done
as up_anna -c 'UPDATE people SET x = 7'
check_soon "worker: it is back after a crash" "$total" 700

# An administrator ends the launcher: the server starts another one.
pid=$(as postgres -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'uprofile launcher'")
as postgres -c "SELECT pg_terminate_backend($pid)" >/dev/null
as up_anna -c 'UPDATE people SET x = 8'
check_soon "worker: it is back after its end" "$total; SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'uprofile launcher' AND pid <> $pid" "800
1"

# The server stops while a refresh is long.
as up_anna -c "DO \$\$ BEGIN PERFORM uprofile_create('slow', 'SELECT id, x, pg_sleep(300) IS NULL AS slept FROM people', 'id', watch => 'none', $continuous); END \$\$"
check_soon "worker: a refresh that is long" "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'uprofile worker' AND query = 'uprofile: refreshes profile slow' AND state = 'active'" 1
check "worker: it stops with the server" "$(up_as_owner "$up_bin/pg_ctl" -D "$up_dir/data" -m fast -t 60 -w -s stop 2>&1)"
check "worker: nothing crashed but what was killed" "$(up_cluster_log | grep -E 'TRAP|PANIC|terminated by signal' | grep -v 'checkpointer process.*signal 9')"
up_cluster_stop
finish
