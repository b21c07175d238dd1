-- Pipelines: params.prepare, what becomes of each kind of column, and the same steps replayed at prediction.
\set SHOW_CONTEXT never
CREATE TABLE visitors AS
SELECT i AS id, CASE WHEN i % 5 = 0 THEN NULL ELSE (i % 9)::float8 END AS age, (ARRAY['Rome', 'Oslo', 'Bern', NULL])[1 + i % 4] AS city,
       TIMESTAMP '2024-03-01 12:00' + i * interval '7 hours' AS seen, ARRAY[i % 3, i % 4, NULL]::real[] AS embedding,
       'likes ' || (ARRAY['tea', 'coffee', 'tea and milk'])[1 + i % 3] AS note, i % 9 > 4 AS buys
FROM generate_series(1, 72) AS i;

SELECT jsonb_array_elements(uprofile_model_info(m)->'inputs') AS input
FROM (SELECT uprofile_pipeline(p, '{"exclude": ["id", "buys"], "prepare": {
    "age": {"impute": "mean", "indicator": true, "scale": "minmax"},
    "city": {"max_categories": 2, "impute": "constant", "fill_value": "unknown"},
    "seen": {"encode": "cyclic", "parts": ["weekday"]},
    "embedding": {"scale": "none", "impute": "constant", "fill_value": -1},
    "note": {"encode": "words", "buckets": 8}}}') AS m FROM visitors AS p) AS t;
CREATE TABLE fitted AS
SELECT uprofile_pipeline(p, '{"features": ["age", "city", "embedding"], "scale": "none", "prepare": {
    "age": {"impute": "mean", "indicator": true}, "city": {"encode": "one_hot"},
    "embedding": {"impute": "constant", "fill_value": -1}}}') AS m FROM visitors AS p;
SELECT uprofile_model_info(m)->'features' AS features FROM fitted;
SELECT id, uprofile_transform(m, p) AS features FROM fitted, visitors AS p WHERE id <= 5 ORDER BY id;

-- columns in another order, an extra one, a value never seen, NULL, another numeric type
SELECT uprofile_transform(m, r) AS features FROM fitted,
    (SELECT ARRAY[7, 8, 9]::numeric[] AS embedding, true AS extra, 'Lima' AS city, 3::smallint AS age) AS r;
SELECT uprofile_transform(m, r) AS features FROM fitted,
    (SELECT NULL::float8[] AS embedding, NULL::text AS city, NULL::int AS age) AS r;
-- a missing column, text where a number was, an array of another length, infinite
SELECT uprofile_transform(m, r) FROM fitted, (SELECT 3 AS age, 'Rome' AS city) AS r;
SELECT uprofile_transform(m, r) FROM fitted, (SELECT 'three' AS age, 'Rome' AS city, '{1,2,3}'::real[] AS embedding) AS r;
SELECT uprofile_transform(m, r) FROM fitted, (SELECT 3 AS age, 'Rome' AS city, '{1,2}'::real[] AS embedding) AS r;
SELECT uprofile_transform(m, r) FROM fitted, (SELECT 3 AS age, 'Rome' AS city, '{1,2,Infinity}'::real[] AS embedding) AS r;
SELECT uprofile_transform(m, r) FROM fitted, (SELECT 'Infinity'::float8 AS age, 'Rome' AS city, '{1,2,3}'::real[] AS embedding) AS r;
SELECT uprofile_unscale(m, uprofile_transform(m, p)) FROM fitted, visitors AS p WHERE id = 1;
SELECT uprofile_predict(m, p) FROM fitted, visitors AS p WHERE id = 1;

-- every encoding of one column; scores of a model that was trained with it
SELECT encoding, i->'n_features' AS n_features, i->'features'->0 AS first
FROM unnest('{one_hot,ordinal,target,hash}'::text[]) WITH ORDINALITY AS e (encoding, at),
     LATERAL (SELECT uprofile_model_info(uprofile_svm(p, 'buys', jsonb_build_object('features', '["city"]'::jsonb,
         'prepare', jsonb_build_object('city', jsonb_build_object('encode', encoding))))) AS i FROM visitors AS p) AS m ORDER BY at;
CREATE TABLE scored AS SELECT uprofile_svm(p, 'buys', '{"exclude": ["id"], "prepare": {"city": {"encode": "target"}, "note": {"encode": "words"}}}') AS m
FROM visitors AS p;
SELECT count(*) AS rows, count(uprofile_predict(m, p)) AS scores FROM scored, visitors AS p;
-- a number as categories, by its text
SELECT uprofile_model_info(uprofile_pipeline(r, '{"prepare": {"code": {"encode": "one_hot"}}}'))->'features' AS features
FROM (VALUES (10), (9), (10), (NULL)) AS r (code);
-- more than 255 values: left out, unless asked for
SELECT uprofile_model_info(uprofile_pipeline(r))->'left_out' AS left_out
FROM (SELECT 'v' || i % 300 AS many, i AS n FROM generate_series(1, 900) AS i) AS r;
SELECT uprofile_model_info(uprofile_pipeline(r, '{"prepare": {"many": {"encode": "one_hot"}}}'))->'n_features' AS n
FROM (SELECT 'v' || i % 300 AS many, i AS n FROM generate_series(1, 900) AS i) AS r;
-- arrays of no known element, and of different lengths; parts that meet in a parallel plan are in test/t/plans.sh
SELECT uprofile_model_info(uprofile_pipeline(r))->'left_out' AS left_out FROM (VALUES (1, NULL::real[]), (2, NULL)) AS r (n, v);
SELECT uprofile_pipeline(r) FROM (VALUES (1, '{1,2}'::real[]), (2, '{1}')) AS r (n, v);
SELECT uprofile_transform(m, r) FROM (SELECT uprofile_pipeline(r, '{"scale": "none"}') AS m FROM (VALUES (1, NULL), (2, '{3,4}'::int[]), (3, '{5,NULL}')) AS r (n, v)) AS t,
    (SELECT NULL::int AS n, NULL::int[] AS v) AS r;
-- a type of its own that casts to real[], as pgvector's vector does
-- (how the server words that the type is a shell yet differs by version)
SET client_min_messages = warning;
CREATE TYPE vector;
CREATE FUNCTION vector_in(cstring) RETURNS vector LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION vector_out(vector) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE vector (INPUT = vector_in, OUTPUT = vector_out, LIKE = text);
RESET client_min_messages;
CREATE FUNCTION vector_to_real(vector, int, boolean) RETURNS real[] LANGUAGE plpgsql IMMUTABLE STRICT
AS $$ BEGIN RETURN translate($1::text, '[]', '{}')::real[]; END $$;
CREATE CAST (vector AS real[]) WITH FUNCTION vector_to_real(vector, int, boolean);
SELECT uprofile_transform(m, r) AS features FROM (SELECT uprofile_pipeline(r, '{"scale": "none"}') AS m
    FROM (VALUES ('[1,2]'::vector), ('[3,4.5]')) AS r (v)) AS t, (SELECT '[7,8]'::vector AS v) AS r;
DROP TYPE vector CASCADE;

-- arrays of features: any scale, no columns
SELECT uprofile_transform(m, ARRAY[5, 50]) AS features FROM (SELECT uprofile_svm(ARRAY[i, i * 10], i > 5, '{"scale": "minmax"}') AS m FROM generate_series(0, 10) AS i) AS t;
SELECT uprofile_svm(ARRAY[i], i > 5, '{"prepare": {"x": {"scale": "log"}}}') FROM generate_series(0, 10) AS i;

-- what cannot be
SELECT uprofile_pipeline(p, '{"prepare": {"agee": {"scale": "log"}}}') FROM visitors AS p;
SELECT uprofile_pipeline(p, '{"prepare": {"age": {"scales": "log"}}}') FROM visitors AS p;
SELECT uprofile_pipeline(p, '{"prepare": {"age": {"scale": "logarithm"}}}') FROM visitors AS p;
SELECT uprofile_pipeline(p, '{"prepare": {"age": "log"}}') FROM visitors AS p;
SELECT uprofile_pipeline(p, '{"prepare": ["age"]}') FROM visitors AS p;
SELECT uprofile_pipeline(p, '{"prepare": {"age": {"encode": "cyclic"}}}') FROM visitors AS p;
SELECT uprofile_pipeline(p, '{"prepare": {"city": {"encode": "target"}}}') FROM visitors AS p;
SELECT uprofile_pipeline(p, '{"prepare": {"city": {"encode": "native"}}}') FROM visitors AS p;
SELECT uprofile_pipeline(p, '{"prepare": {"age": {"impute": "none"}}}') FROM visitors AS p;
SELECT uprofile_pipeline(p, '{"prepare": {"seen": {"encode": "cyclic", "parts": ["minute"]}}}') FROM visitors AS p;
SELECT uprofile_pipeline(p, '{"prepare": {"city": {"encode": "ordinal", "order": ["Bern", "Oslo"]}}}') FROM visitors AS p;
SELECT uprofile_pipeline(p, '{"prepare": {"age": {"scale": "minmax", "feature_range": [1, 0]}}}') FROM visitors AS p;

-- a named model: the same preparation in every version, and when it is measured
SELECT version, features FROM uprofile_train('buyers', 'visitors', 'buys', 'svm', key => 'id',
    params => '{"prepare": {"city": {"encode": "target"}, "note": {"encode": "words", "buckets": 8}}, "select": {"method": "anova_f", "k": 6}}');
SELECT uprofile_transform('buyers', p) = uprofile_transform('buyers', p) AS same, array_length(uprofile_transform('buyers', p), 1) AS n FROM visitors AS p WHERE id = 3;
SELECT metric, value BETWEEN 0 AND 1 AS sensible FROM uprofile_evaluate('buyers', 'visitors') WHERE metric = 'accuracy';
SELECT uprofile_drop_model('buyers');
DROP TABLE visitors, fitted, scored;

-- What is infinite in a column that is left out says nothing against the others, nor against a model that does not ask for it.
CREATE TABLE open_ended AS SELECT i AS id, i % 10 AS a, CASE WHEN i % 3 > 0 THEN 'infinity' ELSE timestamptz '2025-01-01' + i * interval '1 hour' END AS valid_to, 'infinity'::float8 AS rest, i % 10 > 4 AS y FROM generate_series(1, 200) AS i;
SELECT version, features FROM uprofile_train('open_ended', 'open_ended', target => 'y', algorithm => 'tree', key => 'id', params => '{"exclude": ["valid_to", "rest"]}');
SELECT version, features, rows_trained + rows_tested AS n FROM uprofile_train('open_ended', 'SELECT a, valid_to, y FROM open_ended', target => 'y', algorithm => 'tree', params => '{"features": ["a"]}', deploy => 'always');
SELECT metric, value FROM uprofile_evaluate('open_ended', 'open_ended') WHERE metric IN ('rows', 'accuracy');
SELECT version FROM uprofile_train('open_ended', 'open_ended', target => 'y', algorithm => 'tree', key => 'id', params => '{"exclude": ["rest"]}');
SELECT version FROM uprofile_train('open_ended', 'open_ended', target => 'y', algorithm => 'tree', key => 'id', params => '{"features": ["a"], "weight": "rest"}');
SELECT uprofile_drop_model('open_ended');
DROP TABLE open_ended;

-- The same of aggregates over whole rows, and of a search: what one of its trials sees must be finite.
CREATE TABLE open_ended AS SELECT i % 10 AS a, i % 7 AS b, CASE WHEN i % 3 > 0 THEN 'infinity' ELSE timestamptz '2025-01-01' + i * interval '1 hour' END AS valid_to, 'infinity'::float8 AS rest, i % 10 > 4 AS y FROM generate_series(1, 200) AS i;
SELECT uprofile_predict_label(uprofile_tree(t, 'y', '{"exclude": ["valid_to", "rest"]}'), (SELECT u FROM open_ended u LIMIT 1)) AS label FROM open_ended t;
SELECT uprofile_predict_label(uprofile_logistic(t, 'y', '{"features": ["a"]}'), (SELECT u FROM open_ended u LIMIT 1)) AS label FROM open_ended t;
SELECT uprofile_model_info(uprofile_kmeans(t, 2, '{"exclude": ["valid_to", "rest", "y"]}'))->'sizes' IS NOT NULL AS clustered FROM open_ended t;
SELECT uprofile_tree(t, 'y', '{"exclude": ["rest"]}') FROM open_ended t;
SELECT count(*) FROM uprofile_cross_validate('open_ended', 'y', 'tree', '{"exclude": ["valid_to", "rest"]}') WHERE metric = 'accuracy';
SELECT count(*) FROM uprofile_tune('open_ended', 'y', 'tree', '{"max_depth": [1, 2], "exclude": [["valid_to", "rest"], ["b", "rest", "valid_to"]]}');
SELECT count(*) FROM uprofile_tune('open_ended', 'y', 'tree', '{"max_depth": 2, "features": [["a"], ["a", "b"]]}');
SELECT count(*) FROM uprofile_tune('open_ended', 'y', 'tree', '{"max_depth": [1, 2], "exclude": [["valid_to", "rest"], ["rest"]]}');
SELECT count(*) FROM uprofile_tune('open_ended', 'y', 'tree', '{"max_depth": 2, "exclude": [null, ["valid_to", "rest"]]}');
-- Elements of arrays as well; where they are features they are an error.
SELECT uprofile_predict_label(uprofile_tree(t, 'y', '{"exclude": ["list"]}'), (SELECT u FROM (SELECT a, '{1,-infinity}'::float8[] AS list FROM open_ended) u LIMIT 1)) AS label
FROM (SELECT a, y, ARRAY[a, rest] AS list FROM open_ended) t;
SELECT version, features FROM uprofile_train('open_ended', 'SELECT a, y, ARRAY[a, rest] AS list FROM open_ended', target => 'y', algorithm => 'tree', params => '{"exclude": ["list"]}');
SELECT uprofile_drop_model('open_ended');
SELECT uprofile_tree(t, 'y') FROM (SELECT a, y, ARRAY[a, rest] AS list FROM open_ended) t;
-- Intervals have infinities from PostgreSQL 17 on.
CREATE FUNCTION pr_endless() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE 'SELECT uprofile_scaler(t) FROM (SELECT interval ''infinity'' AS span) t';
	RETURN false;
EXCEPTION WHEN data_exception OR invalid_datetime_format THEN
	RETURN SQLERRM IN ('column "span" has the value Infinity', 'invalid input syntax for type interval: "infinity"');
END $$;
SELECT pr_endless();
DROP FUNCTION pr_endless();
DROP TABLE open_ended;
