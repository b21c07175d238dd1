-- Naive Bayes: every form, columns as they are, parts that are taken away, what is refused.
\set SHOW_CONTEXT never
CREATE TABLE guests AS
SELECT i AS id, CASE WHEN i % 7 = 0 THEN NULL ELSE 20 + (hashint4(i) & 31)::float8 END AS age, (ARRAY['mail', 'shop', 'web', 'phone', NULL])[1 + (hashint4(i) & 63) % 5] AS channel,
       CASE WHEN i % 11 = 0 THEN NULL ELSE i % 3 = 0 END AS member, i % 3 = 0 OR (hashint4(i) & 63) % 5 = 1 AS buys, (ARRAY['low', 'mid', 'high'])[1 + (hashint4(i) & 31) / 11] AS level
FROM generate_series(1, 300) AS i;

-- row form: numbers are Gaussian, flags and categories have probabilities of their own, missing values are left out
CREATE TABLE bayes AS SELECT uprofile_bayes(g, 'buys', '{"exclude": ["id", "level"]}') AS m FROM guests AS g;
SELECT uprofile_show(m) FROM bayes;
SELECT i->'distributions' AS distributions, i->'class_counts' AS counts, round((i->'class_prior'->>0)::numeric, 6) AS prior, i->'means'->1->1 AS no_mean, i->'counts'->1->1 AS channels
FROM (SELECT uprofile_model_info(m) AS i FROM bayes) AS t;
SELECT avg((uprofile_predict(m, g)::int::boolean = buys)::int)::float8 > 0.9 AS good FROM bayes, guests AS g;
SELECT round(uprofile_predict_proba(m, r)::numeric, 6) AS of_what_is_known FROM bayes, (SELECT NULL::float8 AS age, 'never seen' AS channel, NULL::boolean AS member) AS r;
-- by hand: p(true) p(shop | true) p(member | true) against the same of false
SELECT round((uprofile_predict_proba(m, r) - p)::numeric, 12) AS difference
FROM bayes, (SELECT NULL::float8 AS age, 'shop' AS channel, true AS member) AS r,
     (SELECT yes / (yes + no) AS p FROM (SELECT
          count(*) FILTER (WHERE buys)::float8 / count(*) * (count(*) FILTER (WHERE buys AND channel = 'shop') + 1) / (count(*) FILTER (WHERE buys AND channel IS NOT NULL) + 4)
          * (count(*) FILTER (WHERE buys AND member) + 1) / (count(*) FILTER (WHERE buys AND member IS NOT NULL) + 2) AS yes,
          count(*) FILTER (WHERE NOT buys)::float8 / count(*) * (count(*) FILTER (WHERE NOT buys AND channel = 'shop') + 1) / (count(*) FILTER (WHERE NOT buys AND channel IS NOT NULL) + 4)
          * (count(*) FILTER (WHERE NOT buys AND member) + 1) / (count(*) FILTER (WHERE NOT buys AND member IS NOT NULL) + 2) AS no
      FROM guests) AS s) AS t;
-- why: contributions add up to the log odds; what features tell
SELECT feature, feature_value, round(contribution::numeric, 4) AS contribution FROM bayes, uprofile_explain(m, (SELECT g FROM guests AS g WHERE id = 6));
SELECT max(abs(total - ln(p / (1 - p)))) < 1e-9 AS adds_up FROM (SELECT (SELECT sum(contribution) + max(base_value) FROM uprofile_explain(m, g)) AS total, uprofile_predict_proba(m, g) AS p FROM bayes, guests AS g) AS s;
SELECT feature, round(importance::numeric, 3) AS importance FROM bayes, uprofile_importance(m);

-- arrays: four distributions, three kinds of labels; the Gaussian by its formula
SELECT round((uprofile_predict_proba(m, ARRAY[1.5]) - 1 / (1 + b / a))::numeric, 10) AS difference
FROM (SELECT uprofile_bayes(ARRAY[v], y, '{"var_smoothing": 0}') AS m, 0.6 * exp(-(0.5 ^ 2) / (2 * 2.0 / 3)) / sqrt(2.0 / 3) AS b, 0.4 * exp(-(1.5 ^ 2) / 2) AS a
      FROM (VALUES (0, false), (1, false), (2, false), (2, true), (4, true)) AS t (v, y)) AS t;
SELECT d AS distribution, uprofile_predict_label(m, ARRAY[4, 0, 1]) AS label, round(uprofile_predict_proba(m, ARRAY[4, 0, 1])::numeric, 4) AS probability
FROM unnest('{gaussian,bernoulli,multinomial,categorical}'::text[]) WITH ORDINALITY AS l (d, i),
     LATERAL (SELECT uprofile_bayes(ARRAY[n % 5, n % 2, n % 3], (ARRAY['red', 'green', 'blue'])[1 + n * n % 7 % 3], jsonb_build_object('distribution', d)) AS m FROM generate_series(1, 60) AS n) AS t ORDER BY i;
SELECT uprofile_predict(uprofile_bayes(ARRAY[i], i % 2 * 10), ARRAY[9]) AS number FROM generate_series(1, 20) AS i;
SELECT uprofile_show(uprofile_bayes(ARRAY[i, i % 3], i % 2 = 0, '{"distribution": "bernoulli", "binarize": 1, "alpha": 0.5, "class_prior": {"true": 0.25, "false": 0.75}}')) FROM generate_series(1, 12) AS i;

-- rows are taken away again: as if they had never been there
CREATE TABLE parts AS SELECT id % 3 AS part, uprofile_bayes(g, 'buys', '{"exclude": ["level"]}') AS m FROM guests AS g GROUP BY id % 3
UNION ALL SELECT -1, uprofile_bayes(g, 'buys', '{"exclude": ["level"]}') FROM guests AS g
UNION ALL SELECT -2, uprofile_bayes(g, 'buys', '{"exclude": ["level"]}') FROM guests AS g WHERE id % 3 > 0;
SELECT max(abs(uprofile_predict_proba(uprofile_subtract(whole.m, part.m), g) - uprofile_predict_proba(rest.m, g))) < 1e-9 AS same
FROM guests AS g, parts AS whole, parts AS part, parts AS rest WHERE whole.part = -1 AND part.part = 0 AND rest.part = -2;
SELECT uprofile_model_info(left_over)->'rows' AS rows, uprofile_model_info(left_over)->'class_counts' AS counts
FROM (SELECT uprofile_subtract(whole.m, part.m) AS left_over FROM parts AS whole, parts AS part WHERE whole.part = -1 AND part.part = 0) AS t;
-- and more rows are learned, by an update or by merging parts: the model of all rows
SELECT max(abs(uprofile_predict_proba(u.m, g) - uprofile_predict_proba(whole.m, g))) < 1e-9 AS updated, max(abs(uprofile_predict_proba(j.m, g) - uprofile_predict_proba(whole.m, g))) < 1e-9 AS merged,
       max((uprofile_model_info(u.m)->'rows')::int) AS rows, max((uprofile_model_info(j.m)->'rows')::int) AS merged_rows
FROM guests AS g, parts AS whole, (SELECT uprofile_update(rest.m, g) AS m FROM guests AS g, parts AS rest WHERE id % 3 = 0 AND rest.part = -2) AS u,
     (SELECT uprofile_merge(m) AS m FROM parts WHERE part >= 0) AS j WHERE whole.part = -1;
SELECT uprofile_update(m, g, '{"alpha": 2}') FROM guests AS g, parts WHERE part = -1;
-- one customer, and with the last rows of a label goes the label
SELECT uprofile_model_info(uprofile_subtract(m, (SELECT uprofile_bayes(ARRAY[7], 'c'::text))))->'classes' AS classes
FROM (SELECT uprofile_bayes(ARRAY[v], y) AS m FROM (VALUES (1, 'a'), (2, 'b'), (3, 'a'), (7, 'c')) AS t (v, y)) AS t;
SELECT uprofile_model_info(uprofile_subtract(m, (SELECT uprofile_bayes(ARRAY[2], 'b'::text))))->'note' AS note
FROM (SELECT uprofile_bayes(ARRAY[v], y) AS m FROM (VALUES (1, 'a'), (2, 'b'), (3, 'a')) AS t (v, y)) AS t;
SELECT uprofile_subtract(m, m) FROM parts WHERE part = 0;
SELECT uprofile_subtract(part.m, whole.m) FROM parts AS whole, parts AS part WHERE whole.part = -1 AND part.part = 0;
SELECT uprofile_subtract(m, (SELECT uprofile_bayes(ARRAY[1], true))) FROM parts WHERE part = 0;
SELECT uprofile_subtract(m, (SELECT uprofile_bayes(ARRAY[1, 2], 'a'::text))) FROM (SELECT uprofile_bayes(ARRAY[i], 'a'::text) AS m FROM generate_series(1, 3) AS i) AS t;
SELECT uprofile_subtract(m, m) FROM (SELECT uprofile_tree(ARRAY[i], i > 2) AS m FROM generate_series(1, 4) AS i) AS t;
SELECT uprofile_subtract(m, 'x') FROM parts WHERE part = 0;

-- arrays are not held: sums of the labels are enough, in parallel plans as well, and say the same as rows that are held
CREATE TABLE dots AS SELECT i, ARRAY[hashint4(i) & 255, (hashint4(i + 7) & 255) + (i % 3) * 50, i % 3 + 1e6]::float8[] AS x, i % 3 AS y FROM generate_series(1, 3000) AS i;
ALTER TABLE dots SET (parallel_workers = 2);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT uprofile_bayes(x, y) FROM dots;
CREATE TABLE both_ways AS SELECT uprofile_bayes(x, y) AS sums, uprofile_bayes(x, y = 1) AS of_booleans, uprofile_bayes(x, y::text) AS held FROM dots;
RESET ALL;
SELECT max(abs(uprofile_predict_proba(sums, x, '1') - uprofile_predict_proba(held, x, '1'))) < 1e-11 AS same, uprofile_model_info(sums)->'classes' AS classes, uprofile_model_info(of_booleans)->'classes' AS booleans,
       uprofile_model_info(sums)->'class_counts' AS counts FROM dots, both_ways GROUP BY sums, of_booleans;
SELECT uprofile_model_info(uprofile_bayes(CASE WHEN i > 5 THEN x END, CASE WHEN i % 2 = 0 THEN y END)) - '{means,variances,params,class_prior}'::text[] AS info FROM dots WHERE i < 30;
SELECT uprofile_bayes(x, i) FROM dots;
SELECT uprofile_model_info(uprofile_bayes(x, i, '{"task": "classification"}'))->'rows' AS every_row_its_class FROM dots WHERE i < 40;
SELECT uprofile_bayes(x, y, '{"task": "regression"}') FROM dots;
SELECT uprofile_bayes(CASE WHEN i < 5 THEN x ELSE x || 1::float8 END, i % 2 = 0) FROM dots WHERE i < 9;
DROP TABLE dots, both_ways;
-- named
SELECT version, features, deployed FROM uprofile_train('guests', 'guests', 'buys', 'bayes', key => 'id', params => '{"exclude": ["level"]}');
SELECT uprofile_drop_model('guests');
-- the same model under any plan; odd groups and what is refused
SELECT md5(uprofile_bayes(g, 'level' ORDER BY id)) = md5(uprofile_bayes(g, 'level' ORDER BY id DESC)) AS same FROM guests AS g;
SELECT uprofile_bayes(ARRAY[i], true) FROM generate_series(1, 0) AS i;
SELECT uprofile_predict(uprofile_bayes(ARRAY[5], true), ARRAY[1]) AS one_row;
SELECT uprofile_bayes(ARRAY[i], i / 3.0) FROM generate_series(1, 30) AS i;
SELECT uprofile_bayes(ARRAY[-i], i > 2, '{"distribution": "multinomial"}') FROM generate_series(1, 4) AS i;
SELECT uprofile_bayes(ARRAY[i / 2.0], i > 2, '{"distribution": "categorical"}') FROM generate_series(1, 4) AS i;
SELECT uprofile_bayes(ARRAY[i * 1e200], i > 2) FROM generate_series(1, 4) AS i;
SELECT uprofile_bayes(ARRAY[i], i > 2, '{"distribution": "gausian"}') FROM generate_series(1, 4) AS i;
SELECT uprofile_bayes(ARRAY[i], i > 2, '{"alpha": 0}') FROM generate_series(1, 4) AS i;
SELECT uprofile_bayes(ARRAY[i], i > 2, '{"class_prior": {"true": 1}}') FROM generate_series(1, 4) AS i;
SELECT uprofile_bayes(ARRAY[i], i > 2, '{"class_prior": {"true": 0.5, "false": 0.6}}') FROM generate_series(1, 4) AS i;
SELECT uprofile_bayes(ARRAY[i], i > 2, '{"class_prior": "even"}') FROM generate_series(1, 4) AS i;
DROP TABLE guests, bayes, parts;
