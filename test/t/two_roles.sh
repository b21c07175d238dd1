#!/bin/bash
# Two ordinary roles in one database: what one registers the other neither sees, uses, changes nor takes over, except
# as a member of its owner; training sees only the rows that its caller may see.
. "$(dirname "$0")/common.bash"
for role in up_a up_b up_a_member; do
	psql -qX -d postgres -c "CREATE ROLE $role LOGIN" 2>/dev/null
done
psql -qX -d postgres -c "GRANT up_a TO up_a_member" 2>/dev/null
scratch_database two_roles

check "two roles: set-up" "$(as postgres -c 'CREATE EXTENSION uprofile' \
	-c "CREATE TABLE people AS SELECT i AS id, (i * 37) % 101 AS x, (i * 53) % 97 AS z, (i * 37) % 101 > 50 AS label,
		CASE WHEN i % 2 = 0 THEN 'up_a' ELSE 'up_b' END AS belongs_to FROM generate_series(1, 400) i" \
	-c 'ALTER TABLE people ENABLE ROW LEVEL SECURITY' \
	-c 'CREATE POLICY own ON people USING (belongs_to = CURRENT_USER)' \
	-c 'GRANT SELECT ON people TO PUBLIC' \
	-c 'CREATE TABLE closed (x float8)')"
train="SELECT rows_trained + rows_tested, version FROM uprofile_train('secret', 'SELECT x, z, label FROM people',
       target => 'label', algorithm => 'svm')"
check_equal "two roles: training sees the caller's rows only" "$(as up_a -c "$train")" "200|1"
check_equal "two roles: training needs the right to read" \
	"$(as up_a -c "SELECT uprofile_train('x', 'closed', algorithm => 'kmeans')" | grep -c 'permission denied for table closed')" 1
check_equal "two roles: the owner sees his model" "$(as up_a -c "SELECT model, owner FROM uprofile_models")" "secret|up_a"
check_equal "two roles: a member of the owner sees and uses it" "$(as up_a_member \
	-c "SELECT model FROM uprofile_models" \
	-c "SELECT uprofile_predict_label('secret', r) IN ('true', 'false') FROM (VALUES (1, 2)) r (x, z)")" "secret
t"

for object in uprofile_models uprofile_metrics uprofile_model_names uprofile_model_versions uprofile_deployments uprofile_orphans \
	uprofile_profile_definitions uprofile_refresh_log uprofile_profiles uprofile_runs; do
	check_equal "two roles: another sees no row of $object" "$(as up_b -c "SELECT count(*) FROM $object")" 0
done
# A function that leaks, cheaper than the condition, must not see hidden rows through the views.
check "two roles: views do not leak to a cheap function" "$(as up_b \
	-c "CREATE FUNCTION pg_temp.leak(text) RETURNS bool COST 0.0000001 LANGUAGE plpgsql AS
		\$\$ BEGIN RAISE NOTICE 'leaked %', \$1; RETURN true; END \$\$" \
	-c "SET client_min_messages = notice" -c "SELECT * FROM uprofile_models WHERE pg_temp.leak(model)" \
	-c "SELECT * FROM uprofile_metrics WHERE pg_temp.leak(model)")"
for call in "uprofile_predict('secret', ARRAY[1, 2])" "uprofile_predict_label('secret', ROW(1, 2))" \
	"uprofile_model('secret')" "uprofile_model_info('secret'::text)" "uprofile_rollback('secret')" \
	"uprofile_deploy('secret', 1)" "uprofile_drop_model('secret')" \
	"uprofile_evaluate('secret', 'SELECT x, z, label FROM people')"; do
	got=$(as up_b -c "SELECT $call")
	if grep -q '^ERROR: .*"secret"' <<<"$got"; then
		ok "two roles: refused to another: $call"
	else
		fail "two roles: refused to another: $call" "$got"
	fi
done
got=$(as up_b -c "$train")
if grep -q '^ERROR: .*"secret"' <<<"$got"; then
	ok "two roles: a name that is taken is refused in words"
else
	fail "two roles: a name that is taken is refused in words" "$got"
fi
check_equal "two roles: another cannot write in the owner's name" "$(as up_b \
	-c "INSERT INTO uprofile_model_names (name, owner) VALUES ('forged', 'up_a')" | grep -c 'permission denied')" 1
check_equal "two roles: another cannot add a version" "$(as up_b \
	-c "INSERT INTO uprofile_deployments (model, version_id) VALUES ('secret', 1)" | grep -c '^ERROR')" 1
check_equal "two roles: another's UPDATE and DELETE find nothing" "$(as up_b \
	-c "WITH u AS (UPDATE uprofile_model_names SET deployed = NULL RETURNING 1) SELECT count(*) FROM u" \
	-c "WITH d AS (DELETE FROM uprofile_model_versions RETURNING 1) SELECT count(*) FROM d" \
	-c "WITH d AS (DELETE FROM uprofile_model_names RETURNING 1) SELECT count(*) FROM d")" "0
0
0"
check_equal "two roles: nobody rewrites a version" "$(as up_a \
	-c "UPDATE uprofile_model_versions SET note = 'better'" | grep -c 'permission denied')" 1
check_equal "two roles: the model works as before" "$(as up_a \
	-c "SELECT count(*), bool_and(deployed) FROM uprofile_models" \
	-c "SELECT uprofile_predict_label('secret', p) IN ('true', 'false') FROM people p LIMIT 1")" "1|t
t"

# A profile: the names of its models, the table that it may touch.
psql -qX -c 'GRANT CREATE ON SCHEMA public TO up_a, up_b'
profile="'id', models => '{\"s\": {\"algorithm\": \"kmeans\", \"k\": 2}}'"
check "two roles: a profile" "$(as up_a -c "DO \$\$ BEGIN PERFORM uprofile_create('club', 'people', $profile);
	PERFORM uprofile_refresh('club'); END \$\$" -c 'CREATE TABLE treasure AS SELECT 1 AS x')"
check_equal "two roles: another takes no name of a profile's models" "$(as up_b \
	-c "INSERT INTO uprofile_model_names (name) VALUES ('club.t')" | grep -c 'ERROR:  model name "club.t" belongs to no profile of yours')" 1
check_equal "two roles: another makes no profile of the name" "$(as up_b \
	-c "SELECT uprofile_create('club', 'people', $profile)" | grep -c 'ERROR:  profile "club" already exists')" 1
check "two roles: a definition that names another's tables" "$(as up_b \
	-c "INSERT INTO uprofile_profile_definitions (name, table_schema, table_name, source, source_path, key_column, watch, models)
	    VALUES ('forged', 'public', 'club_profile', 'people', 'public', 'id', '{}', '{}'),
	           ('forged too', 'public', 'treasure', 'people', 'public', 'id', '{}', '{\"s\": {\"algorithm\": \"kmeans\"}}')")"
check_equal "two roles: ... is not refreshed" "$(as up_b -c "SELECT split_part(message, ' (', 1) FROM uprofile_refresh('forged')" \
	-c "SELECT split_part(message, ' (', 1) FROM uprofile_refresh('forged too')")" 'profile "forged" has lost its table
profile "forged too" has lost its table'
check_equal "two roles: ... and drops nothing, by whomever" "$(as up_b -c "SELECT uprofile_drop('forged')"
	as postgres -c "SELECT uprofile_drop('forged too')" -c 'SELECT count(*) FROM treasure' -c 'SELECT count(*) FROM club_profile')" "

1
200"
# A table with the mark of another's, copied: it is not the owner's.
mark=$(psql -qXAtc "SELECT conname FROM pg_constraint WHERE conrelid = 'club_profile'::regclass AND conname ~ '^uprofile_'")
check_equal "two roles: a profile's table that became another's" "$(as up_a -c 'DROP TABLE club_profile CASCADE'
	as up_b -c "CREATE TABLE club_profile (id int, CONSTRAINT $mark CHECK (true))"
	as up_a -c "SELECT split_part(message, ' (', 1) FROM uprofile_refresh('club')" -c "SELECT uprofile_drop('club')"
	as up_b -c 'SELECT count(*) FROM club_profile')" 'profile "club" has lost its table

0'
check_equal "two roles: a profile's models go with it" "$(as up_a -c "SELECT string_agg(model, ' ') FROM uprofile_models")" secret
check_equal "two roles: models that are kept stay their owner's" "$(as up_a -c "DO \$\$ BEGIN PERFORM uprofile_create('team', 'people', $profile);
	PERFORM uprofile_refresh('team'); PERFORM uprofile_drop('team', keep_models => true); END \$\$"
	as up_b -c "SELECT uprofile_create('team', 'people', $profile)" | grep ERROR
	as postgres -c "SELECT uprofile_create('team', 'people', $profile)" | grep ERROR
	as up_a -c "SELECT uprofile_create('team', 'people', $profile)" -c "SELECT uprofile_drop('team')" | grep .)" 'ERROR:  model name "team.s" is taken by another role
ERROR:  model "team.s" belongs to another role
public.team_profile'
check_equal "two roles: the owner drops it" "$(as up_a -c "SELECT versions_dropped FROM uprofile_drop_model('secret')" \
	-c "SELECT count(*) FROM uprofile_models")" "1
0"
psql -qX -c 'DROP OWNED BY up_a, up_b, up_a_member' >/dev/null 2>&1
finish
