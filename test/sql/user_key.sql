-- A user as an argument, user_key "any": a value of the key's type, its text, or ROW(…). uprofile_user_key gives the text that views have.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
CREATE DOMAIN probe_text AS text;
SELECT uprofile_create('probe_one', 'SELECT 1::int AS id, 2 AS x', 'id', watch => 'none');
SELECT uprofile_create('probe_word', 'SELECT ''a''::probe_text AS id, 2 AS x', 'id', watch => 'none');
SELECT uprofile_create('probe_day', 'SELECT now()::timestamp AS id, 2 AS x', 'id', watch => 'none');
SELECT uprofile_create('probe_two', 'SELECT 1::int AS shop, ''a''::text AS customer, 2 AS x', 'shop, customer', watch => 'none');
SELECT uprofile_user_key('probe_one', 7), uprofile_user_key('probe_one', 7::smallint), uprofile_user_key('probe_one', 7::bigint), uprofile_user_key('probe_one', '7'),
       uprofile_user_key('probe_one', '7'::text), uprofile_user_key('probe_one', ROW(7)), uprofile_user_key('probe_one', 5000000000);
SELECT uprofile_user_key('probe_one', 7.0);
SELECT uprofile_user_key('probe_one', 'seven');
SELECT uprofile_user_key('probe_one', NULL);
SELECT uprofile_user_key('probe_one', NULL::int);
SELECT uprofile_user_key('probe_one', ROW(7, 8));
SELECT uprofile_user_key('probe_one', true);
SELECT uprofile_user_key('probe_word', 'x'), uprofile_user_key('probe_word', 'x'::varchar), uprofile_user_key('probe_word', 'x'::probe_text), uprofile_user_key('probe_word', '(3,x)');
SELECT uprofile_user_key('probe_word', 7);
SELECT uprofile_user_key('probe_day', date '2024-05-01'), uprofile_user_key('probe_day', '2024-05-01 10:00');
SELECT uprofile_user_key('probe_two', ROW(3, 'x y')), uprofile_user_key('probe_two', ROW(3::bigint, 'x'::varchar)), uprofile_user_key('probe_two', '(3,"x y")'),
       uprofile_user_key('probe_two', '( 3,x)'::text), uprofile_user_key('probe_two', ROW('3', 'x')), uprofile_user_key('probe_two', ROW(5000000000, 'x'));
SELECT uprofile_user_key('probe_two', ROW(s, c)) FROM (VALUES (1, 'a'), (2, 'b,"c')) v (s, c);
SELECT uprofile_user_key('probe_two', v) FROM (VALUES (1, 'a'), (2, 'b')) v (s, c);
SELECT uprofile_user_key('probe_two', ROW(3));
SELECT uprofile_user_key('probe_two', ROW(3, NULL));
SELECT uprofile_user_key('probe_two', ROW('x', 3));
SELECT uprofile_user_key('probe_two', 3);
SELECT uprofile_user_key('probe_two', '3, x');
SELECT uprofile_user_key('probe_two', '(3,)');
SELECT uprofile_drop(p) FROM unnest('{probe_one,probe_word,probe_day,probe_two}'::text[]) p;
DROP DOMAIN probe_text;
