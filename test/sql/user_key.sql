-- A user as an argument, user_key "any": a value of the key's type, its text, or ROW(…). The function is a probe for tests.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
CREATE FUNCTION probe_user(profile text, user_key "any") RETURNS text LANGUAGE c VOLATILE AS '$libdir/uprofile', 'uprofile_watch_probe_user';
CREATE DOMAIN probe_text AS text;
SELECT uprofile_create('probe_one', 'SELECT 1::int AS id, 2 AS x', 'id', watch => 'none');
SELECT uprofile_create('probe_word', 'SELECT ''a''::probe_text AS id, 2 AS x', 'id', watch => 'none');
SELECT uprofile_create('probe_day', 'SELECT now()::timestamp AS id, 2 AS x', 'id', watch => 'none');
SELECT uprofile_create('probe_two', 'SELECT 1::int AS shop, ''a''::text AS customer, 2 AS x', 'shop, customer', watch => 'none');
SELECT probe_user('probe_one', 7), probe_user('probe_one', 7::smallint), probe_user('probe_one', 7::bigint), probe_user('probe_one', '7'),
       probe_user('probe_one', '7'::text), probe_user('probe_one', ROW(7)), probe_user('probe_one', 5000000000);
SELECT probe_user('probe_one', 7.0);
SELECT probe_user('probe_one', 'seven');
SELECT probe_user('probe_one', NULL);
SELECT probe_user('probe_one', NULL::int);
SELECT probe_user('probe_one', ROW(7, 8));
SELECT probe_user('probe_one', true);
SELECT probe_user('probe_word', 'x'), probe_user('probe_word', 'x'::varchar), probe_user('probe_word', 'x'::probe_text), probe_user('probe_word', '(3,x)');
SELECT probe_user('probe_word', 7);
SELECT probe_user('probe_day', date '2024-05-01'), probe_user('probe_day', '2024-05-01 10:00');
SELECT probe_user('probe_two', ROW(3, 'x y')), probe_user('probe_two', ROW(3::bigint, 'x'::varchar)), probe_user('probe_two', '(3,"x y")'),
       probe_user('probe_two', '( 3,x)'::text), probe_user('probe_two', ROW('3', 'x')), probe_user('probe_two', ROW(5000000000, 'x'));
SELECT probe_user('probe_two', ROW(s, c)) FROM (VALUES (1, 'a'), (2, 'b,"c')) v (s, c);
SELECT probe_user('probe_two', v) FROM (VALUES (1, 'a'), (2, 'b')) v (s, c);
SELECT probe_user('probe_two', ROW(3));
SELECT probe_user('probe_two', ROW(3, NULL));
SELECT probe_user('probe_two', ROW('x', 3));
SELECT probe_user('probe_two', 3);
SELECT probe_user('probe_two', '3, x');
SELECT probe_user('probe_two', '(3,)');
SELECT uprofile_drop(p) FROM unnest('{probe_one,probe_word,probe_day,probe_two}'::text[]) p;
DROP FUNCTION probe_user;
DROP DOMAIN probe_text;
