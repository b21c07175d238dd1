-- The comments on a profile's table and its columns: what they mean, and which version of which model says so.
SET client_min_messages = error;
CREATE TABLE persons AS SELECT i AS id, (i * 37) % 101 AS age, (i * 53) % 97 AS spent, CASE WHEN (i * 37) % 101 > 50 THEN 'Yes' ELSE 'No' END AS gone,
	(ARRAY['a', 'b', 'c'])[1 + (i * 53) % 97 / 33] AS plan FROM generate_series(1, 400) i;
COMMENT ON COLUMN persons.age IS 'in years, as said';
CREATE FUNCTION comments_of(relation text) RETURNS TABLE (on_what text, says text) LANGUAGE sql AS
$$ SELECT coalesce(attname, ''), description FROM pg_description LEFT JOIN pg_attribute ON attrelid = objoid AND attnum = objsubid AND objsubid > 0
   WHERE objoid = relation::regclass AND classoid = 'pg_class'::regclass ORDER BY objsubid $$;
SELECT uprofile_create('persons', 'SELECT id, age, spent * 2 AS twice, gone, plan FROM persons', 'id', models => '{
	"churn": {"algorithm": "logistic", "target": "gone", "features": ["age"]}, "likes": {"algorithm": "tree", "target": "plan", "features": ["twice"]},
	"cost": {"algorithm": "linear", "target": "twice", "features": ["age", "plan"]}, "segment": {"algorithm": "kmeans", "k": 3, "features": ["age", "twice"]}}');
SELECT * FROM comments_of('persons_profile');
SELECT status, message FROM uprofile_refresh('persons');
SELECT on_what, regexp_replace(says, '(AUC|accuracy|R2|silhouette) -?[0-9.]+', '\1 …') AS says FROM comments_of('persons_profile');
-- A comment is written when it changes, and no other time.
CREATE TEMPORARY TABLE written AS SELECT objsubid, xmin::text AS by FROM pg_description WHERE objoid = 'persons_profile'::regclass;
SELECT status, message FROM uprofile_refresh('persons', all_users => true);
SELECT count(*) FROM written w JOIN pg_description d USING (objsubid) WHERE objoid = 'persons_profile'::regclass AND d.xmin::text = w.by;
-- Another version, another comment; and the user's own words stay, as does his silence.
COMMENT ON COLUMN persons_profile.segment IS 'our three groups';
COMMENT ON COLUMN persons_profile.twice IS NULL;
COMMENT ON TABLE persons_profile IS 'who they are';
COMMENT ON COLUMN persons.age IS 'in full years';
SELECT status, message FROM uprofile_refresh('persons', retrain => 'all');
SELECT on_what, regexp_replace(says, '(AUC|accuracy|R2|silhouette) -?[0-9.]+', '\1 …') AS says FROM comments_of('persons_profile');
-- The view says the same of its columns, and of those that it computes.
SELECT uprofile_alter('persons', policy => '{"live": {"old": "age > 60"}}');
SELECT on_what, regexp_replace(says, '(AUC|accuracy|R2|silhouette) -?[0-9.]+', '\1 …') AS says FROM comments_of('persons_current');
COMMENT ON COLUMN persons_current.old IS 'not young';
COMMENT ON COLUMN persons_current.plan IS NULL;
COMMENT ON COLUMN persons_profile.churn IS 'leaves us';
SELECT uprofile_alter('persons', policy => '{"live": {"old": "age > 70", "young": "age < 20"}}');
SELECT status, message FROM uprofile_refresh('persons', all_users => true);
SELECT * FROM comments_of('persons_current') WHERE on_what IN ('old', 'young', 'plan', 'churn');
-- One that is made again has them again.
DROP VIEW persons_current;
SELECT status, message FROM uprofile_refresh('persons');
SELECT * FROM comments_of('persons_current') WHERE on_what IN ('old', 'plan', 'stale');
-- A column that is added is explained.
ALTER TABLE persons ADD COLUMN late int;
UPDATE uprofile_profile_definitions SET source = 'SELECT id, age, spent * 2 AS twice, gone, plan, late FROM persons' WHERE name = 'persons';
SELECT status, message FROM uprofile_refresh('persons');
SELECT * FROM comments_of('persons_profile') WHERE on_what IN ('late', 'twice', '');
SELECT uprofile_drop('persons');
DROP FUNCTION comments_of;
DROP TABLE persons;
