# Sourced by test/t/citus.sh and test/t/shards.sh: a call of every aggregate of the extension, found in pg_aggregate, over tables of one
# kind, and the comparison of what they give with what one table gives.

# Without the quotes of a shell: tables "one" (the rows), "old" (models that aggregates take), "one_part" (models of parts), "got".
rows_sql=$(cat <<'SQL'
-- One table in one place.
CREATE TABLE one AS SELECT i AS id, (i * 37) % 101 / 10.0::float8 AS a, (i * 53) % 97 / 7.0::float8 AS b, 'c' || i % 3 AS c, (i * 37) % 101 > 50 AS f,
	((i * 37) % 101 > 50) <> (i % 11 = 0) AS f2, 2.0 * ((i * 37) % 101) + (i * 53) % 97 / 3.0 + (i % 7)::float8 AS y, ((i * 37) % 101 + i % 13) / 115.0::float8 AS p,
	1 + (i % 4)::float8 AS w, '2026-01-01 00:00+00'::timestamptz + i * interval '7 hours' AS t, ARRAY['i' || i % 5, 'i' || i % 7] AS l1, ARRAY['i' || i % 3, 'i' || i % 5, 'i' || i % 4] AS l2
FROM generate_series(1, 900) i;
ALTER TABLE one ALTER id SET NOT NULL, ADD n float8, ADD n2 float8, ADD y2 float8, ADD c2 text;
UPDATE one SET n = f::int, n2 = f2::int, y2 = y + (id % 5 - 2), c2 = CASE WHEN id % 10 = 0 THEN 'c0' ELSE c END;
-- What aggregates over models take.
CREATE TABLE old AS SELECT (SELECT uprofile_scaler(ARRAY[a, b]) FROM one) AS features, (SELECT uprofile_bayes(ARRAY[a, b], f) FROM one) AS truth,
	(SELECT uprofile_bayes(ARRAY[a, b], c) FROM one) AS label, (SELECT uprofile_linear(ARRAY[a, b], y) FROM one) AS number,
	(SELECT uprofile_bayes(x, 'f') FROM (SELECT a, b, c, f FROM one) x) AS named;
CREATE TABLE one_part AS SELECT id % 10 AS id, uprofile_linear(ARRAY[a, b], y) AS model FROM one GROUP BY 1;
CREATE TABLE got (aggregate regprocedure, place text, text text);
SQL
)

# The table "calls": of every aggregate the call, and what it is called over: %s is the place.
make_calls()
{
	psql -qXAt -v ON_ERROR_STOP=1 <<'SQL'
CREATE TABLE calls AS
WITH aggregates AS
(
	SELECT p.oid, p.proname AS name, p.proargnames AS names, p.proargtypes, p.prorettype, a.aggtransfn::text ~ 'agg_values' AS values,
		a.aggtransfn::text ~ 'agg_(labels|scores|values)' AS measures, 'record'::regtype = ANY(p.proargtypes) AS rows,
		'jsonb'::regtype = ANY(p.proargtypes) AS params, format_type(p.proargtypes[0], NULL) AS first
	FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid WHERE p.proname LIKE 'uprofile\_%'
),
arguments AS
(
	SELECT g.oid, t.at, CASE format_type(t.type, NULL)
		WHEN 'double precision[]' THEN 'ARRAY[a, b]'
		WHEN 'record' THEN CASE WHEN name ~ '(scaler|kmeans|gmm|one_class)$' THEN 'uprofile_row(''{a,b,c}'', a, b, c)' WHEN name ~ '(linear|svr)$' THEN 'uprofile_row(''{a,b,c,y}'', a, b, c, y)'
			ELSE 'uprofile_row(''{a,b,c,f}'', a, b, c, f)' END
		WHEN 'uprofile_interest' THEN 'x.i'
		WHEN 'integer' THEN '3'
		WHEN 'interval' THEN '''7 days''::interval'
		WHEN 'timestamp with time zone' THEN CASE t.at WHEN 1 THEN 't' ELSE '''2027-01-01 00:00+00''::timestamptz' END
		WHEN 'text[]' THEN CASE t.at WHEN 1 THEN 'l1' ELSE 'l2' END
		WHEN 'bytea' THEN CASE WHEN name = 'uprofile_merge' THEN 'model' WHEN rows THEN 'old.named'
			ELSE 'old.' || CASE format_type(proargtypes[2], NULL) WHEN 'boolean' THEN 'truth' WHEN 'text' THEN 'label' WHEN 'double precision' THEN 'number' ELSE 'features' END END
		WHEN 'boolean' THEN CASE WHEN measures AND t.at = 2 THEN 'f2' ELSE 'f' END
		WHEN 'text' THEN CASE WHEN rows THEN CASE WHEN name IN ('uprofile_linear', 'uprofile_svr') THEN '''y''' ELSE '''f''' END
			WHEN NOT measures THEN 'c' WHEN first = 'boolean' THEN 'f2::text' WHEN first = 'double precision' THEN 'n2::text'
			WHEN NOT params THEN CASE t.at WHEN 1 THEN 'f::text' ELSE 'f2::text' END ELSE CASE t.at WHEN 1 THEN 'c' ELSE 'c2' END END
		WHEN 'jsonb' THEN CASE WHEN measures AND first = 'text' THEN '''{"positive": "c1"}''' WHEN name = 'uprofile_adjusted_r2' THEN '''{"features": 2}'''
			ELSE '''{}''' END || '::jsonb'
		WHEN 'double precision' THEN CASE WHEN names[t.at] = 'weight' THEN 'w' WHEN names[t.at] = 'score' THEN 'p'
			WHEN values THEN CASE t.at WHEN 1 THEN 'y' ELSE 'y2' END WHEN measures THEN CASE t.at WHEN 1 THEN 'n' ELSE 'n2' END
			WHEN first = 'double precision[]' THEN CASE WHEN name ~ '(tree|forest|boost|mlp|linear|svr)$' THEN 'y' ELSE 'n' END
			WHEN first = 'bytea' THEN 'y' ELSE 'w' END END AS written
	FROM aggregates g, LATERAL (SELECT type, at::int FROM unnest(proargtypes::oid[]) WITH ORDINALITY u (type, at)) t
)
SELECT g.oid::regprocedure AS aggregate, g.prorettype::regtype AS gives, g.rows, g.name || '(' || string_agg(written, ', ' ORDER BY at) || ')' AS call,
	count(*) = 1 AND g.rows AS alone, bool_and(written IS NOT NULL) AS known,
	CASE WHEN g.first = 'uprofile_interest' THEN '(SELECT id, uprofile_interests(c, w, t, ''7 days'') AS i FROM %s GROUP BY id) x' WHEN g.name = 'uprofile_merge' THEN '%s_part' ELSE '%s' END ||
		CASE WHEN g.name = 'uprofile_update' THEN ', old' ELSE '' END AS source
FROM aggregates g JOIN arguments USING (oid) GROUP BY g.oid, g.name, g.prorettype, g.rows, g.first;
SQL
	check_query "$1: it is known how to call every aggregate" "SELECT aggregate FROM calls WHERE NOT known"
}

# The statements of all calls over a place: call_statements PLACE [TABLE]
call_statements()
{
	psql -qXAt -c "SELECT format('INSERT INTO got SELECT %L, %L, (%s)::text FROM %s;', aggregate, '$1', call, format(source, '${2:-$1}')) FROM calls $3"
}

# run_calls PLACE TABLE CONDITION SETTINGS: what psql says.
run_calls()
{
	psql -qXAt -f <(echo "SET client_min_messages = error; SET extra_float_digits = 1; ${4:+$4;}"; call_statements "$1" "$2" "$3") 2>&1
}

# compare_calls NAME PLACE: with what came out of "one".
compare_calls()
{
	psql -qXAt -v ON_ERROR_STOP=1 -v place="$2" -c 'SET client_min_messages = error' -f - <<'SQL'
-- What a model of arrays says of the rows of the one table.
CREATE OR REPLACE FUNCTION answers(model bytea) RETURNS float8[] LANGUAGE sql AS
$$SELECT CASE uprofile_model_info(model) ->> 'algorithm' WHEN 'scaler' THEN (SELECT array_agg(v ORDER BY id, at) FROM one, unnest(uprofile_scale(model, ARRAY[a, b])) WITH ORDINALITY s (v, at))
	WHEN 'pca' THEN (SELECT array_agg(v ORDER BY id, at) FROM one, unnest(uprofile_transform(model, ARRAY[a, b])) WITH ORDINALITY s (v, at))
	WHEN 'bayes' THEN (SELECT array_agg(uprofile_predict_proba(model, ARRAY[a, b]) ORDER BY id) FROM one)
	ELSE (SELECT array_agg(uprofile_predict(model, ARRAY[a, b]) ORDER BY id) FROM one) END$$;
CREATE OR REPLACE FUNCTION furthest(a float8[], b float8[]) RETURNS float8 LANGUAGE sql AS
$$SELECT CASE WHEN cardinality(a) = cardinality(b) THEN max(abs(x - y) / greatest(abs(x), 1)) ELSE 'Infinity' END FROM unnest(a, b) u (x, y)$$;
-- The numbers of a text; ages in days, which go by the clock.
CREATE OR REPLACE FUNCTION numbers(text) RETURNS float8[] LANGUAGE sql AS
$$SELECT array_agg(m[1]::float8) FROM regexp_matches($1, '-?[0-9]+\.?[0-9]*(?:e[-+]?[0-9]+)?', 'g') m$$;
DROP TABLE IF EXISTS compared;
CREATE TABLE compared AS SELECT aggregate, c.gives, o.text = m.text AS same, CASE WHEN o.text = m.text THEN 0 WHEN c.gives = 'bytea'::regtype THEN furthest(answers(o.text::bytea), answers(m.text::bytea))
	WHEN c.gives = 'interval'::regtype THEN abs(extract(epoch FROM o.text::interval - m.text::interval)) / 1e14 WHEN c.gives = 'uprofile_rfm_trait'::regtype THEN furthest(numbers(o.text), numbers(m.text)) / 1e6
	ELSE furthest(numbers(o.text), numbers(m.text)) END AS distance
FROM got o JOIN got m USING (aggregate) JOIN calls c USING (aggregate) WHERE o.place = 'one' AND m.place = :'place';
SQL
	check_query "$1: models, figures and traits are those of one table" "SELECT aggregate, distance FROM compared WHERE distance IS NULL OR distance > 1e-9"
	check_query "$1: models that keep rows have the same bytes" "SELECT aggregate FROM compared WHERE gives = 'bytea'::regtype AND NOT same AND aggregate::text !~ '^uprofile_(scaler|bayes|linear|pca|merge|update)\\('"
}
