#!/bin/bash
# The view <profile>_current: who may read it, whose it is, and that it goes with its profile and with the extension.
. "$(dirname "$0")/common.bash"
scratch_database profile_current
as() { local role=$1; shift; psql -qXAt -U "$role" "$@" 2>&1; }
trap 'PGDATABASE=postgres dropdb --if-exists --force profile_current; psql -qX -d postgres -c "DROP ROLE IF EXISTS up_maker, up_bi, up_second"' EXIT
export PGOPTIONS='-c client_min_messages=warning'
psql -qX -c 'CREATE ROLE up_maker LOGIN' -c 'CREATE ROLE up_bi LOGIN' -c 'CREATE ROLE up_second LOGIN' -c 'GRANT up_second TO up_maker' \
	-c 'CREATE SCHEMA tools' -c 'CREATE EXTENSION uprofile SCHEMA tools' -c 'GRANT USAGE ON SCHEMA tools TO up_maker, up_second' \
	-c 'CREATE SCHEMA mart AUTHORIZATION up_maker' -c 'GRANT USAGE ON SCHEMA mart TO up_bi' -c 'GRANT USAGE, CREATE ON SCHEMA mart TO up_second' \
	-c 'ALTER DATABASE profile_current SET search_path = mart, tools'
as up_maker -c "CREATE TABLE users AS SELECT i AS id, i % 7 AS visits FROM generate_series(1, 50) i" \
	-c "SELECT uprofile_create('club', 'users', 'id', policy => '{\"live\": {\"often\": \"visits > 3\"}, \"ttl\": \"1 day\"}')" \
	-c "SELECT status FROM uprofile_refresh('club')" -c "UPDATE users SET visits = 10 WHERE id = 3" \
	-c "GRANT SELECT ON club_current TO up_bi" >/dev/null
reads="SELECT count(*), count(*) FILTER (WHERE often), min(id) FILTER (WHERE stale), count(*) FILTER (WHERE stale), count(computed_at) FROM mart.club_current"
check_equal "current: a role that may read the view alone reads it, in a read-only transaction" \
	"$(as up_bi -c 'SET default_transaction_read_only = on' -c "$reads" -c 'SELECT count(*) FROM mart.club_profile' -c 'SELECT count(*) FROM mart.club_queue')" \
	"50|21|3|1|50
ERROR:  permission denied for table club_profile
ERROR:  permission denied for table club_queue"
check_equal "current: ... and through a view of its own" "$(psql -qX -c 'GRANT CREATE ON SCHEMA mart TO up_bi'
	as up_bi -c 'CREATE VIEW mart.of_bi AS SELECT * FROM mart.club_current' -c 'SELECT count(computed_at), count(visits) FROM mart.of_bi')" "50|50"
check_equal "current: no other role reads it" "$(as up_second -c "$reads")" "ERROR:  permission denied for view club_current"
check_equal "current: parallel plans read it" "$(as up_maker -c 'SET force_parallel_mode = on' -c 'SET debug_parallel_query = on' -c "$reads" | grep -v '^ERROR:  unrecognized')" "50|21|3|1|50"
# Scored when it is read, for who may use the profile's models.
check_equal "current: a view that scores is read by those whom the profile is granted to" "$(as up_maker \
	-c "SELECT uprofile_alter('club', models => '{\"kind\": {\"algorithm\": \"kmeans\", \"k\": 2}}', policy => '{\"score\": \"read\"}')" \
	-c "SELECT status FROM uprofile_refresh('club')"
	as up_bi -c 'SELECT count(kind) FROM mart.club_current' | sed 's/ERROR:.*/refused/' | head -1
	psql -qX -c 'GRANT USAGE ON SCHEMA tools TO up_bi' # who may call what stands there
	as up_maker -c "DO \$\$ BEGIN PERFORM uprofile_grant('club', 'up_bi'); END \$\$"
	as up_bi -c 'SELECT count(kind) FROM mart.club_current'
	as up_maker -c "SELECT uprofile_alter('club', models => 'null', policy => '{\"score\": null}')" -c "SELECT status FROM uprofile_refresh('club')"
	as up_maker -c 'UPDATE users SET visits = 10 WHERE id = 3')" "mart.club_profile
succeeded
refused
50
mart.club_profile
succeeded"
# It changes hands with its profile.
check_equal "current: another owner" "$(psql -qX -c 'DROP VIEW mart.of_bi'
	as up_maker -c 'GRANT SELECT ON users TO up_second' -c "SELECT uprofile_reassign_profile('club', 'up_second')"
	as up_second -c "SELECT relname, relowner::regrole FROM pg_class WHERE relname LIKE 'club%' AND relkind <> 'i' ORDER BY 1" -c "$reads"
	as up_bi -c "$reads")" "
club_current|up_second
club_profile|up_second
club_queue|up_second
50|22|1|50|50
50|22|1|50|50"
# It is altered by members of its owner, with their owner's rights.
check_equal "current: altered by who may use it alone, and as its owner" "$(as up_bi -c "SELECT tools.uprofile_alter('club', policy => '{}')" 2>&1
	as up_maker -c 'GRANT TRIGGER ON users TO up_second'
	psql -qXAt -c "SELECT uprofile_alter('club', watch => 'auto')" 2>&1
	psql -qXAt -c "SELECT uprofile_alter('club', policy => '{\"max_deleted\": 1}')" 2>&1
	psql -qXAt -c "SELECT relname, relowner::regrole FROM pg_class WHERE relname LIKE 'club%' AND relkind <> 'i' ORDER BY 1")" \
	'ERROR:  permission denied for profile "club"
DETAIL:  It is granted to you for reading: its table and view, and predictions by its models.
HINT:  Its owner, or a member of that role, refreshes and changes it.
mart.club_profile
mart.club_profile
club_current|up_second
club_profile|up_second
club_queue|up_second'
# A forged definition neither replaces nor drops what is another's.
as up_maker -c "CREATE TABLE forged_profile AS SELECT 1 AS id" -c "CREATE VIEW victim_current AS SELECT 1 AS mine" >/dev/null
check_equal "current: a forged definition takes nobody's view" "$(as up_second -c "INSERT INTO tools.uprofile_profile_definitions
	(name, table_schema, table_name, source, source_path, key_column, watch, models) VALUES ('victim', 'mart', 'victim_profile', 'users', 'mart', 'id', 'none', '{}')" \
	-c "SELECT uprofile_drop('victim')" -c "SELECT mine FROM victim_current" 2>&1 | grep .
	as up_maker -c "SELECT mine FROM victim_current")" "ERROR:  permission denied for view victim_current
1"
# A refresh whose owner may make no view goes on.
check_equal "current: a view that cannot be made is told, and the refresh goes on" "$(as up_second -c 'DROP VIEW club_current'
	psql -qX -c 'REVOKE CREATE ON SCHEMA mart FROM up_second'
	as up_second -c "SELECT status FROM uprofile_refresh('club')")" "WARNING:  view mart.club_current of profile \"club\" is not as it should be: permission denied for schema mart
succeeded"
psql -qX -c 'GRANT CREATE ON SCHEMA mart TO up_second'
check_equal "current: ... and makes it when it may" "$(as up_second -c "SELECT status FROM uprofile_refresh('club')" -c "$reads")" "succeeded
50|22||0|50"
check_equal "current: DROP EXTENSION takes the views, as it takes the triggers" "$(psql -qXAt -c 'DROP EXTENSION uprofile' \
	-c "SELECT relname FROM pg_class WHERE relname ~ '^club' AND relkind <> 'i' ORDER BY 1" -c 'UPDATE mart.users SET visits = 1')" "club_profile
club_queue"
psql -qX -c 'DROP OWNED BY up_maker, up_second, up_bi CASCADE'
finish
