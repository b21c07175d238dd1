-- The policy of a profile: one table of keys that checks it.
\set SHOW_CONTEXT always
CREATE SCHEMA policed;
SET search_path = policed, public;
CREATE TABLE users AS SELECT i AS id, i % 7 AS visits, date '2026-01-01' + i AS last_order FROM generate_series(1, 100) i;
ALTER TABLE users ADD PRIMARY KEY (id);
SELECT * FROM uprofile_params('policy');
SELECT uprofile_create('kept', 'users', 'id', policy => '{"full_evry": "1 day"}');
SELECT uprofile_create('kept', 'users', 'id', policy => '{"full_evry": null}');
SELECT uprofile_create('kept', 'users', 'id', policy => '{"sonst": 1}');
SELECT uprofile_create('kept', 'users', 'id', policy => '{"full_every": "1 dax"}');
SELECT uprofile_create('kept', 'users', 'id', policy => '{"ttl": "-1 day"}');
SELECT uprofile_create('kept', 'users', 'id', policy => '{"full_every": 3}');
SELECT uprofile_create('kept', 'users', 'id', policy => '{"max_deleted": 3}');
SELECT uprofile_create('kept', 'users', 'id', policy => '{"max_deleted": "x"}');
SELECT uprofile_create('kept', 'users', 'id', policy => '{"score": "reed"}');
SELECT uprofile_create('kept', 'users', 'id', policy => '[]');
SELECT uprofile_create('kept', 'users', 'id', policy => '{"live": []}');
SELECT uprofile_create('kept', 'users', 'id', policy => '{"live": {"": "1"}}');
SELECT uprofile_create('kept', 'users', 'id', policy => '{"live": {"a": 1}}');
SELECT uprofile_create('kept', 'users', 'id', policy => NULL);
SELECT policy FROM uprofile_profile_definitions WHERE name = 'kept';
SELECT uprofile_drop('kept');
SELECT uprofile_create('kept', 'users', 'id', policy => '{"max_deleted": 0, "ttl": null}');
SELECT policy FROM uprofile_profile_definitions WHERE name = 'kept';
-- max_deleted: of the call, else of the policy
SELECT status, users FROM uprofile_refresh('kept');
DELETE FROM users WHERE id < 12;
SET client_min_messages = error;
SELECT status, message FROM uprofile_refresh('kept');
SELECT status, users FROM uprofile_refresh('kept', wait => NULL);
RESET client_min_messages;
SELECT status, users, deleted FROM uprofile_refresh('kept', max_deleted => 0.2);
SELECT uprofile_drop('kept');
-- refresh: without the background worker it is said, where it would be wanted
SELECT uprofile_create('kept', 'users', 'id', policy => '{"refresh": "continously"}');
SELECT uprofile_create('kept', 'users', 'id', policy => '{"refresh": "continuous", "full_every": "1 day"}');
SELECT status FROM uprofile_refresh('kept');
SELECT refresh, schedule, next_full > now() + interval '23 hours' AS next FROM uprofile_profiles;
SELECT uprofile_alter('kept', policy => '{"refresh": null, "full_every": null}');
SELECT refresh, schedule, next_full FROM uprofile_profiles;
SELECT uprofile_alter('kept', policy => '{"refresh": "continuous"}');
SELECT uprofile_schedule('nobody', '* * * * *');
SELECT uprofile_unschedule('nobody'), uprofile_unschedule('kept');
SELECT uprofile_unschedule('kept');
SELECT uprofile_drop('kept');
-- a profile that cannot be read holds up the pruning of no other
SELECT uprofile_create('kept', 'users', 'id', policy => '{"history": "5000 years"}');
SELECT uprofile_create('kept', 'users', 'id'), uprofile_create('later', 'users', 'id');
SELECT status FROM uprofile_refresh('later');
SELECT status FROM uprofile_refresh('later');
UPDATE uprofile_profile_definitions SET policy = '{"history": "5000 years"}' WHERE name = 'kept';
SELECT * FROM uprofile_prune(runs => '0 s');
SELECT * FROM uprofile_prune('kept', runs => '0 s');
UPDATE uprofile_profile_definitions SET policy = '{}' WHERE name = 'kept';
SELECT uprofile_drop('kept'), uprofile_drop('later');
DROP SCHEMA policed CASCADE;
