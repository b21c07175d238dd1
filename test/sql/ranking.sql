-- Figures of ranked lists, a row a user.
\set VERBOSITY terse
CREATE TABLE ranked (recommended text[], relevant text[]);
INSERT INTO ranked VALUES ('{a,b,c,d}', '{b,d}'), ('{a,b,c,d}', '{x}'), ('{a,a,b}', '{a,b,e}'), ('{}', '{a}'), ('{c}', '{}'), (NULL, '{a}'), ('{a}', NULL),
	('{NULL,c}', '{c,NULL}');
SELECT round(uprofile_precision_at_k(recommended, relevant, 2)::numeric, 6) AS precision_at_2, round(uprofile_precision_at_k(recommended, relevant)::numeric, 6) AS precision_all,
	round(uprofile_recall_at_k(recommended, relevant, 2)::numeric, 6) AS recall_at_2, round(uprofile_recall_at_k(recommended, relevant)::numeric, 6) AS recall_all,
	round(uprofile_hit_rate(recommended, relevant, 1)::numeric, 6) AS hit_at_1, round(uprofile_mrr(recommended, relevant)::numeric, 6) AS mrr FROM ranked;
SELECT round(uprofile_ndcg_at_k(recommended, relevant, 4)::numeric, 6) AS ndcg, round(((1 / log(2, 3) + 1 / log(2, 5)) / (1 + 1 / log(2, 3)))::numeric, 6) AS by_hand,
	round(uprofile_map_at_k(recommended, relevant, 4)::numeric, 6) AS map FROM ranked WHERE relevant = '{b,d}';
SELECT round(uprofile_coverage(recommended, relevant)::numeric, 6) AS coverage, round(uprofile_novelty(recommended, relevant)::numeric, 6) AS novelty,
	round(uprofile_coverage(recommended, relevant, 1)::numeric, 6) AS coverage_at_1 FROM ranked;
SELECT uprofile_mrr(recommended, relevant), uprofile_coverage(recommended, relevant), uprofile_novelty(recommended, relevant) FROM ranked WHERE false;
SELECT uprofile_ndcg_at_k(recommended, relevant) FROM ranked WHERE relevant = '{}';
-- In a window, and in parallel.
SELECT round(uprofile_hit_rate(recommended, relevant) OVER (ORDER BY relevant, recommended)::numeric, 4) AS so_far FROM ranked WHERE recommended <> '{}' ORDER BY relevant, recommended;
CREATE TABLE ranked_many AS SELECT ARRAY[i % 7, i % 5 + 3, i % 11]::text[] AS recommended, ARRAY[i % 3, i % 13]::text[] AS relevant FROM generate_series(1, 5000) i;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
CREATE TABLE ranked_figures AS SELECT round(uprofile_ndcg_at_k(recommended, relevant, 2)::numeric, 9) AS ndcg, round(uprofile_map_at_k(recommended, relevant)::numeric, 9) AS map,
	round(uprofile_novelty(recommended, relevant)::numeric, 9) AS novelty, uprofile_coverage(recommended, relevant) AS coverage FROM ranked_many;
SET max_parallel_workers_per_gather = 0;
SELECT f.* FROM ranked_figures f EXCEPT SELECT round(uprofile_ndcg_at_k(recommended, relevant, 2)::numeric, 9), round(uprofile_map_at_k(recommended, relevant)::numeric, 9),
	round(uprofile_novelty(recommended, relevant)::numeric, 9), uprofile_coverage(recommended, relevant) FROM ranked_many;
SELECT * FROM ranked_figures;
-- Bad input.
SELECT uprofile_mrr(recommended, relevant, 0) FROM ranked;
SELECT uprofile_mrr(recommended, relevant, NULL) FROM ranked;
SELECT uprofile_mrr(recommended, relevant, cardinality(recommended)) FROM ranked WHERE recommended <> '{}';
SELECT uprofile_agg_ranking_final('\x');
SELECT uprofile_agg_ranking_final('UPRK');
SELECT uprofile_agg_ranking_combine('mrr', uprofile_agg_ranking('hit_rate', '{a}', '{a}'));
DROP TABLE ranked, ranked_many, ranked_figures;
