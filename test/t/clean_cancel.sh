#!/bin/bash
# A cleaning that is cancelled, fails or is rolled back leaves nothing behind, wherever it was.
. "$(dirname "$0")/common.bash"
scratch_database clean_cancel
psql -qX -v ON_ERROR_STOP=1 <<'SQL' || fail "clean cancel: set-up"
CREATE EXTENSION uprofile;
CREATE TABLE big AS SELECT i AS id, ' name ' || i || ' of many ' AS name, i % 1000 AS g, random() AS x FROM generate_series(1, 400000) i;
VACUUM ANALYZE big;
SQL

left="SELECT relname FROM pg_class WHERE relname IN ('tidy', 'tidy_changes', 'tidy_quarantine') UNION ALL SELECT name FROM pg_ls_tmpdir()"

# cancelled NAME RULES TIMEOUT [SOURCE]: ends within 100 ms of the processor after its time and leaves nothing.
cancelled()
{
	local output over best=100000 i

	for i in 1 2 3; do
		run_cancelled "$3" "SELECT count(*) FROM uprofile_clean('${4:-big}', 'tidy', 'id', '$2')"
		if ! grep -q 'canceling statement due to user request' <<<"$output"; then
			fail "clean cancel: $1" "$output"
			return
		fi
		[ "$over" -ge "$best" ] || best=$over
		[ "$best" -gt 100 ] || break
	done
	if [ "$best" -le 100 ]; then ok "clean cancel: $1"; else fail "clean cancel: $1" "it took $best ms of the processor more"; fi
	check_query "clean cancel: nothing is left ($1)" "$left"
}

# many N RULE: an array of the same rule, again and again
many()
{
	local rules=$2 i

	for ((i = 1; i < $1; i++)); do rules+=", $2"; done
	echo "[$rules]"
}

cancelled "reading" '[]' 20
cancelled "a rule for text" "$(many 50 '{"rule": "replace", "column": "name", "pattern": "(\\w+) *(\\w+) *(\\w+)", "with": "\\3 \\2 \\1"}')" 400
cancelled "equal rows" "$(many 200 '{"rule": "duplicates"}')" 400
cancelled "equal keys" "$(many 200 '{"rule": "duplicate_keys", "keep": "last", "order": "x"}')" 400
cancelled "outliers" "$(many 200 '{"rule": "outliers", "column": "x"}')" 400
cancelled "previous values" "$(many 200 '{"rule": "fill", "column": "name", "with": "previous", "by": "g", "order": "x"}')" 400
cancelled "writing" '[{"rule": "required", "column": "gap"}]' 1000 \
	'SELECT b.*, NULL::integer AS gap FROM big b, generate_series(1, 4)'

# In the middle of writing: the changes are written after the destination.
check_equal "clean cancel: an error of the last moment" "$(psql -qXAt 2>&1 <<'SQL' | grep '^ERROR'
CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity LIKE '%tidy_changes') THEN
		RAISE 'too much';
	END IF;
END $$;
CREATE EVENT TRIGGER refuse ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION refuse();
SELECT uprofile_clean('SELECT * FROM big LIMIT 10', 'tidy');
DROP EVENT TRIGGER refuse;
SQL
)" "ERROR:  too much"
check_query "clean cancel: an error leaves nothing" "$left"
# What an event trigger makes of the new table, where its rows would be taken for others.
for change in "ALTER COLUMN id TYPE text" "ALTER COLUMN id TYPE float8" "ADD COLUMN note text" "DROP COLUMN id" "ADD CHECK (id < 5)" "ALTER COLUMN id SET NOT NULL" \
	"ALTER COLUMN id DROP NOT NULL; CREATE TABLE public.many (LIKE public.tidy) PARTITION BY RANGE (id); ALTER TABLE public.many ATTACH PARTITION public.tidy FOR VALUES FROM (1) TO (3)"; do
	for call in "uprofile_clean('SELECT id, x FROM big LIMIT 10', 'tidy')" "uprofile_normalize('SELECT id, x FROM big LIMIT 10', 'tidy', ARRAY['x'], 'zscore')"; do
		check_equal "clean cancel: ${call%%(*} into a table that gets $change" "$(psql -qXAt 2>&1 <<SQL | grep -v '^CONTEXT'
CREATE FUNCTION pg_temp.alter() RETURNS event_trigger LANGUAGE plpgsql AS \$\$
BEGIN
	IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'public.tidy') THEN
		ALTER TABLE public.tidy $change;
	END IF;
END \$\$;
BEGIN;
CREATE EVENT TRIGGER alter_it ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS') EXECUTE FUNCTION pg_temp.alter();
SELECT count(*) FROM $call;
ROLLBACK;
SQL
)" "ERROR:  table \"tidy\" is not as it was created
HINT:  An event trigger may have changed it."
	done
done
check_equal "clean cancel: rolled back with its transaction" "$(psql -qXAt -c 'BEGIN' \
	-c "SELECT rows FROM uprofile_clean('SELECT * FROM big LIMIT 10', 'tidy') WHERE rule = 'cleaned'" -c 'SELECT count(*) FROM tidy' \
	-c 'ROLLBACK' -c "SELECT to_regclass('tidy') IS NULL")" "10
10
t"
check_equal "clean cancel: rolled back to a savepoint, then done" "$(psql -qXAt -c 'BEGIN' -c 'SAVEPOINT s' \
	-c "SELECT count(*) > 0 FROM uprofile_clean('SELECT * FROM big LIMIT 10', 'tidy')" -c 'ROLLBACK TO s' \
	-c "SELECT count(*) > 0 FROM uprofile_clean('SELECT * FROM big LIMIT 20', 'tidy')" -c 'COMMIT' -c 'SELECT count(*) FROM tidy')" "t
t
20"
finish
