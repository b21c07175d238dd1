#!/bin/bash
# Models and profiles shared with other roles: what a right is for works, in views, parallel plans and READ ONLY transactions;
# what it is not for does not, and no row that a role can write gets it more. Four ordinary roles and a database's owner.
. "$(dirname "$0")/common.bash"
make_roles up_anna up_bi up_carl up_group up_database
scratch_database shared -O up_database
dump=$(mktemp -d) || exit 1
trap 'rm -rf "$dump"; for d in shared shared_2; do PGDATABASE=postgres dropdb --if-exists --force $d 2>/dev/null; done; forget_roles' EXIT

check "shared: set-up" "$(as up_database -c 'CREATE SCHEMA tools; GRANT USAGE ON SCHEMA tools TO PUBLIC' \
	-c "ALTER DATABASE shared SET search_path = public, tools" -c 'CREATE EXTENSION uprofile SCHEMA tools'
	psql -qX -c 'GRANT CREATE ON SCHEMA public TO PUBLIC' -c 'CREATE SCHEMA mart AUTHORIZATION up_anna')"
check "shared: anna's models and profile" "$(as up_anna \
	-c "CREATE TABLE people AS SELECT i AS id, (i * 37) % 101 AS x, (i * 53) % 97 AS z, (i * 37) % 101 > 50 AS gone FROM generate_series(1, 400) i" \
	-c "CREATE TABLE open_people AS SELECT id, x, z FROM people; GRANT SELECT ON open_people TO PUBLIC" \
	-c "DO \$\$ BEGIN
		PERFORM uprofile_train('churn', 'SELECT x, z, gone FROM people WHERE id <> 4711', target => 'gone', algorithm => 'tree');
		PERFORM uprofile_train('secret', 'people', target => 'gone', algorithm => 'tree', key => 'id');
		PERFORM uprofile_create('mart.club', 'people', 'id', models => '{\"churn\": {\"algorithm\": \"tree\", \"target\": \"gone\"},
			\"s\": {\"algorithm\": \"kmeans\", \"k\": 2}}');
		PERFORM uprofile_refresh('mart.club'); END \$\$" \
	-c "CREATE VIEW scored AS SELECT id, uprofile_predict_proba('churn', p) AS risk FROM open_people p; GRANT SELECT ON scored TO PUBLIC")"

count="SELECT count(uprofile_predict('churn', p)) FROM open_people p"
refused "shared: not yet: predictions" up_bi "$count" 'model "churn" does not exist'
refused "shared: not yet: a view of the owner's" up_bi "SELECT count(risk) FROM scored" 'model "churn" does not exist'
refused "shared: only the owner shares" up_bi "SELECT uprofile_share('churn', 'up_bi')" 'model "churn" does not exist'
refused "shared: an unknown role" up_anna "SELECT uprofile_share('churn', 'up_nobody')" 'role "up_nobody" does not exist'
refused "shared: an unknown right" up_anna "SELECT uprofile_share('churn', 'up_bi', 'all')" 'privilege is "all"'

# ---- use
check_equal "shared: use" "$(as up_anna -c "SELECT uprofile_share('churn', 'up_bi')" -c "SELECT uprofile_share('churn', 'up_bi', 'use')" \
	-c "SELECT kind, name, privilege, role_name FROM uprofile_grants")" "

model|churn|use|up_bi"
forms="SELECT count(uprofile_predict('churn', p)), count(uprofile_predict_label('churn', p)), count(uprofile_predict_proba('churn', p)),
	count(uprofile_predict_proba('churn', p, 'true')) FROM open_people p;
	SELECT count(risk) FROM scored; SELECT count(*) > 0 FROM open_people p, uprofile_explain('churn', p) WHERE id = 3;
	SELECT kind, name, privilege, role_name FROM uprofile_grants;
	SELECT uprofile_model_info('churn');"
want='400|400|400|400
400
t
model|churn|use|up_bi
{"task": "classification", "inputs": [{"kind": "number", "name": "x"}, {"kind": "number", "name": "z"}], "target": "gone", "classes": [false, true], "algorithm": "tree", "label_type": "boolean", "n_features": 2}'
check_equal "shared: use: by name, in a view of the owner's" "$(as up_bi <<<"$forms")" "$want"
check_equal "shared: use: read only" "$(MORE='-c default_transaction_read_only=on' as up_bi <<<"$forms")" "$want"
check_equal "shared: use: in a transaction, under another snapshot" "$(as up_bi -c "BEGIN ISOLATION LEVEL REPEATABLE READ" -c "$count" -c "$count" -c COMMIT)" "400
400"
parallel="SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
	SET parallel_leader_participation = off"
check_equal "shared: use: in parallel workers" "$(as up_bi -c "$parallel" -c "EXPLAIN (COSTS off) $count" -c "$count" | grep -oE 'Parallel Seq Scan|^400' | tr '\n' ' ')" \
	"Parallel Seq Scan 400 "
check_equal "shared: use: the views" "$(as up_bi -c "SELECT model, version, deployed, algorithm, task, target, features, owner, source IS NULL AS no_source, params IS NULL AS no_params,
	note IS NULL AS no_note FROM uprofile_models" -c "SELECT count(*) > 0 FROM uprofile_metrics WHERE metric = 'auc'")" "churn|1|t|tree|classification|gone|2|up_anna|t|t|t
t"
for call in "uprofile_show('churn')" "uprofile_to_sql('churn')" "uprofile_model('churn')" "uprofile_model('churn', 1)" "count(*) FROM uprofile_coefficients('churn')" \
	"count(*) FROM uprofile_importance('churn')" "count(*) FROM uprofile_evaluate('churn', 'open_people')" "uprofile_deploy('churn', 1)" "uprofile_rollback('churn')" \
	"uprofile_drop_model('churn')" "uprofile_share('churn', 'up_carl')" "uprofile_unshare('churn', 'up_bi')" "uprofile_reassign_model('churn', 'up_bi')"; do
	refused "shared: use is not for $call" up_bi "SELECT $call" 'permission denied for model|does not exist|has no version'
done
refused "shared: use is not for training" up_bi "SELECT uprofile_train('churn', 'open_people', algorithm => 'kmeans')" 'taken by another role'
check_equal "shared: use: no row of the registry" "$(as up_bi -c "SELECT count(*) FROM uprofile_model_names" -c "SELECT count(*) FROM uprofile_model_versions" \
	-c "SELECT count(*) FROM uprofile_deployments" -c "SELECT count(*) FROM uprofile_granted")" "0
0
0
1"
refused "shared: others do not" up_carl "$count" 'model "churn" does not exist'
check_equal "shared: others see no grant" "$(as up_carl -c "SELECT count(*) FROM uprofile_granted" -c "SELECT count(*) FROM uprofile_grants")" "0
0"
check_equal "shared: a role's members use what it may" "$(as up_anna -c "SELECT uprofile_share('churn', 'up_group')"; psql -qX -c 'GRANT up_group TO up_carl'; as up_carl -c "$count"
	psql -qX -c 'REVOKE up_group FROM up_carl'; as up_carl -c "$count" | grep -c 'does not exist')" "
400
1"
check_equal "shared: a newly deployed version is used at once" "$(as up_anna -c "DO \$\$ BEGIN PERFORM uprofile_train('churn', 'SELECT x, z, gone FROM people', target => 'gone',
	algorithm => 'bayes', deploy => 'always'); END \$\$"; as up_bi -c "SELECT algorithm, version FROM uprofile_models"; as up_anna -c "SELECT deployed_version FROM uprofile_rollback('churn')")" "bayes|2
1"

# ---- attacks: rows of the registry that a role can write
insert="INSERT INTO uprofile_granted (model, privilege, grantee) VALUES"
refused "shared: attack: a grant of another's model" up_bi "$insert ('secret', 'use', 'up_bi')" 'not yours to share'
refused "shared: attack: a grant of a model that is only shared" up_bi "$insert ('churn', 'own', 'up_bi')" 'not yours to share'
refused "shared: attack: a grant that names the owner" up_bi "INSERT INTO uprofile_granted (model, privilege, grantee, owner, owner_oid) SELECT 'secret', 'own', 'up_bi', 'up_anna',
	oid FROM pg_roles WHERE rolname = 'up_anna'" 'permission denied'
refused "shared: attack: a grant that names an oid" up_bi "INSERT INTO uprofile_granted (model, privilege, grantee, grantee_oid) VALUES ('secret', 'own', 'up_bi', 10)" 'permission denied'
refused "shared: attack: a changed grant" up_bi "UPDATE uprofile_granted SET privilege = 'own'" 'permission denied'
check_equal "shared: attack: a grantee takes no grant away" "$(as up_bi -c "DELETE FROM uprofile_granted" -c "$count")" 400
refused "shared: attack: a grant of another's profile" up_bi "INSERT INTO uprofile_granted (profile, privilege, grantee) VALUES ('mart.club', 'use', 'up_bi')" 'not yours to share'
secret=$(as postgres -c "SELECT id FROM uprofile_model_versions WHERE model = 'secret'")
check "shared: attack: a model of carl's own" "$(as up_carl -c "DO \$\$ BEGIN PERFORM uprofile_train('decoy', 'open_people', algorithm => 'kmeans', params => '{\"k\": 2}'); END \$\$" \
	-c "UPDATE uprofile_model_names SET deployed = $secret WHERE name = 'decoy'")"
refused "shared: attack: his model deploys another's version" up_carl "SELECT uprofile_predict_proba('decoy', ROW(1, 2, 3)::open_people)" 'has no deployed version'
as up_carl -c "SELECT uprofile_share('decoy', 'up_bi')" >/dev/null
refused "shared: attack: ... and shares it" up_bi "SELECT uprofile_predict_proba('decoy', p) FROM open_people p LIMIT 1" 'has no deployed version'
churn=$(as postgres -c "SELECT id FROM uprofile_model_versions WHERE model = 'churn' AND version = 1")
check "shared: attack: bi's decoy" "$(as up_bi -c "DO \$\$ BEGIN PERFORM uprofile_train('mine', 'open_people', algorithm => 'kmeans', params => '{\"k\": 2}'); END \$\$" \
	-c "UPDATE uprofile_model_names SET deployed = $churn WHERE name = 'mine'")"
check_equal "shared: attack: what is parsed already is not shown under another name" "$(as up_bi -v ON_ERROR_STOP=0 -c "$count" -c "SELECT uprofile_show('mine')" \
	-c "SELECT uprofile_to_sql('mine')" -c "SELECT length(uprofile_model('mine'))" | grep -c 'has no deployed version')" 3
check_equal "shared: attack: a version under another's model" "$(as up_bi -c "INSERT INTO uprofile_model_versions (model, version, algorithm, task, source, source_path, params, test_size,
	n_rows, n_test_rows, n_features, metrics, bytes) SELECT 'churn', 9, algorithm, task, source, source_path, params, test_size, n_rows, n_test_rows, n_features, metrics, bytes
	FROM uprofile_model_versions LIMIT 1" | grep -c 'violates row-level security')" 1
refused "shared: attack: a definition that claims a model" up_bi "INSERT INTO uprofile_profile_definitions (name, table_schema, table_name, source, source_path, key_column, watch, models)
	VALUES ('x', 'public', 'x', 'people', '', 'id', 'none', '{}'); INSERT INTO uprofile_granted (profile, privilege, grantee) VALUES ('x', 'use', 'up_bi');
	UPDATE uprofile_profile_definitions SET name = 'mart.club' WHERE name = 'x'" 'permission denied'
# A name such that another's model looks like his profile's.
check_equal "shared: attack: a profile whose name begins another's model" "$(as up_bi -c "INSERT INTO uprofile_profile_definitions (name, table_schema, table_name, source, source_path,
	key_column, watch, models) VALUES ('mart', 'public', 'x', 'people', '', 'id', 'none', '{\"club.churn\": {}}')" -c "INSERT INTO uprofile_granted (profile, privilege, grantee)
	VALUES ('mart', 'use', 'up_bi')" -c "SELECT uprofile_predict('mart.club.churn', p) FROM open_people p LIMIT 1" | grep -c 'does not exist')" 1
as up_bi -c "DELETE FROM uprofile_profile_definitions" -c "SELECT uprofile_drop_model('mine')" >/dev/null

# ---- own
as up_anna -c "SELECT uprofile_share('churn', 'up_carl', 'own')" >/dev/null
check_equal "shared: own: trains, deploys, reads" "$(as up_carl -c "SELECT version, deployed FROM uprofile_train('churn', 'SELECT x, z, x > 50 AS gone FROM open_people', target => 'gone',
	algorithm => 'logistic', deploy => 'never')" -c "SELECT deployed_version FROM uprofile_deploy('churn', 3)" -c "SELECT deployed_version FROM uprofile_rollback('churn')" \
	-c "SELECT length(uprofile_model('churn')) > 0, uprofile_show('churn') LIKE '%x%'" -c "SELECT count(*), count(source) FROM uprofile_models WHERE model = 'churn'" \
	-c "SELECT versions_dropped FROM uprofile_drop_model('churn', 2)")" "3|f
3
1
t|t
3|3
1"
refused "shared: own is not for sharing" up_carl "SELECT uprofile_share('churn', 'up_database')" 'not yours to share'
refused "shared: own is not for sharing, by a row" up_carl "$insert ('churn', 'use', 'up_database')" 'not yours to share'
refused "shared: own is not for giving away" up_carl "SELECT uprofile_reassign_model('churn', 'up_carl')" 'not yours to give away'
refused "shared: own is not for giving away, by a row" up_carl "UPDATE uprofile_model_names SET owner_oid = (SELECT oid FROM pg_roles WHERE rolname = 'up_carl') WHERE name = 'churn'" \
	'not yours to give away'
check_equal "shared: own: it remains the owner's" "$(as up_anna -c "SELECT DISTINCT owner FROM uprofile_models WHERE model = 'churn'" -c "SELECT uprofile_unshare('churn', 'up_carl')")" up_anna
refused "shared: unshared" up_carl "$count" 'model "churn" does not exist'
check_equal "shared: own: drops" "$(as up_anna -c "DO \$\$ BEGIN PERFORM uprofile_train('brief', 'SELECT x, z FROM people', algorithm => 'kmeans', params => '{\"k\": 2}'); END \$\$" \
	-c "SELECT uprofile_share('brief', 'up_carl', 'own')"; as up_carl -c "SELECT versions_dropped FROM uprofile_drop_model('brief')"
	as up_anna -c "SELECT count(*) FROM uprofile_granted WHERE model = 'brief'")" "
1
0"

# ---- profiles
refused "shared: a profile is not bi's" up_bi "SELECT uprofile_grant('mart.club', 'up_bi')" 'profile "mart.club" does not exist'
check_equal "shared: a profile is granted" "$(as up_anna -c "SELECT uprofile_grant('mart.club', 'up_bi')" -c "SELECT kind, name, privilege FROM uprofile_grants WHERE name = 'mart.club'")" "
profile|mart.club|use"
profile="SELECT count(*), count(churn_probability) FROM mart.club_profile; SELECT count(*), count(computed_at) FROM mart.club_current;
	SELECT profile, table_name, users, last_status, fresh_at IS NOT NULL, changed, owner, source IS NULL, models IS NULL, watch IS NULL FROM uprofile_profiles;
	SELECT profile, status, users, inserted, mode, message IS NULL FROM uprofile_runs;
	SELECT count(*) FROM uprofile_run_steps; SELECT count(*) FROM uprofile_profile_definitions; SELECT count(*) FROM uprofile_refresh_log; SELECT count(*) FROM uprofile_watches;
	SELECT count(uprofile_predict('mart.club.churn', p)), count(uprofile_predict('mart.club.s', p)) FROM open_people p;
	SELECT model, source IS NULL FROM uprofile_models ORDER BY 1;"
want="400|400
400|400
mart.club|mart.club_profile|400|succeeded|t|0|up_anna|t|t|t
mart.club|succeeded|400|400|full|t
0
0
0
0
400|400
churn|t
mart.club.churn|t
mart.club.s|t"
check_equal "shared: a profile: table, freshness, runs and predictions" "$(as up_bi <<<"$profile")" "$want"
check_equal "shared: a profile: its queue" "$(as up_anna -c "UPDATE people SET z = z + 1 WHERE id IN (3, 4)"; as up_bi -c "SELECT changed, oldest_change IS NOT NULL FROM uprofile_profiles")" "2|t"
check_equal "shared: a profile: when it is refreshed" "$(as up_anna -c "INSERT INTO uprofile_schedules (profile, schedule, run_as) VALUES ('mart.club', '0 3 * * *', 'up_anna')"
	as up_bi -c "SELECT refresh, schedule, next_full FROM uprofile_profiles" -c "SELECT count(*) FROM uprofile_schedules")" "manual|0 3 * * *|
0"
check_equal "shared: a view that is made anew is granted as before" "$(as up_anna -c "DROP VIEW mart.club_current" -c "SELECT status FROM uprofile_refresh('mart.club')"
	as up_bi -c "SELECT count(*) FROM mart.club_current")" "succeeded
400"
for call in "uprofile_refresh('mart.club')" "uprofile_drop('mart.club')" "uprofile_watched('mart.club')" "uprofile_revoke('mart.club', 'up_bi')" "uprofile_grant('mart.club', 'up_carl')"; do
	refused "shared: a granted profile is not for $call" up_bi "SELECT $call" 'permission denied for profile "mart.club"'
done
check_equal "shared: a failed run's words stay the owner's" "$(as up_anna -c "INSERT INTO people SELECT 3, 4711, 1, true"; as up_anna -c "SELECT status FROM uprofile_refresh('mart.club')"
	as up_bi -c "SELECT status, sqlstate, message IS NULL FROM uprofile_runs ORDER BY run DESC LIMIT 1" -c "SELECT last_status, last_message IS NULL FROM uprofile_profiles")" "failed
failed|21000|t
failed|t"
as up_anna -c "DELETE FROM people WHERE x = 4711" -c "SELECT uprofile_refresh('mart.club')" >/dev/null
refused "shared: a model of the profile that is not one" up_bi "SELECT uprofile_predict('mart.club.nothing', p) FROM open_people p LIMIT 1" 'does not exist'

# ---- renaming, dropping and giving away roles, and dumps
psql -qX -c 'ALTER ROLE up_bi RENAME TO up_bi_new' -c 'CREATE ROLE up_bi LOGIN'
check_equal "shared: a renamed role keeps what is shared with it" "$(as up_bi_new -c "$count")" 400
refused "shared: a new role of its name gets nothing" up_bi "$count" 'does not exist'
check_equal "shared: nor from a dump" "$(pg_dump -Fc -f "$dump/1" shared; createdb -O up_database shared_2; psql -qX -d shared_2 -c "ALTER DATABASE shared_2 SET search_path = public, tools"
	pg_restore -d shared_2 "$dump/1"; PGDATABASE=shared_2 as up_bi_new -c "$count" -c "SELECT count(uprofile_predict('mart.club.s', p)) FROM open_people p" -c "SELECT users FROM uprofile_profiles"
	PGDATABASE=shared_2 as up_bi -c "$count" | grep -c 'does not exist')" "400
400
400
1"
check_equal "shared: after a dump the rows are this installation's" "$(PGDATABASE=shared_2 as postgres -c "SELECT count(*), count(DISTINCT owner_mark), min(owner_mark::text) =
	(SELECT mark::text FROM uprofile_installation) FROM uprofile_granted")" "4|1|t"
psql -qX -c 'GRANT up_carl TO up_anna' -c 'GRANT CREATE, USAGE ON SCHEMA mart TO up_carl'
check_equal "shared: what is given away stays shared" "$(as up_anna -c "SELECT uprofile_reassign_model('churn', 'up_carl')" -c "SELECT uprofile_reassign_profile('mart.club', 'up_carl')" \
	-c "SELECT count(*) FROM uprofile_grants WHERE name IN ('churn', 'mart.club')"; as up_bi_new -c "$count" -c "SELECT count(uprofile_predict('mart.club.s', p)) FROM open_people p" \
	-c "SELECT owner, count(*) OVER () FROM uprofile_profiles" -c "SELECT count(*) FROM mart.club_profile")" "

3
400
400
up_carl|1
400"
check_equal "shared: a profile is revoked" "$(as up_carl -c "SELECT uprofile_revoke('mart.club', 'up_bi_new')"; as up_bi_new -v ON_ERROR_STOP=0 -c "SELECT count(*) FROM mart.club_profile" \
	-c "SELECT count(uprofile_predict('mart.club.s', p)) FROM open_people p" -c "SELECT count(*) FROM uprofile_profiles" -c "SELECT count(*) FROM uprofile_runs" |
	sed 's/^ERROR:  \(permission denied\|model .* does not exist\).*/\1/; /^HINT/d')" "
permission denied
model \"mart.club.s\" does not exist
0
0"
# A row of another installation, as triggers that are off let it in, is nobody's.
PGDATABASE=shared_2 psql -qX >/dev/null <<-'SQL'
	ALTER TABLE uprofile_granted DISABLE TRIGGER ALL;
	UPDATE uprofile_granted SET owner_mark = gen_random_uuid();
	ALTER TABLE uprofile_granted ENABLE TRIGGER ALL;
SQL
PGDATABASE=shared_2 refused "shared: a grant of another installation does not count" up_bi_new "$count" 'does not exist'
check_equal "shared: nor is it dumped" "$(pg_dump -a -t tools.uprofile_granted shared_2 2>/dev/null | grep -c up_bi_new)" 0
# A dropped role.
for d in shared shared_2; do psql -qX -d $d -c 'DROP OWNED BY up_bi_new'; done
psql -qX -d postgres -c 'DROP ROLE up_bi_new' -c 'CREATE ROLE up_bi_new LOGIN'
refused "shared: a role dropped and made again gets nothing" up_bi_new "$count" 'does not exist'
check_equal "shared: what a role had that is gone goes with the next change" "$(as up_carl -c "SELECT uprofile_share('churn', 'up_group')" -c "SELECT grantee FROM uprofile_granted WHERE model = 'churn'")" "
up_group"
check_equal "shared: the schema's owner is asked for USAGE" "$(psql -qX -c 'ALTER SCHEMA mart OWNER TO postgres' -c 'GRANT USAGE ON SCHEMA mart TO up_carl' -c 'REVOKE USAGE ON SCHEMA mart FROM up_group'
	PGOPTIONS='' PGUSER=up_carl psql -qXAt -c "SELECT uprofile_grant('mart.club', 'up_group')" 2>&1)" "NOTICE:  role \"up_group\" may not use schema \"mart\"
HINT:  Let its owner run: GRANT USAGE ON SCHEMA mart TO up_group;"
roles="$roles up_bi_new"
for d in shared shared_2; do psql -qX -d $d -c 'DROP OWNED BY up_anna, up_bi, up_carl, up_group, up_bi_new CASCADE' >/dev/null 2>&1; done
finish
