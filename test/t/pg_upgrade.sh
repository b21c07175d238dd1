#!/bin/bash
# pg_upgrade takes the tables' files and the roles' oids over, and so the mark of the installation: owners are as before,
# also those that were renamed.
. "$(dirname "$0")/common.bash"
. test/cluster
bin=$("$(up_pg_config)" --bindir)
[ -x "$bin/pg_upgrade" ] || { echo "skip pg_upgrade: there is none in $bin"; finish; }
UP_SHARED_BUFFERS=32MB up_cluster_start || { fail "pg_upgrade: set-up"; finish; }

check "pg_upgrade: set-up" "$(psql -qX -c 'CREATE ROLE up_anna LOGIN' -c 'CREATE ROLE up_gone LOGIN' -c 'CREATE EXTENSION uprofile' \
	-c 'CREATE TABLE people AS SELECT i AS id, (i * 37) % 101 AS x FROM generate_series(1, 100) i' \
	-c 'GRANT SELECT ON people TO PUBLIC; GRANT CREATE ON SCHEMA public TO PUBLIC' 2>&1
	as up_anna -c "DO \$\$ BEGIN PERFORM uprofile_create('club', 'people', 'id', models => '{\"s\": {\"algorithm\": \"kmeans\", \"k\": 2}}');
		PERFORM uprofile_refresh('club'); END \$\$"
	as up_gone -c "DO \$\$ BEGIN PERFORM uprofile_train('left', 'people', algorithm => 'kmeans', params => '{\"k\": 2}'); END \$\$"
	psql -qX -c 'ALTER ROLE up_anna RENAME TO up_anna_new' -c 'DROP ROLE up_gone' -c 'CREATE ROLE up_gone LOGIN' \
		-c 'CREATE ROLE up_anna LOGIN' 2>&1)"
mark=$(psql -qXAtc 'SELECT mark FROM uprofile_installation')
up_as_owner "$up_bin/pg_ctl" -D "$up_dir/data" -m fast -w -s stop
up_as_owner "$up_bin/initdb" -D "$up_dir/data.new" -U postgres -A trust -E UTF8 -N \
	--locale="$(sed -n "s/^lc_messages = '\(.*\)'.*/\1/p" "$up_dir/data/postgresql.conf")" \
	>"$up_dir/initdb.log" 2>&1 || cat "$up_dir/initdb.log"
sync=$("$up_bin/pg_upgrade" --help | grep -o -e --no-sync | head -1)
up_as_owner bash -c 'cd "$1" && "$2/pg_upgrade" -b "$2" -B "$2" -d data -D data.new -U postgres -s "$1" --link $3' _ "$up_dir" "$up_bin" "$sync" \
	>"$up_dir/upgrade.log" 2>&1 || fail "pg_upgrade: it runs" "$(tail -20 "$up_dir/upgrade.log")"
up_as_owner cp "$up_dir/data/postgresql.conf" "$up_dir/data.new/"
up_as_owner mv "$up_dir/data" "$up_dir/data.old"
up_as_owner mv "$up_dir/data.new" "$up_dir/data"
up_as_owner "$up_bin/pg_ctl" -D "$up_dir/data" -l "$up_dir/log" -w -s start
check_equal "pg_upgrade: the mark is the same" "$(psql -qXAtc 'SELECT mark FROM uprofile_installation')" "$mark"
check_equal "pg_upgrade: a renamed role has its profile, which goes on" "$(as up_anna_new -c 'SELECT model, owner FROM uprofile_models' \
	-c "SELECT status, users, updated FROM uprofile_refresh('club')" -c "SELECT uprofile_drop('club')" \
	-c "SELECT to_regclass('club_profile') IS NULL" | grep .)" "club.s|up_anna_new
succeeded|100|0
t"
check_equal "pg_upgrade: new roles of old names have nothing" \
	"$(as up_anna -c 'SELECT count(*) FROM uprofile_model_names') $(as up_gone -c 'SELECT count(*) FROM uprofile_model_names')" "0 0"
check_equal "pg_upgrade: what is nobody's is so still" "$(as postgres -c 'SELECT name FROM uprofile_orphans')" left
up_cluster_stop
finish
