-- A profile: what is known of every customer, his segment, the chance to lose him with the reasons, and what to offer him.
SET client_min_messages = error;
\set ECHO queries
SELECT uprofile_create('shop', source => 'customers', key => 'customer_id',
   models   => '{"segment": {"algorithm": "kmeans", "k": 5, "scale": "log", "features": ["recency_days", "orders", "revenue", "pieces_a_line"]},
                 "churn":   {"algorithm": "svm", "target": "churned", "scale": "log", "reasons": 3}}',
   segments => '{"call": "churn_probability > 0.5 AND revenue > 2000"}',
   offers   => '{"source": "SELECT DISTINCT customer_id, description FROM order_lines", "basket": "customer_id", "item": "description",
                 "n": 2, "params": {"min_support": 0.02, "min_confidence": 0.3, "min_lift": 3}}',
   policy   => '{"history": "1 year", "min_group": 5}') AS created;

\echo '@ computing 3 models, and a row for every customer'
SELECT status, users, inserted, trained, round(seconds::numeric, 1) AS seconds FROM uprofile_refresh('shop');

\echo '-- Segments, with the names and words that the refresh made of what stands out in them; call is the rule given above.'
SELECT segment, name, users, round((100 * share)::numeric, 1) AS "%", description FROM uprofile_segments('shop');

\echo '-- The best customers who may leave, and why. What was cancelled is no revenue.'
SELECT customer_id, revenue, country, segment, round(churn_probability::numeric, 2) AS p, churn_reasons
FROM shop_profile WHERE churn ORDER BY revenue DESC LIMIT 6;

\echo '-- What to offer next, and why. Everybody gets something.'
SELECT customer_id, offer_1, offer_1_reason AS reason FROM shop_profile ORDER BY customer_id LIMIT 4;
\set ECHO none
SELECT count(*) AS customers, count(offer_1) AS "with an offer" FROM shop_profile;

\echo '-- An order arrives. The next refresh writes what changed, and nothing else:'
\set ECHO queries
UPDATE customers SET recency_days = 0, orders = orders + 1 WHERE customer_id = (SELECT max(customer_id) FROM customers);
SELECT status, mode, users, updated, trained FROM uprofile_refresh('shop');
\set ECHO none
RESET client_min_messages;
