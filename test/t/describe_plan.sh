#!/bin/bash
# The plan whose processes collect the rows that are described (describe_plan.c): ordinary sources of numbers get it; statements that users' functions
# run meanwhile never do, whatever their text is.
. "$(dirname "$0")/common.bash"
scratch_database describe_plan

sql() { PGOPTIONS="-c client_min_messages=error -c uprofile.processors=8 -c parallel_setup_cost=0 -c parallel_tuple_cost=0.1 -c min_parallel_table_scan_size=0 ${MORE:-}" psql -qXAt "$@" 2>&1; }

check "describe plan: set-up" "$(sql -v ON_ERROR_STOP=1 <<'SQL'
CREATE EXTENSION uprofile;
CREATE TABLE t AS SELECT g::float8 AS a FROM generate_series(1, 100000) g;
CREATE TABLE two AS SELECT g::float8 AS a, g::numeric AS b FROM generate_series(1, 3) g;
ALTER TABLE t SET (parallel_workers = 2);
ANALYZE t, two;
-- Runs a text once a session, notes how many rows came, and holds.
CREATE FUNCTION meanwhile(statement text) RETURNS bool LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
	n bigint := 0;
	r record;
BEGIN
	IF current_setting('test.inside', true) = 'yes' OR current_setting('test.rows', true) <> '' THEN RETURN true; END IF;
	PERFORM set_config('test.inside', 'yes', false);
	EXECUTE statement;
	GET DIAGNOSTICS n = ROW_COUNT;
	FOR r IN EXECUTE statement LOOP n := n + r.a * 0 + 1; END LOOP;
	PERFORM set_config('test.inside', '', false), set_config('test.rows', n::text, false);
	RETURN true;
END $$;
CREATE VIEW folded AS SELECT a FROM t WHERE meanwhile('SELECT * FROM public.folded');
-- The same by statements that the function keeps plans of, in this call and later ones.
CREATE FUNCTION kept() RETURNS bool LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
	IF current_setting('test.inside', true) = 'yes' THEN RETURN true; END IF;
	PERFORM set_config('test.inside', 'yes', false);
	PERFORM count_kept();
	PERFORM set_config('test.inside', '', false);
	RETURN true;
END $$;
CREATE VIEW planned AS SELECT a FROM t WHERE kept();
CREATE FUNCTION count_kept() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	n bigint := 0;
	r record;
BEGIN
	FOR r IN SELECT * FROM public.planned LOOP n := n + 1; END LOOP;
	PERFORM set_config('test.rows', n::text, false);
END $$;
-- A domain's check, which runs while a literal is read.
CREATE FUNCTION checks(v float8) RETURNS bool LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS
	$$ BEGIN RETURN meanwhile(E'SELECT a FROM t WHERE a <> ALL (''{-1}''::checked[]::float8[])\n'); END $$;
CREATE DOMAIN checked AS float8 CHECK (checks(VALUE));
-- A policy.
CREATE TABLE guarded AS SELECT a FROM t;
ALTER TABLE guarded SET (parallel_workers = 2);
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
ALTER TABLE guarded FORCE ROW LEVEL SECURITY;
CREATE POLICY guards ON guarded USING (meanwhile('SELECT * FROM public.guarded'));
CREATE ROLE up_describes;
ALTER TABLE guarded OWNER TO up_describes;
ANALYZE guarded;
-- A description within a row of another one, whose columns are others.
CREATE FUNCTION within(v float8) RETURNS float8 LANGUAGE plpgsql AS
	$$ BEGIN PERFORM * FROM uprofile_describe('public.folded'); PERFORM set_config('test.rows', '', false); RETURN v; END $$;
-- What a source's names mean is something else when it is run than it was when it was planned.
CREATE SCHEMA here;
CREATE SCHEMA there;
CREATE TABLE here.changing AS SELECT a, a AS b FROM two;
CREATE FUNCTION goes() RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
	$$ BEGIN PERFORM set_config('search_path', 'there, public', false); RETURN true; END $$;
SQL
)"
trap 'PGDATABASE=postgres dropdb --if-exists --force describe_plan; PGDATABASE=postgres dropuser --if-exists up_describes' EXIT

# described SOURCE: a digest of what is told of it, and the rows that statements within it had.
described()
{
	sql -v source="$1" <<'SQL'
SELECT md5(string_agg(d::text, ',')) FROM uprofile_describe(:'source') AS d;
SELECT current_setting('test.rows', true);
SQL
}

# collecting SQL: how many of the plans that are made for it collect.
collecting()
{
	sql -c "SET debug_print_plan = on" -c "SET client_min_messages = log" -c "$1" | grep -c ':methods uprofile\\ describe'
}

alone=$(MORE="-c max_parallel_workers_per_gather=0" sql -c "SELECT md5(string_agg(d::text, ',')) FROM uprofile_describe('t') AS d")
two_alone=$(described 'SELECT b, a, 1 AS one FROM two')
check_equal "describe plan: digests" "$(grep -cE '^[0-9a-f]{32}$' <<<"$alone
$two_alone")" 2
check_equal "describe plan: a table of numbers is collected" "$(collecting "SELECT * FROM uprofile_describe('t')")" 1
check_equal "describe plan: and so is a query" "$(collecting "SELECT * FROM uprofile_describe('SELECT a, a * 2 AS b FROM t WHERE a > 7')")" 1
check_equal "describe plan: and one of texts" "$(collecting "SELECT * FROM uprofile_describe('SELECT a, a::text AS b FROM t')")" 1
check_equal "describe plan: nor is the source alone" "$(collecting "SELECT * FROM public.t")" 0
for more in "" "-c parallel_leader_participation=off" "-c max_parallel_workers_per_gather=0"; do
	MORE=$more
	check_equal "describe plan: a table $more" "$(described t)" "$alone"
	check_equal "describe plan: a constant function that runs the same text $more" "$(described public.folded)" "$alone
200000"
	check_equal "describe plan: one that keeps its plan $more" "$(described public.planned)" "$alone
100000"
	check_equal "describe plan: and later statements of it $more" "$(sql -c "SELECT count(*) FROM uprofile_describe('public.planned')" -c "SELECT count_kept()" -c "SELECT current_setting('test.rows')" \
		-c "SELECT count_kept()" -c "SELECT current_setting('test.rows')")" "1

100000

100000"
	check_equal "describe plan: a domain's check $more" "$(described "SELECT a FROM t WHERE a <> ALL ('{-1}'::checked[]::float8[])")" "$alone
200000"
	check_equal "describe plan: a policy $more" "$(MORE="$more -c role=up_describes" described public.guarded)" "$alone
200000"
	check_equal "describe plan: within a row of another $more" "$(described 'SELECT b, within(a) AS a, 1 AS one FROM two')" "$two_alone"
done
MORE=
check_equal "describe plan: a failure of one process is the statement's, and the next one has them all" "$(sql -c "SELECT count(*) FROM uprofile_describe('SELECT 1 / (a - 77777) AS a FROM t')" \
	-c "SELECT md5(string_agg(d::text, ',')) FROM uprofile_describe('t') AS d" | sed -n '1p;$p')" "ERROR:  division by zero
$(head -1 <<<"$alone")"
segments="SELECT count(*) FROM regexp_matches(pg_read_file('/proc/self/maps'), '/PostgreSQL\.', 'g')"
mapfile -t said < <(sql -c "SET max_parallel_workers = 0" -c "SELECT set_config('test.leader', pg_backend_pid()::text, false)" \
	-c "SELECT count(*) FROM uprofile_describe('SELECT a, a + 1 AS b FROM t')" -c "$segments" \
	-c "SELECT count(*) FROM uprofile_describe('SELECT a, CASE WHEN a = 4096 THEN pg_cancel_backend(current_setting(''test.leader'')::int) END AS b FROM t')" \
	-c "SELECT length(uprofile_svm(ARRAY[a, -a], a > 7)) > 0 FROM t" -c "$segments")
check_equal "describe plan: what a process makes that was cancelled at a row is its own" "${said[3]} ${said[-2]} ${said[-1]}" "ERROR:  canceling statement due to user request t ${said[2]}"
# More rows than memory holds are read as they stand, by whomever they could be read.
small="-c uprofile.max_memory=1MB -c parallel_tuple_cost=0"
alone=$(MORE="$small -c max_parallel_workers_per_gather=0" described 'SELECT sin(a) AS a, cos(a) AS b FROM t')
for run in 1 2 3; do
	check_equal "describe plan: estimates do not tell who read, run $run" "$(MORE=$small described 'SELECT sin(a) AS a, cos(a) AS b FROM t')" "$alone"
done
MORE=
check_equal "describe plan: only the description itself collects" "$(collecting "SELECT * FROM uprofile_describe('public.folded')")" 1
for columns in "'x'::text AS a, 'y'::text AS b" "1::float8 AS a" "a::numeric, b FROM here.changing"; do
	check "describe plan: another table, of $columns" "$(sql -c "DROP TABLE IF EXISTS there.changing" -c "CREATE TABLE there.changing AS SELECT $columns")"
	for call in "uprofile_describe('SELECT * FROM changing WHERE goes()')" "uprofile_correlation('SELECT * FROM changing WHERE goes()')"; do
		check_equal "describe plan: ${call%%(*} while columns become $columns" "$(sql -c "SET search_path = here, public" -c "SELECT * FROM $call" | head -1)" \
			"ERROR:  the columns of the source changed while it was being planned"
	done
done
finish
