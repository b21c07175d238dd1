-- The generated shop knows what was planted: compare.
\echo 'Faults: planted, and counted by the cleaning'
SELECT name AS fault, (planted->>name)::bigint AS planted, (found->>name)::bigint AS found
FROM (SELECT to_jsonb(p) AS planted, to_jsonb(f) AS found FROM truth.planted AS p, faults AS f) AS both_rows,
     unnest('{no_customer,cancelled_invoices,duplicates,quantity_not_positive,price_not_positive,blank_descriptions}'
            ::text[]) AS name;

\echo 'Bundles: of the pairs planted, how many are among the rules; of the rules, how many are planted'
WITH planted AS
(
	SELECT a.description AS one, b.description AS other
	FROM truth.bundles AS a JOIN truth.bundles AS b ON a.bundle = b.bundle AND a.product <> b.product
), found AS
(
	SELECT lhs[1] AS one, rhs[1] AS other FROM product_rules WHERE cardinality(lhs) = 1 AND lift > 3
)
SELECT (SELECT count(*) FROM planted) AS planted, (SELECT count(*) FROM found) AS found,
       round(count(*)::numeric / (SELECT count(*) FROM planted), 3) AS recall,
       round(count(*)::numeric / nullif((SELECT count(*) FROM found), 0), 3) AS precision
FROM planted JOIN found USING (one, other);

\echo 'Types of customers: adjusted Rand index of the segments (1: the same groups, 0: by chance)'
WITH cells AS
(
	SELECT type, segment, count(*)::float8 AS n
	FROM shop_profile JOIN truth.customers USING (customer_id)
	GROUP BY type, segment
), sums AS
(
	SELECT (SELECT sum(n * (n - 1) / 2) FROM cells) AS cells,
	       (SELECT sum(n * (n - 1) / 2) FROM (SELECT sum(n) AS n FROM cells GROUP BY type) AS t) AS types,
	       (SELECT sum(n * (n - 1) / 2) FROM (SELECT sum(n) AS n FROM cells GROUP BY segment) AS s) AS segments,
	       (SELECT sum(n) * (sum(n) - 1) / 2 FROM cells) AS pairs
)
SELECT round(((cells - types * segments / pairs) / ((types + segments) / 2 - types * segments / pairs))::numeric, 3)
       AS adjusted_rand_index
FROM sums;
SELECT type, count(*) AS customers, mode() WITHIN GROUP (ORDER BY segment) AS "mostly in segment",
       round(avg(recency_days)) AS days, round(avg(orders), 1) AS orders
FROM shop_profile JOIN truth.customers USING (customer_id)
GROUP BY type ORDER BY type;

\echo 'Churn: AUC on the hold-out, and of the true probabilities, which no model can beat but by luck'
WITH ranked AS
(
	SELECT churned, rank() OVER (ORDER BY probability)
	                + (count(*) OVER (PARTITION BY probability) - 1) / 2.0 AS place
	FROM truth.churn
)
SELECT (SELECT round((metrics->>'auc')::numeric, 3) FROM trained WHERE model_name = 'churn_svm') AS svm,
       (SELECT round((metrics->>'auc')::numeric, 3) FROM trained WHERE model_name = 'churn_mlp') AS mlp,
       round((sum(place) FILTER (WHERE churned)
              - count(*) FILTER (WHERE churned) * (count(*) FILTER (WHERE churned) + 1) / 2.0)
             / (count(*) FILTER (WHERE churned) * count(*) FILTER (WHERE NOT churned)), 3) AS true_probabilities
FROM ranked;
