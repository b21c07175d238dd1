-- A schema in the path, in which others may create, has functions and operators that fit better than the server's: none of them is called by
-- statements of ours, which run with the rights of the profile's owner.
SET client_min_messages = warning;
CREATE ROLE path_stranger;
CREATE SCHEMA path_theirs AUTHORIZATION path_stranger;
GRANT USAGE ON SCHEMA path_theirs TO PUBLIC;
SET ROLE path_stranger;
CREATE TABLE path_theirs.ran (what text);
GRANT INSERT ON path_theirs.ran TO PUBLIC;
CREATE FUNCTION path_theirs.note(what text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO path_theirs.ran VALUES (what); RETURN true; END $$;
DO $do$
DECLARE
	name text;
	type text;
BEGIN
	FOREACH type IN ARRAY '{int2,int4,int8,float8,numeric,text,varchar,bool,date,timestamp,timestamptz}'::text[] LOOP
		FOREACH name IN ARRAY '{count,min,max,sum,avg,stddev_pop}'::text[] LOOP
			EXECUTE format('CREATE FUNCTION path_theirs.step_%1$s(int8, %2$s) RETURNS int8 LANGUAGE sql AS $$ SELECT path_theirs.note(''%1$s(%2$s)'')::int::int8 $$', name, type);
			EXECUTE format('CREATE AGGREGATE path_theirs.%1$s(%2$s) (SFUNC = path_theirs.step_%1$s, STYPE = int8)', name, type);
		END LOOP;
		FOREACH name IN ARRAY '{trunc,abs,to_jsonb,md5,unnest}'::text[] LOOP
			EXECUTE format('CREATE FUNCTION path_theirs.%1$s(%2$s) RETURNS text LANGUAGE sql AS $$ SELECT path_theirs.note(''%1$s(%2$s)'')::text $$', name, type);
		END LOOP;
	END LOOP;
	FOREACH type IN ARRAY '{float8 numeric,numeric float8,varchar varchar,varchar text,text varchar,varchar unknown}'::text[] LOOP
		CONTINUE WHEN type ~ 'unknown';
		FOREACH name IN ARRAY '{=,<>,<,<=,>,>=}'::text[] LOOP
			EXECUTE format('CREATE FUNCTION path_theirs.%1$I(%2$s, %3$s) RETURNS boolean LANGUAGE sql AS $$ SELECT path_theirs.note(%4$L) $$',
				'operator ' || name, split_part(type, ' ', 1), split_part(type, ' ', 2), name || ' of ' || type);
			EXECUTE format('CREATE OPERATOR path_theirs.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = path_theirs.%I)',
				name, split_part(type, ' ', 1), split_part(type, ' ', 2), 'operator ' || name);
		END LOOP;
	END LOOP;
END $do$;
RESET ROLE;

CREATE SCHEMA path_ours;
SET search_path = path_ours, path_theirs, public;
CREATE TABLE people AS SELECT ('u' || i)::varchar AS id, i % 50 AS age, i % 7 * 1.5::float8 AS spent, ('c' || i % 3)::varchar AS city, i % 20 * 0.25::numeric AS share,
	date '2026-01-01' + i AS born FROM generate_series(1, 200) i;
CREATE TABLE buys AS SELECT 'u' || i % 200 AS who, ('p' || i % 11)::varchar AS item, timestamp '2026-01-01' + i * interval '1 hour' AS at, i % 5 AS n FROM generate_series(1, 2000) i;
SELECT uprofile_create('path', 'people', 'id', watch => 'auto', models => '{"seg": {"algorithm": "kmeans", "k": 3}}', segments => '{"old": "age OPERATOR(pg_catalog.>) 30"}',
	policy => '{"live": {"days": "current_date OPERATOR(pg_catalog.-) born"}, "history": "1 year"}',
	offers => '{"source": "buys", "basket": "who", "item": "item", "segment": "seg"}') IS NOT NULL AS created;
SELECT status, users, message FROM uprofile_refresh('path');
UPDATE people SET age = age + 1, city = 'c9' WHERE born < date '2026-02-01';
SELECT status, users, updated, message FROM uprofile_refresh('path');
SELECT pg_catalog.count(*) > 0 AS some FROM uprofile_segments('path');
SELECT pg_catalog.count(*) > 0 AS some FROM uprofile_overlap('path');
SELECT pg_catalog.count(*) > 0 AS some FROM uprofile_tgi('path', 'old');
SELECT pg_catalog.count(*) > 0 AS some FROM uprofile_migration('path', pg_catalog.now());
SELECT pg_catalog.count(*) > 0 AS some FROM uprofile_history('path', 'u3'::text);
SELECT uprofile_get('path', 'u3'::text) ->> 'found' AS found;
SELECT pg_catalog.length(uprofile_report('path')) > 0 AS report;
SELECT pg_catalog.count(*) > 0 AS some FROM uprofile_recommend_for('path.offers', 'u3'::text);
SELECT users FROM uprofile_train_recommender('path_rec', 'buys', 'who', 'item', event_time => 'at', segment => 'who');
SELECT pg_catalog.count(*) > 0 AS some FROM uprofile_recommend_for('path_rec', 'u3'::text);
SELECT task FROM uprofile_train_event('path_event', 'SELECT id AS who, age, city FROM people', 'buys', 'who', 'at', target => 'count(*)', horizon => '10 days', algorithm => 'linear',
	anchors => '["2026-02-01", "2026-02-20", "2026-03-05"]', deploy => 'always');
SELECT pg_catalog.count(*) > 0 AS some FROM uprofile_score_event('path_event', '2026-03-10');
SELECT baskets FROM uprofile_mine('path_mine', 'buys', 'who', 'item', 0.1, watch => 'auto');
SELECT version FROM uprofile_train('path_model', 'people', target => 'age', algorithm => 'linear', key => 'id', deploy => 'always');
SELECT pg_catalog.count(*) > 0 AS some FROM uprofile_evaluate('path_model', 'people', rows => 'held_out', by => 'city');
SELECT pg_catalog.count(*) > 0 AS some FROM uprofile_drift('path_model', 'people');
SELECT pg_catalog.count(*) > 0 AS some FROM uprofile_clean('people', 'tidy', key => 'id');
SELECT pg_catalog.count(*) > 0 AS some FROM uprofile_rfm_score('buys', 'who', event_time => 'at', amount => 'n');
SELECT what FROM path_theirs.ran GROUP BY what ORDER BY what;
SELECT uprofile_drop('path'), uprofile_drop_mine('path_mine');
SELECT model_name FROM (VALUES ('path_rec'), ('path_event'), ('path_model')) m (name), uprofile_drop_model(m.name);
RESET search_path;
DROP SCHEMA path_ours, path_theirs CASCADE;
DROP ROLE path_stranger;
