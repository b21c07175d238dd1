#!/bin/bash
# pg_dump and pg_restore by a database's owner who is no superuser: models come back, his and other roles', with their
# versions, their deployment and their next number; a stored model byte for byte.
. "$(dirname "$0")/common.bash"
psql -qX -d postgres -c "CREATE ROLE up_owner LOGIN" 2>/dev/null
psql -qX -d postgres -c "CREATE ROLE up_other LOGIN" 2>/dev/null
scratch_database dumped -O up_owner
dump=$(mktemp -d) || exit 1
trap 'rm -rf "$dump"; for d in dumped restored; do PGDATABASE=postgres dropdb --if-exists --force $d; done' EXIT

check "dump: set-up as owner" "$(as up_owner \
	-c 'CREATE SCHEMA tools; GRANT USAGE ON SCHEMA tools TO PUBLIC; GRANT CREATE ON DATABASE dumped TO up_other' \
	-c 'CREATE EXTENSION uprofile SCHEMA tools' -c 'SET search_path = public, tools' -c 'CREATE SCHEMA shop' \
	-c "CREATE TABLE shop.customers AS
		SELECT i AS id, (i * 37) % 101 AS visits, (i * 53) % 97 + 0.5 AS spent,
		       (ARRAY['north', 'south', NULL])[1 + i % 3] AS region,
		       ((i * 37) % 101) * 2 > (i * 53) % 97 + i % 7 AS churned
		FROM generate_series(1, 400) i" \
	-c "GRANT USAGE ON SCHEMA shop TO up_other; GRANT SELECT ON shop.customers TO up_other" \
	-c "DO \$\$ BEGIN
		PERFORM uprofile_train('churn', 'shop.customers', target => 'churned', algorithm => 'svm', key => 'id');
		PERFORM uprofile_train('churn', 'shop.customers', target => 'churned', algorithm => 'svm', key => 'id',
		                       params => '{\"max_iter\": 2000}', deploy => 'always', tune => '{\"search\": {\"C\": [0.5, 1]}, \"folds\": 2}');
		PERFORM uprofile_train('segment', 'SELECT visits, spent FROM shop.customers', algorithm => 'kmeans',
		                       params => '{\"k\": 3}');
		END \$\$" \
	-c "DO \$\$ BEGIN
		PERFORM uprofile_create('club', 'SELECT id, visits, spent, churned FROM shop.customers', 'id',
		                        models => '{\"s\": {\"algorithm\": \"kmeans\", \"k\": 2}, \"c\": {\"algorithm\": \"tree\", \"target\": \"churned\", \"honest\": true}}', policy => '{\"live\": {\"twice\": \"visits * 2\"}}');
		PERFORM uprofile_refresh('club');
		END \$\$" \
	-c "INSERT INTO tools.uprofile_refresh_failures (profile, user_key, sqlstate, message, row_at, row_versions)
		SELECT 'club', '7', '22012', 'division by zero', '2026-01-01', scored -> 'versions' FROM tools.uprofile_profile_definitions" \
	-c "INSERT INTO tools.uprofile_schedules (profile, schedule, run_as) VALUES ('club', '0 3 * * *', 'up_owner')" \
	-c "CREATE TABLE shop.likes AS SELECT uprofile_interests(region, spent, timestamptz '2025-01-01 UTC' + id * interval '7 hours', '30 days') AS v FROM shop.customers" \
	-c "CREATE TABLE shop.kept AS SELECT uprofile_kmeans(ARRAY[visits, spent], 4) AS model FROM shop.customers")"
check "dump: set-up as another role" "$(as up_other -c 'SET search_path = public, tools' \
	-c "DO \$\$ BEGIN PERFORM uprofile_train('theirs', 'SELECT visits, spent, churned FROM shop.customers',
	                                         target => 'churned', algorithm => 'svm'); END \$\$")"

state()
{
	local database=$1

	PGDATABASE=$database as postgres -c "SET search_path = public, tools; SET timezone = 'UTC'" \
		-c "SELECT * FROM uprofile_models ORDER BY model, version" \
		-c "SELECT * FROM uprofile_metrics ORDER BY model, version, metric" \
		-c "SELECT id, model, version, md5(bytes) FROM tools.uprofile_model_versions ORDER BY id" \
		-c "SELECT version_id, fold, md5(bytes), md5(users) FROM tools.uprofile_model_folds ORDER BY 1, 2" \
		-c "SELECT * FROM tools.uprofile_trials ORDER BY model, version, trial" \
		-c "SELECT * FROM tools.uprofile_deployments ORDER BY id" \
		-c "SELECT md5(string_agg(uprofile_predict_label('churn', c) || uprofile_predict_proba('churn', c)::text, ',' ORDER BY id))
			FROM shop.customers c" \
		-c "SELECT md5(model) FROM shop.kept" -c "SELECT v, md5(tools.uprofile_interest_send(v)) FROM shop.likes" \
		-c "SELECT profile, table_name, owner, users, fresh_at, schedule FROM uprofile_profiles" \
		-c "SELECT * FROM uprofile_runs" -c "SELECT * FROM uprofile_failures" \
		-c "SELECT g - 'stale' - 'reason' - 'values', g #> '{values,s,version}', g #> '{values,visits,at}' FROM (VALUES (7), (8)) u (id), uprofile_get('club', id) g" \
		-c "SELECT md5(string_agg(c::text, ',' ORDER BY id)) FROM club_profile c" \
		-c "SELECT name, owner, last_version FROM tools.uprofile_model_names ORDER BY 1"
}

before=$(state dumped)
check_equal "dump: there is something to dump" "$(grep -cE '^(churn|segment|theirs)\|[0-9]+\|[tf]\|' <<<"$before" | sed 's/^[4-9]$\|^[1-9].$/enough/')" enough
check "dump: pg_dump as the owner" "$(PGUSER=up_owner pg_dump -Fc -f "$dump/d" dumped 2>&1)"
createdb -O up_owner restored
psql -qX -d postgres -c 'GRANT CREATE ON DATABASE restored TO up_other'
# The comment on the extension and grants by others belong to the superuser's part of a dump.
check "dump: pg_restore as the owner" "$(PGUSER=up_owner pg_restore -d restored "$dump/d" 2>&1 | grep -v '^$')"
after=$(state restored)
check "dump: models, metrics, deployments and predictions are the same" "$(diff <(echo "$before") <(echo "$after"))"
check_equal "dump: the next version has the next number" "$(PGDATABASE=restored as up_owner -c 'SET search_path = public, tools' \
	-c "SELECT version, model_name FROM uprofile_train('churn', 'shop.customers', target => 'churned',
	                                                   algorithm => 'svm', key => 'id', deploy => 'never')")" "3|churn"
check_equal "dump: the profile goes on with its table" "$(PGDATABASE=restored as up_owner -c 'SET search_path = public, tools' \
	-c "SELECT status, users, updated, trained FROM uprofile_refresh('club')" \
	-c "SELECT count(*), sum(twice) = 2 * sum(visits), bool_or(stale) FROM club_current" \
	-c "SELECT count(*) FROM pg_depend WHERE objid = 'club_current'::regclass AND deptype = 'x'")" "succeeded|400|0|{}
400|t|f
1"
check_equal "dump: pages of the profile, of a user and of models can be made" "$(PGDATABASE=restored as up_owner -c 'SET search_path = public, tools' \
	-c "SELECT page LIKE '%</html>_' AND page !~ 'could not be made', page ~ 'Segments' FROM (VALUES (uprofile_report('club')), (uprofile_report('club', 8)),
		(uprofile_report_model('churn', 1)), (uprofile_report_model('club.c'))) p (page)")" "t|t
t|f
t|f
t|f"
check_equal "dump: it rolls back to what was deployed" "$(PGDATABASE=restored as up_owner -c 'SET search_path = public, tools' \
	-c "SELECT deployed_version FROM uprofile_deploy('churn', 3)" \
	-c "SELECT deployed_version FROM uprofile_rollback('churn')" | tail -1)" 2
check_equal "dump: the profile is dropped with its table" "$(PGDATABASE=restored as up_owner -c 'SET search_path = public, tools' \
	-c "SELECT uprofile_drop('club')" -c "SELECT to_regclass('public.club_profile') IS NULL")" "
t"
finish
