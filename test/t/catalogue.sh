#!/bin/bash
# What the catalogue must say of every object of the extension (the surface's rules), whatever objects there are.
. "$(dirname "$0")/common.bash"
scratch_database catalogue
psql -qX -c 'CREATE EXTENSION uprofile' || { fail "catalogue: CREATE EXTENSION"; finish; }

members="SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
         WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'uprofile'"
procs="SELECT p.* FROM pg_proc p JOIN ($members) m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid"

check_equal "catalogue: the extension has functions" "$(psql -XAtc "SELECT count(*) > 20 FROM ($procs) p")" t

check_query "catalogue: every object has a comment" "
	SELECT pg_describe_object(m.classid, m.objid, 0) FROM ($members) m
	WHERE obj_description(m.objid, (SELECT relname FROM pg_class WHERE oid = m.classid)) IS NULL
	-- The type of a table or view is its own shadow.
	AND NOT (m.classid = 'pg_type'::regclass
	         AND EXISTS (SELECT FROM pg_type t WHERE t.oid = m.objid AND (t.typrelid <> 0 OR t.typelem <> 0)))
	-- The sequence of an identity column is a part of its column.
	AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = m.classid AND d.objid = m.objid AND d.deptype = 'i')
	ORDER BY 1"

check_query "catalogue: names begin with uprofile_" "
	SELECT p.oid::regprocedure::text FROM ($procs) p WHERE p.proname !~ '^uprofile_[a-z0-9_]+\$'
	UNION ALL SELECT c.oid::regclass::text FROM pg_class c JOIN ($members) m
	ON m.classid = 'pg_class'::regclass AND m.objid = c.oid WHERE c.relname !~ '^uprofile_[a-z0-9_]+\$'"

check_query "catalogue: no parameter or output column is a keyword that needs quotes" "
	SELECT p.oid::regprocedure || ': ' || a.name || ' (' || k.catdesc || ')'
	FROM ($procs) p, unnest(p.proargnames) AS a (name) JOIN pg_get_keywords() k ON k.word = a.name
	WHERE k.catcode IN ('R', 'C', 'T')
	UNION ALL
	SELECT c.oid::regclass || '.' || a.attname || ' (' || k.catdesc || ')'
	FROM pg_class c JOIN ($members) m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	JOIN pg_get_keywords() k ON k.word = a.attname
	WHERE k.catcode IN ('R', 'C', 'T') ORDER BY 1"

check_query "catalogue: functions in SQL and PL/pgSQL set search_path, nothing is SECURITY DEFINER" "
	SELECT p.oid::regprocedure FROM ($procs) p JOIN pg_language l ON l.oid = p.prolang
	WHERE p.prosecdef
	OR l.lanname IN ('sql', 'plpgsql')
	   AND NOT coalesce(p.proconfig @> ARRAY['search_path=pg_catalog, pg_temp'], false)"

check_query "catalogue: the C symbol of a function is an SQL name" "
	SELECT p.oid::regprocedure || ' is ' || p.prosrc FROM ($procs) p JOIN pg_language l ON l.oid = p.prolang
	WHERE l.lanname = 'c' AND p.prosrc NOT LIKE p.proname || '%' AND p.prosrc NOT LIKE 'uprofile\_%'"

check_query "catalogue: what takes the name of a source is parallel unsafe, what a planner may move is marked" "
	SELECT p.oid::regprocedure FROM ($procs) p
	WHERE 'source' = ANY (p.proargnames) AND p.proparallel <> 'u'"

aggregates="SELECT p.*, a.* FROM ($procs) p JOIN pg_aggregate a ON a.aggfnoid = p.oid"

check_query "catalogue: every aggregate has a combine function and a concrete state" "
	SELECT oid::regprocedure FROM ($aggregates) a
	WHERE aggcombinefn = 0 OR (SELECT typtype FROM pg_type WHERE oid = aggtranstype) = 'p'"
check_query "catalogue: combine functions are not strict, states have an initial condition or take NULL" "
	SELECT DISTINCT a.oid::regprocedure FROM ($aggregates) a JOIN pg_proc c ON c.oid = a.aggcombinefn
	JOIN pg_proc t ON t.oid = a.aggtransfn
	WHERE c.proisstrict OR t.proisstrict"
check_query "catalogue: every aggregate is parallel safe unless it holds rows that a leader cannot take over, and so are its functions" "
	SELECT a.oid::regprocedure FROM ($aggregates) a
	WHERE a.proparallel <> CASE WHEN a.aggfinalfn::oid = (SELECT p.oid FROM ($procs) p WHERE p.proname = 'uprofile_agg_final')
	                             AND (a.agginitval = '' OR a.proargtypes::oid[] && ARRAY['record'::regtype, 'text'::regtype]::oid[])
	                       THEN 'r' ELSE 's' END
	   OR EXISTS (SELECT FROM pg_proc f
	      WHERE f.oid IN (a.aggtransfn, a.aggcombinefn, a.aggfinalfn) AND f.proparallel <> 's')"
check_query "catalogue: final functions leave the state untouched" "
	SELECT oid::regprocedure FROM ($aggregates) a WHERE aggfinalfn <> 0 AND aggfinalmodify <> 'r'"
check_query "catalogue: no aggregate has the name of a built-in one" "
	SELECT a.oid::regprocedure FROM ($aggregates) a
	JOIN pg_proc b ON b.proname = a.proname AND b.pronamespace = 'pg_catalog'::regnamespace"

check_query "catalogue: no function has overloads in two kinds of arrays" "
	SELECT p.proname, a.position, string_agg(DISTINCT a.type::oid::regtype::text, ', ')
	FROM ($procs) p, unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (type, position)
	JOIN pg_type t ON t.oid = a.type AND t.typcategory = 'A'
	GROUP BY 1, 2 HAVING count(DISTINCT a.type) > 1"

# Calls as users write them must resolve: four kinds of arrays, every kind of label.
psql -qX -c "CREATE DOMAIN grade AS text" -c "CREATE DOMAIN points AS integer"
calls=$(psql -XAt -c "
	SELECT format('EXPLAIN SELECT %s(%s%s)', a.proname, v.value,
	              (SELECT string_agg(', NULL::' || format_type(t, NULL), '' ORDER BY i)
	               FROM unnest(a.proargtypes::oid[]) WITH ORDINALITY AS x (t, i) WHERE i > 1))
	FROM ($procs) a,
	     (VALUES ('ARRAY[1,2]'), ('ARRAY[1,2]::integer[]'), ('ARRAY[1.5,2]::numeric[]'), ('ARRAY[1.5,2]::real[]'),
	             ('ARRAY[1.5,2]::double precision[]'), ('ARRAY[1,2]::bigint[]')) AS v (value)
	WHERE a.prokind = 'a' AND a.proargtypes[0] = 'float8[]'::regtype
	UNION
	SELECT format('EXPLAIN SELECT %s(ARRAY[1,2], %s%s)', a.proname, v.value,
	              CASE WHEN a.pronargs = 3 THEN ', ''{}''' ELSE '' END)
	FROM ($procs) a,
	     (VALUES ('1'), ('1::smallint'), ('1::bigint'), ('1.5'), ('1.5::real'), ('1.5::float8'), ('true'), ('NULL'),
	             ('''yes'''), ('''yes''::varchar(10)'), ('''yes''::char(3)'), ('''yes''::text'), ('''a''::grade'),
	             ('1::points')) AS v (value)
	WHERE a.prokind = 'a' AND a.proargtypes[0] = 'float8[]'::regtype AND a.proargtypes[1] = 'text'::regtype
	UNION
	SELECT format('EXPLAIN SELECT %s(%s, %s)', a.proname, x.value, y.value)
	FROM (SELECT proname FROM ($aggregates) a
	      WHERE pronargs = 2 AND proargtypes[0] = 'text'::regtype AND proargtypes[1] = 'text'::regtype) a,
	     (VALUES ('1::smallint', '0::bigint'), ('1', '0'), ('1.0', '0.5'), ('true', 'false'), ('true', '0.5'),
	             ('true', '1'), ('1', '''1''::text'), ('true', '''true''::text'), ('1::numeric', '''1''::varchar'),
	             ('''a''::text', '''b''::text'), ('''a''::varchar', '''b''::text'), ('''a''::grade', '''b''::grade'),
	             ('1::points', '2::points'))
	     AS x (value, other), LATERAL (SELECT x.other) AS y (value)
	UNION
	SELECT format('EXPLAIN SELECT %s(%s, %s)', a.proname, x.value, y.value)
	FROM (SELECT proname FROM ($aggregates) a
	      WHERE pronargs = 2 AND proargtypes[0] = 'text'::regtype AND proargtypes[1] = 'float8'::regtype) a,
	     (VALUES ('true'), ('1'), ('1::smallint'), ('1.0'), ('1::bigint'), ('''a''::text'), ('''a''::varchar'),
	             ('''a''::grade'), ('1::points')) AS x (value),
	     (VALUES ('0.5'), ('1'), ('0.5::real'), ('0.5::float8'), ('NULL'), ('1::points')) AS y (value)
	UNION
	SELECT format('EXPLAIN SELECT %s(%s, %s)', a.proname, x.value, y.value)
	FROM (SELECT proname FROM ($aggregates) a WHERE pronargs = 2 AND proname ~ '_(rmse|mae|r2|mape|median_absolute_error)\$') a,
	     (VALUES ('1'), ('1::smallint'), ('1.5'), ('1.5::real'), ('NULL')) AS x (value),
	     (VALUES ('1'), ('1::bigint'), ('1.5'), ('1.5::float8'), ('NULL')) AS y (value)
	ORDER BY 1")
# In one session; -b names the statement that failed.
errors=$(sed '/./s/$/;/' <<<"$calls" | psql -qXAtb 2>&1 >/dev/null | grep -E '^(psql:.*)?(ERROR|STATEMENT|FATAL):')
check "catalogue: $(grep -c . <<<"$calls") calls of aggregates resolve for each kind of array and label" "$errors"
finish
