#!/bin/bash
# What logical replication brings into a watched table is queued, where the entry says "always". In a cluster of its own,
# whose log holds what replication needs.
. "$(dirname "$0")/common.bash"
if [ "${1:-}" != inside ]; then
	UP_SHARED_BUFFERS=64MB UP_POSTGRES_OPTIONS='-c wal_level=logical -c max_wal_senders=4 -c max_replication_slots=4' \
		test/cluster run bash "$0" inside
	exit
fi

run()
{
	PGOPTIONS='-c client_min_messages=error' psql -qXAt -v ON_ERROR_STOP=1 "$@" 2>&1
}

# Waits until the query in the subscriber answers this.
wait_for()
{
	for _ in $(seq 300); do
		[ "$(run -d subscriber -c "$1")" = "$2" ] && return
		sleep 0.1
	done
	fail "watch: nothing is replicated" "$1 is never $2"
}

createdb publisher
createdb subscriber
table='CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total int)'
refresh="SELECT status, mode, reason, inserted, updated, deleted FROM uprofile_refresh('club', max_deleted => 1)"
missed="SELECT inserted + updated + deleted FROM uprofile_refresh('club', max_deleted => 1, all_users => true)"
check "watch: set-up of replication" "$(run -d publisher -c "$table" -c 'CREATE PUBLICATION p FOR TABLE orders' \
	-c "SELECT FROM pg_create_logical_replication_slot('s', 'pgoutput')")$(run -d subscriber -c 'CREATE EXTENSION uprofile' -c "$table" \
	-c "SELECT FROM uprofile_create('club', 'SELECT customer_id, count(*) AS n, sum(total) AS total FROM orders GROUP BY 1', 'customer_id',
		'[{\"table\": \"orders\", \"key\": \"customer_id\", \"always\": true}]')" -c "SELECT FROM uprofile_refresh('club')" \
	-c "CREATE SUBSCRIPTION s CONNECTION 'host=$PGHOST port=$PGPORT dbname=publisher user=postgres' PUBLICATION p
		WITH (create_slot = false, slot_name = 's', copy_data = false)" | grep -v '^$')"
run -d publisher -c 'INSERT INTO orders SELECT i, i % 5, i FROM generate_series(1, 20) i'
wait_for 'SELECT count(*) FROM orders' 20
check_equal "watch: replicated rows are followed" "$(run -d subscriber -c "$refresh")" 'succeeded|keys||5|0|0'
run -d publisher -c 'UPDATE orders SET customer_id = 7 WHERE id = 1' -c 'DELETE FROM orders WHERE id = 2'
wait_for 'SELECT count(*) FILTER (WHERE customer_id = 7), count(*) FILTER (WHERE id = 2) FROM orders' '1|0'
check_equal "watch: users who are replicated from one to another" "$(run -d subscriber -c "$refresh" -c "$missed")" 'succeeded|keys||1|2|0
0'
run -d publisher -c 'TRUNCATE orders'
wait_for 'SELECT count(*) FROM orders' 0
check_equal "watch: a TRUNCATE that is replicated" "$(run -d subscriber -c "$refresh")" 'succeeded|full|TRUNCATE of orders|0|0|6'
check_equal "watch: DROP EXTENSION alone takes these triggers too" "$(run -d subscriber -c 'DROP EXTENSION uprofile' \
	-c "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'uprofile%'")" 0
run -d subscriber -c 'ALTER SUBSCRIPTION s DISABLE' -c 'ALTER SUBSCRIPTION s SET (slot_name = NONE)' -c 'DROP SUBSCRIPTION s'
finish
