-- Association rules over invoices, and what they suggest to one customer.
CREATE TABLE product_rules AS
SELECT * FROM uprofile_apriori('SELECT invoice_no, description FROM order_lines', 'invoice_no', 'description',
                               min_support => 0.01, min_confidence => 0.4, max_len => 3);

SELECT count(*) AS rules, count(*) FILTER (WHERE lift > 10) AS "lift above 10" FROM product_rules;
\echo 'The strongest, by lift:'
SELECT left(array_to_string(lhs, ' + '), 46) AS "who buys", left(array_to_string(rhs, ' + '), 30) AS "also buys",
       count, round(confidence::numeric, 2) AS confidence, round(lift::numeric, 1) AS lift
FROM product_rules ORDER BY lift DESC, count DESC, lhs, rhs LIMIT 8;

\echo 'One customer has bought from these bundles before. To be offered next, with the rule that says so:'
WITH fans AS
(
	SELECT l.customer_id, array_agg(DISTINCT l.description) AS items
	FROM order_lines l
	WHERE l.description IN (SELECT unnest(lhs) FROM product_rules)
	GROUP BY l.customer_id
	HAVING count(DISTINCT l.description) BETWEEN 3 AND 6
	ORDER BY l.customer_id LIMIT 1
)
SELECT customer_id, left(item, 34) AS item, round(score::numeric, 2) AS score,
       left(array_to_string(lhs, ' + '), 46) AS "because of"
FROM fans, uprofile_recommend('product_rules', items, 4) ORDER BY score DESC, item;
