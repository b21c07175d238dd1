-- Pages for people: what is on them, hostile names and values, other roles, bad arguments. How they look: test/t/report.sh.
SET client_min_messages = error;
\pset format unaligned
\pset footer off
\set SHOW_CONTEXT never
CREATE TABLE readers AS SELECT i AS id, (i * 37) % 101 AS age, (i * 53) % 97 AS "spent <b>", CASE WHEN (i * 37) % 101 + i % 23 > 60 THEN 'Yes' ELSE '<script>alert(1)</script>' END AS gone,
	CASE i % 4 WHEN 0 THEN '"><img src=x onerror=alert(1)>' WHEN 1 THEN repeat('long ', 2000) WHEN 2 THEN E'bell\x07\x1b' ELSE 'plain' END AS "kind&<i>"
FROM generate_series(1, 400) i;
SELECT uprofile_create('readers', 'readers', 'id', policy => '{"history": "1 year"}', models => '{
	"churn <u>": {"algorithm": "tree", "target": "gone", "features": ["age", "spent <b>", "kind&<i>"]}, "worth": {"algorithm": "linear", "target": "age", "features": ["spent <b>"]},
	"part": {"algorithm": "kmeans", "k": 3, "features": ["age", "spent <b>"]}}');
SELECT status FROM uprofile_refresh('readers');

-- What a page has: headings in their order, and every tag of ours closed.
CREATE FUNCTION headings_of(page text) RETURNS SETOF text LANGUAGE sql AS $$ SELECT m[1] || ' ' || m[2] FROM regexp_matches(page, '<(h[1-4])[^>]*>((?:[^<]|</?bdi>)*)</h[1-4]>', 'g') m $$;
CREATE FUNCTION unclosed(page text) RETURNS TABLE (tag text, opened bigint, closed bigint) LANGUAGE sql AS
$$ SELECT m[2], count(*) FILTER (WHERE m[1] = ''), count(*) FILTER (WHERE m[1] = '/') FROM regexp_matches(page, '<(/?)([a-z0-9]+)', 'g') m
   WHERE m[2] NOT IN ('meta', 'rect', 'line', 'polyline', 'circle') GROUP BY 1 HAVING count(*) FILTER (WHERE m[1] = '') <> count(*) FILTER (WHERE m[1] = '/') $$;
CREATE TABLE pages AS SELECT 'profile' AS name, uprofile_report('readers') AS page UNION ALL SELECT 'user', uprofile_report('readers', 7)
UNION ALL SELECT 'model', uprofile_report_model('readers.churn <u>');
SELECT name, headings_of(page) FROM pages;
SELECT name, u.* FROM pages, unclosed(page) u;
-- Nothing that came from outside is markup; nothing is loaded from anywhere; all is ASCII, small, and without control characters.
SELECT name, page ~ '^<!DOCTYPE html>' AS html, page ~ '</html>\s*$' AS whole, page ~* '<(script|img|i|u|link|iframe|object)[ >]' AS hostile, page ~ '<b>' AS bold, page ~ 'https?:|url\(|@import' AS outside,
	page ~ '[^\n -~]' AS odd, length(page) < 100000 AS small, page ~ '&#x3C;script&#x3E;alert' AS escaped, page ~ '(long ){30}' AS unclipped FROM pages ORDER BY 1;
-- Curves where there are two classes, importance, a bar for each segment.
SELECT (SELECT count(*) FROM regexp_matches(page, '<svg class="chart"', 'g')) AS charts, page ~ 'Best constant' AS baseline, page ~ 'What matters most' AS importance,
	page ~ 'prefers-color-scheme:dark' AS dark FROM pages WHERE name = 'profile';
-- Numbers are those of the profile.
SELECT (SELECT string_agg(replace(m[1], ',', ''), ' ' ORDER BY m[1]) FROM regexp_matches(page, '([0-9,]+) users, [0-9.]+', 'g') m) =
	(SELECT string_agg(n::text, ' ' ORDER BY n::text) FROM (SELECT count(*) AS n FROM readers_profile GROUP BY part) s) AS sizes FROM pages WHERE name = 'profile';
-- Who came with the profile did not move; columns that the profile makes are none of the source's; a user's values stand as in his row, and are told in four digits.
SELECT name, page ~ 'Nobody changed the segment within 30 days' AS nobody_moved, page ~ '<bdi>part_probability</bdi></td><td><bdi>number</bdi>|<bdi>worth</bdi></td><td><bdi>number</bdi>' AS made,
	page ~ 'id</bdi>.*<bdi>age</bdi></td>.*<bdi>gone</bdi></td>.*<bdi>worth</bdi></td>' AS in_order, page ~ '>[0-9]+[.][0-9]{7,}<' AS long FROM pages WHERE name <> 'model' ORDER BY 1;

-- Clusters are measured on the rows trained on, and the page says so.
SELECT page ~ 'Figures of the training, on the rows trained on' AS trained_on, page ~ 'on rows held out' AS held_out FROM uprofile_report_model('readers.part') page;

-- A user who is not there, keys as text, users that changed.
SELECT page ~ '<strong><bdi>no</bdi></strong>' AS missing, page ~ 'There is no prediction' AS nothing FROM uprofile_report('readers', 9999) page;
SELECT regexp_replace(uprofile_report('readers', '7'), '[0-9]+ (second|minute)s?|less than a second', '', 'g') = regexp_replace((SELECT page FROM pages WHERE name = 'user'), '[0-9]+ (second|minute)s?|less than a second', '', 'g') AS same;
UPDATE readers SET age = 3 WHERE id = 7;
SELECT status FROM uprofile_refresh('readers');
SELECT page ~ '<td><bdi>update</bdi></td><td><bdi>age</bdi></td>' AS changed FROM uprofile_report('readers', 7) page;

-- Arguments that are wrong or NULL.
SELECT uprofile_report(NULL), uprofile_report(NULL, 7), uprofile_report('readers', NULL::int), uprofile_report_model(NULL);
SELECT uprofile_report('nobodys');
SELECT uprofile_report('nobodys', 7);
SELECT uprofile_report('readers', 'seven');
SELECT uprofile_report_model('readers.nothing');
SELECT uprofile_report_model('readers.worth', 99);

-- Another role: nothing, before it is granted; then what is shared, and in words what is not.
CREATE ROLE up_report_reader;
SET ROLE up_report_reader;
SELECT uprofile_report('readers');
SELECT uprofile_report_model('readers.worth');
RESET ROLE;
SELECT uprofile_grant('readers', 'up_report_reader');
SET ROLE up_report_reader;
SELECT headings_of(page) FROM uprofile_report('readers') page;
SELECT page ~ 'owner of the profile only' AS said, page ~ 'Best constant' AS measured, page ~ 'Figures of the training' AS figures, page ~ 'on the rows trained on' AS trained_on, page ~ 'class="cards"' AS segments FROM uprofile_report('readers') page;
SELECT page ~ '<bdi>spent &#x3C;b&#x3E;</bdi>' AS shown, page ~ 'Because of' AS reasons FROM uprofile_report('readers', 7) page;
RESET ROLE;
SELECT uprofile_revoke('readers', 'up_report_reader');
DROP ROLE up_report_reader;

-- A history that is not the profile's own is not read, whatever hangs on it; with its own gone, the page says so.
CREATE ROLE up_report_forger;
ALTER TABLE readers_history RENAME TO readers_history_of_old;
CREATE FUNCTION trap() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the trap ran as %', current_user; END $$;
CREATE TABLE readers_history (LIKE readers_history_of_old);
INSERT INTO readers_history SELECT * FROM readers_history_of_old;
ALTER TABLE readers_history ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY trap ON readers_history USING (trap());
ALTER TABLE readers_history OWNER TO up_report_forger;
SELECT page ~ 'keeps no history' AS said, page ~ 'trap' AS read FROM uprofile_report('readers') page;
DROP TABLE readers_history;
DROP FUNCTION trap;
ALTER TABLE readers_history_of_old RENAME TO readers_history;
DROP ROLE up_report_forger;
SELECT page ~ 'keeps no history' AS said FROM uprofile_report('readers') page;

-- Groups of fewer than min_group users: no counts, errors, quantiles or answers that tell of them; offers.
CREATE TABLE buys AS SELECT i % 400 + 1 AS id, 'item ' || i * i % 11 || CASE WHEN i % 97 = 0 THEN '<b>' ELSE '' END AS item FROM generate_series(1, 2000) i WHERE i % 400 < 390;
CREATE TABLE few AS SELECT id, age, CASE WHEN id > 3 THEN gone = 'Yes' END AS gone, CASE WHEN id > 3 THEN id % 7 END AS rare, 12 / (id - 9) AS x FROM readers WHERE id <> 9;
SELECT uprofile_create('few', 'few', 'id', policy => '{"min_group": 20}', offers => '{"source": "buys", "basket": "id", "item": "item", "n": 2, "exclude_owned": false}',
	models => '{"churn": {"algorithm": "tree", "target": "gone", "features": ["age"], "test_size": 0.1}}');
SELECT status FROM uprofile_refresh('few');
INSERT INTO few VALUES (9, 3, true, 1, 1);
SELECT inserted FROM uprofile_refresh('few');
SELECT page ~ 'fewer than 20 users are not shown' AS said, page ~ '<bdi>rare</bdi></td><td><bdi>number</bdi></td><td class="number">&#x2013;</td>' AS missing_hidden, page ~ 'said <bdi>' AS answers,
	page ~ 'Its figures are not shown|model said are not shown' AS few, page ~ '<td class="number">400</td>(<td class="number">[0&#x213;]+</td>){4}<td class="number">[0-9.]+</td>' AS run_of_one FROM uprofile_report('few') page;
SELECT uprofile_report_model('few.churn') ~ 'Its figures are not shown|model said are not shown' AS few;
-- The item of 4 users is not told, and the next larger one neither.
SELECT o.item, count(*) AS n, uprofile_report('few') ~ ('<bdi>' || o.item || '</bdi></td><td class="number">' || count(*) || '</td>') AS shown
FROM few_profile CROSS JOIN LATERAL (VALUES (offer_1), (offer_2)) o (item) WHERE item IS NOT NULL GROUP BY 1 ORDER BY 2 DESC;
SELECT m FROM uprofile_report('few') page, regexp_matches(page, '([0-9]+) users have at least one: ([0-9]+)', 'g') m;
-- A user who cannot be computed is quoted by errors and messages.
CREATE TABLE quoted AS SELECT id, age::text AS age FROM readers;
SELECT uprofile_create('quoted', 'SELECT id, age::int AS age FROM quoted', 'id', watch => '{quoted.id}');
SELECT status FROM uprofile_refresh('quoted');
UPDATE quoted SET age = 'Bob Smith' WHERE id = 7;
UPDATE quoted SET age = 'Ann' WHERE id BETWEEN 20 AND 60;
SELECT failed FROM uprofile_refresh('quoted');
SELECT page ~ 'Bob' AS bob, page ~ 'Ann' AS ann, page ~ '<td class="number">41</td>' AS shown FROM uprofile_report('quoted') page;
SELECT uprofile_alter('quoted', policy => '{"min_group": 10}');
SELECT page ~ 'Bob' AS bob, page ~ 'Ann' AS ann, page ~ '<td class="number">(1|41)</td>' AS shown, page ~ 'errors of too few users' AS said, page ~ 'it may name a user' AS message FROM uprofile_report('quoted') page;
SELECT uprofile_drop('quoted');
SELECT uprofile_drop('few');
DROP TABLE few, buys, quoted;

-- A profile that was never refreshed, and one that failed; the table gone.
SELECT uprofile_create('unread', 'SELECT id, 1 / (id - id) AS x FROM readers', 'id');
SELECT page ~ '>never<' AS never, page ~ 'It was not refreshed yet' AS said FROM uprofile_report('unread') page;
SELECT page ~ '<strong><bdi>failed</bdi></strong>|could not be computed' AS failed FROM uprofile_refresh('unread'), uprofile_report('unread') page;
DROP TABLE unread_profile CASCADE;
SELECT page ~ 'Its columns are not described' AS said FROM uprofile_report('unread') page;
SELECT uprofile_drop('unread');
-- In a transaction that only reads.
BEGIN READ ONLY;
SELECT length(uprofile_report('readers')) > 1000 AS profile, length(uprofile_report('readers', 7)) > 1000 AS a_user, length(uprofile_report_model('readers.worth')) > 1000 AS model;
COMMIT;
SELECT uprofile_drop('readers');
DROP FUNCTION headings_of, unclosed;
DROP TABLE readers, pages;
