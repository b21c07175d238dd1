#!/bin/bash
# The Online Retail invoices of December 2011, day by day: a day's lines arrive, and one refresh brings the profile to what
# it is when computed from scratch at that date. It writes customers who acted that day, and no other row is touched, though
# every customer's days since the last order, and what a model makes of them, change each day: these are live.
# The history, begun before, gives back every day.
. "$(dirname "$0")/common.bash"
data=${UPROFILE_DATA:-}/online_retail/online_retail.csv.gz
if [ ! -r "$data" ]; then
	echo "skip retail_days: UPROFILE_DATA names no folder with online_retail"
	exit 0
fi
scratch_database retail_days
export PGOPTIONS='-c client_min_messages=error' DATA=$data

check "retail: set-up" "$(psql -qXAt -v ON_ERROR_STOP=1 2>&1 <<'SQL'
CREATE EXTENSION uprofile;
CREATE TABLE incoming (invoice text, stock text, description text, quantity int, at timestamp, price numeric, customer numeric, country text);
\copy incoming FROM PROGRAM 'gzip -dc "$DATA"' WITH (FORMAT csv, HEADER true)
CREATE TABLE lines (customer_id int, invoice text, stock text, quantity int, price numeric, at timestamp, country text);
INSERT INTO lines SELECT customer, invoice, stock, quantity, price, at, country FROM incoming WHERE at < '2011-12-01';
CREATE INDEX ON lines (customer_id);
ANALYZE lines;
CREATE VIEW buyers AS
SELECT customer_id, count(DISTINCT invoice) AS orders, sum(quantity * price) AS revenue, min(at)::date AS first_order, max(at)::date AS last_order,
       count(DISTINCT stock) AS products, max(country) AS country, count(DISTINCT invoice) > 1 AS again, ln(count(DISTINCT invoice)) AS log_orders,
       ln(sum(quantity * price) + 1)::float8 AS log_revenue
FROM lines WHERE customer_id IS NOT NULL AND quantity > 0 AND price > 0 GROUP BY customer_id;
SELECT FROM uprofile_create('retail', 'buyers', 'customer_id', models => '{
	"segment": {"algorithm": "kmeans", "k": 4, "features": ["log_orders", "log_revenue"]},
	"loyal": {"algorithm": "tree", "target": "again", "features": ["log_revenue", "products", "country", "recency"], "max_depth": 6}}',
	policy => '{"live": {"recency": "current_setting(''retail.today'')::date - last_order"}, "score": "read"}');
SET retail.today = '2011-12-01';
SELECT FROM uprofile_refresh('retail', on_error => 'raise');
SELECT FROM uprofile_alter('retail', policy => '{"history": "2 years"}');
CREATE TABLE copies AS SELECT date '2011-11-30' AS day, clock_timestamp() AS at, p.* FROM retail_profile p;
CREATE TABLE days (day date, lines bigint, acted bigint, mode text, written bigint, others bigint, aged bigint, rescored bigint, wrong bigint);
CREATE VIEW from_scratch AS
SELECT b.*, uprofile_predict('retail.segment', b)::int AS segment, uprofile_predict('retail.loyal', b)::int::bool AS loyal,
       uprofile_predict_proba('retail.loyal', b, 'true') AS loyal_probability
FROM (SELECT *, current_setting('retail.today')::date - last_order AS recency FROM buyers) b;
CREATE VIEW kept AS
SELECT customer_id, orders, revenue, first_order, last_order, products, country, again, log_orders, log_revenue, recency, segment, loyal, loyal_probability
FROM retail_current;
CREATE PROCEDURE one_day(day date) LANGUAGE plpgsql AS $$
DECLARE r record; n bigint; wrong bigint; others bigint;
BEGIN
	CREATE TEMP TABLE places ON COMMIT DROP AS SELECT customer_id, t.ctid AS place, t.xmin::text AS made, t.xmax::text AS locked,
		c.recency, c.loyal_probability FROM retail_profile t JOIN retail_current c USING (customer_id);
	PERFORM set_config('retail.today', day::text, false);
	INSERT INTO lines SELECT customer, invoice, stock, quantity, price, at, country FROM incoming WHERE at::date = day;
	GET DIAGNOSTICS n = ROW_COUNT;
	SELECT * INTO r FROM uprofile_refresh('retail');
	SELECT count(*) INTO others FROM places p JOIN retail_profile q USING (customer_id)
		WHERE (q.ctid, q.xmin::text, q.xmax::text) <> (place, made, locked)
		AND customer_id NOT IN (SELECT customer FROM incoming WHERE at::date = day AND customer IS NOT NULL);
	INSERT INTO copies SELECT day, clock_timestamp(), p.* FROM retail_profile p;
	SELECT count(*) INTO wrong FROM ((TABLE from_scratch EXCEPT TABLE kept) UNION ALL (TABLE kept EXCEPT TABLE from_scratch)) d;
	INSERT INTO days SELECT day, n, count(DISTINCT customer), r.mode, r.inserted + r.updated + r.deleted, others,
		(SELECT count(*) FROM places p JOIN retail_current c USING (customer_id) WHERE p.recency <> c.recency),
		(SELECT count(*) FROM places p JOIN retail_current c USING (customer_id) WHERE p.loyal_probability <> c.loyal_probability
			AND customer_id NOT IN (SELECT customer FROM incoming WHERE at::date = day AND customer IS NOT NULL)), wrong
		FROM incoming WHERE at::date = day;
END $$;
SELECT format('CALL one_day(%L)', at::date) FROM incoming WHERE at >= '2011-12-01' GROUP BY at::date ORDER BY 1 \gexec
SQL
)"
check_equal "retail: every day of December by keys" "$(psql -qXAt -c "SELECT count(*), string_agg(DISTINCT mode, ' ') FROM days")" "8|keys"
check_query "retail: after each day the profile is what is computed from scratch" "SELECT * FROM days WHERE wrong > 0"
check_query "retail: a day writes only customers who acted" "SELECT * FROM days WHERE written > acted OR written = 0 OR others > 0"
check_query "retail: all lines arrived" "SELECT 1 WHERE (SELECT count(*) FROM lines) <> (SELECT count(*) FROM incoming)"
check_query "retail: ... while everybody gets older, and some are scored anew by that alone" "SELECT sum(aged), sum(rescored) FROM days
	WHERE day > '2011-12-01' HAVING sum(aged) < 20000 OR sum(rescored) < 100"
check_equal "retail: the history of ten customers tells every change from copy to copy" "$(psql -qXAt <<'SQL'
CREATE TEMP TABLE ten AS SELECT key_1 AS id FROM retail_history WHERE key_1 IS NOT NULL GROUP BY key_1 ORDER BY count(*) DESC, key_1 LIMIT 10;
CREATE TEMP TABLE seen AS
SELECT id, n, jsonb_object_agg(key, before) FILTER (WHERE before IS NOT NULL) AS before, jsonb_object_agg(key, after) FILTER (WHERE after IS NOT NULL) AS after
FROM ten CROSS JOIN (SELECT day, lag(day) OVER (ORDER BY day) AS previous, row_number() OVER (ORDER BY day) AS n FROM (SELECT DISTINCT day FROM copies) c) d
CROSS JOIN LATERAL (SELECT key, a.value AS after, b.value AS before
	FROM (SELECT e.* FROM copies c, jsonb_each(to_jsonb(c) - '{day,at,changed_at}'::text[]) e WHERE c.customer_id = id AND c.day = d.day) a
	FULL JOIN (SELECT e.* FROM copies c, jsonb_each(to_jsonb(c) - '{day,at,changed_at}'::text[]) e WHERE c.customer_id = id AND c.day = previous) b USING (key)) v
WHERE previous IS NOT NULL AND after IS DISTINCT FROM before
GROUP BY id, n;
SELECT count(DISTINCT id), count(*) > 10, count(*) FILTER (WHERE s.before IS DISTINCT FROM h.values_before OR s.after IS DISTINCT FROM h.values_after)
FROM (SELECT *, row_number() OVER (PARTITION BY id ORDER BY n) AS i FROM seen) s
FULL JOIN (SELECT t.id, h.*, row_number() OVER (PARTITION BY t.id ORDER BY h.changed_at) AS i FROM ten t, uprofile_history('retail', t.id) h) h USING (id, i);
SQL
)" "10|t|0"
check_equal "retail: as many changes are kept as rows were written" "$(psql -qXAt -c "SELECT (SELECT count(*) FROM retail_history WHERE key_1 IS NOT NULL) = (SELECT sum(written) FROM days)")" t
psql -qXAt -c "VACUUM retail_history, copies" -c "SELECT format('# kept: %s changes in %s kB (%s kB with indexes); a copy a day would be %s rows in %s kB', (SELECT sum(written) FROM days),
	pg_table_size('retail_history') / 1024, pg_total_relation_size('retail_history') / 1024, count(*), pg_table_size('copies') / 1024 * count(*) / (SELECT count(*) FROM copies))
	FROM copies WHERE day >= '2011-12-01'"
check_query "retail: nothing but scores that age is left for a refresh of everybody" "CREATE TABLE before AS SELECT * FROM retail_profile;
	SET retail.today = '2011-12-09';
	SELECT * FROM uprofile_refresh('retail', retrain => 'none', all_users => true) WHERE status <> 'succeeded' OR inserted + deleted > 0;
	SELECT * FROM before b JOIN retail_profile p USING (customer_id) WHERE (b.segment, b.revenue, b.last_order) IS DISTINCT FROM (p.segment, p.revenue, p.last_order)"
# Whole rows, changed_at among them.
check_query "retail: as of each day the profile is the copy that was taken" "
	WITH days AS MATERIALIZED (SELECT day, max(at) AS at FROM copies GROUP BY day),
	past AS MATERIALIZED (SELECT d.day, p.* FROM days d, uprofile_as_of(NULL::retail_profile, d.at) p),
	kept AS MATERIALIZED (SELECT day, $(psql -qXAtc "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
		WHERE attrelid = 'retail_profile'::regclass AND attnum > 0") FROM copies)
	(TABLE past EXCEPT ALL TABLE kept) UNION ALL (TABLE kept EXCEPT ALL TABLE past) LIMIT 5"
psql -qXAt -F ' ' -c "SELECT '# ' || day, lines, acted, written, aged, rescored FROM days ORDER BY day"
finish
