-- Prediction with bytea models: kinds, shapes, columns by name, damage.
\set SHOW_CONTEXT never
CREATE TABLE people AS
SELECT i AS id, i % 50 AS age, (ARRAY['x', 'y', 'z'])[1 + i % 3] AS kind, i % 50 > 25 AS old, i % 4 AS class
FROM generate_series(1, 200) AS i;
CREATE TABLE kept AS
SELECT uprofile_svm(ARRAY[age, id % 3], old) AS plain, uprofile_svm(ARRAY[age, id % 3], old, '{"probability": true}') AS proba,
       uprofile_svm(p, 'old', '{"features": ["age", "kind"], "probability": true}') AS by_row,
       uprofile_svm(ARRAY[age, id % 4], 'class ' || class) AS texts, uprofile_kmeans(ARRAY[age, id % 3], 3) AS clusters,
       uprofile_scaler(ARRAY[age, id % 3]) AS scaler
FROM people AS p;

SELECT uprofile_predict(plain, ARRAY[40, 1]) AS number, uprofile_predict_label(plain, ARRAY[40, 1]) AS label,
       round(uprofile_predict_proba(proba, ARRAY[40, 1])::numeric, 1) AS p,
       round(uprofile_predict_proba(proba, ARRAY[40, 1], 'false')::numeric, 1) AS not_p,
       uprofile_predict_label(texts, ARRAY[1, 2]) AS text FROM kept;
-- other kinds
SELECT uprofile_predict(texts, ARRAY[1, 2]) FROM kept;
SELECT uprofile_predict_proba(plain, ARRAY[1, 2]) FROM kept;
SELECT uprofile_predict_proba(proba, ARRAY[1, 2], 'maybe') FROM kept;
SELECT uprofile_predict_proba(clusters, ARRAY[1, 2]) FROM kept;
SELECT uprofile_predict(scaler, ARRAY[1, 2]) FROM kept;
SELECT uprofile_scale(clusters, ARRAY[1, 2]) FROM kept;
SELECT uprofile_predict(by_row, ARRAY[1, 2]) FROM kept;
SELECT uprofile_predict(plain, p) FROM kept, people AS p LIMIT 1;
-- shapes
SELECT uprofile_predict(plain, ARRAY[1, 2, 3]) FROM kept;
SELECT uprofile_predict(plain, ARRAY[1, NULL]) FROM kept;
SELECT uprofile_predict(plain, ARRAY[1, 'NaN'::float8]) FROM kept;
SELECT uprofile_predict(plain, '{}'::float8[]) FROM kept;
SELECT uprofile_predict(plain, NULL::float8[]) IS NULL AS null_in_null_out FROM kept;
SELECT uprofile_unscale(scaler, ARRAY[1]) FROM kept;
SELECT uprofile_unscale(scaler, uprofile_scale(scaler, ARRAY[7, 2])) AS undone FROM kept;
-- rows by name: other order, further columns, NULL, unseen category
SELECT uprofile_predict_label(by_row, s) AS label FROM kept, (SELECT 'q' AS more, 'x' AS kind, 40 AS age) AS s;
SELECT uprofile_predict_label(by_row, s) AS label FROM kept, (SELECT NULL::int AS age, 'never seen' AS kind) AS s;
SELECT uprofile_predict_label(by_row, s) AS label FROM kept, (SELECT 40 AS age) AS s;
SELECT uprofile_predict_label(by_row, s) AS label FROM kept, (SELECT 'forty' AS age, 'x' AS kind) AS s;
SELECT uprofile_predict_label(by_row, s) AS label FROM kept, (SELECT 'Infinity'::float8 AS age, 'x' AS kind) AS s;
-- damage: every byte flipped, every length cut
CREATE FUNCTION damage(model bytea) RETURNS TABLE (flipped integer, cut integer, others integer) LANGUAGE plpgsql AS $$
BEGIN
	flipped := 0; cut := 0; others := 0;
	FOR i IN 0 .. length(model) - 1 LOOP
		BEGIN
			PERFORM uprofile_model_info(set_byte(model, i, get_byte(model, i) # 64));
		EXCEPTION WHEN data_corrupted OR feature_not_supported THEN flipped := flipped + 1;
		WHEN OTHERS THEN others := others + 1;
		END;
		BEGIN
			PERFORM uprofile_model_info(substr(model, 1, i));
		EXCEPTION WHEN data_corrupted THEN cut := cut + 1;
		WHEN OTHERS THEN others := others + 1;
		END;
	END LOOP;
	flipped := flipped - length(model); cut := cut - length(model);
	RETURN NEXT;
END $$;
SELECT 'svm' AS model, d.* FROM kept, damage(by_row) AS d UNION ALL SELECT 'kmeans', d.* FROM kept, damage(clusters) AS d
UNION ALL SELECT 'scaler', d.* FROM kept, damage(scaler) AS d;
SELECT uprofile_model_info('\x00'::bytea);
SELECT uprofile_predict('\x5550524602000300000000000200000000000000000000'::bytea, ARRAY[1]);
