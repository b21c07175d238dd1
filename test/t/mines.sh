#!/bin/bash
# Named mines: rights of their owners, two sessions at once, a session that is killed, dump and restore.
. "$(dirname "$0")/common.bash"
for role in up_mine_a up_mine_b up_mine_member; do
	psql -qX -d postgres -c "CREATE ROLE $role LOGIN" 2>/dev/null
done
psql -qX -d postgres -c "GRANT up_mine_a TO up_mine_member" 2>/dev/null
scratch_database mines
dump=$(mktemp) || exit 1
trap 'rm -f "$dump"; for d in mines mines_restored; do PGDATABASE=postgres dropdb --if-exists --force $d; done' EXIT

refresh="SELECT baskets, arrived, changed, gone, parts_mined FROM uprofile_refresh_mine('hers')"
exact="SELECT count(*) FROM (SELECT items, count FROM uprofile_itemset_list WHERE mine = 'hers' EXCEPT ALL SELECT items, count
	FROM uprofile_itemsets('hers.lines', 'b', 'i', 0.2)) s"
check "mines: set-up" "$(as postgres -c 'CREATE EXTENSION uprofile' -c 'CREATE SCHEMA hers AUTHORIZATION up_mine_a' -c 'CREATE TABLE closed (b int, i text)')"
check_equal "mines: made by an ordinary role" "$(as up_mine_a -c 'SET search_path = hers, public' \
	-c "CREATE TABLE lines AS SELECT b, 'i' || i AS i FROM generate_series(1, 300) b, generate_series(1, 6) i WHERE (hashint8(b * 10 + i) & 7) > i" \
	-c "CREATE FUNCTION who() RETURNS text LANGUAGE sql STABLE AS 'SELECT current_user::text'" \
	-c "SELECT baskets, itemsets FROM uprofile_mine('hers', 'lines', 'b', 'i', 0.2, watch => 'auto')" \
	-c "SELECT baskets, itemsets FROM uprofile_mine('as whom', 'SELECT 1 AS b, who() AS i', 'b', 'i', 1)")" "294|13
1|1"
check_equal "mines: another sees none of it" "$(as up_mine_b -c 'SELECT (SELECT count(*) FROM uprofile_mines) + (SELECT count(*) FROM uprofile_rules)
	+ (SELECT count(*) FROM uprofile_itemset_list) + (SELECT count(*) FROM uprofile_mine_definitions) + (SELECT count(*) FROM uprofile_mine_parts)
	+ (SELECT count(*) FROM uprofile_mined_sets) + (SELECT count(*) FROM uprofile_mine_watches)')" 0
for call in "uprofile_mine_sets('hers')" "uprofile_mine_rules('hers')" "uprofile_refresh_mine('hers')" "uprofile_drop_mine('hers')" "uprofile_rename_mine('hers', 'his')" "uprofile_reassign_mine('hers', 'up_mine_b')"; do
	check_equal "mines: another cannot call $call" "$(as up_mine_b -c "SELECT * FROM $call" | grep -c '^ERROR:  mine "hers" does not exist')" 1
done
check_equal "mines: nor take its name" "$(as up_mine_b -c "SELECT FROM uprofile_mine('hers', 'VALUES (1, 2)', 'column1', 'column2')" | grep -c '^ERROR:  mine "hers" already exists')" 1
check_equal "mines: nor give another's rows a mine" "$(as up_mine_b -c "INSERT INTO uprofile_mined_sets SELECT 'hers', ''" | grep -c '^ERROR:  new row violates row-level security')" 1
for role in up_mine_member postgres; do
	check_equal "mines: $role refreshes it as its owner, under her path" "$(as $role -c "SELECT baskets FROM uprofile_refresh_mine('as whom')" \
		-c "SELECT items FROM uprofile_itemset_list WHERE mine = 'as whom'")" "1
{up_mine_a}"
done
check "mines: the owner's function turns" "$(as up_mine_a -c 'SET search_path = hers, public' \
	-c "CREATE OR REPLACE FUNCTION who() RETURNS text LANGUAGE sql STABLE AS 'SELECT i FROM public.closed'")"
check_equal "mines: a superuser's rights are not hers" "$(as postgres -c "SELECT FROM uprofile_refresh_mine('as whom')" | grep -c '^ERROR:  permission denied for table closed')" 1

# Two at once: the second waits, and finds that nothing is left to do.
as up_mine_a -c "INSERT INTO hers.lines SELECT 1000, 'i1'" >/dev/null
as up_mine_a -c "BEGIN; $refresh; SELECT pg_sleep(1); COMMIT" >/dev/null &
sleep 0.4
check_equal "mines: a second session waits for the first" "$(as up_mine_member -c "$refresh")" "295|0|0|0|0"
wait
check_equal "mines: exact after both" "$(as up_mine_a -c "$exact")" 0

# What is not committed yet stays for the next refresh.
as up_mine_a -c "BEGIN; INSERT INTO hers.lines SELECT 1001, 'i1'; SELECT pg_sleep(1); COMMIT" >/dev/null &
sleep 0.4
check_equal "mines: a writer's open transaction is not waited for" "$(as up_mine_a -c "SELECT baskets, arrived, mode FROM uprofile_refresh_mine('hers')")" "295|0|baskets"
wait
check_equal "mines: and is seen when it has ended" "$(as up_mine_a -c "SELECT baskets, arrived, mode FROM uprofile_refresh_mine('hers')" -c "$exact")" "296|1|baskets
0"
as up_mine_a -c "DELETE FROM hers.lines WHERE b = 1001" -c "$refresh" >/dev/null

# A session that is killed leaves what was.
as up_mine_a -c "DELETE FROM hers.lines WHERE b = 1000" >/dev/null
as up_mine_a -c "BEGIN; SET application_name = 'killed miner'; $refresh; SELECT pg_sleep(60); COMMIT" >/dev/null &
for _ in $(seq 100); do
	[ "$(as postgres -c "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'killed miner' AND query ~ 'pg_sleep' AND wait_event = 'PgSleep'")" = 1 ] && break
	sleep 0.1
done
as postgres -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'killed miner'" >/dev/null
wait
check_equal "mines: killed, it is as it was" "$(as up_mine_a -c "SELECT baskets FROM uprofile_mines WHERE mine = 'hers'" -c "$refresh" -c "$exact")" "295
294|0|0|1|0
0"

# Dump and restore: the mine goes on where it was.
pg_dump -Fc -d mines -f "$dump" 2>&1
createdb mines_restored
check "mines: restored" "$(pg_restore -d mines_restored "$dump" 2>&1)"
check_equal "mines: goes on after a restore" "$(PGDATABASE=mines_restored as up_mine_a -c "SELECT mine, owner, baskets FROM uprofile_mines ORDER BY 1" \
	-c "SELECT count(*) FROM uprofile_rules WHERE mine = 'hers'" -c "$refresh" -c "$exact")" "as whom|up_mine_a|1
hers|up_mine_a|294
$(as up_mine_a -c "SELECT count(*) FROM uprofile_rules WHERE mine = 'hers'")
294|0|0|0|0
0"
check_equal "mines: and follows there" "$(PGDATABASE=mines_restored as up_mine_a -c "INSERT INTO hers.lines SELECT 2000, 'i1'" \
	-c "SELECT baskets, arrived, mode FROM uprofile_refresh_mine('hers')" -c "$exact")" "295|1|baskets
0"

# To another role, with the queue.
psql -qX -d postgres -c "GRANT up_mine_b TO up_mine_a" 2>/dev/null
as up_mine_a -c 'GRANT USAGE, CREATE ON SCHEMA hers TO up_mine_b; GRANT SELECT, TRIGGER ON hers.lines TO up_mine_b' -c "SELECT uprofile_reassign_mine('hers', 'up_mine_b')" \
	-c "INSERT INTO hers.lines SELECT 3000, 'i1'" >/dev/null
check_equal "mines: given away it is the other's" "$(as up_mine_b -c "SELECT arrived, mode FROM uprofile_refresh_mine('hers')" \
	-c "SELECT owner FROM uprofile_mines WHERE mine = 'hers'")" "1|all
up_mine_b"
as up_mine_b -c 'DROP OWNED BY up_mine_b CASCADE' >/dev/null
check_equal "mines: DROP OWNED takes the queue, and it goes on without" "$(as up_mine_a -c 'GRANT USAGE ON SCHEMA hers TO up_mine_b; GRANT SELECT, TRIGGER ON hers.lines TO up_mine_b' \
	-c "DELETE FROM hers.lines WHERE b = 3000" -c "SELECT gone, mode, reason FROM uprofile_refresh_mine('hers')")" "1|all|watched table hers.lines: the queue is gone"
psql -qX -d postgres -c "REVOKE up_mine_b FROM up_mine_a" 2>/dev/null
finish
