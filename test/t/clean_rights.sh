#!/bin/bash
# Cleaning runs with the caller's rights: it reads what he may read, creates where he may create, and what it leaves is his.
. "$(dirname "$0")/common.bash"
for role in up_cleaner up_other; do
	psql -qX -d postgres -c "CREATE ROLE $role LOGIN" 2>/dev/null
done
scratch_database clean_rights

check "clean rights: set-up" "$(as postgres -c 'CREATE EXTENSION uprofile' \
	-c "CREATE TABLE people AS SELECT i AS id, ' ' || i AS name, CASE WHEN i % 2 = 0 THEN 'up_cleaner' ELSE 'up_other' END AS belongs_to
		FROM generate_series(1, 100) i" \
	-c 'ALTER TABLE people ENABLE ROW LEVEL SECURITY' -c 'CREATE POLICY own ON people USING (belongs_to = CURRENT_USER)' \
	-c 'GRANT SELECT ON people TO up_cleaner' -c 'CREATE SCHEMA his AUTHORIZATION up_cleaner' -c 'CREATE SCHEMA closed' \
	-c 'REVOKE CREATE ON SCHEMA public FROM PUBLIC' -c 'CREATE TABLE secret (x text)' -c 'GRANT CONNECT, TEMPORARY ON DATABASE clean_rights TO PUBLIC')"
check_equal "clean rights: only the rows that the caller may see" "$(as up_cleaner \
	-c "SELECT rows FROM uprofile_clean('people', 'his.people', 'id') WHERE rule = 'cleaned'" \
	-c "SELECT count(*), min(belongs_to) FROM his.people" -c "SELECT count(*) > 0 FROM his.people_changes")" "50
50|up_cleaner
t"
check_equal "clean rights: the tables are his" "$(as postgres \
	-c "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relname LIKE 'people\_%' OR relnamespace = 'his'::regnamespace")" up_cleaner
check_equal "clean rights: nobody else reads them" "$(as up_other -c 'SELECT * FROM his.people_quarantine' | grep -c 'permission denied')" 1
check_equal "clean rights: reading needs the right" \
	"$(as up_cleaner -c "SELECT uprofile_clean('secret', 'his.secret')" | grep -c 'permission denied for table secret')" 1
check_equal "clean rights: a source of synonyms needs it as well" \
	"$(as up_cleaner -c "SELECT uprofile_clean('people', 'his.x', rules => '[{\"rule\": \"synonyms\", \"column\": \"name\", \"table\": \"SELECT x, x FROM secret\"}]')" |
		grep -c 'permission denied for table secret')" 1
for schema in public closed; do
	check_equal "clean rights: creating needs the right ($schema)" \
		"$(as up_cleaner -c "SELECT uprofile_clean('people', '$schema.x')" | grep -c "permission denied for schema $schema")" 1
	check_equal "clean rights: so does a trial ($schema)" \
		"$(as up_cleaner -c "SELECT uprofile_clean('people', '$schema.x', dry_run => true)" | grep -c "permission denied for schema $schema")" 1
done
check_equal "clean rights: a role that may create nothing may try" "$(as up_cleaner \
	-c "SELECT rows FROM uprofile_clean('people', dry_run => true) WHERE rule = 'cleaned'")" 50
check_equal "clean rights: and may use temporary tables" "$(as up_cleaner \
	-c "SELECT rows FROM uprofile_clean('people', 'pg_temp.mine') WHERE rule = 'cleaned'" -c 'SELECT count(*) FROM mine')" "50
50"
# Names of the caller's path must not take the place of the server's types.
check "clean rights: types of the caller's path are not taken for the server's" "$(as up_cleaner \
	-c 'CREATE DOMAIN his.int4 AS text' -c 'CREATE DOMAIN his.text AS pg_catalog.int4' -c 'SET search_path = his, public, pg_catalog' \
	-c "SELECT attname FROM pg_attribute WHERE attrelid = 'his.people'::regclass AND attnum > 0 AND atttypid >= 16384" \
	-c "DO \$\$ BEGIN PERFORM public.uprofile_clean('people', 'his.again', 'id'); END \$\$" \
	-c "SELECT attrelid::regclass, attname FROM pg_attribute WHERE attrelid IN ('his.again'::regclass, 'his.again_changes'::regclass) AND attnum > 0 AND atttypid >= 16384")"
psql -qX -c 'DROP OWNED BY up_cleaner, up_other CASCADE' >/dev/null 2>&1
finish
