#!/bin/bash
# Users who are forgotten: beside refreshes of other sessions, for other roles, on a streaming standby, after it takes over, and
# through a dump and restore.
. "$(dirname "$0")/common.bash"
. test/cluster
# A cluster of its own: it has a standby.
UP_SHARED_BUFFERS=32MB UP_POSTGRES_OPTIONS="-c wal_level=replica -c max_wal_senders=4" up_cluster_start || { fail "privacy: set-up"; finish; }
export PGOPTIONS="-c client_min_messages=error"
one() { psql -qXAt -v ON_ERROR_STOP=1 "$@" 2>&1; }
check "privacy: set-up" "$(one <<'SQL'
CREATE ROLE up_other LOGIN;
CREATE EXTENSION uprofile;
CREATE TABLE people AS SELECT 'needle-' || i AS person, i % 40 AS age, i % 40 > 20 AS big FROM generate_series(1, 120) i;
ALTER TABLE people ADD PRIMARY KEY (person);
CREATE TABLE orders (who text, amount float8) PARTITION BY LIST (who);
CREATE TABLE orders_41 PARTITION OF orders FOR VALUES IN ('needle-41', 'needle-42');
CREATE TABLE orders_rest PARTITION OF orders DEFAULT;
INSERT INTO orders SELECT 'needle-' || 1 + i % 120, i FROM generate_series(1, 400) i;
DO $$ BEGIN
	PERFORM uprofile_create('club', 'SELECT p.person, p.age, p.big, (SELECT sum(amount) FROM orders o WHERE o.who = p.person) AS spent FROM people p', 'person',
		models => '{"s": {"algorithm": "kmeans", "k": 2}, "c": {"algorithm": "tree", "target": "big", "honest": true}}', policy => '{"history": "1 year"}');
	PERFORM uprofile_refresh('club');
END $$;
-- the names of all tables but the sources' that hold a user, by his key or its bytes
CREATE FUNCTION places(needle text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE t regclass; found bool; list text = '';
BEGIN
	FOR t IN SELECT c.oid FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname !~ '^(people|orders)' ORDER BY relname LOOP
		EXECUTE format('SELECT EXISTS (SELECT FROM %s t WHERE t::text ~ $1 OR strpos(t::text, $2) > 0)', t)
			INTO found USING needle || '($|[^0-9])', encode(needle::bytea, 'hex') || '0';
		IF found THEN list = list || t || ' '; END IF;
	END LOOP;
	RETURN list;
END $$;
GRANT SELECT ON people TO up_other;
SQL
)"

# ---- another role

check_equal "privacy: another role forgets nobody and learns nothing" "$(one -c "SELECT count(*) > 0 FROM uprofile_forget('club', 'needle-1')"
	for f in "* FROM uprofile_forget('club', 'needle-2')" "uprofile_unforget('club', 'needle-1')" "uprofile_is_forgotten('club', 'needle-1')"; do
		PGUSER=up_other one -c "SELECT $f" | head -1
	done
	PGUSER=up_other one -c "SELECT (SELECT count(*) FROM uprofile_receipts), (SELECT count(*) FROM uprofile_secrets), (SELECT count(*) FROM uprofile_forgotten)")" \
	"t
ERROR:  profile \"club\" does not exist
ERROR:  profile \"club\" does not exist
ERROR:  profile \"club\" does not exist
0|0|0"

# ---- beside a refresh

# begin FILE: a session that runs what is written to descriptor 5, its output in FILE
begin() { : >"$1"; coproc session { psql -qXAt >"$1" 2>&1; }; exec 5>&"${session[1]}"; session_pid=$!; }
# waits until a backend waits for a lock
until_blocked() { for _ in $(seq 200); do [ "$(one -c "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")" = 0 ] || return; sleep 0.02; done; }
until_said() { for _ in $(seq 200); do grep -q "$2" "$1" && return; sleep 0.02; done; }
said=$(mktemp -d) || exit 1
one -c "UPDATE people SET age = age + 1" >/dev/null
begin "$said/refresh"
echo "BEGIN; SELECT status, updated FROM uprofile_refresh('club'); SELECT 'done';" >&5
until_said "$said/refresh" done
one -c "SELECT rows FROM uprofile_forget('club', 'needle-42') WHERE what = 'erased' AND place = 'public.club_profile'" >"$said/forget" &
waits=$!
until_blocked
echo "COMMIT; \\q" >&5
wait $waits "$session_pid"
check_equal "privacy: what a refresh writes meanwhile is erased as well" "$(cat "$said/refresh" "$said/forget"; one -c "SELECT places('needle-42')")" "succeeded|119
done
1"
begin "$said/forget"
echo "BEGIN; SELECT count(*) > 0 FROM uprofile_forget('club', 'needle-43'); SELECT 'done';" >&5
until_said "$said/forget" done
one -c "UPDATE people SET age = age + 1 WHERE person IN ('needle-43', 'needle-44')" -c "SELECT status FROM uprofile_refresh('club', all_users => true)" >"$said/refresh" &
waits=$!
until_blocked
echo "COMMIT; \\q" >&5
wait $waits "$session_pid"
check_equal "privacy: a refresh that waits for it does not bring the user back" "$(cat "$said/refresh"; one -c "SELECT places('needle-43')")" "succeeded"
begin "$said/old"
echo "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM people; SELECT 'done';" >&5
until_said "$said/old" done
one -c "SELECT count(*) > 0 FROM uprofile_forget('club', 'needle-45')" >/dev/null
echo "SELECT status FROM uprofile_refresh('club'); ROLLBACK; \\q" >&5
wait "$session_pid"
check_equal "privacy: a refresh under an older snapshot fails" "$(grep ERROR "$said/old"; one -c "SELECT places('needle-45')")" "ERROR:  could not serialize access due to concurrent update"
one -c "INSERT INTO orders VALUES ('needle-42', 1)" -c "SELECT status FROM uprofile_refresh('club')" >/dev/null
check_equal "privacy: a partitioned source is asked as a whole" "$(one -c "SELECT place, rows FROM uprofile_forget('club', 'needle-42') WHERE what = 'source' ORDER BY 1")" "public.orders|4
public.people|1"

# ---- a standby

options="-c wal_level=replica -c max_wal_senders=4"
mkdir "$up_dir/second"
[ "$(id -u)" != 0 ] || chown "$up_owner" "$up_dir/second"
up_as_owner "$up_bin/pg_ctl" -D "$up_dir/data" -m fast -w -s stop
up_as_owner cp -a "$up_dir/data" "$up_dir/standby"
up_as_owner touch "$up_dir/standby/standby.signal"
up_as_owner tee -a "$up_dir/standby/postgresql.conf" >/dev/null <<<"primary_conninfo = 'host=$up_dir user=postgres'
unix_socket_directories = '$up_dir/second'"
up_as_owner "$up_bin/pg_ctl" -D "$up_dir/data" -l "$up_dir/log" -w -s -o "$options" start
up_as_owner "$up_bin/pg_ctl" -D "$up_dir/standby" -l "$up_dir/log2" -w -s -o "$options" start
trap 'up_as_owner "$up_bin/pg_ctl" -D "$up_dir/standby" -m immediate -w -s stop; up_cluster_stop; rm -rf "$said"' EXIT
there() { PGHOST=$up_dir/second one "$@"; }
check_equal "privacy: the standby has the user" "$(there -c "SELECT pg_is_in_recovery(), places('needle-46')")" "t|club_history club_profile "
one -c "SELECT count(*) > 0 FROM uprofile_forget('club', 'needle-46')" >/dev/null
at=$(one -c 'SELECT pg_current_wal_insert_lsn()')
for _ in $(seq 250); do [ "$(there -c "SELECT pg_last_wal_replay_lsn() >= '$at'")" = t ] && break; sleep 0.02; done
check_equal "privacy: the standby forgets with the primary" "$(there -c "SELECT places('needle-46'), uprofile_is_forgotten('club', 'needle-46'), uprofile_is_forgotten('club', 'needle-47')" \
	-c "SELECT what, rows FROM uprofile_receipts WHERE receipt = (SELECT max(receipt) FROM uprofile_receipts) AND rows = 1 ORDER BY place LIMIT 1")" "|t|f
erased|1"
check_equal "privacy: it is refused there in words" "$(there -c "SELECT uprofile_forget('club', 'needle-47')"; there -c "SELECT uprofile_unforget('club', 'needle-46')")" \
	"ERROR:  cannot execute uprofile_forget() during recovery
ERROR:  cannot execute uprofile_unforget() during recovery"
up_as_owner "$up_bin/pg_ctl" -D "$up_dir/standby" -w -s promote
check_equal "privacy: where the standby takes over the user stays away" "$(there -c "SELECT status, users FROM uprofile_refresh('club', all_users => true, retrain => 'all')" \
	-c "SELECT places('needle-46'), places('needle-42'), (SELECT max(rows_trained + rows_tested) FROM uprofile_models WHERE model = 'club.c' AND deployed)")" "succeeded|115
||115"

# ---- dump and restore

createdb restored
check "privacy: pg_dump and pg_restore" "$(pg_dump -Fc -f "$said/dump" 2>&1; pg_restore -d restored "$said/dump" 2>&1)"
state="SELECT * FROM uprofile_receipts ORDER BY receipt, what, place; SELECT * FROM uprofile_secrets; SELECT uprofile_is_forgotten('club', 'needle-' || i) FROM generate_series(40, 50) i"
check_equal "privacy: receipts, secret and bars come with a dump" "$(PGDATABASE=restored one -c "$state" | md5sum)" "$(one -c "$state" | md5sum)"
check_equal "privacy: who is forgotten stays so after a restore" "$(PGDATABASE=restored one -c "SELECT status, users, inserted FROM uprofile_refresh('club', all_users => true)" \
	-c "SELECT places('needle-42'), uprofile_unforget('club', 'needle-42')" -c "SELECT status, users, inserted FROM uprofile_refresh('club', all_users => true)" \
	-c "SELECT places('needle-42') ~ 'club_profile'" -c "SELECT count(*) > 0 FROM uprofile_forget('club', 'needle-42')" -c "SELECT places('needle-42')")" "succeeded|115|0
|t
succeeded|116|1
t
t"
finish
