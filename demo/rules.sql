-- Association rules over invoices: what is bought together.
\set ECHO queries
CREATE TABLE product_rules AS
SELECT * FROM uprofile_apriori('SELECT invoice_no, description FROM order_lines', 'invoice_no', 'description',
                               min_support => 0.01, min_confidence => 0.4, max_len => 3);
\set ECHO none

SELECT count(*) AS rules, count(*) FILTER (WHERE lift > 10) AS "lift above 10" FROM product_rules;
\echo 'The strongest, by lift:'
SELECT left(array_to_string(lhs, ' + '), 46) AS "who buys", left(array_to_string(rhs, ' + '), 30) AS "also buys",
       count, round(confidence::numeric, 2) AS confidence, round(lift::numeric, 1) AS lift
FROM product_rules ORDER BY lift DESC, count DESC, lhs, rhs LIMIT 5;
