#!/bin/bash
# Whose a model and a profile are: by the role itself, not by its name. Renaming, dropping and making roles again, giving
# away, what nobody owns any more, and all of that through a dump.
. "$(dirname "$0")/common.bash"
up_roles=up_anna_new
make_roles up_anna up_bert up_carl up_database
scratch_database owners -O up_database
dump=$(mktemp -d) || exit 1
trap 'rm -rf "$dump"; for d in owners owners_2; do PGDATABASE=postgres dropdb --if-exists --force $d 2>/dev/null; done; forget_roles' EXIT

train()
{
	echo "DO \$\$ BEGIN PERFORM uprofile_train('$1', 'people', algorithm => 'kmeans', params => '{\"k\": 2}'); END \$\$"
}

visible="SELECT coalesce(string_agg(x, ' ' ORDER BY x), 'nothing') FROM (
         SELECT model || '=' || coalesce(owner, 'nobody') FROM uprofile_models UNION ALL
         SELECT profile || '=' || coalesce(owner, 'nobody') FROM uprofile_profiles) v (x)"

check "owners: set-up" "$(as up_database -c 'CREATE SCHEMA tools; GRANT USAGE ON SCHEMA tools TO PUBLIC' \
	-c "ALTER DATABASE owners SET search_path = public, tools" -c 'CREATE EXTENSION uprofile SCHEMA tools'
	psql -qX -c 'GRANT CREATE ON SCHEMA public TO PUBLIC' \
	-c "CREATE TABLE people AS SELECT i AS id, (i * 37) % 101 AS x, (i * 53) % 97 AS z FROM generate_series(1, 200) i" \
	-c 'GRANT SELECT ON people TO PUBLIC')"
check "owners: two roles train" "$(as up_anna -c "$(train annas)" \
	-c "DO \$\$ BEGIN PERFORM uprofile_create('club', 'people', 'id', models => '{\"s\": {\"algorithm\": \"kmeans\", \"k\": 2}}');
	    PERFORM uprofile_refresh('club'); END \$\$"; as up_bert -c "$(train berts)")"
all="annas=up_anna club.s=up_anna club=up_anna"
check_equal "owners: each sees his own" "$(as up_anna -c "$visible") $(as up_bert -c "$visible")" "$all berts=up_bert"

# Nobody says himself whose a row is.
for forged in "INSERT INTO uprofile_model_names (name, owner) VALUES ('forged', 'up_anna')" \
	"INSERT INTO uprofile_model_names (name, owner_oid) VALUES ('forged', 10)" \
	"INSERT INTO uprofile_profile_definitions (name, table_schema, table_name, source, source_path, key_column, watch, models,
	 owner_oid) VALUES ('forged', 'public', 'club_profile', 'people', '', 'id', '{}', '{}', 10)" \
	"INSERT INTO uprofile_profile_definitions (name, table_schema, table_name, source, source_path, key_column, watch, models,
	 identity) VALUES ('forged', 'public', 'club_profile', 'people', '', 'id', '{}', '{}', gen_random_uuid())" \
	"UPDATE uprofile_model_names SET owner = 'up_anna' WHERE name = 'berts'" \
	"UPDATE uprofile_model_names SET owner_mark = gen_random_uuid() WHERE name = 'berts'" \
	"UPDATE uprofile_installation SET mark = gen_random_uuid()"; do
	check_equal "owners: refused: ${forged:0:70}" "$(as up_bert -c "$forged" | grep -c 'permission denied')" 1
done
check_equal "owners: refused: a row for another by its oid" "$(as up_bert \
	-c "UPDATE uprofile_model_names SET owner_oid = (SELECT oid FROM pg_roles WHERE rolname = 'up_anna')" |
	grep -cE 'must be (a )?member of role|must be able to SET ROLE')" 1
check_equal "owners: refused: giving to a role that one is no member of" "$(as up_bert \
	-c "SELECT uprofile_reassign_model('berts', 'up_anna')" | grep -cE 'must be (a )?member of role|must be able to SET ROLE')" 1
check_equal "owners: refused: taking another's" "$(as up_bert -c "SELECT uprofile_reassign_model('annas', 'up_bert')" \
	-c "SELECT uprofile_reassign_profile('club', 'up_bert')" | grep -c 'model "annas" does not exist')" 1
check_equal "owners: refused: taking another's profile" "$(as up_bert \
	-c "SELECT uprofile_reassign_profile('club', 'up_bert')" | grep -c 'profile "club" does not exist')" 1

# A renamed role keeps what it has; a new one of the old name gets nothing.
psql -qX -c 'ALTER ROLE up_anna RENAME TO up_anna_new' -c 'CREATE ROLE up_anna LOGIN'
renamed="annas=up_anna_new club.s=up_anna_new club=up_anna_new"
check_equal "owners: a renamed role keeps its models and profiles" "$(as up_anna_new -c "$visible")" "$renamed"
check_equal "owners: a new role of the old name gets nothing" "$(as up_anna -c "$visible" -c "SELECT count(*) FROM uprofile_model_versions" \
	-c "SELECT count(*) FROM uprofile_profile_definitions")" "nothing
0
0"
check_equal "owners: the renamed role refreshes and predicts" "$(as up_anna_new -c "SELECT status FROM uprofile_refresh('club')" \
	-c "SELECT count(uprofile_predict('annas', p)) FROM people p")" "succeeded
200"

# A dump made now carries the name of now.
pg_dump -Fc -f "$dump/1" owners
pg_dump --inserts -f "$dump/1.sql" owners
for format in custom inserts; do
	PGDATABASE=postgres dropdb --if-exists --force owners_2 2>/dev/null
	createdb -O up_database owners_2
	psql -qX -d owners_2 -c "ALTER DATABASE owners_2 SET search_path = public, tools" -c 'GRANT CREATE ON SCHEMA public TO PUBLIC'
	if [ $format = custom ]; then
		pg_restore -d owners_2 "$dump/1"
	else
		psql -qX -v ON_ERROR_STOP=1 -d owners_2 -f "$dump/1.sql" >/dev/null
	fi
	check_equal "owners: a dump ($format) keeps a renamed role's" "$(PGDATABASE=owners_2 as up_anna_new -c "$visible")" "$renamed"
	check_equal "owners: a dump ($format) gives a new role of the old name nothing" "$(PGDATABASE=owners_2 as up_anna -c "$visible")" nothing
done
check_equal "owners: another installation has another mark" "$(as postgres -c 'SELECT mark FROM uprofile_installation' |
	grep -c "$(PGDATABASE=owners_2 as postgres -c 'SELECT mark FROM uprofile_installation')")" 0
check_equal "owners: a restored profile goes on" "$(PGDATABASE=owners_2 as up_anna_new -c "SELECT status FROM uprofile_refresh('club')" \
	-c "SELECT uprofile_drop('club')" -c "SELECT to_regclass('club_profile') IS NULL")" "succeeded

t"
# Restored with triggers off, nobody is taken at his word.
PGDATABASE=owners_2 psql -qX -v ON_ERROR_STOP=1 >/dev/null <<-'SQL'
	ALTER TABLE uprofile_model_names DISABLE TRIGGER ALL;
	UPDATE uprofile_model_names SET owner_mark = gen_random_uuid() WHERE name = 'berts';
	ALTER TABLE uprofile_model_names ENABLE TRIGGER ALL;
SQL
check_equal "owners: a row of another installation is nobody's" "$(PGDATABASE=owners_2 as up_bert -c "$visible")" nothing
check_equal "owners: ... and the database's owner gives it back" "$(PGDATABASE=owners_2 as postgres \
	-c "SELECT name, former_owner FROM uprofile_orphans" -c "SELECT uprofile_reassign_model('berts', 'up_bert')" \
	; PGDATABASE=owners_2 as up_bert -c "$visible")" "berts|up_bert

berts=up_bert"

# A dropped role: its models are the database owner's to see, and a new role of that name gets nothing.
psql -qX -c 'REASSIGN OWNED BY up_anna_new TO up_carl' -c 'DROP OWNED BY up_anna_new'
PGDATABASE=owners_2 psql -qX -c 'DROP OWNED BY up_anna_new'
# Nothing depends on it in the registries: DROP ROLE knows no row.
psql -qX -v ON_ERROR_STOP=1 -c 'DROP ROLE up_anna_new' -c 'CREATE ROLE up_anna_new LOGIN'
check_equal "owners: a role dropped and made again gets nothing" "$(as up_anna_new -c "$visible") $(as up_carl -c "$visible")" "nothing nothing"
check_equal "owners: the database's owner sees what was left" "$(as up_database -c "$visible" \
	-c "SELECT kind, name, former_owner FROM uprofile_orphans ORDER BY 1, 2")" "annas=nobody club.s=nobody club=nobody
model|annas|up_anna
model|club.s|up_anna
profile|club|up_anna"
check_equal "owners: nobody else does" "$(as up_bert -c "SELECT count(*) FROM uprofile_orphans")" 0
check_equal "owners: a dump keeps what is nobody's, as nobody's" "$(PGDATABASE=postgres dropdb --force owners_2
	psql -qX -d postgres -c 'DROP ROLE up_anna_new'
	createdb -O up_database owners_2; psql -qX -d owners_2 -c "ALTER DATABASE owners_2 SET search_path = public, tools"
	pg_dump -Fc -f "$dump/2" owners; pg_restore -d owners_2 "$dump/2"
	psql -qX -d postgres -c 'CREATE ROLE up_anna_new LOGIN'
	PGDATABASE=owners_2 as up_anna_new -c "$visible"
	PGDATABASE=owners_2 as up_anna -c "$visible"
	PGDATABASE=owners_2 as up_database -c "SELECT string_agg(name, ' ' ORDER BY name) FROM uprofile_orphans")" "nothing
nothing
annas club club.s"
check_equal "owners: nobody runs a profile that is nobody's" "$(as postgres -c "SELECT status FROM uprofile_refresh('club')" |
	grep -c 'ERROR:  the owner of profile "club" is gone')" 1
check_equal "owners: the database's owner gives a model to a role that he is a member of" "$(as up_database \
	-c "SELECT uprofile_reassign_model('annas', 'up_bert')" | grep -cE 'must be (a )?member of role|must be able to SET ROLE')" 1
psql -qX -c 'GRANT up_carl TO up_database'
check_equal "owners: a model of a profile goes with the profile" "$(as up_database \
	-c "SELECT uprofile_reassign_model('club.s', 'up_carl')" | grep -c 'ERROR:  model "club.s" is one of profile "club"')" 1
check "owners: he gives them away" "$(as up_database -c "SELECT uprofile_reassign_model('annas', 'up_carl')" \
	-c "SELECT uprofile_reassign_profile('club', 'up_carl')" | grep .)"
check_equal "owners: they have a new owner" "$(as up_carl -c "$visible" -c "SELECT status FROM uprofile_refresh('club')" \
	-c "SELECT count(uprofile_predict('annas', p)) FROM people p" \
	-c "SELECT tableowner FROM pg_tables WHERE tablename = 'club_profile'")" "annas=up_carl club.s=up_carl club=up_carl
succeeded
200
up_carl"
check_equal "owners: the former database's orphans are none" "$(as up_database -c "SELECT count(*) FROM uprofile_orphans")" 0
# From a living owner, with the table.
psql -qX -c 'GRANT up_bert TO up_carl'
check_equal "owners: an owner gives away, with table and models" "$(as up_carl -c "SELECT uprofile_reassign_profile('club', 'up_bert')" \
	-c "SELECT uprofile_reassign_model('annas', 'up_bert')"; as up_bert -c "$visible" -c "SELECT status FROM uprofile_refresh('club')" \
	-c "SELECT tableowner FROM pg_tables WHERE tablename = 'club_profile'")" "

annas=up_bert berts=up_bert club.s=up_bert club=up_bert
succeeded
up_bert"
# The table given to somebody else is not the profile's any more, until the profile follows.
psql -qX -c "ALTER TABLE club_profile OWNER TO up_carl"
check_equal "owners: a table of another owner is not written" "$(as up_bert -c "SELECT status, split_part(message, ' (', 1) FROM uprofile_refresh('club')")" \
	'failed|profile "club" has lost its table'
psql -qX -c "SELECT uprofile_reassign_profile('club', 'up_carl')" >/dev/null
check_equal "owners: the profile follows its table" "$(as up_carl -c "SELECT status FROM uprofile_refresh('club')")" succeeded
check_equal "owners: an unknown role is an error" "$(as up_carl -c "SELECT uprofile_reassign_profile('club', 'up_nobody')" |
	grep -c 'role "up_nobody" does not exist')" 1
psql -qX -c 'DROP OWNED BY up_anna, up_anna_new, up_bert, up_carl' >/dev/null 2>&1
finish
