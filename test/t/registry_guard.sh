#!/bin/bash
# The owner of the extension's tables attaches code of his to them: nobody else runs it by training, predicting or
# refreshing.
. "$(dirname "$0")/common.bash"
for role in up_owner up_anna; do
	psql -qX -d postgres -c "CREATE ROLE $role LOGIN" 2>/dev/null
done
scratch_database registry_guard -O up_owner

run()
{
	as up_anna -c "SELECT count(uprofile_predict('mine', p)) FROM people p" \
		-c "SELECT version > 1 FROM uprofile_train('mine', 'people', algorithm => 'kmeans', params => '{\"k\": 2}')" \
		-c "SELECT status FROM uprofile_refresh('club')"
}

check "guard: set-up" "$(as up_owner -c 'CREATE EXTENSION uprofile' -c "CREATE TABLE people AS
		SELECT i AS id, (i * 37) % 101 AS x FROM generate_series(1, 100) i" -c 'GRANT SELECT ON people TO PUBLIC' \
		-c "CREATE TABLE caught (who text)" -c 'GRANT INSERT ON caught TO PUBLIC' \
		-c "CREATE FUNCTION spy() RETURNS trigger LANGUAGE plpgsql AS
			'BEGIN INSERT INTO public.caught VALUES (CURRENT_USER); RETURN NEW; END'" \
		-c "CREATE FUNCTION look() RETURNS bool LANGUAGE plpgsql AS
			'BEGIN INSERT INTO public.caught VALUES (CURRENT_USER); RETURN true; END'" \
		-c "CREATE FUNCTION look(x anyelement) RETURNS anyelement LANGUAGE plpgsql IMMUTABLE AS
			'BEGIN PERFORM public.look(); RETURN x; END'"
	psql -qX -c 'GRANT CREATE ON SCHEMA public TO up_anna'
	as up_anna -c "DO \$\$ BEGIN PERFORM uprofile_train('mine', 'people', algorithm => 'kmeans', params => '{\"k\": 2}');
		PERFORM uprofile_create('club', 'people', 'id', models => '{\"s\": {\"algorithm\": \"kmeans\", \"k\": 2}}'); END \$\$")"
works="100
t
succeeded"
check_equal "guard: all works" "$(run)" "$works"

# what is it; how it comes; how it goes
attack()
{
	local got

	got=$(as up_owner -c "$2")
	[ -z "$got" ] || { fail "guard: $1" "$got"; return; }
	got=$(run)
	if grep -q 'ERROR:  table "uprofile_.*" carries a .* that is not the extension' <<<"$got"; then
		ok "guard: refused: $1"
	else
		fail "guard: refused: $1" "$got"
	fi
	as up_owner -c "$3"
}

for table in uprofile_model_names uprofile_model_versions uprofile_deployments uprofile_profile_definitions uprofile_refresh_log uprofile_granted; do
	attack "a trigger on $table" "CREATE TRIGGER spy BEFORE INSERT OR UPDATE OR DELETE ON $table FOR EACH ROW EXECUTE FUNCTION spy()" \
		"DROP TRIGGER spy ON $table"
done
attack "a trigger of the server's" "CREATE TRIGGER spy BEFORE UPDATE ON uprofile_model_names FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()" \
	"DROP TRIGGER spy ON uprofile_model_names"
attack "a condition of the extension's own trigger" "DROP TRIGGER uprofile_stamp_owner ON uprofile_model_names;
	CREATE TRIGGER uprofile_stamp_owner BEFORE INSERT ON uprofile_model_names FOR EACH ROW WHEN (look()) EXECUTE FUNCTION uprofile_stamp_owner()" \
	"DROP TRIGGER uprofile_stamp_owner ON uprofile_model_names; CREATE TRIGGER uprofile_stamp_owner
	BEFORE INSERT OR UPDATE OF owner, owner_oid, owner_mark ON uprofile_model_names FOR EACH ROW EXECUTE FUNCTION uprofile_stamp_owner()"
attack "a rule" "CREATE RULE spy AS ON INSERT TO uprofile_model_names DO ALSO INSERT INTO caught VALUES (CURRENT_USER)" \
	"DROP RULE spy ON uprofile_model_names"
attack "a policy" "CREATE POLICY spy ON uprofile_model_names USING (look())" "DROP POLICY spy ON uprofile_model_names"
attack "a changed policy" "ALTER POLICY uprofile_owner ON uprofile_refresh_log USING (look())" \
	"ALTER POLICY uprofile_owner ON uprofile_refresh_log USING (EXISTS (SELECT 1 FROM uprofile_profile_definitions d WHERE d.name = profile))"
attack "a policy over a view of his" "CREATE VIEW peep AS SELECT look() AS yes; GRANT SELECT ON peep TO PUBLIC;
	ALTER POLICY uprofile_owner ON uprofile_refresh_log USING ((SELECT yes FROM peep))" \
	"ALTER POLICY uprofile_owner ON uprofile_refresh_log USING (EXISTS (SELECT 1 FROM uprofile_profile_definitions d WHERE d.name = profile)); DROP VIEW peep"
attack "a policy that runs text" "ALTER POLICY uprofile_owner ON uprofile_refresh_log USING (query_to_xml('SELECT public.look()', true, true, '') IS NOT NULL)" \
	"ALTER POLICY uprofile_owner ON uprofile_refresh_log USING (EXISTS (SELECT 1 FROM uprofile_profile_definitions d WHERE d.name = profile))"
attack "a default" "ALTER TABLE uprofile_refresh_log ALTER COLUMN sqlstate SET DEFAULT look(''::text)" \
	"ALTER TABLE uprofile_refresh_log ALTER COLUMN sqlstate DROP DEFAULT"
attack "a generated column" "ALTER TABLE uprofile_deployments ADD COLUMN peep bool GENERATED ALWAYS AS (look(true)) STORED" \
	"ALTER TABLE uprofile_deployments DROP COLUMN peep"
attack "a check" "ALTER TABLE uprofile_model_versions ADD CONSTRAINT peep CHECK (look())" \
	"ALTER TABLE uprofile_model_versions DROP CONSTRAINT peep"
attack "a domain" "CREATE DOMAIN peep AS text CHECK (look()); ALTER TABLE uprofile_model_versions ADD COLUMN look peep" \
	"ALTER TABLE uprofile_model_versions DROP COLUMN look; DROP DOMAIN peep"
attack "an index" "CREATE INDEX peep ON uprofile_deployments (look(model))" "DROP INDEX peep"
attack "a child table" "CREATE TABLE peep () INHERITS (uprofile_model_names)" "DROP TABLE peep"
attack "a foreign key of his" "CREATE TABLE peep (model text REFERENCES uprofile_model_names ON DELETE CASCADE)" "DROP TABLE peep"
attack "a view in the table's place" "ALTER TABLE uprofile_refresh_log RENAME TO hidden; CREATE VIEW uprofile_refresh_log AS SELECT * FROM hidden;
	GRANT SELECT, INSERT ON uprofile_refresh_log TO PUBLIC" "DROP VIEW uprofile_refresh_log; ALTER TABLE hidden RENAME TO uprofile_refresh_log"
# Within one session, which has looked before.
late()
{
	psql -qXAt -c 'SET client_min_messages = error' -c 'SET ROLE up_anna' \
		-c "SELECT count(uprofile_predict('mine', p)) FROM people p" -c "SELECT deployed_version FROM uprofile_deploy('mine', 1)" \
		-c 'SET ROLE up_owner' -c "$1" -c 'SET ROLE up_anna' \
		-c "SELECT count(uprofile_predict('mine', p)) FROM people p" -c "SELECT deployed_version FROM uprofile_deploy('mine', 1)" \
		-c 'SET ROLE up_owner' -c "$2" -c 'SET ROLE up_anna' \
		-c "SELECT deployed_version FROM uprofile_deploy('mine', 1)" 2>&1 | grep -v HINT | sed 's/^\(ERROR: [^"]*\).*/\1/' | tr '\n' ' '
}
check_equal "guard: a trigger that comes later" "$(late 'CREATE TRIGGER spy BEFORE UPDATE ON uprofile_model_names FOR EACH ROW EXECUTE FUNCTION spy()' \
	'DROP TRIGGER spy ON uprofile_model_names' | sed 's/DETAIL:[^.]*\. //g')" "100 1 ERROR:  table  ERROR:  table  1 "
check_equal "guard: the functions of the extension are not his to change" "$(as up_owner -c "CREATE OR REPLACE FUNCTION
	uprofile_may_use(owner_oid oid, ours bool) RETURNS bool LANGUAGE plpgsql AS 'BEGIN RETURN public.look(); END'" |
	grep -c 'must be owner of function uprofile_may_use')" 1
check_equal "guard: all works again" "$(run)" "$works"
check "guard: nothing ran as another than its owner" "$(as up_owner -c "SELECT * FROM caught WHERE who <> 'up_owner'")"
psql -qX -c 'DROP OWNED BY up_anna' >/dev/null 2>&1
finish
