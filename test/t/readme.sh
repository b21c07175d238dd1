#!/bin/bash
# Every SQL statement of the README's tour runs as printed, and its reference names every object of the extension.
. "$(dirname "$0")/common.bash"
scratch_database readme
psql -qX -c 'CREATE EXTENSION uprofile'
tour=$(sed -n '/^## Five-minute tour/,/^## Guide/p' README.md | sed -n '/^```sql$/,/^```$/p' | grep -v '^```')
output=$(psql -qX -v ON_ERROR_STOP=1 <<<"$tour" 2>&1) && ok "readme: the tour runs" ||
	fail "readme: the tour runs" "$(grep -m1 -A4 ERROR <<<"$output")"
grep -q ERROR <<<"$output" && fail "readme: the tour has no error"
missing=$(psql -qXAt -c "
	SELECT DISTINCT name FROM (
		SELECT p.proname AS name FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'uprofile'
		JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid WHERE d.deptype = 'e'
		UNION ALL
		SELECT c.relname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'uprofile'
		JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
		WHERE d.deptype = 'e' AND c.relkind IN ('r', 'v')) AS o
	WHERE name NOT LIKE 'uprofile\_agg\_%' ORDER BY 1" | while read -r name; do
	grep -q "$name" README.md || echo "$name"
done)
if [ -z "$missing" ]; then ok "readme: the reference names every object"; else fail "readme: the reference names every object" "$missing"; fi
finish
