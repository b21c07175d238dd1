-- Sequences, paths, funnels and what comes next, on a few users that can be followed by hand.
CREATE TABLE steps_done (who int, happened timestamptz, page text);
INSERT INTO steps_done VALUES
	(1, '2024-01-01 10:00Z', 'home'), (1, '2024-01-01 10:05Z', 'item'), (1, '2024-01-01 10:05Z', 'search'), (1, '2024-01-02 09:00Z', 'order'),
	(2, '2024-01-01 11:00Z', 'home'), (2, '2024-01-01 11:01Z', 'item'), (2, '2024-01-01 11:02Z', 'order'),
	(3, '2024-01-03 08:00Z', 'search'), (3, '2024-01-03 08:00Z', 'item'), (3, '2024-01-03 08:00Z', 'item'), (3, '2024-01-09 08:00Z', 'order'),
	(4, '2024-01-01 10:00Z', 'home'), (4, '2024-01-05 10:00Z', 'home'), (4, '2024-01-05 12:00Z', 'order'),
	(5, NULL, 'home'), (5, '2024-01-01', NULL), (NULL, '2024-01-01', 'home');

-- Four users. Those who did item and search at one time have {item,search} with one number of a step.
SELECT * FROM uprofile_sequences('steps_done', 'who', 'happened', 'page', 2);
SELECT sequence, steps, count FROM uprofile_sequences('steps_done', 'who', 'happened', 'page', 2, min_len => 2, target => 'closed');
SELECT sequence, steps, count FROM uprofile_sequences('steps_done', 'who', 'happened', 'page', 1.5, min_len => 2, max_gap => '1 day');
SELECT sequence, steps, count FROM uprofile_sequences('steps_done', 'who', 'happened', 'page', 0.5, min_len => 2, min_gap => '5 minutes', span => '2 days');
SELECT sequence, count, truncated FROM uprofile_sequences('steps_done', 'who', 'happened', 'page', 2, max_sequences => 3);
SELECT sequence, count FROM uprofile_sequences('steps_done', 'who', 'happened', 'page', 1e-9, min_len => 4, max_len => 4);
-- Items of a step from an array; times that only order; a date; a number as an item.
SELECT sequence, steps FROM uprofile_sequences($$VALUES (1, 5, '{a,b}'::text[]), (1, 7, '{a,NULL}'), (2, 9, '{}'), (3, 9, '{NULL}')$$,
	'column1', 'column2', 'column3', 1, min_len => 3);
SELECT sequence, steps FROM uprofile_sequences($$VALUES (1, -2.5, 10), (1, -1e300, 20), (1, 1e-300, 30), (1, 'NaN', 40)$$,
	'column1', 'column2', 'column3', 1, min_len => 3);
SELECT sequence FROM uprofile_sequences($$VALUES (1, date '2024-01-02', true), (1, '2024-01-01', false)$$, 'column1', 'column2', 'column3', 1, 2);
SELECT * FROM uprofile_sequences('SELECT * FROM steps_done WHERE false', 'who', 'happened', 'page');
-- A search that is ended at once says so.
SELECT count(*) FROM uprofile_sequences('SELECT u, g, g AS i FROM generate_series(1, 3) u, generate_series(1, 300) g', 'u', 'g', 'i', 1, max_len => 0,
	time_budget => '1 microsecond');
SELECT count(*), max(cardinality(sequence)), bool_and(truncated)
FROM uprofile_sequences('SELECT u, g, 1 AS i FROM generate_series(1, 2) u, generate_series(1, 1010) g', 'u', 'g', 'i', 1, max_len => 0);

SELECT * FROM uprofile_paths('steps_done', 'who', 'happened', 'page');
SELECT path, count, round(share::numeric, 4) AS share, users, cut FROM uprofile_paths('steps_done', 'who', 'happened', 'page', new_visit => '1 hour');
SELECT path, count, share, users, cut FROM uprofile_paths('steps_done', 'who', 'happened', 'page', max_len => 2, collapse => true);
SELECT path, count, share, users, cut FROM uprofile_paths('steps_done', 'who', 'happened', 'page', first_item => 'item', last_item => 'order');
SELECT path, count, truncated FROM uprofile_paths('steps_done', 'who', 'happened', 'page', last_item => 'item', max_paths => 1);
SELECT * FROM uprofile_paths('steps_done', 'who', 'happened', 'page', first_item => 'nowhere');

-- User 4 is too late from his first home, and in time from the second.
SELECT step, step_item, users, round(share_of_first::numeric, 4) AS of_first, round(share_of_previous::numeric, 4) AS of_previous, median_time
FROM uprofile_funnel('steps_done', 'who', 'happened', 'page', '{home,order}', '1 day');
SELECT * FROM uprofile_funnel('steps_done', 'who', 'happened', 'page', '{search,item,order,home}');
SELECT * FROM uprofile_funnel('steps_done', 'who', 'happened', 'page', '{item,item,item}', '0');
SELECT * FROM uprofile_funnel('steps_done', 'who', 'happened', 'page', '{nowhere,home}');
SELECT users, median_time FROM uprofile_funnel('SELECT who, extract(epoch FROM happened) AS e, page FROM steps_done', 'who', 'e', 'page', '{home,order}');

CREATE TABLE next_models AS SELECT uprofile_train_next('steps_done', 'who', 'happened', 'page') AS model;
SELECT item, round(probability::numeric, 6) AS probability, context, count FROM next_models, uprofile_next(model, '{home}');
SELECT item, round(probability::numeric, 6) AS probability, context, count FROM next_models, uprofile_next(model, '{order,home,item}', 1);
SELECT item, context FROM next_models, uprofile_next(model, '{home,elsewhere}', 1);
SELECT item, context FROM next_models, uprofile_next(model, NULL, 1);
SELECT item, context FROM next_models, uprofile_next(model, '{home,NULL}', 1);
SELECT round(sum(probability)::numeric, 12) FROM next_models, uprofile_next(model, '{search,item}', 100);
SELECT * FROM uprofile_next(NULL::bytea, '{home}');
-- The source at once.
SELECT s.item, s.probability = m.probability, s.context, s.count
FROM next_models, uprofile_next(model, '{home}') m JOIN uprofile_next('steps_done', 'who', 'happened', 'page', '{home}') s USING (item) ORDER BY item;
SELECT item, probability, context, count
FROM uprofile_next('steps_done', 'who', 'happened', 'page', '{home}', 2, max_order => 1, min_count => 1, new_visit => '1 hour', collapse => true);
SELECT count(*) FROM uprofile_next('SELECT * FROM steps_done WHERE false', 'who', 'happened', 'page', '{home}');
-- One for every user, by a model that is read once.
SELECT who, n.item FROM next_models, (SELECT who, array_agg(page ORDER BY happened) AS history FROM steps_done WHERE happened IS NOT NULL GROUP BY who) h,
	LATERAL uprofile_next(model, history, 1) n WHERE who < 3 ORDER BY who;
-- A model of format 1 is read for ever.
SELECT item, round(probability::numeric, 6) AS probability, context, count FROM uprofile_next('\x55504e58010000000801000072248dc20200000003000000080000000b000000000000000100000061010000006202000000c3a900000000ffffffff03000000000000000000000001000000000000000100000002000000000000000200000001000000010000000100000001000000020000000000000001000000020000000200000001000000030000000100000001000000000000000200000000000000010000000300000000000000020000000100000000000000010000000200000000000000000000000100000000000000020000000100000000000000010000000100000000000000010000000100000000000000020000000100000000000000000000000100000000000000010000000100000000000000'::bytea, '{b}');

\set VERBOSITY default
SELECT * FROM uprofile_sequences(NULL, 'who', 'happened', 'page');
SELECT * FROM uprofile_sequences('steps_done', 'who', 'happened', 'pages');
SELECT * FROM uprofile_sequences('steps_done', 'who', 'page', 'page');
SELECT * FROM uprofile_sequences('steps_done', 'who', 'happened', 'page', 0);
SELECT * FROM uprofile_sequences('steps_done', 'who', 'happened', 'page', 'NaN');
SELECT * FROM uprofile_sequences('steps_done', 'who', 'happened', 'page', NULL);
SELECT * FROM uprofile_sequences('steps_done', 'who', 'happened', 'page', min_len => 3, max_len => 2);
SELECT * FROM uprofile_sequences('steps_done', 'who', 'happened', 'page', target => 'shut');
SELECT * FROM uprofile_sequences('steps_done', 'who', 'happened', 'page', max_gap => '-1 day');
SELECT * FROM uprofile_sequences('steps_done', 'who', 'who', 'page', max_gap => '1 day');
SELECT * FROM uprofile_sequences('steps_done', 'who', 'happened', 'page', time_budget => '-1 s');
SELECT * FROM uprofile_sequences('SELECT 1 AS u, timestamp ''infinity'' AS t, 1 AS i', 'u', 't', 'i');
SELECT * FROM uprofile_sequences('SELECT 1 AS u, date ''5000000-01-01'' AS t, 1 AS i', 'u', 't', 'i');
SELECT * FROM uprofile_paths('steps_done', 'who', 'happened', 'page', max_len => 0);
SELECT * FROM uprofile_funnel('steps_done', 'who', 'happened', 'page', '{}');
SELECT * FROM uprofile_funnel('steps_done', 'who', 'happened', 'page', '{home,NULL}');
SELECT * FROM uprofile_funnel('steps_done', 'who', 'happened', 'page', NULL);
SELECT uprofile_train_next('steps_done', 'who', 'happened', 'page', max_order => -1);
SELECT * FROM uprofile_next('\x00'::bytea, '{home}');
SELECT * FROM uprofile_next('UPNX'::bytea || '\x0200000000000000000000'::bytea, '{home}');
SELECT * FROM next_models, uprofile_next(model, '{home}', 0);
SELECT * FROM next_models, uprofile_next(substr(model, 1, 60), '{home}');
DROP TABLE steps_done, next_models;
