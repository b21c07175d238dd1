-- uprofile_compare: versions on the same rows; uprofile_card: what is to be known of one
\pset null -
SET client_min_messages = error;
CREATE TABLE rivals AS
SELECT i AS id, (i * 7919 % 1009)::float8 AS a, (i * 104729 % 997)::float8 AS b, CASE i % 3 WHEN 0 THEN 'north|*' WHEN 1 THEN 'south' END AS region,
	CASE WHEN i * 7919 % 1009 > 800 + i % 100 THEN 'yes' ELSE 'no' END AS bought, i * 7919 % 1009 + (i * 31 % 100) AS spend
FROM generate_series(1, 1000) AS i;
SELECT version FROM uprofile_train('rival', 'SELECT id, a, b, bought FROM rivals', target => 'bought', algorithm => 'tree', key => 'id', params => '{"max_depth": 3}');
SELECT version FROM uprofile_train('rival', 'SELECT id, a, b, bought FROM rivals', target => 'bought', algorithm => 'logistic', key => 'id');
SELECT version FROM uprofile_train('rival', 'SELECT id, b, bought FROM rivals', target => 'bought', algorithm => 'logistic', key => 'id', test_size => 0.5, deploy => 'never');
SELECT version FROM uprofile_train('rival', 'SELECT id, a, b, spend FROM rivals', target => 'spend', algorithm => 'linear', key => 'id', deploy => 'never');
SELECT version FROM uprofile_train('rival', 'SELECT id, a, b, spend FROM rivals', target => 'spend', algorithm => 'tree', key => 'id', deploy => 'never');
SELECT version FROM uprofile_train('rival', 'SELECT id, a, b, bought FROM rivals', target => 'bought', algorithm => 'bayes', key => 'id', test_size => 0, deploy => 'never');
SELECT version FROM uprofile_train('rival', 'SELECT id, a, b FROM rivals', algorithm => 'kmeans', deploy => 'never');
SELECT version FROM uprofile_train('rival unkeyed', 'SELECT a, b, bought FROM rivals', target => 'bought', algorithm => 'tree', params => '{"max_depth": 3}');
RESET client_min_messages;

SELECT metric, round(value_a::numeric, 4) AS a, round(value_b::numeric, 4) AS b, round(difference::numeric, 4) AS difference, round(low::numeric, 3) AS low, round(high::numeric, 3) AS high,
	round(p_value::numeric, 3) AS p, test FROM uprofile_compare('rival', 1, 2, bootstrap => 200);
-- those held out by both, by shares of .2 and .5; a version with itself; the rows of another source
SELECT metric, value_a, value_b FROM uprofile_compare('rival', 2, 3, 'rivals', bootstrap => 10, rows => 'held_out') WHERE metric = 'rows';
SELECT bool_and(p_value = 1 AND difference = 0) AS same FROM uprofile_compare('rival', 2, 2, bootstrap => 50) WHERE metric <> 'rows';
SELECT metric, value_a, p_value < 1e-6 AS differs, test FROM uprofile_compare('rival', 2, 3, 'rivals', bootstrap => 10) WHERE metric IN ('rows', 'accuracy');
SELECT metric, difference > 0 AS worse, p_value < 0.05 AS sure, test FROM uprofile_compare('rival', 4, 5, bootstrap => 100) WHERE metric IN ('rmse', 'r2') ORDER BY metric COLLATE "C";
SELECT count(*) AS differing FROM uprofile_compare('rival', 1, 2, 'SELECT * FROM rivals ORDER BY b', rows => 'held_out', bootstrap => 100, seed => 3) AS x
JOIN uprofile_compare('rival', 1, 2, 'SELECT * FROM rivals ORDER BY b DESC', rows => 'held_out', bootstrap => 100, seed => 3) AS y USING (metric)
WHERE (x.low, x.high, x.p_value) IS DISTINCT FROM (y.low, y.high, y.p_value);
SELECT metric, value_a FROM uprofile_compare('rival unkeyed', 1, 1, bootstrap => 10) WHERE metric = 'rows';
-- what cannot be
SELECT * FROM uprofile_compare('rival', 1, 4);
SELECT * FROM uprofile_compare('rival', 7, 7);
SELECT * FROM uprofile_compare('rival', 1, 6);
SELECT * FROM uprofile_compare('rival', 3, 2, 'SELECT id, b, bought FROM rivals');
SELECT * FROM uprofile_compare('rival', 1, 99);
SELECT * FROM uprofile_compare('rivel', 1, 2);
SELECT * FROM uprofile_compare(NULL, 1, 2);
SELECT * FROM uprofile_compare('rival', NULL, 2);
SELECT * FROM uprofile_compare('rival', 1, 2, bootstrap => 0);
SELECT * FROM uprofile_compare('rival', 1, 2, rows => 'none');
SELECT * FROM uprofile_compare('rival', 1, 2, 'SELECT * FROM rivals WHERE false');
SELECT * FROM uprofile_compare('rival', 1, 2, 'SELECT * FROM rivals LIMIT 1', bootstrap => 10) WHERE metric IN ('accuracy', 'auc');

-- the card: what differs from run to run is left out; names and values are no markup
SELECT uprofile_comment_model('rival', 'says | who *will* <b>buy</b>');
CREATE FUNCTION card_lines(card text) RETURNS SETOF text LANGUAGE sql AS $$ SELECT line FROM regexp_split_to_table(card, E'\n') AS line WHERE line !~ '^Trained on|^$' $$;
SELECT card_lines(uprofile_card('rival', 1, 'rivals', by => 'region', bootstrap => 50));
SELECT line FROM card_lines(uprofile_card('rival', 4)) AS line WHERE line ~ '^#|rmse|R²|value of';
SELECT line FROM card_lines(uprofile_card('rival', 7)) AS line WHERE line ~ '^#|cluster|^Of|silhouette \|';
SELECT line FROM card_lines(uprofile_card('rival', 6)) AS line WHERE line ~ 'could not|^-';
SELECT line FROM card_lines(uprofile_card('rival', 3, 'SELECT * FROM rivals WHERE id < 300')) AS line WHERE line ~ '^-';
-- what came from another database is not run
SELECT version FROM uprofile_import_model(uprofile_export_model('rival', 2) || '{"source": "SELECT 1 / 0 AS `a` /* ``` */"}', model => 'rival copy');
SELECT line FROM card_lines(uprofile_card('rival copy')) AS line WHERE line ~ '`|again|^. auc';
SELECT metric FROM uprofile_compare('rival copy', 1, 1);
SELECT uprofile_card('rival', 99);
SELECT uprofile_card('rivel');
SELECT uprofile_card(NULL);
SELECT uprofile_card('rival', bootstrap => 1);
SELECT uprofile_card('rival', by => 'regoin');
SELECT uprofile_card('rival', source => 'SELECT 1 AS a');
-- a source that is gone
ALTER TABLE rivals RENAME TO rivals_gone;
SELECT line FROM card_lines(uprofile_card('rival', 1)) AS line WHERE line ~ 'could not|again|accuracy|Nothing';
SELECT metric FROM uprofile_compare('rival', 1, 2);
SELECT count(*) AS dropped FROM (SELECT DISTINCT model FROM uprofile_models WHERE model LIKE 'rival%') AS m, LATERAL uprofile_drop_model(m.model);
DROP FUNCTION card_lines(text);
DROP TABLE rivals_gone;
