#!/bin/bash
# ALTER EXTENSION uprofile UPDATE from every released version (test/data/releases): built from the history, used by two
# roles, then this version's library and scripts take its place. What was there works, and the catalogue is a fresh one's.
#
# All of that in a copy of the server's tree, since a release's files would be in the way of the installed ones.
. "$(dirname "$0")/common.bash"
. test/t/releases.bash
. test/cluster

work=$(mktemp -d "${TMPDIR:-/tmp}/uprofile.XXXXXX") || exit 1
chmod 755 "$work"
trap 'up_cluster_stop; rm -rf "$work"' EXIT
PG_CONFIG=$(up_pg_config)
version=$(sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" uprofile.control)

# Everything that the catalogue says of the extension, without what is counted anew in every database.
catalogue()
{
	psql -qXAt -v ON_ERROR_STOP=1 -d "$1" <<-'SQL' | sort
		SET search_path = pg_catalog;
		CREATE TEMP VIEW members AS SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
		WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'uprofile';
		CREATE TEMP VIEW tables AS SELECT c.* FROM pg_class c JOIN members m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid;
		SELECT 'member', pg_describe_object(classid, objid, 0), obj_description(objid, (SELECT relname FROM pg_class WHERE oid = classid)) FROM members;
		SELECT 'function', p.oid::regprocedure, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), l.lanname,
		       provolatile, proparallel, proisstrict, proleakproof, prosecdef, procost, prorows, prosrc, probin, proconfig, proacl, proowner::regrole
		FROM pg_proc p JOIN members m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid JOIN pg_language l ON l.oid = prolang;
		SELECT 'aggregate', aggfnoid::regprocedure, aggkind, aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn,
		       aggmtransfn, aggfinalextra, aggfinalmodify, aggtranstype::regtype, aggtransspace, agginitval
		FROM pg_aggregate a JOIN members m ON m.classid = 'pg_proc'::regclass AND m.objid = a.aggfnoid;
		SELECT 'relation', c.oid::regclass, relkind, relrowsecurity, relforcerowsecurity, relpersistence, relacl, reloptions, relowner::regrole FROM tables c;
		SELECT 'column', c.oid::regclass, row_number() OVER (PARTITION BY c.oid ORDER BY attnum), attname,
		       format_type(atttypid, atttypmod), attnotnull, attstorage, attidentity, attacl, col_description(c.oid, attnum),
		       pg_get_expr(adbin, adrelid)
		FROM tables c JOIN pg_attribute a ON a.attrelid = c.oid AND attnum > 0 AND NOT attisdropped
		LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum;
		SELECT 'constraint', conrelid::regclass, conname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN tables c ON c.oid = conrelid;
		SELECT 'index', indrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index JOIN tables c ON c.oid = indrelid;
		SELECT 'policy', polrelid::regclass, polname, polcmd, polpermissive, polroles, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
		FROM pg_policy JOIN tables c ON c.oid = polrelid;
		SELECT 'trigger', tgrelid::regclass, pg_get_triggerdef(t.oid), tgenabled FROM pg_trigger t JOIN tables c ON c.oid = tgrelid WHERE NOT tgisinternal;
		SELECT 'rule', ev_class::regclass, regexp_replace(pg_get_ruledef(r.oid), '\s+', ' ', 'g') FROM pg_rewrite r JOIN tables c ON c.oid = ev_class;
		SELECT 'dumped', t.relation::regclass, t.condition FROM pg_extension e, unnest(e.extconfig, e.extcondition) t (relation, condition)
		WHERE e.extname = 'uprofile';
		SELECT 'initially', pg_describe_object(i.classoid, i.objoid, i.objsubid), i.privtype, i.initprivs
		FROM pg_init_privs i JOIN members m ON m.classid = i.classoid AND m.objid = i.objoid;
	SQL
}

upgrade_from()
{
	local old=$1 folder=$2 before after

	install_tree "$folder"
	psql -qX -d postgres -c 'DROP DATABASE IF EXISTS upgraded' -c 'DROP DATABASE IF EXISTS fresh' \
		-c 'DROP DATABASE IF EXISTS restored' 2>/dev/null
	for role in up_owner up_anna up_bert up_carl up_gone; do
		psql -qX -d postgres -c "CREATE ROLE $role LOGIN" 2>/dev/null
	done
	createdb -O up_owner upgraded
	export PGDATABASE=upgraded
	psql -qX -c 'GRANT CREATE ON SCHEMA public TO PUBLIC' -c 'ALTER DATABASE upgraded SET search_path = public, tools'
	check "upgrade: $old is created by a database's owner" "$(as up_owner -c 'CREATE SCHEMA tools; GRANT USAGE ON SCHEMA tools TO PUBLIC' \
		-c "CREATE EXTENSION uprofile SCHEMA tools VERSION '$old'" \
		-c "CREATE TABLE people AS SELECT i AS id, (i * 37) % 101 AS x, (i * 53) % 97 AS z, (i * 37) % 101 > 50 AS label
			FROM generate_series(1, 300) i" -c 'GRANT SELECT ON people TO PUBLIC')"
	use_before
	use_kinds
	before=$(state)
	kinds_before=$(kinds)
	check_equal "upgrade: $old has data of every kind" "$(grep -c '^model|' <<<"$kinds_before") $(grep -c '^value|' <<<"$kinds_before") $(
		grep -cE '^(rules|clean|failed)\|[1-9a-z]' <<<"$kinds_before") $(grep -c ERROR <<<"$kinds_before")" "$(as up_carl -c "SELECT count(*) + 1 FROM uprofile_algorithms() WHERE NOT 'transform' = ANY (tasks)") 6 3 0"
	check_equal "upgrade: $old has models and profiles" "$(grep -c . <<<"$before")" 9
	pg_dump -Fc -f "$work/dump" upgraded
	install_tree .
	check "upgrade: $old to $version" "$(as up_owner -c 'ALTER EXTENSION uprofile UPDATE')"
	after=$(state)
	# The profile's own models have their names of today.
	check "upgrade: models, predictions and profiles are as before" \
		"$(diff <(sed 's/club_seg\b/club.seg/; s/club_churn=up_anna/club.churn=up_anna/' <<<"$before" | sort) <(sort <<<"$after"))"
	check "upgrade: data of every kind says the same" "$(diff <(echo "$kinds_before") <(kinds))"
	use_after
	restore_dump
	createdb -O up_owner fresh
	as up_owner -d fresh -c 'CREATE SCHEMA tools' -c 'GRANT USAGE ON SCHEMA tools TO PUBLIC' -c 'CREATE EXTENSION uprofile SCHEMA tools'
	check "upgrade: the catalogue is that of a fresh install" "$(diff <(catalogue upgraded) <(catalogue fresh))"
	check_equal "upgrade: the catalogue was read" "$(catalogue fresh | grep -cE '^(function|aggregate|column|policy|rule)\|' | sed 's/^[1-9]..*/many/')" many
}

# Two roles; a user's own models under names that profiles have today, or had; a role that is gone; a row that names
# another's table.
use_before()
{
	local quiet='DO $$ BEGIN PERFORM'

	check "upgrade: it is used" "$(
		as up_anna -c "$quiet uprofile_train('annas', 'people', target => 'label', algorithm => 'svm', key => 'id'); END \$\$" \
			-c "$quiet uprofile_train('annas', 'people', target => 'label', algorithm => 'svm', key => 'id', deploy => 'always'); END \$\$" \
			-c "$quiet uprofile_create('club', 'people', 'id', models => '{\"seg\": {\"algorithm\": \"kmeans\", \"k\": 3},
			    \"churn\": {\"algorithm\": \"svm\", \"target\": \"label\"}}'); PERFORM uprofile_refresh('club'); END \$\$" \
			-c "$quiet uprofile_create('shop', 'people', 'id', models => '{\"seg\": {\"algorithm\": \"kmeans\", \"k\": 2}}'); END \$\$" \
			-c "$quiet uprofile_train('shop_seg', 'SELECT x FROM people', algorithm => 'kmeans', params => '{\"k\": 5}'); END \$\$" \
			-c "$quiet uprofile_refresh('shop'); END \$\$" \
			-c "CREATE VIEW mine AS SELECT model, owner FROM uprofile_models"
		as up_bert -c "$quiet uprofile_train('shop.seg', 'SELECT z FROM people', algorithm => 'kmeans', params => '{\"k\": 4}'); END \$\$" \
			-c "$quiet uprofile_train('berts', 'SELECT z FROM people', algorithm => 'kmeans', params => '{\"k\": 4}'); END \$\$" \
			-c "INSERT INTO uprofile_profile_definitions (name, table_schema, table_name, source, source_path, key_column, watch, models)
			    VALUES ('forged', 'public', 'people', 'people', 'public', 'id', '{}', '{}')"
		as up_gone -c "$quiet uprofile_train('gones', 'SELECT z FROM people', algorithm => 'kmeans', params => '{\"k\": 4}'); END \$\$"
		psql -qX -c 'DROP OWNED BY up_gone' -c 'DROP ROLE up_gone' 2>&1
	)"
}

# What the old version can make, and a user keeps: models of every algorithm, registered and in columns, with texts and what is missing;
# several versions, one not deployed; states that go on; rules; what was cleaned; a run that failed.
use_kinds()
{
	check "upgrade: data of every kind is made" "$(as up_carl -c "CREATE TABLE kinds AS SELECT i AS id, (i * 37) % 101 AS x, NULLIF((i * 53) % 97, 5) + 0.5 AS z,
			(ARRAY['north', 'south', 'west'])[1 + i % 3] AS region, (i * 37) % 101 > 50 AS label FROM generate_series(1, 300) i" \
		-c "DO \$\$ DECLARE a record; BEGIN
			FOR a IN SELECT algorithm, tasks FROM uprofile_algorithms() WHERE NOT 'transform' = ANY (tasks) LOOP
				IF 'classification' = ANY (a.tasks) THEN
					PERFORM uprofile_train('kind_' || a.algorithm, 'kinds', target => 'label', algorithm => a.algorithm, key => 'id');
				ELSIF 'regression' = ANY (a.tasks) THEN
					PERFORM uprofile_train('kind_' || a.algorithm, 'SELECT id, x, region, id % 7 + x AS y FROM kinds', target => 'y', algorithm => a.algorithm, key => 'id');
				ELSIF a.algorithm = 'one_class' THEN
					PERFORM uprofile_train('kind_' || a.algorithm, 'SELECT x, region FROM kinds', algorithm => a.algorithm);
				ELSE
					PERFORM uprofile_train('kind_' || a.algorithm, 'SELECT x, region FROM kinds', algorithm => a.algorithm, params => '{\"k\": 3}');
				END IF;
			END LOOP;
			PERFORM uprofile_train('kind_svm', 'kinds', target => 'label', algorithm => 'svm', key => 'id', deploy => 'never');
			END \$\$" \
		-c "CREATE TABLE kept AS
			SELECT 'scaler' AS kind, uprofile_scaler(ARRAY[x, id::float8]) AS model FROM kinds UNION ALL
			SELECT 'kmeans', uprofile_kmeans(ARRAY[x, id::float8], 4) FROM kinds UNION ALL
			SELECT 'texts', uprofile_bayes(ARRAY[x, id::float8], region) FROM kinds UNION ALL
			SELECT 'rows', uprofile_forest(k, 'label') FROM kinds k UNION ALL
			SELECT 'boost', uprofile_boost(ARRAY[x, id::float8], z) FROM kinds UNION ALL
			SELECT 'logistic', uprofile_logistic(ARRAY[x, id::float8], label) FROM kinds" \
		-c "CREATE TABLE mined AS SELECT lhs, rhs, count, support, confidence FROM uprofile_apriori(
			'SELECT id, unnest(ARRAY[region, CASE WHEN label THEN ''high'' ELSE ''low'' END]) AS item FROM kinds', 'id', 'item', 0.01, 0.1)" \
		-c "DO \$\$ BEGIN PERFORM uprofile_clean('kinds', 'kinds_clean', 'id'); END \$\$" \
		-c "DO \$\$ BEGIN PERFORM uprofile_create('broken', 'SELECT id, 1 / (x - x) AS y FROM kinds', 'id'); PERFORM uprofile_refresh('broken'); END \$\$")"
}

# Numbers to some places: a later version may add in another order, and does so for kernel machines.
kinds()
{
	as up_carl -c "SELECT 'model', model, version, deployed, algorithm, rows_trained FROM uprofile_models ORDER BY model, version" \
		-c "SELECT 'value', kind, md5(model), uprofile_model_info(model) ->> 'algorithm' FROM kept ORDER BY kind" \
		-c "SELECT kind, md5(string_agg(CASE kind WHEN 'scaler' THEN uprofile_scale(model, ARRAY[x, id::float8])::text WHEN 'rows' THEN uprofile_predict_label(model, k)
				WHEN 'boost' THEN round(uprofile_predict(model, ARRAY[x, id::float8])::numeric, 6)::text
				WHEN 'kmeans' THEN uprofile_predict(model, ARRAY[x, id::float8])::text ELSE uprofile_predict_label(model, ARRAY[x, id::float8]) END, ' ' ORDER BY id))
			FROM kept, kinds k GROUP BY kind ORDER BY kind" \
		-c "SELECT m.model, md5(string_agg(round(uprofile_predict(m.model, k)::numeric, 4)::text, ' ' ORDER BY id)) FROM kinds k,
			(SELECT DISTINCT model FROM uprofile_models) m GROUP BY 1 ORDER BY 1" \
		-c "SELECT 'rules', count(*), md5(string_agg(m::text, ' ' ORDER BY m::text)) FROM mined m" \
		-c "SELECT 'clean', count(*), md5(string_agg(c::text, ' ' ORDER BY id)) FROM kinds_clean c" \
		-c "SELECT 'failed', status, sqlstate FROM uprofile_runs WHERE profile = 'broken'"
}

# A dump of the old version, restored where the new one is installed.
restore_dump()
{
	createdb -O up_owner restored
	psql -qX -d restored -c 'ALTER DATABASE restored SET search_path = public, tools'
	check "upgrade: a dump is restored" "$(pg_restore -d restored "$work/dump" 2>&1)"
	check "upgrade: ... with data of every kind" "$(diff <(echo "$kinds_before") <(PGDATABASE=restored kinds))"
	check_equal "upgrade: ... with owners and profiles, which go on" "$(PGDATABASE=restored as up_anna \
		-c "SELECT model, owner, version FROM uprofile_models WHERE model = 'annas'" \
		-c "SELECT count(uprofile_predict_label('annas', p)) FROM people p" \
		-c "SELECT status, users, trained FROM uprofile_refresh('club')" \
		-c "SELECT uprofile_drop('club')" -c "SELECT to_regclass('club_profile') IS NULL" | grep .)" "annas|up_anna|1
annas|up_anna|2
300
succeeded|300|{club.seg,club.churn}
t"
	check_equal "upgrade: ... and a forged definition takes nobody's table" "$(PGDATABASE=restored as up_bert -c "SELECT uprofile_drop('forged')" \
		-c 'SELECT count(*) FROM people' | grep .)" 300
}

state()
{
	as up_anna -c "SELECT model || '=' || owner, version, deployed, algorithm, metrics FROM uprofile_models
		WHERE model <> 'shop_seg' ORDER BY model, version" \
		-c "SELECT profile, owner, table_name, last_status, users FROM uprofile_profiles ORDER BY 1" \
		-c "SELECT md5(string_agg(uprofile_predict_proba('annas', p)::text, ' ' ORDER BY id)) FROM people p" \
		-c "SELECT md5(string_agg(c::text, ' ' ORDER BY id)) FROM club_profile c"
	as up_bert -c "SELECT model || '=' || owner FROM uprofile_models WHERE model = 'berts'"
}

use_after()
{
	check_equal "upgrade: a user's own models under such names stay his" "$(as up_anna -c "SELECT model, owner, version FROM mine
		JOIN uprofile_models USING (model, owner) WHERE model ~ 'shop' ORDER BY 1, 3")
$(as up_bert -c "SELECT model FROM uprofile_models ORDER BY 1")" "shop_seg|up_anna|1
berts
shop_seg_own"
	check_equal "upgrade: profiles refresh with the models that they had" "$(as up_anna -c "SELECT status, updated, trained FROM uprofile_refresh('club')" \
		-c "SELECT status, trained FROM uprofile_refresh('shop')")" "succeeded|0|{}
succeeded|{shop.seg}"
	check_equal "upgrade: a refresh gives a profile its view" "$(as up_anna -c "SELECT count(seg), bool_or(stale), count(computed_at) FROM club_current")" "300||300"
	check_equal "upgrade: versions go on" "$(as up_anna -c "SELECT version FROM uprofile_train('annas', 'people', target => 'label',
		algorithm => 'svm', key => 'id', deploy => 'never')" -c "SELECT deployed_version FROM uprofile_rollback('annas')")" "3
1"
	check_equal "upgrade: what nobody has is the database owner's to see" "$(as up_owner -c "SELECT kind, name FROM uprofile_orphans")" "model|gones"
	check_equal "upgrade: a forged definition drops nobody's table" "$(as up_bert -c "SELECT uprofile_drop('forged')" \
		-c 'SELECT count(*) FROM people')" "
300"
	check_equal "upgrade: a profile is dropped with its table and models" "$(as up_anna -c "SELECT uprofile_drop('club')" \
		-c "SELECT to_regclass('club_profile') IS NULL, string_agg(DISTINCT model, ' ') FROM uprofile_models")" "
t|annas shop.seg shop_seg"
}

if ! copy_server || ! copy_is_found; then
	echo "skip upgrade: the server of $PG_CONFIG finds its files by fixed paths"
	finish
fi
if [ ! -f uprofile.so ]; then
	fail "upgrade: this tree has no uprofile.so to update to" "make builds it; with UP_PREPARED=1 nothing here does."
	finish
fi
releases=$(grep -v '^#' test/data/releases)
started=
while read -r old commit; do
	if ! git cat-file -e "$commit^{commit}" 2>/dev/null; then
		echo "skip upgrade from $old: commit ${commit:0:7} is not in the history here (a shallow clone, or no git)"
		continue
	fi
	if ! folder=$(build_release "$old" "$commit"); then
		fail "upgrade: $old is built"
		continue
	fi
	if [ -z "$started" ]; then
		PG_CONFIG=$tree_bin/pg_config UP_SHARED_BUFFERS=32MB up_cluster_start || { fail "upgrade: set-up"; finish; }
		trap 'up_cluster_stop; rm -rf "$work"' EXIT
		started=1
	fi
	upgrade_from "$old" "$folder"
done <<<"$releases"
finish
