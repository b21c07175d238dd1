#!/bin/bash
# uprofile_vote and uprofile_stack put copies of other models into one: only of models that the caller owns or that are wholly shared with him,
# and what is read for it is read as the caller, whoever trained the members.
. "$(dirname "$0")/common.bash"
make_roles up_anna up_bert up_carl
scratch_database ensemble_rights

vote="SELECT rows_tested > 0 FROM uprofile_vote('%s', '%s', 'gone', models => '{tree, bayes}', key => 'id', deploy => 'always')"
stack="SELECT rows_tested > 0 FROM uprofile_stack('%s', '%s', 'gone', models => '{tree, bayes}', key => 'id', folds => 2, deploy => 'always')"
check "ensemble rights: set-up" "$(psql -qX -c 'CREATE EXTENSION uprofile' -c 'GRANT CREATE ON SCHEMA public TO PUBLIC' 2>&1
as up_anna -c "CREATE TABLE people AS SELECT i AS id, (i * 37) % 101 AS x, (i * 37) % 101 > 50 AS gone FROM generate_series(1, 300) i" \
	-c "CREATE FUNCTION only_anna() RETURNS boolean LANGUAGE plpgsql AS \$\$ BEGIN
		IF current_user <> 'up_anna' THEN RAISE 'runs as %', current_user; END IF; RETURN true; END \$\$" \
	-c "DO \$\$ BEGIN
		PERFORM uprofile_train('tree', 'SELECT * FROM people WHERE only_anna()', target => 'gone', algorithm => 'tree', key => 'id', deploy => 'always');
		PERFORM uprofile_train('bayes', 'SELECT * FROM people WHERE only_anna()', target => 'gone', algorithm => 'bayes', key => 'id', deploy => 'always'); END \$\$" \
	-c "CREATE TABLE berts AS SELECT * FROM people" -c "GRANT SELECT ON berts TO up_bert, up_carl")"
for kind in vote stack; do
	text=${!kind}
	refused "ensemble rights: $kind of models that are not his" up_carl "$(printf "$text" mine berts)" 'model "(tree|bayes)" does not exist'
done
check "ensemble rights: for use" "$(as up_anna -c "DO \$\$ BEGIN PERFORM uprofile_share(m, 'up_bert', 'use') FROM unnest('{tree, bayes}'::text[]) m; END \$\$")"
for kind in vote stack; do
	refused "ensemble rights: use is no right to a copy: $kind" up_bert "$(printf "${!kind}" mine berts)" 'permission denied for model "(tree|bayes)"'
done
check_equal "ensemble rights: nothing stays of it" "$(psql -qXAt -c "SELECT string_agg(name, ' ' ORDER BY name) FROM uprofile_model_names" 2>&1)" "bayes tree"
check "ensemble rights: wholly" "$(as up_anna -c "DO \$\$ BEGIN PERFORM uprofile_share(m, 'up_bert', 'own') FROM unnest('{tree, bayes}'::text[]) m; END \$\$")"
for kind in vote stack; do
	refused "ensemble rights: $kind reads as the caller" up_bert "$(printf "${!kind}" mine people)" 'permission denied for table people'
	refused "ensemble rights: $kind runs nothing as who trained the members" up_bert "$(printf "${!kind}" mine 'SELECT * FROM berts WHERE only_anna()')" 'runs as up_bert'
	check_equal "ensemble rights: $kind of what is his" "$(as up_bert -c "$(printf "${!kind}" "berts_$kind" berts)")" "t"
	check_equal "ensemble rights: $kind is his own" "$(as up_bert -c "SELECT owner, trained_by FROM uprofile_models WHERE model = 'berts_$kind'")" "up_bert|up_bert"
	check_equal "ensemble rights: not theirs who own the members" "$(as up_anna -c "SELECT count(*) FROM uprofile_models WHERE model = 'berts_$kind'")" "0"
	check_equal "ensemble rights: no right to the name of another's: $kind" "$(as up_anna -c "$(printf "${!kind}" "berts_$kind" people)" | grep -cE '^ERROR: ')" "1"
done
# A copy is a copy.
check "ensemble rights: taken back" "$(as up_anna -c "DO \$\$ BEGIN PERFORM uprofile_unshare(m, 'up_bert') FROM unnest('{tree, bayes}'::text[]) m; END \$\$")"
check_equal "ensemble rights: what was made stays" "$(as up_bert -c "SELECT count(uprofile_predict_proba('berts_vote', b)) FROM berts b")" "300"
refused "ensemble rights: and nothing more is made" up_bert "$(printf "$vote" again berts)" 'does not exist'
finish
