#!/bin/bash
# The stored source of a version, which uprofile_compare and uprofile_card read again, runs as the role that trained the version: not as
# who asks, not as the model's owner, and nobody can put another role's name there.
. "$(dirname "$0")/common.bash"
make_roles up_anna up_bert
scratch_database compare_rights

check "compare rights: set-up" "$(psql -qX -c 'CREATE EXTENSION uprofile' -c 'GRANT CREATE ON SCHEMA public TO PUBLIC' 2>&1
as up_anna -c "CREATE TABLE people AS SELECT i AS id, (i * 37) % 101 AS x, (i * 37) % 101 > 50 AS gone FROM generate_series(1, 400) i" \
	-c "CREATE FUNCTION only_anna() RETURNS boolean LANGUAGE plpgsql AS \$\$ BEGIN
		IF current_user <> 'up_anna' THEN RAISE 'runs as %', current_user; END IF; RETURN true; END \$\$" \
	-c "DO \$\$ BEGIN
		PERFORM uprofile_train('churn', 'SELECT * FROM people WHERE only_anna()', target => 'gone', algorithm => 'tree', key => 'id', deploy => 'always');
		PERFORM uprofile_train('churn', 'SELECT * FROM people WHERE only_anna()', target => 'gone', algorithm => 'bayes', key => 'id', deploy => 'always');
		PERFORM uprofile_share('churn', 'up_bert', 'own'); END \$\$" \
	-c "GRANT SELECT ON people TO up_bert")"
check_equal "compare rights: a superuser runs it as the trainer" "$(psql -qXAt -c "SELECT count(*) > 5 FROM uprofile_compare('churn', 1, 2, bootstrap => 10)" \
	-c "SELECT uprofile_card('churn', bootstrap => 0) ~ 'On [0-9]+ rows'" 2>&1)" "t
t"
refused "compare rights: who owns the model runs nothing as the trainer" up_bert "SELECT metric FROM uprofile_compare('churn', 1, 2)" \
	'you are no member of role "up_anna"'
check_equal "compare rights: he may compare on what he can read" "$(as up_bert -c "SELECT value_a > 0 FROM uprofile_compare('churn', 1, 2, 'people', bootstrap => 10) WHERE metric = 'accuracy'" \
	-c "SELECT uprofile_card('churn') ~ 'you are no member', uprofile_card('churn', source => 'people', bootstrap => 0) ~ 'On [0-9]+ rows'")" "t
t|t"
check "compare rights: he trains a version" "$(as up_bert -c "CREATE FUNCTION public.sly() RETURNS boolean LANGUAGE sql AS 'SELECT true'" \
	-c "DO \$\$ BEGIN PERFORM uprofile_train('churn', 'SELECT * FROM people WHERE sly()', target => 'gone', algorithm => 'tree', key => 'id', deploy => 'never'); END \$\$")"
refused "compare rights: which does not run as the owner" up_anna "SELECT metric FROM uprofile_compare('churn', 1, 3)" 'you are no member of role "up_bert"'
columns="model, version, algorithm, task, source, source_path, target, key_column, params, test_size, n_rows, n_test_rows, n_features, metrics, bytes, seconds"
refused "compare rights: nobody trains in another's name" up_bert "INSERT INTO uprofile_model_versions ($columns, trained_by)
	SELECT model, 99, ${columns#model, version, }, 'up_anna' FROM uprofile_model_versions WHERE version = 3" 'row-level security'
check "compare rights: his own is his own" "$(as up_bert -c "INSERT INTO uprofile_model_versions ($columns)
	SELECT model, 99, ${columns#model, version, } FROM uprofile_model_versions WHERE version = 3")"
finish
