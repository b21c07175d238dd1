-- Numbers, times and booleans that a table keeps as text are read as such; models keep that.

CREATE TABLE plain AS
SELECT i AS id, i % 80 AS tenure, 20 + (i * 7919 % 1009) / 10.0 AS charge, date '2020-01-01' + i % 700 AS since, i % 3 = 0 AS member,
	   'c' || i % 4 AS city, i % 80 < 30 OR i * 7919 % 1009 > 900 AS churned, (i % 80) * 2.5 + i % 2 AS spend
FROM generate_series(1, 3000) i;
CREATE TABLE kept_texts AS
SELECT id, tenure::text, CASE WHEN id = 5 THEN ' ' ELSE charge::text END AS charge, to_char(since, 'YYYY-MM-DD') AS since, member::text, city, churned, spend::text,
	   lpad((id % 200)::text, 5, '0') AS postcode
FROM plain;

-- the same model as from columns of their own types
SELECT algorithm, abs((kept.metrics->>'log_loss')::float8 - (plain.metrics->>'log_loss')::float8) < 0.01 AS alike
FROM unnest('{logistic,forest}'::text[]) algorithm,
	LATERAL uprofile_train('plain ' || algorithm, 'SELECT * FROM plain WHERE id <> 5', target => 'churned', algorithm => algorithm, key => 'id',
						   params => '{"exclude": ["spend"]}') plain,
	LATERAL uprofile_train('kept ' || algorithm, 'SELECT * FROM kept_texts WHERE id <> 5', target => 'churned', algorithm => algorithm, key => 'id',
						   params => '{"exclude": ["spend", "postcode"]}') kept;
SELECT x->>'name' AS name, x->>'kind' AS kind, x->>'kept_as' AS kept_as
FROM jsonb_array_elements(uprofile_model_info('kept logistic'::text)->'inputs') x;
SELECT (SELECT uprofile_model_info(uprofile_logistic(k, 'churned', '{"exclude": ["spend", "postcode"]}'))->'format' FROM kept_texts k) AS format,
	(SELECT uprofile_model_info(uprofile_logistic(p, 'churned', '{"exclude": ["spend"]}'))->'format' FROM plain p) AS plain;

-- a value never met, one of the column's own type, one that is none
CREATE TABLE later AS SELECT id, '73.5'::text AS tenure, charge, since, member, city FROM kept_texts WHERE id = 7;
SELECT uprofile_predict_proba('kept logistic', k) = uprofile_predict_proba('kept logistic', p) AS same
FROM later k, (SELECT id, 73.5 AS tenure, charge, since, member, city FROM plain WHERE id = 7) p;
SELECT uprofile_predict_proba('kept logistic', k) = uprofile_predict_proba('kept logistic', p) AS same
FROM (SELECT id, 'unknown' AS tenure, charge, since, 'perhaps' AS member, city FROM kept_texts WHERE id = 7) k,
	 (SELECT id, NULL::text AS tenure, charge, since, NULL::text AS member, city FROM kept_texts WHERE id = 7) p;
SELECT a.metric, abs(a.value - b.value) < 1e-12 AS same
FROM uprofile_evaluate('kept logistic', 'SELECT id, CASE WHEN id % 9 = 0 THEN ''?'' ELSE tenure END AS tenure, charge, since, member, city, churned FROM kept_texts') a
JOIN uprofile_evaluate('kept logistic', 'SELECT id, CASE WHEN id % 9 > 0 THEN tenure::int END AS tenure, charge, since, member, city, churned FROM kept_texts') b USING (metric)
WHERE metric IN ('auc', 'log_loss');
SELECT explained.feature, round(explained.contribution::numeric, 6) = round(other.contribution::numeric, 6) AS same
FROM uprofile_explain('kept logistic', (SELECT l FROM later l)) explained
JOIN uprofile_explain('kept logistic', (SELECT p FROM (SELECT id, 73.5 AS tenure, charge, since, member, city FROM kept_texts WHERE id = 7) p)) other USING (feature)
WHERE feature IN ('tenure', 'charge') ORDER BY 1;

-- aggregates do the same, in one process or several
SELECT x->>'name' AS name, x->>'kept_as' AS kept_as
FROM jsonb_array_elements((SELECT uprofile_model_info(uprofile_tree(k, 'churned', '{"max_depth": 2, "features": ["tenure", "city", "postcode"]}')) FROM kept_texts k)->'inputs') x;
CREATE FUNCTION trained() RETURNS text LANGUAGE sql AS
'SELECT md5(uprofile_tree(k, ''churned'', ''{"max_depth": 9, "exclude": ["spend", "id"]}'')) FROM kept_texts k';
CREATE TABLE once AS SELECT trained() AS serial;
ALTER TABLE kept_texts SET (parallel_workers = 3);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 3;
SELECT serial = trained() AS same FROM once;
RESET ALL;

-- prepare and task overrule
SELECT jsonb_array_length(uprofile_model_info(uprofile_logistic(k, 'churned', '{"features": ["tenure"], "prepare": {"tenure": {"encode": "one_hot"}}}'))->'features') AS features FROM kept_texts k;
SELECT uprofile_model_info(uprofile_linear(k, 'id', '{"features": ["odd"], "prepare": {"odd": {"encode": "number"}}}'))->'inputs'->0->'kind' AS kind
FROM (SELECT id, CASE WHEN id % 4 = 0 THEN 'none' ELSE tenure END AS odd FROM kept_texts) k;
SELECT uprofile_model_info(uprofile_linear(k, 'id', '{"features": ["since"], "prepare": {"since": {"encode": "cyclic"}}}'))->'features'->0 AS feature FROM kept_texts k;
SELECT task, rows_tested, (metrics->>'rmse')::float8 < 1 AS good FROM uprofile_train('spend', 'kept_texts', target => 'spend', algorithm => 'boost', key => 'id', params => '{"exclude": ["churned"]}');
SELECT metric, value < 1 AS good FROM uprofile_evaluate('spend', 'SELECT k.*, 1 FROM kept_texts k') WHERE metric = 'rmse';
SELECT value AS rows FROM uprofile_evaluate('spend', 'SELECT id, tenure, charge, since, member, city, postcode, CASE WHEN id > 10 THEN ''?'' ELSE spend END AS spend FROM kept_texts') WHERE metric = 'rows';
SELECT uprofile_model_info(uprofile_tree(k, 'tenure', '{"features": ["spend"], "max_depth": 2, "task": "classification"}'))->'classes'->0 AS class FROM (SELECT spend, (id % 5)::text AS tenure FROM kept_texts) k;
SELECT uprofile_model_info(uprofile_tree(k, 'five', '{"features": ["spend"], "max_depth": 2}'))->>'task' AS task FROM (SELECT spend, (id % 5)::text AS five FROM kept_texts) k;
SELECT uprofile_model_info(uprofile_tree(k, 'code', '{"features": ["spend"], "max_depth": 2}'))->>'task' AS task FROM (SELECT spend, '0' || (id % 30)::text AS code FROM kept_texts) k;

-- targets that are none
SELECT 1 FROM uprofile_train('none', 'SELECT *, ''x'' || id % 101 AS label FROM kept_texts', target => 'label', algorithm => 'tree');
SET client_min_messages = error;
SELECT task FROM uprofile_train('many', 'SELECT id, tenure, ''x'' || id % 101 AS label FROM kept_texts', target => 'label', algorithm => 'tree', key => 'id', params => '{"task": "classification"}', deploy => 'never');
RESET client_min_messages;
SELECT 1 FROM uprofile_train('none', 'plain', target => 'since', algorithm => 'tree');
SELECT 1 FROM uprofile_train('none', 'SELECT charge::money, id FROM plain', target => 'charge', algorithm => 'tree');
SELECT uprofile_tree(p, 'since') FROM plain p;

-- money is a number
SELECT x->>'name' AS name, x->>'kind' AS kind FROM jsonb_array_elements((SELECT uprofile_model_info(uprofile_linear(p, 'tenure', '{"features": ["m"]}')) FROM (SELECT tenure, charge::numeric::money AS m FROM plain) p)->'inputs') x;

DROP TABLE plain, kept_texts, later, once;
DROP FUNCTION trained;
SELECT count(*) FROM (SELECT uprofile_drop_model(m) FROM unnest('{plain logistic,plain forest,kept logistic,kept forest,spend,many}'::text[]) m) x;

-- Targets of blanks, of other cases, of NULL: told, and trained as they are.
CREATE TABLE answers AS SELECT g AS id, g % 7 AS a, CASE WHEN g % 10 = 0 THEN NULL WHEN g % 3 = 0 THEN 'Yes' WHEN g % 3 = 1 THEN 'yes ' ELSE 'no' END AS churn
	FROM generate_series(1, 300) AS g;
SELECT rows_trained, note FROM uprofile_train('answered', 'answers', target => 'churn', algorithm => 'bayes', key => 'id', test_size => 0, deploy => 'always');
SELECT rows_trained, note FROM uprofile_train('answered', 'SELECT id, a, CASE WHEN a > 2 THEN churn ELSE '''' END AS churn FROM answers', target => 'churn', algorithm => 'bayes', key => 'id', test_size => 0, deploy => 'always');
SELECT uprofile_train('answered', 'SELECT id, a, NULL::text AS churn FROM answers', target => 'churn', algorithm => 'bayes', key => 'id');
SELECT uprofile_train('answered', 'answers', target => 'churn', algorithm => 'auto', key => 'id', params => '{"time_budget": 20}');
SET client_min_messages = error;
-- what the hint says, word by word: blanks and thousands' separators, decimal commas, times, and what is none of them
CREATE FUNCTION as_hinted(spelled text) RETURNS TABLE (hint text, task text) LANGUAGE plpgsql AS $$
DECLARE
	source text := format('SELECT i AS id, (i * 7 %% 1000)::float8 AS x, %s AS "pa""id" FROM generate_series(1, 300) i', spelled);
BEGIN
	PERFORM public.uprofile_train('hinted', source, target => 'pa"id', algorithm => 'tree', key => 'id');
EXCEPTION WHEN data_exception THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	IF hint ~ 'select' THEN
		SELECT t.task INTO task FROM public.uprofile_train('hinted', format('SELECT id, x, %s FROM (%s) s', substring(hint FROM 'select (.*);'), source),
														   target => 'pa"id', algorithm => 'tree', key => 'id', deploy => 'never') t;
	END IF;
	RETURN NEXT;
END
$$;
SELECT * FROM as_hinted($$CASE WHEN i % 3 = 0 THEN ' 1 200.' || i WHEN i % 3 = 1 THEN to_char(i * 1234.5, 'FM9,999,999.0') WHEN i = 2 THEN '' ELSE ' -' || i || ' ' END$$);
SELECT * FROM as_hinted($$translate(to_char(i * 1234.5, 'FM9,999,999.00'), '.,', ',.')$$);
SELECT * FROM as_hinted($$' ' || to_char(date '2026-01-01' + i, 'YYYY-MM-DD') || ' '$$);
SELECT * FROM as_hinted($$CASE WHEN i = 7 THEN 'n/a' ELSE i::text END$$);
SELECT * FROM as_hinted($$repeat('at length ', 1000) || i$$);
SELECT * FROM as_hinted($$i || ',' || i % 100$$);
-- the same where a learner knows numbers alone
SELECT 1 FROM uprofile_train('hinted', $$SELECT i AS id, i * 2.5 AS x, to_char(i * 1234.5, 'FM9,999,999.0') AS paid FROM generate_series(1, 50) i$$, 'paid', 'linear', key => 'id');
SELECT 1 FROM uprofile_train('hinted', $$SELECT i AS id, i * 2.5 AS x, i % 2 = 0 AS paid FROM generate_series(1, 50) i$$, 'paid', 'linear', key => 'id');
SELECT 1 FROM uprofile_train('hinted', $$SELECT i AS id, i * 2.5 AS x, i % 2 = 0 AS paid FROM generate_series(1, 50) i$$, 'paid', 'tree', key => 'id', params => '{"task": "regression"}');
SELECT * FROM uprofile_drop_model('hinted');
DROP FUNCTION as_hinted;
RESET client_min_messages;
DROP TABLE answers;
SELECT count(*) FROM (SELECT uprofile_drop_model('answered')) x;
