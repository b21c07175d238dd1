-- Correlations and feature selection: what is asked, what is answered, what is refused.
\set SHOW_CONTEXT never
CREATE TABLE leads AS
SELECT i AS "the id", (i % 7)::float8 AS visits, CASE WHEN i % 10 = 0 THEN NULL ELSE (i % 7) * 2 + i % 3 END AS clicks,
       CASE i % 3 WHEN 0 THEN 'mail' WHEN 1 THEN 'shop' END AS source, i % 7 > 3 AS bought
FROM generate_series(1, 210) AS i;

SELECT column_a, column_b, method, round(value::numeric, 4) AS value, p_value < 0.01 AS clear, n
FROM uprofile_correlation('SELECT visits, clicks, source, bought FROM leads') ORDER BY 1, 2, 3;
SELECT * FROM uprofile_correlation('SELECT 1 AS a, ''x'' AS b');
SELECT * FROM uprofile_correlation('SELECT visits, clicks FROM leads WHERE false');
SELECT column_a, column_b, method, round(value::numeric, 4) AS value, n
FROM uprofile_correlation('leads', '{source,the id,clicks}', '{spearman,correlation_ratio}');
SELECT column_a, column_b, method, round(value::numeric, 4) AS value, n
FROM uprofile_correlation('SELECT source, source AS "a ""b", NULL::text AS "Größe", NULL::float8 AS nothing, 1e300 * visits AS huge, visits FROM leads', methods => '{cramers_v,pearson}');
SELECT * FROM uprofile_correlation('leads', '{visits,cliks}');
SELECT * FROM uprofile_correlation('leads', '{visits}');
SELECT * FROM uprofile_correlation('leads', '{visits,visits}');
SELECT * FROM uprofile_correlation('leads', '{visits,NULL}');
SELECT * FROM uprofile_correlation('leads', methods => '{spearmann}');
SELECT * FROM uprofile_correlation('leads', methods => '{}');
SELECT * FROM uprofile_correlation('SELECT ''Infinity''::float8 AS a, 1 AS b');

SELECT method, feature, round(score::numeric, 4) AS score, rank, selected, statistic
FROM unnest('{pearson,spearman,information_gain,gain_ratio,chi2,anova_f,variance,rfe,mrmr}'::text[]) WITH ORDINALITY AS m (method, at),
     uprofile_select_features('SELECT visits, clicks, source, bought FROM leads', 'bought', method, 1)
ORDER BY at, rank;
-- a number as target, and no target at all
SELECT feature, round(score::numeric, 4) AS score, selected
FROM uprofile_select_features('SELECT visits, clicks, source, "the id"::float8 / 3 AS y FROM leads', 'y', 'pearson', k => 2);
SELECT feature, round(score::numeric, 4) AS score FROM uprofile_select_features('SELECT visits, source FROM leads', NULL, 'variance');

SELECT * FROM uprofile_select_features('leads', 'bouhgt');
SELECT * FROM uprofile_select_features('leads', 'bought', 'anova');
SELECT * FROM uprofile_select_features('leads', NULL, 'anova_f');
SELECT * FROM uprofile_select_features('leads', 'bought', k => 0);
SELECT count(*) FROM uprofile_select_features('leads', 'bought', 'variance', k => 50);
SELECT * FROM uprofile_select_features('SELECT i - 3 AS x, i > 2 AS y FROM generate_series(1, 4) AS i', 'y', 'chi2');
SELECT * FROM uprofile_select_features('SELECT visits AS x, "the id"::float8 / 3 AS y FROM leads', 'y', 'chi2');
SELECT * FROM uprofile_select_features('SELECT visits, bought FROM leads WHERE false', 'bought');
SELECT * FROM uprofile_select_features('SELECT visits, true AS y FROM leads', 'y');
SELECT * FROM uprofile_select_features('SELECT bought FROM leads', 'bought');
SELECT * FROM uprofile_select_features('leads', 'bought', 'gain_ration');
-- what is never known has no score and is not selected
SELECT method, feature, score, selected
FROM unnest('{pearson,gain_ratio,mutual_info,chi2,anova_f,variance,l1,rfe,mrmr}'::text[]) WITH ORDINALITY AS m (method, at),
     uprofile_select_features('SELECT NULL::float8 AS nothing, visits, bought FROM leads', 'bought', method, 2)
WHERE feature = 'nothing' ORDER BY at;
-- equal columns: the earlier one
SELECT feature, rank, selected FROM uprofile_select_features('SELECT visits AS b, visits AS a, bought FROM leads', 'bought', 'anova_f', 1);
-- text as target; the order of rows does not matter
SELECT feature, statistic, selected FROM uprofile_select_features('SELECT visits, clicks, bought, "the id" % 3 AS kind, source FROM leads', 'source', 'l1', 1);
SELECT count(*) FROM (
	SELECT * FROM uprofile_select_features('SELECT * FROM leads ORDER BY "the id"', 'bought', 'mutual_info', seed => 3)
	EXCEPT
	SELECT * FROM uprofile_select_features('SELECT * FROM leads ORDER BY "the id" DESC', 'bought', 'mutual_info', seed => 3)) AS differences;
SELECT * FROM uprofile_correlation(NULL);
SELECT * FROM uprofile_correlation('DELETE FROM leads');

-- as a step of a model: fitted on its training rows
SELECT i->'features' AS features, i->'n_features' AS n
FROM (SELECT uprofile_model_info(uprofile_svm(l, 'bought', '{"select": {"method": "anova_f", "k": 2}}')) AS i FROM leads AS l) AS m;
SELECT i->'features' AS features
FROM (SELECT uprofile_model_info(uprofile_svm(ARRAY[visits, "the id" % 5, "the id" % 2], bought,
                                              '{"select": {"method": "pearson", "threshold": 0.5}}')) AS i FROM leads) AS m;
SELECT uprofile_svm(l, 'bought', '{"select": {"method": "anova_f"}}') FROM leads AS l;
SELECT uprofile_kmeans(l, 2, '{"select": {"method": "anova_f", "k": 1}}') FROM leads AS l;
SELECT uprofile_svm(l, 'bought', '{"select": {"method": "anova", "k": 1}}') FROM leads AS l;
DROP TABLE leads;

-- A learner that answers a rare class never has nothing to lose.
SELECT feature, score FROM uprofile_select_features('SELECT i % 50 = 0 AS fraud, (i % 50 = 0)::int + sin(i) AS amount, i % 7 AS day FROM generate_series(1, 5000) AS i', 'fraud', 'permutation');
SELECT feature, rank FROM uprofile_select_features('SELECT i % 50 = 0 AS fraud, (i % 50 = 0)::int + sin(i) AS amount, i % 7 AS day FROM generate_series(1, 5000) AS i', 'fraud', 'anova_f');

-- a constant tells nothing, however its neighbours lie
SELECT feature, score FROM uprofile_select_features('SELECT 5.0 AS k, i * i % 77 AS v, i % 2 AS y FROM generate_series(1, 300) i', 'y', 'mutual_info') WHERE feature = 'k';
SELECT feature, score FROM uprofile_select_features('SELECT 5.0 AS k, i * i % 77 AS v, i / 7.0 AS y FROM generate_series(1, 300) i', 'y', 'mutual_info') WHERE feature = 'k';
