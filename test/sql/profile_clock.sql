-- Time passes: live columns as features of models, full_every, and what a profile says of the clock.
\set SHOW_CONTEXT never
CREATE SCHEMA clocked;
SET search_path = clocked, public;
CREATE TABLE users (id int PRIMARY KEY, visits float8, last_order date, gone bool);
INSERT INTO users SELECT i, i % 7, current_date - i % 30, i % 30 > 14 FROM generate_series(1, 200) i;
SELECT uprofile_create('club', 'users', 'id', models => '{"churn": {"algorithm": "tree", "target": "gone", "max_depth": 2}}',
	policy => '{"live": {"recency": "current_date - last_order", "of_model": "churn_probability * 2"}}');
CREATE FUNCTION refresh(OUT answer text) LANGUAGE sql AS
$$ SELECT format('%s %s %s ~%s: %s', r.status, r.mode, r.trained, r.updated, coalesce(r.message, r.reason)) FROM uprofile_refresh('club') r $$;
SELECT refresh();
-- the model sees what is live and reads the source alone; the table does not have it
SELECT jsonb_path_query_array(uprofile_model_info('club.churn'), '$.features[*]') AS features;
SELECT count(*) FILTER (WHERE churn <> gone) AS wrong FROM club_profile;
SELECT source FROM uprofile_models WHERE model = 'club.churn';
SELECT attname FROM pg_attribute WHERE attrelid = 'club_profile'::regclass AND attnum > 0 ORDER BY attnum;
-- changed users are scored with today's value
UPDATE users SET last_order = current_date - 29 WHERE id = 1;
SELECT refresh();
SELECT id, churn, recency, of_model FROM club_current WHERE id = 1;
SELECT refresh();
-- a day later all are; an interval of one's own
CREATE FUNCTION hours_ago(hours int) RETURNS void LANGUAGE sql AS
$$ UPDATE uprofile_profile_definitions SET scored = jsonb_set(scored, '{full_at}', to_jsonb(extract(epoch FROM clock_timestamp()) - hours * 3600)) WHERE name = 'club' $$;
SELECT hours_ago(23);
SELECT refresh();
SELECT hours_ago(25);
SELECT computed_at < now() - interval '24 hours' AS as_old_as_the_last_of_all, stale FROM club_current WHERE id = 1;
SELECT refresh();
SELECT uprofile_alter('club', policy => '{"full_every": "2 hours"}');
SELECT hours_ago(1);
SELECT refresh();
SELECT hours_ago(3);
SELECT refresh();
SELECT hours_ago(-1);
SELECT refresh();
-- a live column that no model sees, or that is another, is another definition
SELECT uprofile_alter('club', policy => '{"live": {"recency": "(current_date - last_order) / 7"}}');
SELECT refresh();
SELECT refresh();
SELECT uprofile_alter('club', models => '{"churn": {"algorithm": "tree", "target": "gone", "exclude": ["recency"]}}');
SELECT refresh();
SELECT jsonb_path_query_array(uprofile_model_info('club.churn'), '$.features[*]') AS features;
-- scored when it is read, with the deployed version: nobody is computed because time passes
SELECT uprofile_alter('club', models => '{"churn": {"algorithm": "tree", "target": "gone", "features": ["recency"]}}',
	policy => '{"live": {"recency": "current_date - last_order"}, "score": "read", "full_every": null}');
SELECT id, churn FROM club_current WHERE id = 1;
SELECT refresh();
SELECT count(*), count(*) FILTER (WHERE c.churn IS DISTINCT FROM p.churn OR c.churn_probability IS DISTINCT FROM p.churn_probability) AS differ
FROM club_current c JOIN club_profile p USING (id);
-- as if a month had passed
UPDATE club_profile SET last_order = current_date - 29 WHERE id = 2;
SELECT c.churn AS now, p.churn AS stored, c.churn_probability AS probability, recency FROM club_current c JOIN club_profile p USING (id) WHERE id = 2;
SELECT hours_ago(25);
SELECT refresh();
SELECT c.computed_at = (SELECT max(started_at) FROM uprofile_runs WHERE profile = 'club') AS last FROM club_current c WHERE id = 2;
-- another version: stored values until it has computed them; none: NULL
BEGIN;
SELECT versions_dropped > 0 AS dropped FROM uprofile_drop_model('club.churn');
SELECT churn, stale FROM club_current WHERE id = 2;
SELECT r.mode FROM uprofile_refresh('club', retrain => 'none') r;
SELECT churn, stale FROM club_current WHERE id = 2;
ROLLBACK;
-- a setting may stand for the clock, as for a replay of days that are long past
SET clocked.today = '2026-01-31';
SELECT uprofile_alter('club', policy => '{"live": {"recency": "current_setting(''clocked.today'')::date - date ''2026-01-01'' + (current_date - last_order)"}, "score": null}');
SELECT refresh();
SELECT recency, scored->'clock' AS clock FROM club_current, uprofile_profile_definitions WHERE id = 1 AND name = 'club';
SET clocked.today = '2026-02-01';
SELECT recency FROM club_current WHERE id = 1;
SELECT uprofile_alter('club', policy => '{"live": {"recency": "pg_backend_pid()"}}');
-- full_every without a clock
SELECT uprofile_alter('club', models => 'null', policy => '{"live": null, "score": null, "full_every": "2 hours"}');
SELECT refresh();
SELECT hours_ago(1);
SELECT refresh();
SELECT hours_ago(3);
SELECT refresh();
SELECT uprofile_drop('club');
-- the clock in the source: what was found, and what to write
SELECT uprofile_create('club', 'SELECT id, visits, current_date - last_order AS recency FROM users WHERE last_order < now()', 'id');
SELECT refresh();
SELECT hours_ago(25);
SELECT refresh();
SELECT uprofile_drop('club');
SET client_min_messages = warning;
DROP SCHEMA clocked CASCADE;
