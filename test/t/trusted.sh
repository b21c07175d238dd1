#!/bin/bash
# A database's owner who is no superuser creates the extension in a schema of his choice, uses it, and drops it.
. "$(dirname "$0")/common.bash"
psql -qX -d postgres -c "DROP ROLE IF EXISTS up_owner" -c "CREATE ROLE up_owner LOGIN NOSUPERUSER" 2>/dev/null
scratch_database trusted -O up_owner

as_owner()
{
	PGUSER=up_owner psql -qXAt -v ON_ERROR_STOP=1 "$@" 2>&1
}

check_equal "trusted: an owner without superuser creates the extension in a schema" "$(as_owner \
	-c 'CREATE SCHEMA tools' -c 'CREATE EXTENSION uprofile SCHEMA tools' \
	-c "SELECT n.nspname, r.rolname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
		JOIN pg_roles r ON r.oid = e.extowner WHERE extname = 'uprofile'")" "tools|up_owner"
check_equal "trusted: its functions work by qualified name, whatever the search path" "$(as_owner \
	-c "SET search_path = pg_catalog" \
	-c "WITH m AS (SELECT tools.uprofile_kmeans(ARRAY[x, x], 2) AS model FROM (VALUES (0), (1), (2), (100), (101)) v (x))
		SELECT tools.uprofile_predict(model, ARRAY[0, 0]), tools.uprofile_predict(model, ARRAY[99, 99]) FROM m")" "0|1"
check_equal "trusted: nothing lies outside the schema" "$(as_owner -c "
	SELECT count(*) FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
	LEFT JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
	LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
	WHERE d.deptype = 'e' AND e.extname = 'uprofile' AND coalesce(p.pronamespace, c.relnamespace) <> 'tools'::regnamespace")" 0
check_equal "trusted: the version is the control file's" "$(as_owner \
	-c "SELECT extversion FROM pg_extension WHERE extname = 'uprofile'")" \
	"$(sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" uprofile.control)"
check "trusted: DROP EXTENSION leaves nothing behind" "$(as_owner -c 'DROP EXTENSION uprofile' -c "
	SELECT oid::regprocedure::text FROM pg_proc WHERE proname LIKE 'uprofile%'
	UNION ALL SELECT oid::regclass::text FROM pg_class WHERE relname LIKE 'uprofile%'")"
finish
