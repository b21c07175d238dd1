#!/bin/bash
# Tables that are written by whole pages: their rows in order, of every length, on pages as the server fills them; after a crash that took their files, with checksums, and on what
# keeps no log. Those who decode the log hear of each row.
. "$(dirname "$0")/common.bash"
. test/cluster
UP_SHARED_BUFFERS=32MB UP_POSTGRES_OPTIONS="-c wal_level=replica" up_cluster_start || { fail "heap pages: set-up"; finish; }
sql() { PGOPTIONS='-c client_min_messages=error' psql -qXAt -v ON_ERROR_STOP=1 "$@" 2>&1; }
restart() { up_as_owner "$up_bin/pg_ctl" -D "$up_dir/data" -l "$up_dir/log" -w -s -o "$1" start; }

# Rows that are short, just below and above what a page takes, compressed, and apart; in the table itself, and beside it.
check "heap pages: set-up" "$(sql <<'S'
CREATE EXTENSION uprofile;
CREATE FUNCTION noise(i int, bytes int) RETURNS text LANGUAGE sql AS $$ SELECT left(string_agg(md5((i * g)::text), ''), bytes) FROM generate_series(1, 1 + bytes / 32) g $$;
CREATE TABLE mixed AS SELECT i AS id, CASE WHEN i % 7 > 0 THEN i / 2.0::float8 END AS n, CASE i % 97 WHEN 5 THEN noise(i, 9600) WHEN 6 THEN repeat('long ', 4000) WHEN 7 THEN noise(i, 1950 + i % 90)
	WHEN 8 THEN NULL ELSE left('row ' || md5(i::text), 4 + i % 30) END AS t, i % 3 = 0 AS flag, CASE WHEN i % 101 = 0 THEN noise(i, 2500) END AS late FROM generate_series(1, 6000) i;
CREATE TABLE line AS SELECT uprofile_linear(ARRAY[id], id) AS m FROM mixed;
S
)"
clean="SELECT count(*) > 0 FROM uprofile_clean('mixed', 'TABLE', rules => '[{\"rule\": \"required\", \"column\": \"id\"}, {\"rule\": \"trim\", \"column\": \"t\"}]')"
predicted="AS SELECT mixed.*, round(uprofile_predict(m, ARRAY[id])) AS p FROM mixed, line"
# rows TABLE: their digest, in their order.
rows() { sql -c "SELECT count(*), md5(string_agg((id, n, t, flag, late)::text, ',' ORDER BY ctid)) FROM $1"; }
# broken TABLE: what the server finds wrong with its pages.
sql -c 'CREATE EXTENSION amcheck' >/dev/null && amcheck=1
broken() { [ -z "${amcheck:-}" ] || sql -c "SELECT blkno, offnum, attnum, msg FROM verify_heapam('$1', check_toast => true)"; }

want=$(sql -c "SELECT count(*), md5(string_agg((id, n, rtrim(t), flag, late)::text, ',' ORDER BY id)) FROM mixed")
as_is=$(rows mixed)
check_equal "heap pages: rows are counted, also of a subtransaction that follows one that failed" "$(sql <<END
BEGIN;
SAVEPOINT s;
${clean/TABLE/tidy};
ROLLBACK TO s;
${clean/TABLE/tidy};
SELECT n_tup_ins FROM pg_stat_xact_user_tables WHERE relname = 'tidy';
SELECT count(*) FROM tidy;
SAVEPOINT s;
CREATE TABLE halved WITH (fillfactor = 50) $predicted;
DO \$\$ BEGIN PERFORM count(*) FROM uprofile_normalize('mixed', 'scaled', '{n}'); END \$\$;
RELEASE s;
COMMIT;
END
)" "t
t
6000
6000"
check_equal "heap pages: rows of a cleaning, in order" "$(rows tidy)" "$want"
check_equal "heap pages: rows of predictions, in order" "$(rows halved)" "$as_is"
check_equal "heap pages: rows of a normalization, in order" "$(rows "(SELECT s.ctid, id, m.n, s.t, s.flag, s.late FROM scaled s JOIN mixed m USING (id)) r")" "$as_is"
check "heap pages: as the server fills them" "$(for table in tidy halved scaled; do broken $table; done)"
check_equal "heap pages: as many as the server takes, by the fill factor" "$(sql -c "CREATE TABLE by_server AS SELECT * FROM tidy" -c "CREATE TABLE by_server_halved WITH (fillfactor = 50) AS TABLE halved" \
	-c "SELECT pg_relation_size('tidy') - pg_relation_size('by_server'), pg_relation_size('halved') - pg_relation_size('by_server_halved'), pg_relation_size('halved') > pg_relation_size('tidy') * 1.5")" "0|0|t"
wide=$(printf ', %s AS w%s' $(for i in $(seq 1100); do echo "i::float8 $i"; done))
check_equal "heap pages: a row that is too long for one" "$(sql -c "SELECT count(*) FROM uprofile_clean('SELECT i$wide FROM generate_series(1, 9) i', 'too_wide')")" \
	"$(sql -c "CREATE TABLE too_wide AS SELECT i$wide FROM generate_series(1, 9) i")"
wide=${wide%%, i::float8 AS w400,*}
check_equal "heap pages: long rows whose values have no other table" "$(sql -c "SELECT count(*) > 0 FROM uprofile_clean('SELECT i$wide FROM generate_series(1, 9) i', 'rather_wide')" \
	-c "SELECT sum(w1), sum(w399), max((ctid::text::point)[0]) FROM rather_wide")" "t
45|45|4"
check "heap pages: they are ones of the server" "$(broken rather_wide)"

# What was written since the checkpoint, and its tables of long values, come from the log.
sql -c CHECKPOINT -c "${clean/TABLE/lost}" -c "CREATE TABLE lost_too $predicted" >/dev/null
files=$(sql -c "SELECT pg_relation_filepath(oid) FROM pg_class WHERE relname LIKE 'lost%' UNION ALL SELECT pg_relation_filepath(reltoastrelid) FROM pg_class WHERE relname LIKE 'lost%' AND reltoastrelid > 0")
sql -c 'SET synchronous_commit = on; CREATE TABLE last ()'
up_as_owner "$up_bin/pg_ctl" -D "$up_dir/data" -m immediate -w -s stop
for file in $files; do : >"$up_dir/data/$file"; done
restart '-c wal_level=replica'
check_equal "heap pages: rows of a cleaning after a crash" "$(rows lost)" "$want"
check_equal "heap pages: rows of predictions after a crash" "$(rows lost_too)" "$as_is"
check "heap pages: pages after a crash" "$(broken lost; broken lost_too)"

# Checksums; and who decodes the log.
up_as_owner "$up_bin/pg_ctl" -D "$up_dir/data" -m fast -w -s stop
check "heap pages: checksums" "$(up_as_owner "$up_bin/pg_checksums" -D "$up_dir/data" --enable --no-sync 2>&1 >/dev/null | grep -v "^pg_checksums: updating")"
restart '-c wal_level=logical -c synchronous_commit=on -c max_replication_slots=1 -c max_wal_senders=1'
check_equal "heap pages: what keeps no log, with checksums" "$(sql -c "CREATE UNLOGGED TABLE unlogged $predicted" -c "CREATE TEMP TABLE gone $predicted" -c "${clean/TABLE/pg_temp.neat}" \
	-c "SELECT (SELECT sum(p) FROM unlogged), (SELECT sum(p) FROM gone), (SELECT sum(id) FROM neat)")" "t
18003000|18003000|18003000"
check_equal "heap pages: each row is decoded" "$(sql -c 'CREATE PUBLICATION everything FOR ALL TABLES' -c "SELECT FROM pg_create_logical_replication_slot('s', 'pgoutput')" -c "${clean/TABLE/heard}" \
	-c "CREATE TABLE heard_too $predicted" -c "SELECT count(*) - (SELECT count(*) FROM heard_changes) FROM pg_logical_slot_get_binary_changes('s', NULL, NULL, 'proto_version', '1', 'publication_names', 'everything') WHERE get_byte(data, 0) = ascii('I')" \
	-c "SELECT pg_drop_replication_slot('s')" | grep .)" "t
12000"
check_equal "heap pages: … and written as ever" "$(rows heard; rows heard_too)" "$want
$as_is"
up_as_owner "$up_bin/pg_ctl" -D "$up_dir/data" -m fast -w -s stop
check "heap pages: checksums are right" "$(up_as_owner "$up_bin/pg_checksums" -D "$up_dir/data" --check 2>&1 >/dev/null | head -3)"
restart '-c wal_level=replica'
check_equal "heap pages: what keeps no log is there after a restart" "$(rows unlogged)" "$as_is"
check "heap pages: nothing crashed" "$(grep -E 'TRAP|PANIC|terminated by signal' "$up_dir/log")"
finish
