#!/bin/bash
# Watching under concurrency and with other people's rights: no change is lost, no writer fails or waits.
. "$(dirname "$0")/common.bash"
for role in up_keeper up_writer up_thief; do
	psql -qX -d postgres -c "CREATE ROLE $role LOGIN" 2>/dev/null
done
scratch_database watching
dump=$(mktemp -d) || exit 1
trap 'rm -rf "$dump"; for d in watching watching_2; do PGDATABASE=postgres dropdb --if-exists --force $d; done' EXIT

# What stands on the queue, taken as a refresh takes it.
take="CREATE FUNCTION take(profile text) RETURNS SETOF text LANGUAGE plpgsql AS \$\$ BEGIN RETURN QUERY EXECUTE format(
	'WITH gone AS (DELETE FROM %I RETURNING *) SELECT DISTINCT k::text FROM gone, unnest(key_1) k ORDER BY 1', profile || '_queue'); END \$\$"
source="SELECT customer_id, count(*) AS n, sum(total) AS total FROM orders GROUP BY 1"
create="SELECT uprofile_create('shop', '$source', 'customer_id', 'auto')"
check "watch: set-up" "$(as postgres -c 'CREATE EXTENSION uprofile' -c "$take" -c 'GRANT CREATE ON SCHEMA public TO PUBLIC' \
	-c 'CREATE TABLE orders (customer_id int, total int)' -c 'GRANT SELECT, TRIGGER ON orders TO up_keeper' \
	-c 'GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON orders TO up_writer' \
	-c 'CREATE TABLE closed (customer_id int)' -c 'GRANT SELECT ON closed TO up_keeper')"
check_equal "watch: an owner of a profile who does not own the table" "$(as up_keeper -c "$create")" "public.shop_profile"
got=$(as up_keeper -c "SELECT uprofile_create('other', 'closed', 'customer_id', 'auto')")
check_equal "watch: a table without the TRIGGER right is named with the GRANT" \
	"$(grep -c 'public.closed: let its owner run GRANT TRIGGER ON public.closed TO up_keeper' <<<"$got")" 1
got=$(as up_keeper -c "SELECT uprofile_create('other', 'closed', 'customer_id', '{closed.customer_id}')")
check_equal "watch: and refused where it is asked for" \
	"$(grep -c 'permission denied to watch table public.closed' <<<"$got")" 1
got=$(as up_keeper -c "SELECT uprofile_create('other', '$source', 'customer_id', '[{\"table\": \"orders\", \"key\": \"customer_id\", \"always\": true}]')")
check_equal "watch: what is replicated is watched by the table's owner only" "$(grep -c 'must be owner of table public.orders' <<<"$got")" 1
check "watch: a writer without rights on queue and registry" "$(as up_writer -c "INSERT INTO orders VALUES (1, 1), (2, 1)" \
	-c "UPDATE orders SET customer_id = 3 WHERE customer_id = 2")"
check_equal "watch: his changes are queued" "$(as up_keeper -c "SELECT take('shop')" | tr '\n' ' ')" "1 2 3 "
check_equal "watch: he reads neither" "$(as up_writer -c 'SELECT count(*) FROM uprofile_watches')
$(as up_writer -c 'SELECT count(*) FROM shop_queue' | grep -c 'permission denied')" "0
1"
check_equal "watch: another sees no watch of it" "$(as up_thief -c "SELECT * FROM uprofile_watched('shop')" |
	grep -c 'profile "shop" does not exist')" 1

# A registry row of one's own that points to another's queue: nothing is written there.
check "watch: set-up of a forgery" "$(as up_thief -c 'CREATE TABLE mine (customer_id int)' \
	-c "SELECT uprofile_create('forged', 'mine', 'customer_id')" \
	-c "UPDATE uprofile_watches SET queue_oid = 'shop_queue'::regclass, queue_name = 'shop_queue' WHERE profile = 'forged'" \
	-c "INSERT INTO mine VALUES (666)" | grep -v forged_profile)"
check_equal "watch: a forged queue gets nothing" "$(as postgres -c 'SELECT count(*) FROM shop_queue')" 0
check_equal "watch: nor is it dropped with the forger's profile, by whomever" "$(as postgres -c "SELECT uprofile_drop('forged')" \
	-c "SELECT to_regclass('shop_queue') IS NOT NULL")" "
t"

# A transaction that began before the watch was installed has the triggers, but not the registry's row in its snapshot.
check "watch: removed" "$(as up_keeper -c "SELECT uprofile_drop('shop')" | grep -v '^$')"
coproc OLD { PGUSER=up_writer stdbuf -oL psql -qXAt 2>&1; }
echo "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM orders WHERE customer_id = 1;" >&"${OLD[1]}"
read -r _ <&"${OLD[0]}"
check "watch: again" "$(as up_keeper -c "$create" | grep -v shop_profile)"
echo "INSERT INTO orders VALUES (77, 1); COMMIT; SELECT 'done';" >&"${OLD[1]}"
read -r _ <&"${OLD[0]}"
echo '\q' >&"${OLD[1]}"
wait
check_equal "watch: an old snapshot's changes are queued" "$(as up_keeper -c "SELECT take('shop')")" 77

# An entry of a transaction that is still open is not lost, and its writer does not wait for the one who takes.
coproc OPEN { PGUSER=up_writer stdbuf -oL psql -qXAt 2>&1; }
echo "BEGIN; INSERT INTO orders VALUES (78, 1); SELECT 'open';" >&"${OPEN[1]}"
read -r _ <&"${OPEN[0]}"
check_equal "watch: what is not committed is not taken" "$(as up_keeper -c 'BEGIN' \
	-c "SELECT count(*) FROM take('shop')" -c 'COMMIT')" 0
echo "COMMIT; SELECT 'done';" >&"${OPEN[1]}"
read -r _ <&"${OPEN[0]}"
echo '\q' >&"${OPEN[1]}"
wait
check_equal "watch: but later" "$(as up_keeper -c "SELECT take('shop')")" 78

# A dump and restore brings triggers, rows and queue; OIDs are others, so names count until the next refresh.
refresh="SELECT mode, users, inserted, updated, deleted FROM uprofile_refresh('shop', max_deleted => 1)"
check_equal "watch: refreshed" "$(as up_keeper -c "$refresh" -c "SELECT state FROM uprofile_watched('shop')")" "full|4|4|0|0
ok"
as up_writer -c "INSERT INTO orders VALUES (500, 1)"
pg_dump -Fc -f "$dump/db" watching && createdb watching_2 && pg_restore -d watching_2 "$dump/db" 2>"$dump/errors"
check "watch: restored" "$(cat "$dump/errors")"
export PGDATABASE=watching_2
as up_writer -c "INSERT INTO orders VALUES (501, 1)" -c "UPDATE orders SET customer_id = 502 WHERE customer_id = 500"
check_equal "watch: what is written before the first refresh is queued" "$(as up_keeper -c "SELECT changed FROM uprofile_queue_state('shop')")" 4
check_equal "watch: the first refresh in a restored database" "$(as up_keeper -c "$refresh" -c "SELECT state FROM uprofile_watched('shop')" \
	-c "SELECT count(*) FROM ($source EXCEPT SELECT customer_id, n, total FROM shop_profile) d")" "full|6|2|0|0
ok
0"
check_equal "watch: a restored database goes on" "$(as up_writer -c "UPDATE orders SET total = 7 WHERE customer_id = 502")$(as up_keeper -c "$refresh")" \
	"keys|6|0|1|0"
check "watch: triggers that the server cloned" "$(as postgres -c 'CREATE TABLE visits (customer_id int, at int) PARTITION BY RANGE (at)' \
	-c 'CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM (0) TO (10)' -c "SELECT FROM uprofile_create('visitors',
	'SELECT customer_id, count(*) AS n FROM visits GROUP BY 1', 'customer_id', '[{\"table\": \"visits\", \"key\": \"customer_id\", \"form\": \"row\"}]')" \
	-c 'CREATE TABLE visits_2 PARTITION OF visits FOR VALUES FROM (10) TO (20)' | grep -v '^$')"
check_equal "watch: DROP EXTENSION alone takes the triggers" "$(as postgres -c 'DROP EXTENSION uprofile' \
	-c "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'uprofile%'" -c 'INSERT INTO orders VALUES (1, 1)')" 0
export PGDATABASE=watching
check_equal "watch: an owner who does not own the table removes them too" "$(as up_keeper -c "SELECT uprofile_drop('shop')" \
	-c "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'orders'::regclass" -c "SELECT to_regclass('shop_queue') IS NULL")" "
0
t"
psql -qX -c 'DROP OWNED BY up_keeper, up_writer, up_thief' >/dev/null 2>&1
finish
