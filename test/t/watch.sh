#!/bin/bash
# Watching under concurrency and with other people's rights: no change is lost, no writer fails or waits.
. "$(dirname "$0")/common.bash"
for role in up_keeper up_writer up_thief; do
	psql -qX -d postgres -c "CREATE ROLE $role LOGIN" 2>/dev/null
done
scratch_database watching
dump=$(mktemp -d) || exit 1
trap 'rm -rf "$dump"; for d in watching watching_2; do PGDATABASE=postgres dropdb --if-exists --force $d; done' EXIT

as()
{
	local role=$1

	shift
	PGOPTIONS='-c client_min_messages=error' PGUSER=$role psql -qXAt -v ON_ERROR_STOP=1 "$@" 2>&1
}

# Until a refresh takes the queue itself, the test calls what it will call.
functions="
CREATE FUNCTION watch(profile text, watch text, OUT kind text, OUT item text) RETURNS SETOF record
LANGUAGE c VOLATILE STRICT AS '\$libdir/uprofile', 'uprofile_watch_probe_install';
CREATE FUNCTION unwatch(profile text) RETURNS void
LANGUAGE c VOLATILE STRICT AS '\$libdir/uprofile', 'uprofile_watch_probe_remove';
CREATE FUNCTION mend(profile text) RETURNS void
LANGUAGE c VOLATILE STRICT AS '\$libdir/uprofile', 'uprofile_watch_probe_mend';
CREATE FUNCTION take(profile text, n int8, OUT kind text, OUT item text) RETURNS SETOF record
LANGUAGE c VOLATILE STRICT AS '\$libdir/uprofile', 'uprofile_watch_probe_take';"
check "watch: set-up" "$(as postgres -c 'CREATE EXTENSION uprofile' -c "$functions" -c 'GRANT CREATE ON SCHEMA public TO PUBLIC' \
	-c 'CREATE TABLE orders (customer_id int, total int)' -c 'GRANT SELECT, TRIGGER ON orders TO up_keeper' \
	-c 'GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON orders TO up_writer' \
	-c 'CREATE TABLE closed (customer_id int)' -c 'GRANT SELECT ON closed TO up_keeper')"
source="SELECT customer_id, count(*) AS n, sum(total) AS total FROM orders GROUP BY 1"
check_equal "watch: an owner of a profile who does not own the table" "$(as up_keeper \
	-c "SELECT uprofile_create('shop', '$source', 'customer_id')" -c "SELECT * FROM watch('shop', 'auto')")" "public.shop_profile
mode|keyed"
check_equal "watch: a table without the TRIGGER right is named with the GRANT" "$(as up_keeper \
	-c "SELECT uprofile_create('other', 'closed', 'customer_id')" -c "SELECT item FROM watch('other', 'auto')")" \
	"public.other_profile
public.closed: let its owner run GRANT TRIGGER ON public.closed TO up_keeper
full"
got=$(as up_keeper -c "SELECT * FROM watch('other', '{closed.customer_id}')")
check_equal "watch: and refused where it is asked for" \
	"$(grep -c 'permission denied to watch table public.closed' <<<"$got")" 1
check "watch: a writer without rights on queue and registry" "$(as up_writer -c "INSERT INTO orders VALUES (1, 1), (2, 1)" \
	-c "UPDATE orders SET customer_id = 3 WHERE customer_id = 2")"
check_equal "watch: his changes are queued" "$(as up_keeper -c "SELECT item FROM take('shop', 0)" | tr '\n' ' ')" "1 2 3 "
check_equal "watch: he reads neither" "$(as up_writer -c 'SELECT count(*) FROM uprofile_watches')
$(as up_writer -c 'SELECT count(*) FROM shop_queue' | grep -c 'permission denied')" "0
1"
check_equal "watch: another sees no watch of it" "$(as up_thief -c "SELECT * FROM uprofile_watched('shop')" |
	grep -c 'profile "shop" does not exist')" 1

# A registry row of one's own that points to another's queue: nothing is written there.
check "watch: set-up of a forgery" "$(as up_thief -c 'CREATE TABLE mine (customer_id int)' \
	-c "SELECT uprofile_create('forged', 'mine', 'customer_id')" -c "SELECT * FROM watch('forged', 'auto')" \
	-c "UPDATE uprofile_watches SET queue_oid = 'shop_queue'::regclass, queue_name = 'shop_queue' WHERE profile = 'forged'" \
	-c "INSERT INTO mine VALUES (666)" | grep -v -e forged_profile -e keyed)"
check_equal "watch: a forged queue gets nothing" "$(as postgres -c 'SELECT count(*) FROM shop_queue')" 0
check_equal "watch: nor is it dropped with the forger's profile, by whomever" "$(as postgres -c "SELECT unwatch('forged')" \
	-c "SELECT to_regclass('shop_queue') IS NOT NULL")" "
t"

# A transaction that began before the watch was installed has the triggers, but not the registry's row in its snapshot.
check "watch: removed" "$(as up_keeper -c "SELECT unwatch('shop')" | grep -v '^$')"
coproc OLD { PGUSER=up_writer stdbuf -oL psql -qXAt 2>&1; }
echo "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM orders WHERE customer_id = 1;" >&"${OLD[1]}"
read -r _ <&"${OLD[0]}"
check "watch: again" "$(as up_keeper -c "SELECT * FROM watch('shop', 'auto')" | grep -v keyed)"
echo "INSERT INTO orders VALUES (77, 1); COMMIT; SELECT 'done';" >&"${OLD[1]}"
read -r _ <&"${OLD[0]}"
echo '\q' >&"${OLD[1]}"
wait
check_equal "watch: an old snapshot's changes are queued" "$(as up_keeper -c "SELECT item FROM take('shop', 0)")" 77

# An entry of a transaction that is still open is not lost, and its writer does not wait for the one who takes.
coproc OPEN { PGUSER=up_writer stdbuf -oL psql -qXAt 2>&1; }
echo "BEGIN; INSERT INTO orders VALUES (78, 1); SELECT 'open';" >&"${OPEN[1]}"
read -r _ <&"${OPEN[0]}"
check_equal "watch: what is not committed is not taken" "$(as up_keeper -c 'BEGIN' \
	-c "SELECT count(*) FROM take('shop', 0)" -c 'COMMIT')" 0
echo "COMMIT; SELECT 'done';" >&"${OPEN[1]}"
read -r _ <&"${OPEN[0]}"
echo '\q' >&"${OPEN[1]}"
wait
check_equal "watch: but later" "$(as up_keeper -c "SELECT item FROM take('shop', 0)")" 78

# A poor man's refresh: take, then recompute these users with a newer snapshot. At the end all is as computed anew.
as postgres -c "TRUNCATE orders" -c "CREATE TABLE copy (customer_id int PRIMARY KEY, n bigint, total bigint)" \
	-c "CREATE PROCEDURE follow() LANGUAGE plpgsql AS \$\$
	DECLARE keys text[]; everybody bool;
	BEGIN
		PERFORM pg_advisory_xact_lock(1);
		SELECT array_agg(item) FILTER (WHERE kind = 'key'), bool_or(kind = 'all') INTO keys, everybody FROM take('shop', 0);
		IF everybody THEN
			DELETE FROM copy;
			INSERT INTO copy $source;
		ELSIF keys IS NOT NULL THEN
			DELETE FROM copy WHERE customer_id = ANY (keys::int[]);
			INSERT INTO copy SELECT * FROM ($source) s WHERE customer_id = ANY (keys::int[]);
		END IF;
	END \$\$" >/dev/null
write="DO \$\$ DECLARE r float8; BEGIN
	FOR i IN 1..120 LOOP
		r := random();
		BEGIN
			IF r < .45 THEN INSERT INTO orders SELECT (random() * 200)::int, 1 FROM generate_series(1, 1 + (random() * 5)::int);
			ELSIF r < .7 THEN UPDATE orders SET customer_id = (random() * 200)::int WHERE customer_id = (random() * 200)::int;
			ELSIF r < .9 THEN DELETE FROM orders WHERE customer_id = (random() * 200)::int;
			ELSIF r < .91 THEN TRUNCATE orders;
			ELSE UPDATE orders SET total = total + 1 WHERE customer_id = (random() * 200)::int; RAISE EXCEPTION 'no';
			END IF;
		EXCEPTION WHEN raise_exception OR deadlock_detected THEN NULL;
		END;
		IF random() < .7 THEN COMMIT; END IF;
	END LOOP;
END \$\$"
pids=()
for writer in 1 2 3 4 5; do
	as up_writer -c "SELECT setseed($writer / 10.0)" -c "$write" >"$dump/writer_$writer" &
	pids+=($!)
done
for _ in 1 2 3 4 5 6 7 8; do
	as postgres -c 'CALL follow()' >>"$dump/follow"
	sleep 0.1
done
wait "${pids[@]}"
as postgres -c 'CALL follow()' >>"$dump/follow"
check "watch: no writer failed" "$(cat "$dump"/writer_* "$dump/follow" | grep -v '^$')"
check_query "watch: after all nothing is missing" "
	(TABLE copy EXCEPT $source) UNION ALL (($source) EXCEPT TABLE copy)"
check_equal "watch: somebody wrote" "$(as postgres -c 'SELECT count(*) > 0 FROM copy')" t

# A dump and restore brings triggers, rows and queue; OIDs are others, so names count until the watch is mended.
as up_writer -c "INSERT INTO orders VALUES (500, 1)"
pg_dump -Fc -f "$dump/db" watching && createdb watching_2 && pg_restore -d watching_2 "$dump/db" 2>"$dump/errors"
check "watch: restored" "$(cat "$dump/errors")"
export PGDATABASE=watching_2
as up_writer -c "INSERT INTO orders VALUES (501, 1)" -c "UPDATE orders SET customer_id = 502 WHERE customer_id = 500"
check "watch: mended after a restore" "$(as up_keeper -c "SELECT mend('shop')")"
check_equal "watch: a restored database goes on" "$(as up_keeper -c "SELECT item FROM take('shop', 0)" | tr '\n' ' ')" \
	"500 501 502 "
check_equal "watch: DROP EXTENSION alone takes the triggers" "$(as postgres -c 'DROP EXTENSION uprofile' \
	-c "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'uprofile%'" -c 'INSERT INTO orders VALUES (1, 1)')" 0
export PGDATABASE=watching
check_equal "watch: an owner who does not own the table removes them too" "$(as up_keeper -c "SELECT unwatch('shop')" \
	-c "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'orders'::regclass" -c "SELECT to_regclass('shop_queue') IS NULL")" "
0
t"
psql -qX -c 'DROP OWNED BY up_keeper, up_writer, up_thief' >/dev/null 2>&1
finish
