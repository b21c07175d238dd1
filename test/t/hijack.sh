#!/bin/bash
# CREATE EXTENSION by a superuser in a schema that an attacker filled beforehand: for every function and operator that
# the install script may name, better matching ones of his. Nothing of the extension may refer to anything of his.
. "$(dirname "$0")/common.bash"
scratch_database hijack
names=$(install_script | grep -oE '\b[a-z_][a-z0-9_]*\(' | tr -d '(' | sort -u | tr '\n' ' ')

psql -qX -v ON_ERROR_STOP=1 -v names="$names" <<'SQL' >/dev/null || fail "hijack: set-up"
SET client_min_messages = warning;
SELECT set_config('hijack.names', :'names', false);
CREATE TABLE public.names AS
SELECT DISTINCT p.proname AS name FROM pg_proc p
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f'
AND p.proname = ANY (string_to_array(current_setting('hijack.names'), ' '));
DO $$
DECLARE
	types text[] := '{text,name,int2,int4,int8,float4,float8,numeric,bool,jsonb,bytea,oid,regclass,regrole,timestamptz,date,varchar,text[],name[]}';
	fn text;
	op text;
	a text;
	b text;
BEGIN
	FOR fn IN SELECT name FROM public.names LOOP
		FOREACH a IN ARRAY types LOOP
			EXECUTE pg_catalog.format('CREATE FUNCTION public.%I(%s) RETURNS text LANGUAGE sql AS ''SELECT NULL::text''', fn, a);
			FOREACH b IN ARRAY types LOOP
				EXECUTE pg_catalog.format('CREATE FUNCTION public.%I(%s, %s) RETURNS text LANGUAGE sql AS ''SELECT NULL::text''', fn, a, b);
			END LOOP;
		END LOOP;
	END LOOP;
	FOREACH op IN ARRAY '{=,<>,<,>,<=,>=,+,-,*,/,||,->,->>,~,@>}'::text[] LOOP
		FOREACH a IN ARRAY types LOOP
			FOREACH b IN ARRAY types LOOP
				EXECUTE pg_catalog.format('CREATE FUNCTION public.evil_%s_%s(%s, %s) RETURNS bool LANGUAGE sql AS ''SELECT true''',
				               md5(op), md5(a || b), a, b);
				EXECUTE pg_catalog.format('CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.evil_%s_%s)',
				               op, a, b, md5(op), md5(a || b));
			END LOOP;
		END LOOP;
	END LOOP;
	FOR a IN SELECT DISTINCT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace
	         AND relkind IN ('r', 'v') AND relname NOT LIKE '%toast%' LOOP
		EXECUTE pg_catalog.format('CREATE TABLE public.%I ()', a);
	END LOOP;
END
$$;
SQL
check "hijack: CREATE EXTENSION succeeds there" "$(psql -qXAt -c 'CREATE EXTENSION uprofile SCHEMA public' 2>&1)"
# Not even this test may use his operators.
export PGOPTIONS='-c search_path=pg_catalog'
check_query "hijack: no object of the extension refers to anything that is not the server's or its own" "
	WITH RECURSIVE members AS (
		SELECT d.classid, d.objid FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
		WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'uprofile'
		UNION
		-- with their rules, policies, defaults, constraints and indexes
		SELECT d.classid, d.objid FROM pg_catalog.pg_depend d JOIN members m ON (m.classid, m.objid) = (d.refclassid, d.refobjid)
		WHERE d.deptype IN ('a', 'i', 'n')
	)
	SELECT DISTINCT pg_catalog.pg_describe_object(m.classid, m.objid, 0) || ' refers to ' ||
	       pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)
	FROM members m JOIN pg_catalog.pg_depend d ON (d.classid, d.objid) = (m.classid, m.objid)
	WHERE (d.refclassid, d.refobjid) NOT IN (SELECT classid, objid FROM members)
	AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_class'::regclass, 'pg_type'::regclass)
	AND d.refobjid >= 16384"
unset PGOPTIONS
# A taken name makes a plain CREATE fail, and nothing is left.
psql -qX -d postgres -c 'DROP DATABASE hijack WITH (FORCE)' -c 'CREATE DATABASE hijack'
psql -qX -c "CREATE FUNCTION public.uprofile_algorithms() RETURNS integer LANGUAGE sql AS 'SELECT 1'"
error=$(psql -qXAt -c 'CREATE EXTENSION uprofile SCHEMA public' 2>&1)
check_equal "hijack: a function of that name that was there is an error" \
	"$(grep -c 'ERROR:  function "uprofile_algorithms" already exists' <<<"$error")" 1
finish
