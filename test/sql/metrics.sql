-- Metrics as aggregates: every pair of types, the positive label, averages, ties, windows, parallel plans, what is refused.
\set SHOW_CONTEXT never
CREATE TABLE shown (id int, truth boolean, guess boolean, score float8, a int, b int, kind text, said text, price float8, forecast float8);
INSERT INTO shown SELECT i, i % 3 = 0, i % 4 = 0 OR i % 9 = 0, (i * 7 % 10) / 10.0, i % 3, i % 4 % 3, (ARRAY['low', 'mid', 'high'])[1 + i % 3], (ARRAY['low', 'mid', 'high', 'mid'])[1 + i % 4],
                           i % 5 + 1, i % 5 + 1 + (i % 3 - 1) * 0.5 FROM generate_series(1, 24) AS i;
-- TP 4 (9, 12, 18, 24), FP 4 (4, 8, 16, 20), FN 4, TN 12
SELECT uprofile_accuracy(truth, guess) AS accuracy, uprofile_precision(truth, guess) AS precision_, uprofile_recall(truth, guess) AS recall, uprofile_f1(truth, guess) AS f1,
       uprofile_balanced_accuracy(truth, guess) AS balanced, uprofile_mcc(truth, guess) AS mcc, uprofile_kappa(truth, guess) AS kappa FROM shown;
SELECT uprofile_confusion(truth, guess) FROM shown;
SELECT uprofile_confusion(a, b) FROM shown;
SELECT uprofile_confusion(kind, said) FROM shown;
-- every pair of types says the same
SELECT uprofile_f1(truth, guess) = uprofile_f1(truth, guess::text) AND uprofile_f1(truth, guess) = uprofile_f1(truth, guess::int) AND uprofile_f1(truth, guess) = uprofile_f1(truth::int, guess::int)
   AND uprofile_f1(truth, guess) = uprofile_f1(truth::int, guess::int::text) AND uprofile_f1(truth, guess) = uprofile_f1(truth::text, guess::text) AS same,
       uprofile_accuracy(a, b) = uprofile_accuracy(a, b || '.0') AS numbers_as_text, uprofile_kappa(a, b) = uprofile_kappa('c' || a, 'c' || b) AS labels_as_text FROM shown;
SELECT uprofile_f1(truth, guess, '{"positive": false}') AS of_false, uprofile_precision(kind, said, '{"positive": "mid"}') AS of_mid, uprofile_recall(a, b, '{"positive": 2}') AS of_2,
       uprofile_recall(a, b::text, '{"positive": 2}') AS of_2_in_text, uprofile_f1(kind, said, '{"positive": "none"}') AS of_none FROM shown;
SELECT average, round(uprofile_precision(kind, said, jsonb_build_object('average', average))::numeric, 6) AS precision_, round(uprofile_recall(kind, said, jsonb_build_object('average', average))::numeric, 6) AS recall,
       round(uprofile_f1(kind, said, jsonb_build_object('average', average))::numeric, 6) AS f1, round(uprofile_f1(truth, guess, jsonb_build_object('average', average))::numeric, 6) AS f1_of_two
FROM shown, unnest('{macro,micro,weighted}'::text[]) AS average GROUP BY average ORDER BY average;
-- scores, with ties; sums
SELECT uprofile_auc(truth, score) AS auc, (SELECT avg(CASE WHEN h.score > m.score THEN 1 WHEN h.score = m.score THEN 0.5 ELSE 0 END) FROM shown AS h, shown AS m WHERE h.truth AND NOT m.truth)::float8 AS by_pairs FROM shown;
SELECT round(uprofile_average_precision(truth, score)::numeric, 6) AS average_precision, round(uprofile_log_loss(truth, score)::numeric, 6) AS log_loss, round(uprofile_brier(truth, score)::numeric, 6) AS brier FROM shown WHERE score > 0;
SELECT uprofile_auc(truth, score) = uprofile_auc(truth::int, score) AND uprofile_auc(truth, score) = uprofile_auc(truth::text, score) AND uprofile_auc(truth, score) = uprofile_auc(truth::int * 2 - 1, score)
   AND uprofile_auc(a, score, '{"positive": 2}') = uprofile_auc(a = 2, score) AND uprofile_auc(kind, score, '{"positive": "mid"}') = uprofile_auc(kind = 'mid', score)
   AND abs(uprofile_auc(truth, score, '{"positive": false}') + uprofile_auc(truth, score) - 1) < 1e-15 AS same FROM shown;
SELECT uprofile_rmse(price, forecast) AS rmse, uprofile_mae(price, forecast) AS mae, round(uprofile_r2(price, forecast)::numeric, 6) AS r2, round(uprofile_mape(price, forecast)::numeric, 6) AS mape,
       uprofile_median_absolute_error(price, forecast) AS median FROM shown;
SELECT uprofile_rmse(v, v + 1) AS rmse, uprofile_r2(v, v + 1) < 0 AS r2 FROM (VALUES (1e9 + 0.1), (1e9 + 0.2)) AS t (v);
-- pairs with a NULL are passed over; nothing there, nothing said; where a figure has no meaning it is NULL
SELECT uprofile_accuracy(t, g) AS two_of_three, uprofile_rmse(p, q) AS one FROM (VALUES (true, true, 1, 2), (true, false, NULL, 3), (false, false, 4, NULL), (NULL, true, NULL, NULL), (true, NULL, NULL, NULL)) AS v (t, g, p, q);
SELECT uprofile_accuracy(truth, guess) AS accuracy, uprofile_confusion(truth, guess) AS confusion, uprofile_auc(truth, score) AS auc, uprofile_rmse(a, b) AS rmse FROM shown WHERE id < 0;
SELECT uprofile_auc(true, score) AS auc, uprofile_average_precision(false, score) AS average_precision, uprofile_average_precision(true, score) AS all_hits, uprofile_r2(1, score) AS r2, uprofile_kappa(true, true) AS kappa, uprofile_mcc(true, guess) AS mcc, uprofile_recall(false, guess) AS recall FROM shown;
-- groups, windows, parts
SELECT a, round(uprofile_f1(truth, guess)::numeric, 4) AS f1, round(uprofile_auc(id % 2 = 0, score)::numeric, 4) AS auc, round(uprofile_rmse(price, forecast)::numeric, 4) AS rmse FROM shown GROUP BY a ORDER BY a;
SELECT id, round((uprofile_f1(truth, guess) OVER w)::numeric, 4) AS f1, round((uprofile_auc(truth, score) OVER w)::numeric, 4) AS auc, uprofile_median_absolute_error(price, forecast) OVER w AS median, uprofile_accuracy(kind, said) OVER (ORDER BY id) AS running
FROM shown WINDOW w AS (ORDER BY id ROWS BETWEEN 5 PRECEDING AND CURRENT ROW) ORDER BY id LIMIT 8;
CREATE TABLE many AS SELECT i % 3 = 0 AS y, i % 7 < 3 AS p, (hashint4(i) & 1023) / 1024.0 AS s, 'k' || i % 4 AS k, 'k' || i % 3 AS l, i % 11 AS v, i % 13 AS w FROM generate_series(1, 20000) AS i;
ALTER TABLE many SET (parallel_workers = 2);
CREATE VIEW all_of AS SELECT uprofile_f1(y, p) AS f1, uprofile_confusion(k, l) AS confusion, uprofile_auc(y, s) AS auc, uprofile_average_precision(y, s) AS ap, uprofile_log_loss(y, s) AS loss, uprofile_rmse(v, w) AS rmse,
    uprofile_r2(v, w) AS r2, uprofile_median_absolute_error(v, w) AS median, uprofile_kappa(v, w) AS kappa, uprofile_f1(k, l, '{"average": "macro"}') AS macro FROM many;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE serial AS SELECT * FROM all_of;
SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT uprofile_f1(y, p), uprofile_auc(y, s), uprofile_rmse(v, w) FROM many;
CREATE TABLE parallel AS SELECT * FROM all_of;
RESET ALL;
SELECT a.f1 = b.f1 AND a.confusion = b.confusion AND a.auc = b.auc AND a.ap = b.ap AND a.median = b.median AND a.kappa = b.kappa AND a.macro = b.macro AS same,
       abs(a.loss - b.loss) < 1e-13 AND abs(a.rmse - b.rmse) < 1e-13 AND abs(a.r2 - b.r2) < 1e-13 AS near FROM serial AS a, parallel AS b;
-- odd values
SELECT uprofile_accuracy(g, g) AS accuracy, uprofile_confusion(g, 'q' || g) AS confusion FROM (VALUES (''), ('Größe'), ('a"b'), (repeat('x', 9))) AS v (g);
SELECT uprofile_accuracy(-0.0::float8, 0) AS one_zero, uprofile_confusion(0.1, 1e20) AS numbers;
SELECT uprofile_auc(v > 2, -v) AS worst, uprofile_auc(v > 2, v * 1e300) AS best FROM (VALUES (1), (2), (3), (4)) AS t (v);
-- what is refused, at the first rows that tell: those that come later are not read (they would fail)
SELECT uprofile_f1(said, said) FROM (SELECT CASE WHEN i < 1000 THEN 'kind ' || i % 3 ELSE (1 / (i - 1000))::text END AS said FROM generate_series(1, 1000) i) t;
SELECT uprofile_f1(i % 2 = 0, 1 / (i - 1000) = 0, '{"positive": "yes"}') FROM generate_series(1, 1000) i;
SELECT uprofile_recall((i % 2 + 3)::float8, (1 / (i - 1000))::float8, '{"positive": "yes"}', 1) FROM generate_series(1, 1000) i;
SELECT uprofile_precision(a, b) FROM (VALUES ('no idea', 'true'), ('true', 'true')) AS t (a, b);
SELECT uprofile_f1(kind, said) FROM shown;
SELECT uprofile_precision(a, b) FROM shown;
SELECT uprofile_recall(a + 5, b + 5) FROM shown;
SELECT uprofile_auc(kind, score) FROM shown;
SELECT uprofile_auc(a, score) FROM shown;
SELECT uprofile_f1(kind, said, '{"positive": "low", "average": "macro"}') FROM shown;
SELECT uprofile_f1(kind, said, '{"avrage": "macro"}') FROM shown;
SELECT uprofile_f1(kind, said, '{"average": "mean"}') FROM shown;
SELECT uprofile_auc(kind, score, '{"average": "macro"}') FROM shown;
SELECT uprofile_f1(kind, said, '{"positive": ["low"]}') FROM shown;
SELECT uprofile_auc(truth, score, '{"positive": "yes"}') FROM shown;
SELECT uprofile_auc(a, score, '{"positive": "yes"}') FROM shown;
SELECT uprofile_f1(truth, guess, '{"positive": "yes"}') FROM shown;
SELECT uprofile_f1(a, b, '{"positive": "2"}') FROM shown;
SELECT uprofile_f1(kind, said, jsonb_build_object('positive', kind)) FROM shown;
SELECT uprofile_accuracy(truth, score) FROM shown;
SELECT uprofile_accuracy(truth, 'perhaps'::text) FROM shown;
SELECT uprofile_accuracy(a, 'x1'::text) FROM shown;
SELECT uprofile_accuracy('NaN'::float8, 1);
SELECT uprofile_auc(true, 'NaN'::float8);
SELECT uprofile_rmse(1, 'Infinity'::float8);
-- Certain and wrong, certain and right: clipped at the epsilon of double precision, as scikit-learn does.
SELECT round(uprofile_log_loss(false, 1.0)::numeric, 9) AS wrong, uprofile_log_loss(true, 1.0) < 1e-15 AS right;
SELECT uprofile_log_loss(truth, score * 2) FROM shown;
SELECT uprofile_rmse(1e200, -1e200);
SELECT uprofile_accuracy(i, i) FROM generate_series(1, 70000) AS i;
SELECT uprofile_confusion(i, i) FROM generate_series(1, 1001) AS i;
-- Long labels: refused before anything is written, or written.
SELECT uprofile_confusion(repeat('x', 100000) || i, repeat('x', 100000)) FROM generate_series(1, 40) AS i;
SELECT length((c -> (repeat('x', 100000) || 3))::text), c -> (repeat('x', 100000) || 3) -> (repeat('x', 100000) || 3) AS hits
FROM (SELECT uprofile_confusion(repeat('x', 100000) || i, repeat('x', 100000) || i) AS c FROM generate_series(1, 5) AS i) AS s;
SELECT uprofile_confusion(l, l) FROM (VALUES (E'tab\t"\\\x01'), (E'\n')) AS v (l);
SET uprofile.max_memory = '1MB';
SELECT uprofile_auc(i % 2 = 0, i) FROM generate_series(1, 200000) AS i;
RESET uprofile.max_memory;
-- states by hand: forged ones are errors
SELECT uprofile_agg_metric_final(uprofile_agg_labels(uprofile_agg_labels('accuracy', true, true), true, false)) AS accuracy;
SELECT uprofile_agg_metric_final(uprofile_agg_metric_combine(uprofile_agg_values('mae', 1, 2), uprofile_agg_values('mae', 1, 4))) AS mae;
SELECT uprofile_agg_labels('accuracy', 1, 2) IS NOT NULL AS state, uprofile_agg_labels(uprofile_agg_labels('accuracy', true, true), 1, 2);
SELECT uprofile_agg_values('auc', 1, 2);
SELECT uprofile_agg_labels(NULL, true, true);
SELECT uprofile_agg_metric_combine(uprofile_agg_values('mae', 1, 2), uprofile_agg_values('rmse', 1, 2));
SELECT uprofile_agg_metric_final('nonsense');
SELECT uprofile_agg_metric_final(substring(uprofile_agg_scores('auc', true, 1) FROM 1 FOR 30));
SELECT uprofile_agg_metric_final(set_byte(uprofile_agg_scores('auc', true, 1), 7, 99));
SELECT uprofile_agg_metric_confusion(uprofile_agg_scores('auc', true, 1)) IS NULL AS nothing;
-- Text that is not valid in the database's encoding is found when it is read.
SELECT uprofile_agg_metric_confusion(s) AS valid, uprofile_agg_metric_confusion(overlay(s PLACING '\xff' FROM position('\x6162'::bytea IN s))) AS damaged
FROM (SELECT uprofile_agg_labels('confusion', 'ab'::text, 'ab'::text) AS s) AS t;
-- A long message is cut between two characters.
CREATE FUNCTION said(label text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM uprofile_tree(ARRAY[1], true, jsonb_build_object(label, 1));
EXCEPTION WHEN OTHERS THEN
  RETURN octet_length(SQLERRM) || ' ' || (convert_from(convert_to(SQLERRM, 'UTF8'), 'UTF8') = SQLERRM) || ' ' || right(SQLERRM, 6);
END $$;
SELECT said('deep'), said(repeat('ü', 2000)), said('x' || repeat('ü', 2000));
DROP FUNCTION said;
DROP VIEW all_of;
DROP TABLE shown, many, serial, parallel;

-- weights: the third argument, or after params; rows without are passed over
CREATE TEMP TABLE weighed (a boolean, p boolean, s float8, v float8, q float8, w float8);
INSERT INTO weighed VALUES (true, true, 0.9, 1, 2, 2), (true, false, 0.2, 3, 1, 1), (false, false, 0.2, 2, 2, 3), (false, true, 0.7, 9, 9, 0), (false, true, 0.7, 9, 9, NULL), (NULL, true, NULL, NULL, 1, 1);
SELECT round(uprofile_accuracy(a, p, w)::numeric, 4) AS accuracy, round(uprofile_f1(a, p, '{}', w)::numeric, 4) AS f1, round(uprofile_auc(a, s, '{}', w)::numeric, 4) AS auc,
	round(uprofile_rmse(v, q, w)::numeric, 4) AS rmse, uprofile_confusion(a, p, w) AS confusion, uprofile_median_absolute_error(v, q, w) AS median,
	round(uprofile_quantile_loss(v, q, '{"quantile": 0.9}', w)::numeric, 4) AS pinball FROM weighed;
SELECT round(uprofile_quantile_loss(v, q)::numeric, 4) AS half, round(uprofile_adjusted_r2(v, q, '{"features": 2}')::numeric, 4) AS adjusted, uprofile_adjusted_r2(v, q, '{"features": 4}') AS none,
	round(uprofile_calibration_error(a, s)::numeric, 4) AS off, round(uprofile_calibration_error(a, s, '{"bins": 1}')::numeric, 4) AS one_bin FROM weighed;
SELECT uprofile_accuracy(a, p, w) AS nothing, uprofile_auc(a, s, '{}', w) AS nor_this, uprofile_rmse(v, q, w) AS nor_that FROM weighed WHERE w = 0;
SELECT uprofile_accuracy(a, p, -1) FROM weighed;
SELECT uprofile_rmse(v, q, 'NaN'::float8) FROM weighed;
SELECT uprofile_rmse(v, q, 'Infinity'::float8) FROM weighed;
SELECT uprofile_mcc(a, p, 1e300) FROM weighed;
SELECT round((uprofile_mcc(a, p, 1e50) - uprofile_mcc(a, p))::numeric, 9) AS off, round((uprofile_kappa(a, p, 1e50) - uprofile_kappa(a, p))::numeric, 9) AS too, round((uprofile_auc(a, s, '{}', 1e50) - uprofile_auc(a, s))::numeric, 9) AS this,
	round((uprofile_r2(v, q, 1e50) - uprofile_r2(v, q))::numeric, 9) AS that FROM weighed;
SELECT uprofile_adjusted_r2(v, q, '{}') FROM weighed;
SELECT uprofile_quantile_loss(v, q, '{"quantile": 2}') FROM weighed;
SELECT uprofile_calibration_error(a, s, '{"bin": 2}') FROM weighed;
SELECT uprofile_calibration_error(a, s + 1) FROM weighed;
SELECT uprofile_agg_labels('accuracy'::bytea, true, true, 'NaN'::float8);
SELECT uprofile_agg_metric_combine(uprofile_agg_labels('accuracy'::bytea, true, true, 2::float8), uprofile_agg_labels('accuracy'::bytea, true, true));
SELECT uprofile_agg_metric_final(uprofile_agg_metric_combine(uprofile_agg_labels('accuracy'::bytea, true, true, 2::float8), uprofile_agg_labels('accuracy'::bytea, true, false, 1::float8))) AS accuracy;
