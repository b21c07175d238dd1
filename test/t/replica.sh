#!/bin/bash
# early: it waits for a standby's replay much of the time, so test/run starts it before the others
# A streaming standby that predicts for the primary: its sessions keep models, and each statement follows what was deployed there as soon as
# that is replayed; what would write refuses in words; one name leads to both servers.
. "$(dirname "$0")/common.bash"
. test/cluster
walsender="-c wal_level=replica -c max_wal_senders=4"
UP_SHARED_BUFFERS=32MB UP_POSTGRES_OPTIONS="$walsender -c synchronous_commit=on" up_cluster_start || { fail "replica: set-up"; finish; }
primary=$up_dir
standby=$up_dir/standby
export PGOPTIONS="-c client_min_messages=error"

on_primary()
{
	PGHOST=$primary psql -qXAt -v ON_ERROR_STOP=1 2>&1 <<<"$1"
}

stop_standby()
{
	[ -z "$pooler" ] || { kill "$pooler"; wait "$pooler"; } 2>/dev/null
	pooler=
	up_as_owner "$up_bin/pg_ctl" -D "$standby/data" -m immediate -t 30 -w -s stop >/dev/null 2>&1
}
pooler=
trap 'stop_standby; up_cluster_stop' EXIT

check "replica: set-up" "$(on_primary "CREATE EXTENSION uprofile;
CREATE TABLE people AS SELECT i AS id, (i * 37) % 101 AS x, (i * 53) % 97 AS z, (i * 37) % 101 > 50 AS gone FROM generate_series(1, 3000) i;
CREATE TABLE bought AS SELECT id % 40 AS u, (x * z) % 15 AS i FROM people;
DO \$\$ BEGIN
	PERFORM uprofile_train('line', 'SELECT id, x, 1 * x AS y FROM people', target => 'y', algorithm => 'linear', key => 'id');
	PERFORM uprofile_train_recommender('offers', 'bought', 'u', 'i', algorithm => 'item_knn', deploy => 'always');
	PERFORM uprofile_create('club', 'people', 'id', models => '{\"s\": {\"algorithm\": \"kmeans\", \"k\": 2}}');
	PERFORM uprofile_refresh('club');
END \$\$;
CREATE TABLE kept AS SELECT uprofile_linear(ARRAY[x], x) AS m FROM people;
CREATE ROLE up_reader LOGIN;
GRANT SELECT ON people TO up_reader;
DO \$\$ BEGIN PERFORM uprofile_share('line', 'up_reader'); END \$\$")"
up_as_owner mkdir -m 700 "$standby"
up_as_owner "$up_bin/pg_basebackup" -h "$primary" -U postgres -D "$standby/data" -R -c fast -X stream
up_as_owner "$up_bin/pg_ctl" -D "$standby/data" -l "$standby/log" -w -s -o "$walsender -c unix_socket_directories=$standby -c hot_standby_feedback=on" start ||
	{ fail "replica: the standby starts" "$(cat "$standby/log")"; finish; }
export PGHOST=$standby

# Until the standby has replayed what the primary has committed.
replayed()
{
	local lsn

	lsn=$(on_primary "SELECT pg_current_wal_flush_lsn()")
	for _ in $(seq 600); do
		[ "$(psql -qXAtc "SELECT pg_last_wal_replay_lsn() >= '$lsn'")" != t ] || return
		sleep 0.02
	done
	fail "replica: replay reaches $lsn"
}

# Sessions that stay: held NAME SQL prints what one answers, errors too. Who reads that must read all of it.
coproc OWNER { psql -qXAt 2>&1; }
owner=("${OWNER[@]}")
exec {owner_out}<&"${owner[0]}" {owner_in}>&"${owner[1]}"
# Bash warns of a second one.
{ coproc READER { PGUSER=up_reader psql -qXAt 2>&1; }; } 2>/dev/null
reader=("${READER[@]}")
exec {reader_out}<&"${reader[0]}" {reader_in}>&"${reader[1]}"
held()
{
	local in=${1}_in out=${1}_out line

	printf '%s;\n\\echo @end\n' "$2" >&"${!in}"
	while IFS= read -r -t 60 line <&"${!out}"; do
		[ "$line" != @end ] || break
		printf '%s\n' "$line"
	done
}

predict="SELECT round(uprofile_predict('line', p)) FROM people p WHERE x = 10 LIMIT 1"
reads="$predict; SELECT round(uprofile_predict(m, ARRAY[10])) FROM kept; SELECT count(*) > 0 FROM uprofile_recommend_for('offers', 3, 2); SELECT (uprofile_get('club', 7) #>> '{values,x,value}')::int"
check_equal "replica: it is one, and reads" "$(held owner "SELECT pg_is_in_recovery()"; held owner "$reads")" "t
10
10
t
57"
check_equal "replica: so does who may only predict" "$(held reader "$predict")" 10
check "replica: the primary deploys" "$(on_primary "DO \$\$ BEGIN
	PERFORM uprofile_train('line', 'SELECT id, x, 2 * x AS y FROM people', target => 'y', algorithm => 'linear', key => 'id', deploy => 'always');
	UPDATE people SET x = 58 WHERE id = 7; PERFORM uprofile_refresh('club'); END \$\$;
	UPDATE kept SET m = (SELECT uprofile_linear(ARRAY[x], 3 * x) FROM people)")"
replayed
check_equal "replica: sessions that keep models and profiles see what is new" "$(held owner "$reads"; held reader "$predict")" "20
30
t
58
20"
held owner "BEGIN ISOLATION LEVEL REPEATABLE READ; $predict" >/dev/null
check "replica: the primary rolls back" "$(on_primary "DO \$\$ BEGIN PERFORM uprofile_rollback('line'); PERFORM uprofile_unshare('line', 'up_reader'); END \$\$")"
replayed
check_equal "replica: an older snapshot keeps its version, a newer one does not" "$(held owner "$predict"; held owner "COMMIT"; held owner "$predict")" "20
10"
check_equal "replica: who lost his right predicts no more" "$(held reader "$predict" | sed -n 1p)" 'ERROR:  model "line" does not exist'

# Tables that are written by whole pages come over as any others.
tidied="SELECT count(*), md5(string_agg(t::text, ',' ORDER BY ctid)) FROM tidy_people AS t"
check "replica: a table is cleaned" "$(on_primary "DO \$\$ BEGIN PERFORM uprofile_clean('people', 'tidy_people', rules => '[{\"rule\": \"range\", \"column\": \"x\", \"min\": 10}]'); END \$\$")"
replayed
check_equal "replica: its rows" "$(held owner "$tidied")" "$(on_primary "$tidied")"

# Learning without a name gives the primary's bytes, with workers too.
learn="SELECT md5(uprofile_forest(ARRAY[x, z], gone, '{\"n_estimators\": 20}')), md5(uprofile_kmeans(ARRAY[x, z], 3)), md5(uprofile_logistic(ARRAY[x, z], gone)) FROM people"
serial="SET uprofile.max_workers = 0; SET max_parallel_workers_per_gather = 0"
workers="SET uprofile.max_workers = 2; SET max_parallel_workers_per_gather = 2; SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0"
want=$(on_primary "$serial; $learn")
check_equal "replica: it learns the primary's models, without a name" "$(held owner "$serial; $learn"; held owner "$workers; $learn")" "$want
$want"
check_equal "replica: it tunes, validates and measures" "$(held owner "SELECT count(*) FROM uprofile_tune('people', 'gone', 'svm', '{\"C\": [0.1, 1]}');
	SELECT count(*) > 0 FROM uprofile_cross_validate('people', 'gone', 'tree'); SELECT count(*) > 0 FROM uprofile_evaluate('line', 'SELECT id, x, x AS y FROM people');
	SELECT count(*) > 0 FROM uprofile_itemsets('bought', 'u', 'i', 2)")" "2
t
t
t"
hint="HINT:  Do it on the primary."
check_equal "replica: what would write refuses in words" "$(held owner "SELECT uprofile_train('line', 'people', target => 'x', algorithm => 'linear'); SELECT uprofile_deploy('line', 2);
	SELECT uprofile_drop_model('line'); SELECT uprofile_train_recommender('offers', 'bought', 'u', 'i'); SELECT uprofile_refresh('club'); CALL uprofile_run('club');
	SELECT uprofile_alter('club', policy => '{}'); SELECT uprofile_create('other', 'people', 'id'); SELECT uprofile_normalize('people', 'scaled'); SELECT uprofile_prune_models(1)" |
	sed "s/^\($hint\).*/\1/")" "ERROR:  model \"line\" cannot be trained or changed on a standby
$hint
ERROR:  model \"line\" cannot be trained or changed on a standby
$hint
ERROR:  model \"line\" cannot be trained or changed on a standby
$hint
ERROR:  model \"offers\" cannot be trained or changed on a standby
$hint
ERROR:  cannot execute uprofile_refresh() during recovery
ERROR:  cannot execute uprofile_run() during recovery
ERROR:  profile \"club\" cannot be refreshed or changed on a standby
$hint
ERROR:  cannot execute uprofile_create() in a read-only transaction
ERROR:  cannot execute uprofile_normalize() in a read-only transaction
ERROR:  cannot execute uprofile_prune_models() in a read-only transaction"

# One name for both: libpq chooses.
both()
{
	PGHOST=$primary,$standby PGPORT=5432,5432 PGTARGETSESSIONATTRS=$1 psql -qXAt -c "SELECT pg_is_in_recovery()" -c "$predict" 2>&1 | tr '\n' ' '
}
check_equal "replica: one name leads to the standby for reading, and to the primary for writing" "$(both prefer-standby)$(both read-write)" "t 10 f 10 "

# A pooler with both behind one name for reading.
pgbouncer=$(PATH=$PATH:/usr/sbin command -v pgbouncer)
if [ -n "$pgbouncer" ]; then
	up_as_owner mkdir -m 700 "$standby/pool"
	up_as_owner tee "$standby/pool/ini" >/dev/null <<-INI
		[databases]
		uprofile = host=$primary dbname=uprofile
		uprofile_read = host=$standby,$primary dbname=uprofile
		[pgbouncer]
		listen_port = 6432
		unix_socket_dir = $standby/pool
		auth_type = trust
		auth_file = $standby/pool/users
		pool_mode = transaction
		default_pool_size = 2
		server_round_robin = 1
	INI
	up_as_owner tee "$standby/pool/users" >/dev/null <<<'"postgres" ""'
	as_owner=()
	[ "$(id -u)" != 0 ] || as_owner=(-u "$up_owner")
	"$pgbouncer" -q ${as_owner[@]+"${as_owner[@]}"} "$standby/pool/ini" >/dev/null 2>&1 &
	pooler=$!
	for _ in $(seq 100); do
		[ ! -S "$standby/pool/.s.PGSQL.6432" ] || break
		sleep 0.05
	done
	pooled()
	{
		env -u PGOPTIONS PGHOST="$standby/pool" PGPORT=6432 PGDATABASE="$1" psql -qXAt -c "$2" 2>&1
	}
	check_equal "replica: a pooler leads readers to both, and writers to the primary" "$(for _ in 1 2 3 4; do pooled uprofile_read "$predict"; done; pooled uprofile "SELECT pg_is_in_recovery()")" "10
10
10
10
f"
	check "replica: what a writer deploys through it" "$(pooled uprofile "DO \$\$ BEGIN PERFORM uprofile_deploy('line', 2); END \$\$")"
	replayed
	check_equal "replica: all readers see" "$(for _ in 1 2 3 4; do pooled uprofile_read "$predict"; done)" "20
20
20
20"
else
	echo "skip replica: pgbouncer is not installed"
	on_primary "DO \$\$ BEGIN PERFORM uprofile_deploy('line', 2); END \$\$"
fi

# Dropped there, gone here; and with another extension of the same names nothing old comes back.
on_primary "DO \$\$ BEGIN PERFORM uprofile_drop_model('line'); END \$\$"
replayed
check_equal "replica: a model that was dropped there is gone here" "$(held owner "$predict" | sed -n 1p)" 'ERROR:  model "line" does not exist'
check "replica: the extension is made anew" "$(on_primary "DROP EXTENSION uprofile CASCADE; CREATE EXTENSION uprofile;
	DO \$\$ BEGIN PERFORM uprofile_train('line', 'SELECT id, x, 4 * x AS y FROM people', target => 'y', algorithm => 'linear', key => 'id'); END \$\$")"
replayed
check_equal "replica: a session of before reads the new one's models" "$(held owner "$predict")" 40

# The primary is lost: the standby takes its place, with the same sessions.
up_as_owner "$up_bin/pg_ctl" -D "$primary/data" -m immediate -w -s stop
check_equal "replica: readers go on without the primary" "$(held owner "$predict"; both prefer-standby)" "40
t 40 "
psql -qXAtc 'SELECT pg_promote()' >/dev/null
check_equal "replica: once promoted the same session trains" "$(held owner "SELECT deployed FROM uprofile_train('line', 'SELECT id, x, 5 * x AS y FROM people', target => 'y', algorithm => 'linear', key => 'id', deploy => 'always')"
	held owner "$predict")" "t
50"
check "replica: nothing crashed" "$(grep -E 'TRAP|PANIC|terminated by signal' "$standby/log")"
finish
