-- Honest scores: users that a model was trained on are scored by one that has not seen them.
\set SHOW_CONTEXT never
CREATE SCHEMA candour;
SET search_path = candour, public;
SET client_min_messages = warning;
CREATE FUNCTION chance(text) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$ SELECT ('x' || substr(md5($1), 1, 7))::bit(28)::int / 268435456.0 $$;
-- labels that nothing tells
DO $$ BEGIN EXECUTE (SELECT 'CREATE TABLE users AS SELECT i AS id, ' || string_agg(format('chance(%L || i) AS x%s', f || ' ', f), ', ' ORDER BY f)
	|| ', chance(''k1 '' || i) > 0.5 AS label, chance(''value '' || i) AS worth, chance(''set '' || i) < 0.1 AS apart FROM generate_series(1, 2000) i' FROM generate_series(1, 60) f); END $$;
ALTER TABLE users ADD PRIMARY KEY (id);
CREATE FUNCTION definitions(honest bool) RETURNS jsonb LANGUAGE sql AS $$
SELECT jsonb_object_agg(name, m || '{"test_size": 0}' || CASE WHEN honest THEN '{"honest": true}'::jsonb ELSE '{}' END) FROM (VALUES
	('forest', '{"algorithm": "forest", "n_estimators": 10, "max_depth": 8, "target": "label", "features": ["x1", "x2", "x3", "x4", "x5"]}'::jsonb),
	('tree', '{"algorithm": "tree", "target": "label", "max_depth": 8, "features": ["x1", "x2", "x3"]}'),
	('logistic', '{"algorithm": "logistic", "target": "label", "exclude": ["worth", "apart"]}'),
	('value', '{"algorithm": "tree", "target": "worth", "features": ["x1", "x2", "x3"]}')) d (name, m) $$;
SELECT uprofile_create('open', 'users', 'id', models => definitions(true)), uprofile_create('sly', 'users', 'id', models => definitions(false));
SELECT status, message FROM uprofile_refresh('open');
SELECT status, message FROM uprofile_refresh('sly');
CREATE FUNCTION told(profile regclass, OUT forest text, OUT tree text, OUT logistic text, OUT value text) LANGUAGE plpgsql AS $$
BEGIN EXECUTE format('SELECT word(uprofile_auc(label, forest_probability)), word(uprofile_auc(label, tree_probability)), word(uprofile_auc(label, logistic_probability)),
	word(corr(worth, value) / 2 + 0.5) FROM %s', profile) INTO forest, tree, logistic, value; END $$;
CREATE FUNCTION word(float8) RETURNS text LANGUAGE sql AS $$ SELECT CASE WHEN $1 BETWEEN 0.45 AND 0.55 THEN 'as by chance' WHEN $1 > 0.6 THEN 'too good' ELSE $1::text END $$;
SELECT * FROM told('open_profile');
SELECT * FROM told('sly_profile');
SELECT count(*) AS folds, count(DISTINCT version_id) AS versions, sum(length(users) / 4) AS users FROM uprofile_model_folds;
-- by keys as in full, whatever becomes of the label
CREATE TABLE before AS SELECT * FROM open_profile;
UPDATE users SET label = NOT label, worth = 1 - worth WHERE id % 20 = 0;
SELECT status, mode, updated FROM uprofile_refresh('open');
SELECT count(*) FILTER (WHERE p.label <> b.label) AS changed, count(*) FILTER (WHERE (p.forest_probability, p.value) IS DISTINCT FROM (b.forest_probability, b.value)) AS scored_otherwise
FROM open_profile p JOIN before b USING (id);
SELECT status, mode, updated FROM uprofile_refresh('open', all_users => true);
-- a model of the profile scores as the profile does, where it is told who it is; the version itself does not
CREATE TYPE anonymous AS (x1 float8, x2 float8, x3 float8, x4 float8, x5 float8);
SELECT bool_and(uprofile_predict_proba('open.forest', u) = p.forest_probability) AS named, bool_and(uprofile_predict_proba('open.forest', u, 'true') = p.forest_probability) AS of_label,
	bool_and(uprofile_predict_label('open.forest', u) = p.forest::text) AS label, bool_and(uprofile_predict('open.value', u) = p.value) AS value,
	count(*) FILTER (WHERE uprofile_predict_proba('open.forest', ROW(u.x1, u.x2, u.x3, u.x4, u.x5)::anonymous) = p.forest_probability) < 1000 AS nobody
FROM users u JOIN open_profile p USING (id);
SELECT bool_and(uprofile_predict_proba('open.forest', ROW(u.x1, u.x2, u.x3, u.x4, u.x5)::anonymous) = uprofile_predict_proba(uprofile_model('open.forest'), u)) AS version_itself,
	count(*) FILTER (WHERE uprofile_predict_proba(uprofile_model('open.forest'), u) = p.forest_probability) < 1000 AS others
FROM users u JOIN open_profile p USING (id);
-- who comes later is scored by the version itself, as is who was held out
INSERT INTO users SELECT (jsonb_populate_record(u, jsonb_build_object('id', id + 10000))).* FROM users u WHERE id <= 30;
SELECT status, mode, inserted FROM uprofile_refresh('open');
SELECT count(*) AS later, bool_and(uprofile_predict_proba(uprofile_model('open.forest'), u) = p.forest_probability) AS version_itself FROM users u JOIN open_profile p USING (id) WHERE id > 10000;
SELECT uprofile_drop('sly');
SELECT uprofile_create('part', 'SELECT id, x1, x2, label FROM users WHERE id <= 1000', 'id', models => '{"t": {"algorithm": "tree", "target": "label", "honest": true, "folds": 2, "test_size": 0.3}}');
SET client_min_messages = error;
SELECT status FROM uprofile_refresh('part');
SELECT deployed_version FROM uprofile_deploy('part.t', 1);
SELECT status, message FROM uprofile_refresh('part');
SELECT v.n_rows AS trained, v.n_test_rows AS held_out, f.users, v.n_test_rows <= count(*) FILTER (WHERE p.t_probability = uprofile_predict_proba(uprofile_model('part.t'), p)) AS held_out_by_itself
FROM part_profile p, uprofile_model_versions v, (SELECT sum(length(users) / 4) AS users FROM uprofile_model_folds f JOIN uprofile_model_versions v ON v.id = f.version_id WHERE v.model = 'part.t') f
WHERE v.model = 'part.t' GROUP BY 1, 2, 3;
-- another definition is another model
SELECT uprofile_alter('part', models => '{"t": {"algorithm": "tree", "target": "label", "test_size": 0.3}}');
SELECT status, trained FROM uprofile_refresh('part');
SELECT uprofile_alter('part', models => '{"t": {"algorithm": "tree", "target": "label", "test_size": 0.3, "honest": true, "folds": 3}}');
SELECT status, trained FROM uprofile_refresh('part');
SELECT status, trained FROM uprofile_refresh('part');
SELECT v.version, count(f.fold) AS folds FROM uprofile_model_versions v LEFT JOIN uprofile_model_folds f ON f.version_id = v.id WHERE model = 'part.t' GROUP BY 1 ORDER BY 1;
SET client_min_messages = warning;
-- a class that a fold has not, several columns of a key, users without a label
CREATE TABLE visits AS SELECT i % 50 AS shop, i AS "Client", chance('a' || i) AS a, CASE WHEN i = 7 THEN 'rare' WHEN i % 11 = 0 THEN NULL WHEN chance('b' || i) > 0.5 THEN 'x' ELSE 'y' END AS kind FROM generate_series(1, 300) i;
SELECT uprofile_create('pairs', 'visits', 'shop, "Client"', models => '{"k": {"algorithm": "tree", "target": "kind", "honest": true, "test_size": 0, "max_depth": 4}}');
SELECT status, users, message FROM uprofile_refresh('pairs');
SELECT count(*) AS users, count(k) AS scored, count(*) FILTER (WHERE kind IS NULL AND k_probability = uprofile_predict_proba(uprofile_model('pairs.k'), p)) AS unlabelled,
	bool_or(uprofile_predict_proba('pairs.k', p, 'rare') > 0) FILTER (WHERE "Client" = 7) AS rare_himself, bool_or(uprofile_predict_proba('pairs.k', p, 'rare') > 0) AS rare_of_others
FROM pairs_profile p;
-- in blocks as row by row: of a version with other than two classes the most likely one's, whatever a fold knows
DO $$ BEGIN
	CREATE TEMP TABLE blocks AS SELECT "Client", uprofile_predict_proba('pairs.k', p) AS k FROM pairs_profile p;
	SET LOCAL uprofile.block_predictions = off;
	CREATE TEMP TABLE rows AS SELECT "Client", uprofile_predict_proba('pairs.k', p) AS k FROM pairs_profile p;
END $$;
SELECT count(*) FILTER (WHERE b.k <> r.k) AS differ, count(*) FILTER (WHERE r.k < 0.5) AS unlikely, count(*) FROM blocks b JOIN rows r USING ("Client");
DROP TABLE blocks, rows;
-- two classes of which a fold has but one
CREATE TABLE few AS SELECT i AS id, i AS a, i = 3 AS label FROM generate_series(1, 40) i;
SELECT uprofile_create('few', 'few', 'id', models => '{"l": {"algorithm": "tree", "target": "label", "honest": true, "test_size": 0}}');
SELECT status, message FROM uprofile_refresh('few');
SELECT l_probability, count(*), min(id) FROM few_profile GROUP BY 1 ORDER BY 1;
-- what cannot be
SELECT uprofile_create('bad', 'users', 'id', models => '{"k": {"algorithm": "kmeans", "k": 2, "honest": true}}');
SELECT uprofile_create('bad', 'users', 'id', models => '{"k": {"algorithm": "tree", "target": "label", "honest": "yes"}}');
SELECT uprofile_create('bad', 'users', 'id', models => '{"k": {"algorithm": "tree", "target": "label", "honest": true, "folds": 1}}');
SELECT uprofile_create('bad', 'users', 'id', models => '{"k": {"algorithm": "tree", "target": "label", "honest": true, "folds": 2.5}}');
SELECT uprofile_create('bad', 'users', 'id', models => '{"k": {"algorithm": "tree", "target": "label", "folds": 3}}');
SELECT uprofile_create('alone', 'SELECT id, x1, worth FROM users WHERE id = 1', 'id', models => '{"v": {"algorithm": "linear", "target": "worth", "honest": true, "test_size": 0}}');
SELECT status, message FROM uprofile_refresh('alone');
-- damaged rows of the registry, read by another session
\c -
\set SHOW_CONTEXT never
SET search_path = candour, public;
SET client_min_messages = error;
BEGIN;
UPDATE uprofile_model_folds SET fold = fold + 10 WHERE version_id = (SELECT id FROM uprofile_model_versions WHERE model = 'few.l');
SELECT status, message FROM uprofile_refresh('few', all_users => true, retrain => 'none');
ROLLBACK;
BEGIN;
UPDATE uprofile_model_folds SET users = '\x010203' WHERE version_id = (SELECT id FROM uprofile_model_versions WHERE model = 'few.l');
SELECT uprofile_predict_proba('few.l', f) FROM few f LIMIT 1;
ROLLBACK;
SELECT status FROM uprofile_refresh('few', all_users => true, retrain => 'none');
SELECT uprofile_drop('open'), uprofile_drop('part'), uprofile_drop('pairs'), uprofile_drop('few'), uprofile_drop('alone');
SELECT count(*) FROM uprofile_model_folds;
DROP SCHEMA candour CASCADE;
