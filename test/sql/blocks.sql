-- Predictions of blocks of rows: the same answers as row by row, where a plan computes them, and only there.
SET uprofile.block_predictions = on;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE bk AS SELECT i AS id, sin(i) * 3 AS a, (i % 7)::int AS b, CASE WHEN i % 11 = 0 THEN NULL ELSE 'k' || i % 5 END AS c,
	i % 3 = 0 AS y, CASE i % 3 WHEN 0 THEN 'low' WHEN 1 THEN 'mid' ELSE 'top' END AS t, repeat('x', i % 50) AS note
FROM generate_series(1, 1500) AS i;
ANALYZE bk;
CREATE TABLE bk_models AS
SELECT 'tree' AS name, uprofile_tree(ARRAY[a, b], y) AS m, uprofile_tree(ARRAY[a, b], t) AS several, (SELECT uprofile_forest(r, 'y', '{"exclude": ["id", "t", "note"], "n_estimators": 5}') FROM bk AS r) AS of_rows FROM bk
UNION ALL
SELECT 'logistic', uprofile_logistic(ARRAY[a, b], y), uprofile_logistic(ARRAY[a, b], t), (SELECT uprofile_logistic(r, 'y', '{"exclude": ["id", "t", "note"]}') FROM bk AS r) FROM bk
UNION ALL
SELECT 'mlp', uprofile_mlp(ARRAY[a, b], y, '{"max_iter": 2}'), uprofile_mlp(ARRAY[a, b], t, '{"max_iter": 2}'), (SELECT uprofile_bayes(r, 'y', '{"exclude": ["id", "t", "note"]}') FROM bk AS r) FROM bk;
SELECT version FROM uprofile_train('bk_named', 'SELECT id, a, b, c, y FROM bk', target => 'y', key => 'id', algorithm => 'tree', deploy => 'always');

CREATE TABLE bk_mixed AS SELECT uprofile_tree(ARRAY[a, b], y) AS m, uprofile_tree(ARRAY[a, b], a * b) AS amounts, uprofile_gmm(ARRAY[a, b], 2) AS gmm, uprofile_forest(ARRAY[a, b], b % 2, '{"n_estimators": 3}') AS numbered FROM bk;
CREATE TABLE bk_more AS SELECT i % 2000 AS id FROM generate_series(1, 3000) AS i;
ANALYZE bk_more;

CREATE DOMAIN bk_whole AS int;
CREATE TABLE bk_typed AS SELECT id, id::int2 AS s, id % 90 AS i, id * 4611686018427387 + 1 AS l, (a * 3)::real AS r, a AS f, id % 2 = 0 AS flag, (id % 8)::bk_whole AS w,
	id * (ARRAY[1, 12345678.901234567, -1e25, 1e-12])[1 + id % 4] AS n, (id / 8.0)::numeric(9, 3) AS o, 1 AS gone, y, t FROM bk;
ALTER TABLE bk_typed DROP gone, ADD late int DEFAULT 3, ADD g int GENERATED ALWAYS AS (i % 7) STORED;
ANALYZE bk_typed;
CREATE TABLE bk_vectors AS SELECT 'two' AS name, uprofile_scaler(ARRAY[s, f]) AS m, uprofile_tree(ARRAY[i, g, w], t) AS three FROM bk_typed
	UNION ALL SELECT 'other', uprofile_scaler(ARRAY[o, f]), uprofile_bayes(ARRAY[i, g, w], t) FROM bk_typed;

-- What a plan looks like.
EXPLAIN (COSTS off, VERBOSE) SELECT id, uprofile_predict('bk_named', bk) + 1 AS p FROM bk WHERE id < 10;

EXPLAIN (COSTS off, VERBOSE) SELECT id, uprofile_predict(m, ARRAY[a, a]) AS p FROM bk, (SELECT m FROM bk_models WHERE name = 'tree' LIMIT 1) AS s;
EXPLAIN (COSTS off, VERBOSE) SELECT uprofile_scale(m, ARRAY[i, o]) AS x FROM bk_typed, (SELECT m FROM bk_vectors WHERE name = 'two' LIMIT 1) AS s;
-- Below the node, no window computes the call again.
CREATE FUNCTION pg_temp.nodes_with_calls(query text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	line text;
	n int := 0;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off, VERBOSE) ' || query LOOP
		n := n + (line LIKE '%Output:%uprofile_predict(%')::int;
	END LOOP;
	RETURN n;
END $$;
SELECT pg_temp.nodes_with_calls('SELECT id, a, row_number() OVER (ORDER BY id), uprofile_predict(''bk_named'', ARRAY[a, a]) FROM bk');
SELECT pg_temp.nodes_with_calls('SELECT * FROM (SELECT id, row_number() OVER (ORDER BY id) + 1 AS r, uprofile_predict(''bk_named'', ARRAY[a, a]) AS p FROM bk) AS s ORDER BY p, r') BETWEEN 1 AND 2 AS explained;
-- Everything at once, both ways. The function returns the hash of a query's rows.
CREATE FUNCTION pg_temp.both(query text, OUT same bool, OUT in_blocks bool) LANGUAGE plpgsql AS $$
DECLARE
	blocks text;
	single text;
	line text;
BEGIN
	in_blocks := false;
	FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
		in_blocks := in_blocks OR line LIKE '%uprofile predict%';
	END LOOP;
	EXECUTE format('CREATE TEMP TABLE bk_one AS %s', query);
	SET LOCAL uprofile.block_predictions = off;
	EXECUTE format('CREATE TEMP TABLE bk_two AS %s', query);
	SET LOCAL uprofile.block_predictions = on;
	SELECT md5(string_agg(r::text, ',' ORDER BY r::text)) FROM bk_one AS r INTO blocks;
	SELECT md5(string_agg(r::text, ',' ORDER BY r::text)) FROM bk_two AS r INTO single;
	DROP TABLE bk_one, bk_two;
	same := blocks IS NOT DISTINCT FROM single;
END $$;
SELECT name, f.* FROM (VALUES
	('arrays', 'SELECT id, name, uprofile_predict(m, ARRAY[a, b]) AS p, uprofile_predict_proba(m, ARRAY[a, b]) AS q, uprofile_predict_label(several, ARRAY[a, b]) AS l, uprofile_predict_proba(several, ARRAY[a, b]) AS s FROM bk, bk_models'),
	('vectors', 'SELECT id, name, uprofile_transform(m, ARRAY[a, b]) AS x, uprofile_transform(of_rows, bk) AS r FROM bk, bk_models'),
	('scaled', 'SELECT id, uprofile_scale(m, ARRAY[a, b]) AS x FROM bk, (SELECT uprofile_scaler(ARRAY[a, b]) AS m FROM bk OFFSET 0) AS s'),
	('counted', 'SELECT b, count(uprofile_scale(m, ARRAY[a, b])) AS n, max(note) AS note FROM bk, (SELECT uprofile_scaler(ARRAY[a, b]) AS m FROM bk OFFSET 0) AS s GROUP BY b HAVING sum(id) > 9'),
	('wide', 'SELECT id, uprofile_transform(m, bk) AS x FROM bk, (SELECT uprofile_pipeline(k, ''{"exclude": ["id", "t", "y"]}'') AS m FROM bk AS k OFFSET 0) AS s'),
	('labels', 'SELECT id, name, uprofile_predict_proba(several, ARRAY[a, b], t) AS s, uprofile_predict_proba(several, ARRAY[a, b], ''mid'') AS u FROM bk, bk_models'),
	('models that alternate', 'SELECT id, name, uprofile_predict(m, ARRAY[a, b]) AS p FROM bk, LATERAL (SELECT * FROM bk_models ORDER BY name OFFSET 0) AS n ORDER BY id, name'),
	('a model by name', 'SELECT bk.*, uprofile_predict(''bk_named'', bk), uprofile_predict_proba(''bk_named'', bk, ''true''), uprofile_predict_label(''bk_named'', bk) FROM bk'),
	('rows', 'SELECT id, name, uprofile_predict_proba(of_rows, bk) FROM bk, bk_models'),
	('expressions', 'SELECT id, note || uprofile_predict_label(several, ARRAY[a, b]), round(uprofile_predict_proba(m, ARRAY[a, b + 1])::numeric, 6), uprofile_predict(m, ARRAY[uprofile_predict(m, ARRAY[a, b]), b]) AS s FROM bk, bk_models'),
	('no model, no features', 'SELECT id, uprofile_predict(CASE WHEN id % 3 > 0 THEN m END, CASE WHEN id % 2 > 0 THEN ARRAY[a, b] END), uprofile_predict(NULL::bytea, ARRAY[a]) AS q FROM bk, bk_models'),
	('sorted', 'SELECT id, uprofile_predict_proba(m, ARRAY[a, b]) AS p FROM bk, bk_models ORDER BY p, id'),
	('of a subquery', 'SELECT count(*), sum(p) FROM (SELECT id, uprofile_predict_proba(m, ARRAY[a, b]) AS p FROM bk, bk_models OFFSET 0) AS s'),
	('every row with every model', 'SELECT id, name, note, uprofile_predict(m, ARRAY[a, a]) AS p, uprofile_predict_proba(several, ARRAY[a, a]) AS s, uprofile_predict_proba(several, ARRAY[a, b], t) AS u FROM bk, bk_models'),
	('every model with every row', 'SELECT name, n.id, uprofile_predict(m, ARRAY[a, a]) AS p FROM bk_models, (SELECT id, a FROM bk ORDER BY id OFFSET 0) AS n'),
	('with every row again and again', 'SELECT g, s.* FROM generate_series(1, 3) AS g, LATERAL (SELECT sum(p), count(*) FROM (SELECT uprofile_predict_proba(m, ARRAY[a, a]) AS p FROM bk, bk_models WHERE id % 40 < g OFFSET 0) AS i) AS s'),
	('with none', 'SELECT id, name, uprofile_predict(m, ARRAY[a, a]) AS p FROM bk, bk_models WHERE name < ''a'' AND id > 0'),
	('none with any', 'SELECT id, name, uprofile_predict(m, ARRAY[a, 1 / (id - id)]) AS p FROM bk, bk_models WHERE id < 0'),
	('with models that are missing', 'SELECT id, n, uprofile_predict(x, ARRAY[a, a]) AS p FROM bk, (SELECT n, CASE WHEN n <> 1 THEN m END AS x FROM bk_models, generate_series(1, 3) AS n OFFSET 0) AS s'),
	('again and again', 'SELECT g, s.* FROM generate_series(1, 3) AS g, LATERAL (SELECT sum(p) FROM (SELECT uprofile_predict_proba(m, ARRAY[a, b + g]) AS p FROM bk, bk_models WHERE id % 40 < g OFFSET 0) AS i) AS s'),
	('perhaps not reached', 'SELECT id, CASE WHEN a < 0 THEN uprofile_predict(m, ARRAY[a, b]) END FROM bk, bk_models'),
	('the first ones', 'SELECT id, uprofile_predict(m, ARRAY[a, b]) FROM bk, bk_models WHERE name = ''tree'' ORDER BY id LIMIT 5'),
	('the highest', 'SELECT id, name, uprofile_predict_proba(m, ARRAY[a, b]) AS p, uprofile_predict(m, ARRAY[a, b]) AS q FROM bk, bk_models ORDER BY p DESC, id, name LIMIT 5'),
	('in windows', 'SELECT id, name, rank() OVER (PARTITION BY name ORDER BY uprofile_predict_proba(m, ARRAY[a, b]), id) AS r FROM bk, bk_models'),
	('beside windows', 'SELECT id, name, uprofile_predict_proba(m, ARRAY[a, b]) AS p, uprofile_predict(m, ARRAY[a, b]) + row_number() OVER w AS q, sum(b) OVER w AS s FROM bk, bk_models WINDOW w AS (PARTITION BY name ORDER BY id)'),
	('what a window takes', 'SELECT id, name, sum(uprofile_predict(m, ARRAY[a, b])) OVER (PARTITION BY name ORDER BY id) AS s FROM bk, bk_models'),
	('in two windows', 'SELECT id, name, rank() OVER (PARTITION BY name ORDER BY uprofile_predict_proba(m, ARRAY[a, b]), id) AS r, rank() OVER (PARTITION BY b ORDER BY id, name) AS s, uprofile_predict_label(several, ARRAY[a, b]) AS l FROM bk, bk_models ORDER BY s, l, id, name LIMIT 50'),
	('the first groups', 'SELECT b, sum(uprofile_predict(m, ARRAY[a, b])) AS s FROM bk, bk_models GROUP BY b ORDER BY s, b LIMIT 3'),
	('joined', 'SELECT s.id, s.name, p, n FROM (SELECT id, name, uprofile_predict_proba(m, ARRAY[a, b]) AS p FROM bk, bk_models OFFSET 0) AS s JOIN (SELECT id, count(*) AS n FROM bk_more GROUP BY id) AS j USING (id) WHERE p > 0.3'),
	('several answers', 'SELECT id, name, uprofile_predict_proba(several, ARRAY[a, b], ''mid'') AS p, uprofile_predict_label(several, ARRAY[a, b]) AS l, uprofile_predict_proba(several, ARRAY[a, b]) AS q, uprofile_predict_proba(several, ARRAY[a, b], t) AS r, uprofile_predict_label(m, ARRAY[a, b]) AS s, uprofile_predict(m, ARRAY[a, b]) AS t, uprofile_predict(m, ARRAY[a, a]) AS u FROM bk, bk_models'),
	('several of a row', 'SELECT id, name, uprofile_predict_label(of_rows, bk) AS l, uprofile_predict_proba(of_rows, bk) AS p, uprofile_predict(of_rows, bk) AS y, uprofile_predict_proba(of_rows, bk, ''false'') AS q, uprofile_transform(of_rows, bk) AS x FROM bk, bk_models'),
	('several where models have other ones, or are missing', 'SELECT id, n, uprofile_predict_label(x, ARRAY[a, b]) AS l, uprofile_predict(x, ARRAY[a, b]) AS y, CASE WHEN n % 3 > 0 THEN 1 END AS one FROM bk, LATERAL (SELECT id AS i, n, CASE n % 3 WHEN 1 THEN m WHEN 2 THEN amounts END AS x FROM bk_mixed, generate_series(1, 5) AS n OFFSET 0) AS s'),
	('several of models with and without probabilities', 'SELECT id, n, uprofile_predict_label(x, ARRAY[a, b]) AS l, uprofile_predict_proba(x, ARRAY[a, b]) AS p, uprofile_predict_proba(x, ARRAY[a, b], ''1'') AS q FROM bk, LATERAL (SELECT n, CASE n % 3 WHEN 1 THEN gmm WHEN 2 THEN numbered END AS x FROM bk_mixed, generate_series(1, 5 + bk.id % 2) AS n OFFSET 0) AS s'),
	('numbers of any type', 'SELECT id, name, uprofile_scale(m, ARRAY[i, i]) AS x1, uprofile_scale(m, ARRAY[s, l]) AS x2, uprofile_scale(m, ARRAY[r, i]) AS x3, uprofile_scale(m, ARRAY[r, o]) AS x4, uprofile_scale(m, ARRAY[i, f]) AS x5, uprofile_scale(m, ARRAY[flag::int, w]) AS x6, uprofile_scale(m, ARRAY[n, i]) AS x7, uprofile_scale(m, ARRAY[n, o]) AS x8, uprofile_scale(m, ARRAY[l, o]) AS x9, uprofile_scale(m, ARRAY[late, g]) AS x10, uprofile_scale(m, ARRAY[w, w]) AS x11, uprofile_scale(m, ARRAY[w, f]) AS x12 FROM bk_typed, bk_vectors'),
	('beside each other', 'SELECT id, name, uprofile_scale(m, ARRAY[s, i]) AS x1 FROM bk_typed, bk_vectors'),
	('computed', 'SELECT id, uprofile_scale(m, ARRAY[i + 1, 2]) AS x1, uprofile_scale(m, ARRAY[n * 2, i]) AS x2, uprofile_scale(m, ARRAY[o::numeric(9, 1), r::numeric]) AS x3, uprofile_scale(m, ARRAY[o::real, i]) AS x4, uprofile_scale(m, ARRAY[i::float8, round(o)]) AS x5, uprofile_scale(m, (ARRAY[l, o])::float8[]) AS x6 FROM bk_typed, bk_vectors'),
	('of both sides', 'SELECT b.id, c.id AS other, uprofile_scale(m, ARRAY[b.s, c.o]) AS x1, uprofile_scale(m, ARRAY[b.i, c.w]) AS x2 FROM (SELECT * FROM bk_typed WHERE id < 40) AS b, (SELECT * FROM bk_typed WHERE id < 50) AS c, bk_vectors WHERE name < ''p'''),
	('from outside', 'SELECT v.g, s.* FROM generate_series(1, 3) AS v (g), LATERAL (SELECT sum(x[1]) AS x1, sum(x[2]) AS x2, count(*) FROM (SELECT uprofile_scale(m, ARRAY[v.g, o]) AS x FROM bk_typed, bk_vectors WHERE id % 40 < v.g OFFSET 0) AS i) AS s'),
	('numbers of a subquery', 'SELECT id, name, uprofile_predict_label(three, ARRAY[i, c, w]) AS p, uprofile_predict_proba(three, ARRAY[i, c, w], t) AS q FROM (SELECT id, i, w, t, count(*) OVER (PARTITION BY g) AS c FROM bk_typed) AS s, bk_vectors'),
	('aggregates of numbers', 'SELECT g, name, max(uprofile_predict_label(three, ARRAY[i, g, w])) AS l, max(uprofile_predict_proba(three, ARRAY[i, o, w])) AS p FROM bk_typed, bk_vectors GROUP BY g, name'),
	('aggregates', 'SELECT b, sum(uprofile_predict(m, ARRAY[a, b])) FROM bk, bk_models GROUP BY b')) AS v (name, query), pg_temp.both(query) AS f;

-- What is NULL, not a number, or too large or too small for double precision, also where there is no model.
CREATE FUNCTION pg_temp.raised(in_blocks text, query text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('uprofile.block_predictions', in_blocks, true);
	EXECUTE format('CREATE TEMP TABLE bk_one AS %s', query);
	DROP TABLE bk_one;
	PERFORM set_config('uprofile.block_predictions', 'on', true);
	RETURN 'nothing';
EXCEPTION WHEN OTHERS THEN
	RETURN format('%s: %s', SQLSTATE, regexp_replace(SQLERRM, '"-?[0-9.]{30,}"', 'it'));
END $$;
CREATE TABLE bk_ugly (i int, n numeric, o numeric);
INSERT INTO bk_ugly VALUES (1, NULL, 1), (2, 'NaN', 1), (3, 'Infinity', 1), (4, 1e400, 1), (5, -1e400, NULL), (6, 1e-400, 1), (7, 1e308, 1);
SELECT i, model, pg_temp.raised('on', query) AS error, pg_temp.raised('on', query) = pg_temp.raised('off', query) AS same FROM bk_ugly, (VALUES ('m'), ('CASE WHEN i < 0 THEN m END')) AS v (model),
	format('SELECT uprofile_scale(%s, ARRAY[o, n]) FROM bk_ugly, bk_vectors WHERE name = ''two'' AND i = %s', model, i) AS query ORDER BY model DESC, i;
-- By parallel workers, of partitions, into another table.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
CREATE TABLE bk_parts (LIKE bk) PARTITION BY RANGE (id);
CREATE TABLE bk_part1 PARTITION OF bk_parts FOR VALUES FROM (0) TO (500);
CREATE TABLE bk_part2 (note text, t text, y bool, c text, b int, a float8, id int);
ALTER TABLE bk_parts ATTACH PARTITION bk_part2 FOR VALUES FROM (500) TO (10000);
INSERT INTO bk_parts SELECT * FROM bk;
ANALYZE bk_parts;
-- From PostgreSQL 17 on, the plan does not say which parameter an InitPlan returns; from 19 on, it has another name.
CREATE FUNCTION pg_temp.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
		IF line NOT LIKE '%Params Evaluated%' THEN
			RETURN NEXT regexp_replace(regexp_replace(line, ' \(returns \$\d+\)', ''), 'InitPlan expr_', 'InitPlan ');
		END IF;
	END LOOP;
END $$;
SELECT pg_temp.plan($$SELECT id, uprofile_predict((SELECT m FROM bk_models WHERE name = 'tree'), ARRAY[a, b]) FROM bk$$);
SELECT name, f.* FROM (VALUES
	('numbers', 'SELECT id, uprofile_scale(m, ARRAY[i, o]) AS x1, uprofile_scale(m, ARRAY[s, i]) AS x2 FROM bk_typed, bk_vectors'),
	('parallel', 'SELECT id, uprofile_predict((SELECT m FROM bk_models WHERE name = ''mlp''), ARRAY[a, b]), uprofile_predict_label(''bk_named'', bk) FROM bk'),
	('every row with every model', 'SELECT id, name, uprofile_predict(m, ARRAY[a, a]) FROM bk, bk_models'),
	('partitions', 'SELECT id, uprofile_predict((SELECT m FROM bk_models WHERE name = ''tree''), ARRAY[a, b]), uprofile_predict_label(''bk_named'', p) FROM bk_parts AS p')) AS v (name, query), pg_temp.both(query) AS f;
SET max_parallel_workers_per_gather = 0;
SELECT * FROM pg_temp.both('SELECT id, uprofile_predict((SELECT m FROM bk_models WHERE name = ''tree''), ARRAY[a, b]), uprofile_predict_label(''bk_named'', p) FROM bk_parts AS p');
-- Partitions in order, one after the other and merged.
CREATE INDEX ON bk_parts (id);
CREATE INDEX ON bk_parts (b);
SET enable_sort = off;
SELECT pg_temp.plan('SELECT id, uprofile_predict_label(''bk_named'', p) FROM bk_parts AS p ORDER BY id');
SELECT pg_temp.plan('SELECT b, uprofile_predict_label(''bk_named'', p) FROM bk_parts AS p ORDER BY b');
SELECT by, f.* FROM (VALUES ('id'), ('b')) AS v (by), pg_temp.both(format('SELECT %s, row_number() OVER (), uprofile_predict_label(''bk_named'', p) FROM bk_parts AS p ORDER BY %1$s', by)) AS f;
RESET enable_sort;
-- Calls that take of a sequence are made row by row, each with numbers of its own.
CREATE SEQUENCE bk_numbers;
SELECT pg_temp.plan($$SELECT uprofile_predict('bk_named', ARRAY[nextval('bk_numbers'), 1]), uprofile_predict('bk_named', ARRAY[nextval('bk_numbers'), 1]) FROM bk$$);
SELECT count(uprofile_scale(m, ARRAY[nextval('bk_numbers'), b])), count(uprofile_scale(m, ARRAY[nextval('bk_numbers'), b])) FROM bk, (SELECT uprofile_scaler(ARRAY[a, b]) AS m FROM bk OFFSET 0) AS s;
SELECT last_value / (SELECT count(*) FROM bk) AS numbers_a_row FROM bk_numbers;
DROP SEQUENCE bk_numbers;
CREATE TABLE bk_scores (number serial, id int, p float8);
INSERT INTO bk_scores (id, p) SELECT id, uprofile_predict('bk_named', bk) FROM bk;
SELECT count(*), min(number), max(number), count(DISTINCT id), sum(p) = (SELECT sum(uprofile_predict('bk_named', bk)) FROM bk) FROM bk_scores;
UPDATE bk_scores SET p = uprofile_predict('bk_named', bk) + 1 FROM bk WHERE bk.id = bk_scores.id AND bk.id < 100;

-- A cursor goes back; what is executed again and again; what changes while it is prepared.
BEGIN;
DECLARE bk_cursor CURSOR FOR SELECT id, uprofile_predict('bk_named', bk) IN (0, 1) FROM bk;
FETCH 2 FROM bk_cursor;
FETCH BACKWARD 1 FROM bk_cursor;
COMMIT;
PREPARE bk_query(int) AS SELECT count(*), sum(p) = $1 FROM (SELECT uprofile_predict((SELECT m FROM bk_models WHERE name = 'tree'), ARRAY[a, b]) AS p FROM bk OFFSET 0) AS s;
EXECUTE bk_query(-1);
DELETE FROM bk WHERE id > 1000;
EXECUTE bk_query(-1);
DEALLOCATE bk_query;

-- Where not all rows are asked for, none is read ahead: one of them may be an error that nobody asked for.
CREATE TABLE bk_bad AS SELECT i AS id, CASE WHEN i > 900 THEN float8 'NaN' ELSE i END AS a FROM generate_series(1, 2000) AS i;
ANALYZE bk_bad;
CREATE VIEW bk_answers AS SELECT id, uprofile_predict((SELECT m FROM bk_models WHERE name = 'tree'), ARRAY[a, 1]) AS p FROM bk_bad OFFSET 0;
WITH c AS MATERIALIZED (SELECT * FROM bk_answers) SELECT count(*) FROM (SELECT * FROM c LIMIT 700) AS s;
-- A hash join whose other side is empty asks for no more than one row that passes; else it asks for all.
SET enable_mergejoin = off;
SET enable_nestloop = off;
CREATE TABLE bk_none (id int);
INSERT INTO bk_none SELECT generate_series(1, 100);
ANALYZE bk_none;
DELETE FROM bk_none;
SELECT pg_temp.plan('SELECT * FROM bk_answers AS s JOIN bk_none USING (id) WHERE p >= 0 AND id > 300');
SELECT * FROM bk_answers AS s JOIN bk_none USING (id) WHERE p >= 0 AND id > 300;
INSERT INTO bk_none VALUES (1);
SELECT * FROM bk_answers AS s JOIN bk_none USING (id) WHERE p >= 0 AND id > 300;
DROP TABLE bk_none;
RESET enable_mergejoin;
SET enable_hashjoin = off;
SELECT count(*) FROM (SELECT * FROM bk_answers ORDER BY id OFFSET 0) AS s JOIN generate_series(1, 700) AS g ON g = s.id;
RESET enable_hashjoin;
RESET enable_nestloop;
SELECT count(*) FROM (SELECT row_number() OVER () AS n FROM bk_answers) AS s WHERE n < 700;
SELECT g FROM generate_series(1, 3) AS g WHERE EXISTS (SELECT 1 FROM bk_answers AS s WHERE s.id > g * 200);
BEGIN;
SET LOCAL cursor_tuple_fraction = 1;
DECLARE bk_cursor CURSOR FOR SELECT * FROM bk_answers;
MOVE 700 IN bk_cursor;
FETCH 1 FROM bk_cursor;
COMMIT;
DO $$
DECLARE
	r record;
	n int := 0;
BEGIN
	FOR r IN SELECT * FROM bk_answers LOOP
		n := n + 1;
		EXIT WHEN n = 700;
	END LOOP;
	RAISE NOTICE '% rows', n;
END $$;
CREATE FUNCTION bk_answers() RETURNS SETOF float8 LANGUAGE sql VOLATILE AS 'SELECT p FROM bk_answers';
SELECT count(*) FROM (SELECT bk_answers() LIMIT 700) AS s;
-- Nor where something volatile might see what comes of the rows before: it stops the statement below at the fifth row.
CREATE TABLE bk_written (id int, p float8);
CREATE FUNCTION bk_room(i int) RETURNS bool LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM bk_written) < 5; END';
INSERT INTO bk_written SELECT id, uprofile_predict((SELECT m FROM bk_models WHERE name = 'tree'), ARRAY[id, 1]) FROM bk_bad WHERE bk_room(id);
SELECT count(*) FROM bk_written;
DROP TABLE bk_written, bk_bad CASCADE;
DROP FUNCTION bk_room(int), bk_answers();

-- A stored model is read once, and another in its place is another.
CREATE TABLE bk_stored (m bytea);
ALTER TABLE bk_stored ALTER m SET STORAGE EXTERNAL;
INSERT INTO bk_stored SELECT uprofile_forest(ARRAY[a, b], y, '{"n_estimators": 9}') FROM bk;
PREPARE bk_stored AS SELECT round(sum(uprofile_predict_proba(m, ARRAY[a, b]))::numeric, 6) = round(sum(uprofile_predict_proba(m || ''::bytea, ARRAY[a, b]))::numeric, 6) AS same,
	round(sum(uprofile_predict_proba(m, ARRAY[a, b]))) AS sum FROM bk, bk_stored WHERE id < 60;
EXECUTE bk_stored;
EXECUTE bk_stored;
UPDATE bk_stored SET m = (SELECT uprofile_forest(ARRAY[a, b], NOT y, '{"n_estimators": 9}') FROM bk);
EXECUTE bk_stored;
BEGIN;
TRUNCATE bk_stored;
INSERT INTO bk_stored SELECT uprofile_forest(ARRAY[a, b], b > 1, '{"n_estimators": 9}') FROM bk;
EXECUTE bk_stored;
ROLLBACK;
EXECUTE bk_stored;
UPDATE bk_stored SET m = overlay(m PLACING '\xffffffffffff'::bytea FROM 3000);
\set VERBOSITY terse
EXECUTE bk_stored;
\set VERBOSITY default
DEALLOCATE bk_stored;
DROP TABLE bk_stored;

-- A model that is larger than the caches has larger blocks.
CREATE TABLE bk_large AS SELECT uprofile_forest(ARRAY[sin(i), cos(i * 7)], hashint4(i) % 2 = 0, '{"n_estimators": 130}') AS m FROM generate_series(1, 1000) AS i;
SELECT octet_length(m) > 128 * 1024 FROM bk_large;
SELECT * FROM pg_temp.both('SELECT i, uprofile_predict_proba(m, ARRAY[sin(i / 3.0), cos(i)]) FROM generate_series(1, 6000) AS i, bk_large');
DROP TABLE bk_large;

-- Features are read at their place in tuples, where that is the same in all: not after values that are NULL, wide or gone, nor in rows
-- that are older than a column.
CREATE TABLE bk_fixed AS SELECT id, 7::smallint AS gone, CASE WHEN id % 9 > 0 THEN id END AS n, a, b::float8, id % 2 = 0 AS flag FROM bk;
ALTER TABLE bk_fixed DROP gone, ADD c float8 DEFAULT 1, ADD d float8 DEFAULT 2;
INSERT INTO bk_fixed SELECT id, id, a, b, true, a, NULL FROM bk WHERE id < 100;
CREATE TABLE bk_wide AS SELECT note, a, b::float8, id FROM bk;
ANALYZE bk_fixed, bk_wide;
SELECT f.* FROM (VALUES
	('SELECT uprofile_predict_proba(m, ARRAY[a, b]) AS p FROM bk_fixed, bk_models'),
	('SELECT d, flag, n, uprofile_predict_proba(m, ARRAY[a, b]) AS p, uprofile_predict_proba(m, ARRAY[b, a]) AS q FROM bk_fixed, bk_models'),
	('SELECT *, uprofile_predict_proba(m, ARRAY[c, d]) AS p FROM bk_fixed, bk_models WHERE d > 0 AND id <= 700'),
	('SELECT id, uprofile_predict_proba(m, ARRAY[n, c]) AS p FROM bk_fixed, bk_models WHERE n > 0'),
	('SELECT id, uprofile_predict_proba(m, ARRAY[a, b]) AS p FROM bk_wide, bk_models'),
	('SELECT id, uprofile_predict_proba(m, ARRAY[a, b]) AS p FROM (SELECT id, a, b FROM bk_fixed UNION ALL SELECT id, a, b FROM bk_wide) AS u, bk_models')) AS q (query),
	pg_temp.both(query) AS f;
SELECT id, uprofile_predict(m, ARRAY[c, d]) FROM bk_fixed, bk_models;
SELECT id, uprofile_predict(m, ARRAY[a, b, c]) FROM bk_fixed, bk_models;
UPDATE bk_fixed SET b = '-Infinity' WHERE id = 700;
SELECT id, uprofile_predict(m, ARRAY[a, b]) FROM bk_fixed, bk_models;
DROP TABLE bk_fixed, bk_wide;

-- A table that is created of predictions is written many rows at a time: whatever its name hides, with values that are kept beside it,
-- and by whatever statement.
CREATE FUNCTION pg_temp.logged(blocks bool, OUT bytes numeric) LANGUAGE plpgsql AS $$
DECLARE
	before pg_lsn := pg_current_wal_insert_lsn();
BEGIN
	PERFORM set_config('uprofile.block_predictions', blocks::text, true);
	EXECUTE 'CREATE TABLE bk_logged AS SELECT id, uprofile_predict(m, ARRAY[a, b]) AS p FROM bk, bk_models, generate_series(1, 4)';
	bytes := pg_current_wal_insert_lsn() - before;
	DROP TABLE bk_logged;
END $$;
DO $$
BEGIN
	PERFORM pg_temp.logged(false);
	IF current_setting('wal_level') <> 'minimal' AND pg_temp.logged(true) > 0.7 * pg_temp.logged(false) THEN
		RAISE EXCEPTION 'rows were written one by one';
	END IF;
END $$;
SELECT f.* FROM (VALUES
	('SELECT id, (SELECT string_agg(md5((id * i)::text), '''') FROM generate_series(1, 2 + id % 3 * 200) AS i) AS long, uprofile_transform(of_rows, bk) AS x FROM bk, bk_models WHERE id < 200'),
	('SELECT id, note, c, uprofile_predict_label(several, ARRAY[a, b]) AS l FROM bk, bk_models')) AS q (query), pg_temp.both(query) AS f;
CREATE TEMP TABLE bk_made (id int, p float8);
CREATE TABLE public.bk_made AS SELECT id, uprofile_predict(m, ARRAY[a, b]) AS p FROM bk, bk_models;
SELECT (SELECT count(*) FROM pg_temp.bk_made) AS hides, count(*), count(DISTINCT id) AS ids,
	sum(p) = (SELECT sum(uprofile_predict(m, ARRAY[a, b])) FROM bk, bk_models) AS same FROM public.bk_made;
DROP TABLE pg_temp.bk_made;
CREATE TABLE IF NOT EXISTS bk_made AS SELECT id, uprofile_predict(m, ARRAY[a, b]) AS p FROM bk, bk_models;
CREATE TABLE bk_none AS SELECT id, uprofile_predict(m, ARRAY[a, b]) AS p FROM bk, bk_models WITH NO DATA;
CREATE MATERIALIZED VIEW bk_view AS SELECT id, uprofile_predict(m, ARRAY[a, b]) AS p FROM bk, bk_models;
REFRESH MATERIALIZED VIEW bk_view;
PREPARE bk_prepared AS SELECT id, uprofile_predict(m, ARRAY[a, b]) AS p FROM bk, bk_models WHERE id <= $1;
CREATE TABLE bk_executed AS EXECUTE bk_prepared(20);
CREATE TABLE bk_empty AS EXECUTE bk_prepared(20) WITH NO DATA;
DO $$
BEGIN
	EXECUTE 'EXPLAIN ANALYZE CREATE UNLOGGED TABLE bk_explained AS SELECT id, uprofile_predict(m, ARRAY[a, b]) AS p FROM bk, bk_models';
END $$;
SELECT id, uprofile_predict(m, ARRAY[a, b]) AS p INTO bk_into FROM bk, bk_models ORDER BY p, id LIMIT 10;
SELECT (SELECT count(*) FROM bk_made) AS made, (SELECT count(*) FROM bk_none) AS none, (SELECT count(*) FROM bk_view) AS seen,
	(SELECT count(*) FROM bk_executed) AS executed, (SELECT count(*) FROM bk_empty) AS empty, (SELECT count(*) FROM bk_explained) AS explained,
	(SELECT count(*) FROM bk_into) AS selected;
CREATE TABLE bk_failed AS SELECT 1 / (700 - id) AS i, uprofile_predict(m, ARRAY[a, b]) AS p FROM bk, bk_models;
BEGIN;
SAVEPOINT before;
CREATE TABLE bk_failed AS SELECT id, uprofile_predict(m, ARRAY[a, b]) AS p FROM bk, bk_models;
ROLLBACK TO before;
CREATE TABLE bk_failed AS SELECT id AS n, uprofile_predict(m, ARRAY[a, b]) AS p FROM bk, bk_models;
SELECT count(n) FROM bk_failed;
ROLLBACK;
SELECT to_regclass('bk_failed') AS failed;
DROP MATERIALIZED VIEW bk_view;
DROP TABLE bk_made, bk_none, bk_executed, bk_empty, bk_explained, bk_into;

-- Errors are those of a row.
SELECT id, uprofile_predict(m, ARRAY[a]) FROM bk, bk_models;
SELECT id, uprofile_predict(m, ARRAY[a, nullif(b, 3)]) FROM bk, bk_models;
SELECT id, uprofile_predict(m, ARRAY[a, CASE WHEN id = 700 THEN float8 'Infinity' ELSE 1 END]) FROM bk, bk_models;
SELECT id, uprofile_predict(several, ARRAY[a, b]) FROM bk, bk_models;
SELECT id, uprofile_predict_proba(several, ARRAY[a, b], 'no') FROM bk, bk_models;
SELECT id, uprofile_predict_label(several, ARRAY[a, b]), uprofile_predict_proba(several, ARRAY[a, b], 'no') FROM bk, bk_models;
SELECT id, uprofile_predict_label(amounts, ARRAY[a, b]), uprofile_predict_proba(amounts, ARRAY[a, b]) FROM bk, bk_mixed;
SELECT id, uprofile_predict(of_rows, ARRAY[a, b]) FROM bk, bk_models;
SELECT id, uprofile_predict(m, bk) FROM bk, bk_models;
SELECT id, uprofile_predict('bk_no_such', bk) FROM bk;

-- Whoever may not call the function may not have it called.
CREATE ROLE bk_reader;
GRANT SELECT ON bk, bk_models TO bk_reader;
REVOKE EXECUTE ON FUNCTION uprofile_predict(bytea, float8[]) FROM PUBLIC;
SET ROLE bk_reader;
SELECT id, uprofile_predict(m, ARRAY[a, b]) FROM bk, bk_models;
RESET ROLE;
GRANT EXECUTE ON FUNCTION uprofile_predict(bytea, float8[]) TO PUBLIC;
REVOKE ALL ON bk, bk_models FROM bk_reader;
DROP ROLE bk_reader;

-- A function with settings of its own is called as ever.
ALTER FUNCTION uprofile_predict(bytea, float8[]) SET work_mem = '4MB';
SELECT * FROM pg_temp.both('SELECT id, uprofile_predict(m, ARRAY[a, b]) FROM bk, bk_models');
ALTER FUNCTION uprofile_predict(bytea, float8[]) RESET ALL;

-- In PL/pgSQL an expression is evaluated without its plan, at its first time as later.
\c -
CREATE FUNCTION bk_scored() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.p := uprofile_predict('bk_named', NEW);
	RETURN NEW;
END;
$$;
CREATE TABLE bk_incoming AS SELECT id, a, b, c, NULL::float8 AS p FROM bk WHERE false;
CREATE TRIGGER bk_scored BEFORE INSERT ON bk_incoming FOR EACH ROW EXECUTE FUNCTION bk_scored();
INSERT INTO bk_incoming SELECT id, a, b, c FROM bk WHERE id <= 2 RETURNING id, p;
DO $$
DECLARE
	r bk;
	model bytea;
	p float8;
BEGIN
	SELECT * INTO r FROM bk WHERE id = 1;
	SELECT m INTO model FROM bk_models WHERE name = 'tree';
	p := uprofile_predict(model, ARRAY[r.a, r.b]);
	IF uprofile_predict_label('bk_named', r) IS NULL OR p IS NULL THEN
		RAISE EXCEPTION 'nothing was predicted';
	END IF;
	SELECT uprofile_predict_proba(model, ARRAY[r.a, r.b]) INTO p UNION ALL SELECT uprofile_predict(model, ARRAY[r.a, r.b]);
END;
$$;
DROP TABLE bk_incoming;
DROP FUNCTION bk_scored();

-- Rows that are handed on as they lie in their table's pages keep none of these while they wait to be written.
\c -
SET temp_buffers = '800kB';
CREATE TEMP TABLE bk_sparse AS SELECT i AS id, i::float8 AS a FROM generate_series(1, 40000) AS i;
DELETE FROM bk_sparse WHERE id % 100 > 0;
CREATE TEMP TABLE bk_copied AS SELECT * FROM bk_sparse WHERE a > (SELECT min(uprofile_predict(m, ARRAY[a, b])) - 1 FROM bk, bk_models);
SELECT count(*), sum(id) FROM bk_copied;

SELECT uprofile_drop_model('bk_named');
DROP TABLE bk, bk_models, bk_mixed, bk_parts, bk_scores, bk_more, bk_typed, bk_vectors, bk_ugly;
DROP DOMAIN bk_whole;
