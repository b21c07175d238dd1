#!/bin/bash
# Tables of events: one event_id in two sessions, months made by two at once, late events, COPY, rights of a writer, retention while others
# read, a profile over them, dump and restore.
. "$(dirname "$0")/common.bash"
for role in up_events_a up_events_b; do
	psql -qX -d postgres -c "CREATE ROLE $role LOGIN" 2>/dev/null
done
scratch_database intake
dump=$(mktemp) || exit 1
trap 'rm -f "$dump"; for d in intake intake_restored; do PGDATABASE=postgres dropdb --if-exists --force $d; done' EXIT
export PGTZ=UTC

as()
{
	local role=$1

	shift
	PGOPTIONS='-c client_min_messages=warning' PGUSER=$role psql -qXAt -v ON_ERROR_STOP=1 "$@" 2>&1
}

# open_session ROLE; then in_session SQL prints what it answers. One session at a time.
open_session()
{
	coproc session { PGOPTIONS='-c client_min_messages=warning' PGUSER=$1 psql -qXAt 2>&1; }
}

in_session()
{
	local line

	printf '%s;\n\\echo done\n' "$1" >&"${session[1]}"
	while IFS= read -r line <&"${session[0]}" && [ "$line" != done ]; do printf '%s\n' "$line"; done
}

close_session()
{
	printf '\\q\n' >&"${session[1]}"
	wait "$session_PID" 2>/dev/null
}

# Until a session of this name waits for another one, at most 30 s.
until_waits()
{
	for _ in $(seq 600); do
		[ "$(as postgres -c "SELECT count(*) FROM pg_stat_activity WHERE application_name = '$1' AND wait_event_type = 'Lock'")" = 1 ] && return
		sleep 0.05
	done
	fail "intake: $1 waits"
}

check "intake: set-up" "$(as postgres -c 'CREATE EXTENSION uprofile' -c 'CREATE SCHEMA hers AUTHORIZATION up_events_a')"
check "intake: made by an ordinary role" "$(as up_events_a -c "SELECT uprofile_create_events('hers.clicks', retention => '2 years', since => now() - interval '3 months', months_ahead => 1)" \
	-c 'GRANT USAGE ON SCHEMA hers TO up_events_b' -c 'GRANT INSERT ON hers.clicks TO up_events_b')"

# Two sessions, one event_id, at different times.
open_session up_events_a
in_session "BEGIN" >/dev/null
check_equal "intake: the first of an id" "$(in_session "SELECT uprofile_track('hers.clicks', 1, 'view', event_time => now() - interval '50 days', event_id => 'same')")" t
PGAPPNAME=second as up_events_b -c "SELECT uprofile_track('hers.clicks', 1, 'view', event_id => 'same')" >"$dump" &
second=$!
until_waits second
in_session "COMMIT" >/dev/null
wait $second
check_equal "intake: a second session waits, and adds nothing" "$(cat "$dump") $(as up_events_a -c 'SELECT count(*) FROM hers.clicks')" "f 1"
in_session "BEGIN" >/dev/null
in_session "SELECT uprofile_track('hers.clicks', 1, 'view', event_id => 'undone')" >/dev/null
PGAPPNAME=second as up_events_b -c "SELECT uprofile_track('hers.clicks', 2, 'view', event_id => 'undone')" >"$dump" &
second=$!
until_waits second
in_session "ROLLBACK" >/dev/null
wait $second
check_equal "intake: or adds it where the first gave up" "$(cat "$dump") $(as up_events_a -c "SELECT user_key FROM hers.clicks WHERE event_id = 'undone'")" "t 2"

# A month that is missing, by two sessions that have read and written the table; and another month by each.
in_session "BEGIN" >/dev/null
in_session "SELECT count(*) FROM hers.clicks; SELECT uprofile_track('hers.clicks', 1, 'a', event_time => now() + interval '5 months')" >/dev/null
PGAPPNAME=second as up_events_a -c "BEGIN; SELECT count(*) FROM hers.clicks; SELECT uprofile_track('hers.clicks', 2, 'now');
	SELECT uprofile_track('hers.clicks', 2, 'b', event_time => now() + interval '5 months'); SELECT uprofile_track('hers.clicks', 2, 'b', event_time => now() + interval '6 months'); COMMIT" >"$dump" &
second=$!
until_waits second
check_equal "intake: others read and write meanwhile" "$(as up_events_b -c "SELECT uprofile_track('hers.clicks', 3, 'c')") $(as up_events_a -c 'SELECT count(*) FROM hers.clicks')" "t 3"
in_session "SELECT uprofile_track('hers.clicks', 1, 'a', event_time => now() + interval '7 months'); COMMIT" >/dev/null
wait $second
check_equal "intake: a month by two sessions" "$(grep -c ERROR "$dump") $(as up_events_a -c "SELECT string_agg(event, '' ORDER BY event) FROM hers.clicks WHERE event_time > now() + interval '1 day'")" "0 aabb"

# A writer has no other right; COPY, late and doubled rows.
check_equal "intake: a writer cannot make a month" "$(as up_events_b -c "SELECT uprofile_track('hers.clicks', 1, 'x', event_time => now() + interval '30 months')" | grep -c 'has no partition for')" 1
check_equal "intake: nor change or read ids" "$(as up_events_b -c "SELECT uprofile_alter_events('hers.clicks', NULL)" | grep -c 'must be owner')$(as up_events_b -c 'SELECT * FROM hers.clicks_ids' | grep -c 'permission denied')" 11
check "intake: COPY by a writer" "$(as up_events_b -c "COPY hers.clicks (user_key, event, event_time, event_id) FROM STDIN (FORMAT csv)" <<<"$(date -u -d '5 days ago' '+4,buy,%F %T+00,c1')
$(date -u -d '400 days ago' '+4,buy,%F %T+00,late')
$(date -u -d '900 days ago' '+4,buy,%F %T+00,too old')
$(date -u -d '2 days ago' '+4,buy,%F %T+00,c1')
$(date -u '+4,buy,%F %T+00,same')")"
check_equal "intake: each id once, late ones too, none that is too old" "$(as up_events_a -c "SELECT string_agg(event_id || ' ' || (tableoid::regclass::text ~ 'before'), ', ' ORDER BY event_time) FROM hers.clicks WHERE event = 'buy'")" "late true, c1 false"
ids="SELECT count(*) FROM (SELECT event_id FROM hers.clicks FULL JOIN hers.clicks_ids USING (event_id) WHERE clicks.tableoid IS NULL OR clicks_ids.tableoid IS NULL) s"
check_equal "intake: an event moved to another month stays" "$(as up_events_a -c "UPDATE hers.clicks SET event_time = now() - interval '40 days' WHERE event_id = 'c1'" -c "SELECT count(*) FROM hers.clicks WHERE event_id = 'c1'" -c "$ids")" "1
0"
check_equal "intake: a deleted one may come again" "$(as up_events_a -c "DELETE FROM hers.clicks WHERE event_id = 'c1'" -c "SELECT uprofile_track('hers.clicks', 4, 'buy', event_id => 'c1')" -c "$ids")" "t
0"
as up_events_a -c "SELECT uprofile_track('hers.clicks', 9, 'view', event_time => now() - interval '3 months', event_id => 'm1')" >/dev/null
month=$(as up_events_a -c "SELECT tableoid::regclass FROM hers.clicks WHERE event_id = 'm1'")
check_equal "intake: a month that is truncated frees its ids and no others, as the table does" "$(as up_events_a -c "GRANT TRUNCATE ON $month TO up_events_b" -c BEGIN -c "TRUNCATE $month" -c "$ids" \
	-c "SELECT uprofile_track('hers.clicks', 9, 'view', event_id => 'm1'), uprofile_track('hers.clicks', 4, 'buy', event_id => 'c1')" -c "TRUNCATE hers.clicks" -c "$ids" -c "SELECT count(*) FROM hers.clicks" -c ROLLBACK)
$(as up_events_b -c BEGIN -c "TRUNCATE $month" -c "SELECT uprofile_track('hers.clicks', 9, 'view', event_id => 'm1')" -c ROLLBACK)" "0
t|f
0
0
t"
check_equal "intake: one that was detached before has ids no more" "$(as up_events_a -c BEGIN -c "ALTER TABLE hers.clicks DETACH PARTITION $month" -c "TRUNCATE $month" -c "SELECT uprofile_track('hers.clicks', 9, 'view', event_id => 'm1')" -c ROLLBACK)" f
check_equal "intake: and its name, so that another month takes a number" "$(as up_events_a -c BEGIN -c "ALTER TABLE hers.clicks DETACH PARTITION $month" -c "SELECT uprofile_track('hers.clicks', 9, 'view', event_time => now() - interval '3 months', event_id => 'm2')" \
	-c "SELECT tableoid::regclass = ('$month' || '_2')::regclass FROM hers.clicks WHERE event_id = 'm2'" -c ROLLBACK)" "t
t"

# A profile over it is told of each event.
check "intake: a profile" "$(as up_events_a -c "SET search_path = hers, public; SELECT FROM uprofile_create('clickers', source => 'SELECT user_key, count(*) AS n, (uprofile_sessions(event_time)).sessions FROM hers.clicks GROUP BY user_key',
	key => 'user_key', watch => 'auto', models => '{}')" -c "SELECT FROM uprofile_refresh('clickers')" | grep ERROR)"
as up_events_b -c "SELECT uprofile_track('hers.clicks', 4, 'view', event_time => now() - interval '20 days')" >/dev/null
check_equal "intake: its refresh computes one user" "$(as up_events_a -c "SELECT mode, updated FROM uprofile_refresh('clickers')" -c "SELECT n, sessions FROM hers.clickers_profile WHERE user_key = '4'")" "keys|1
3|3"
check "intake: the profile leaves" "$(as up_events_a -c "SELECT FROM uprofile_drop('clickers')")"

# Retention: not while somebody reads, then whole months; ids with them.
as up_events_a -c "SELECT uprofile_alter_events('hers.clicks', '32 days', 2)" >/dev/null
in_session "BEGIN; SELECT count(*) FROM hers.clicks" >/dev/null
check_equal "intake: a table in use is left" "$(as postgres -c 'SELECT * FROM uprofile_prune()' | grep -c 'the old events of hers.clicks stay: the table is in use')" 1
in_session "COMMIT" >/dev/null
close_session
open_session up_events_a
in_session "BEGIN; INSERT INTO hers.clicks_$(date -u -d '-100 days' +%Y_%m) (user_key, event, event_time) VALUES (8, 'view', now() - interval '100 days')" >/dev/null
check_equal "intake: so is one with a month that is written to itself" "$(as postgres -c 'SELECT * FROM uprofile_prune()' | grep -c 'the old events of hers.clicks stay: the table is in use')" 1
in_session "ROLLBACK" >/dev/null
close_session
check_equal "intake: old months go" "$(as postgres -c "SELECT what, profile_name, deleted > 0 FROM uprofile_prune()" -c "SELECT count(*) FROM hers.clicks WHERE event_time < now() - interval '64 days'" -c "$ids")" "events|hers.clicks|t
0
0"
check_equal "intake: what is older is not taken again, and has its place" "$(as up_events_a -c "SELECT uprofile_track('hers.clicks', 1, 'view', event_time => now() - interval '70 days', event_id => 'same')" \
	-c "SELECT count(*) FROM pg_class WHERE relname = 'clicks_before'" -c "SELECT owner.rolname FROM pg_class c JOIN pg_roles owner ON owner.oid = relowner WHERE relname = 'clicks_before'")" "f
1
up_events_a"

# Its ids are nobody else's table; plans follow what changes.
check_equal "intake: renamed alone it takes nothing, also where another has made a table of ids" "$(as up_events_a -c 'GRANT CREATE ON SCHEMA hers TO up_events_b' -c 'ALTER TABLE hers.clicks RENAME TO visits')
$(as up_events_b -c 'CREATE TABLE hers.visits_ids (event_id text PRIMARY KEY)')$(as up_events_a -c "SELECT uprofile_track('hers.visits', 1, 'view')" \
	| grep -c '^ERROR:  there is no table hers.visits_ids of the owner of hers.visits, which keeps its ids')" "
1"
check_equal "intake: renamed together, and with another type of key" "$(as up_events_b -c 'DROP TABLE hers.visits_ids')$(as up_events_a \
	-c 'ALTER TABLE hers.clicks_ids RENAME TO visits_ids' -c "SELECT uprofile_track('hers.visits', 1, 'view', event_id => 'c1')" -c "ALTER TABLE hers.visits ALTER user_key TYPE bigint USING 1" \
	-c "SELECT uprofile_track('hers.visits', 5, 'view', event_id => 'c3'), uprofile_track('hers.visits', '6', 'view', event_id => 'c1')" -c 'ALTER TABLE hers.visits RENAME TO clicks' \
	-c 'ALTER TABLE hers.visits_ids RENAME TO clicks_ids' -c "SELECT uprofile_track('hers.clicks', 5, 'view', event_id => 'c3')")" "f
t|f
f"

# Dump and restore.
pg_dump -Fc -f "$dump" && createdb intake_restored && pg_restore -d intake_restored "$dump" 2>&1 | grep -v '^$'
check_equal "intake: a restored table knows its ids and its retention" "$(PGDATABASE=intake_restored as up_events_b -c "SELECT uprofile_track('hers.clicks', 4, 'buy', event_id => 'c1'), uprofile_track('hers.clicks', 4, 'buy', event_id => 'c2'),
	uprofile_track('hers.clicks', 4, 'buy', event_time => now() - interval '33 days')")" "f|t|f"
psql -qX -c 'DROP OWNED BY up_events_a, up_events_b CASCADE' 2>/dev/null
PGDATABASE=intake_restored psql -qX -c 'DROP OWNED BY up_events_a, up_events_b CASCADE' 2>/dev/null
finish
