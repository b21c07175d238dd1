-- What users do in order of time: sequences, paths, funnels, and what comes next.

CREATE FUNCTION uprofile_sequences(
	source pg_catalog.text,
	user_key pg_catalog.text,
	event_time pg_catalog.text,
	item pg_catalog.text,
	min_support pg_catalog.float8 DEFAULT 0.01,
	min_len pg_catalog.int4 DEFAULT 1,
	max_len pg_catalog.int4 DEFAULT 5,
	max_gap pg_catalog.interval DEFAULT NULL,
	min_gap pg_catalog.interval DEFAULT NULL,
	span pg_catalog.interval DEFAULT NULL,
	target pg_catalog.text DEFAULT 'frequent',
	max_sequences pg_catalog.int8 DEFAULT 100000,
	time_budget pg_catalog.interval DEFAULT NULL,
	OUT sequence pg_catalog.text[],
	OUT steps pg_catalog.int4[],
	OUT count pg_catalog.int8,
	OUT support pg_catalog.float8,
	OUT truncated pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_sequences';
COMMENT ON FUNCTION uprofile_sequences(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8,
	pg_catalog.int4, pg_catalog.int4, pg_catalog.interval, pg_catalog.interval, pg_catalog.interval, pg_catalog.text, pg_catalog.int8,
	pg_catalog.interval) IS
'What many users did in this order, most frequent first. steps: of each item the number of its step; those of one step are at the same time. max_gap, min_gap: from a step to the next; span: from the first to the last. target: frequent, or closed. min_support: as uprofile_itemsets, of users.';

CREATE FUNCTION uprofile_paths(
	source pg_catalog.text,
	user_key pg_catalog.text,
	event_time pg_catalog.text,
	item pg_catalog.text,
	max_len pg_catalog.int4 DEFAULT 10,
	collapse pg_catalog.bool DEFAULT false,
	new_visit pg_catalog.interval DEFAULT NULL,
	first_item pg_catalog.text DEFAULT NULL,
	last_item pg_catalog.text DEFAULT NULL,
	max_paths pg_catalog.int8 DEFAULT 100000,
	OUT path pg_catalog.text[],
	OUT count pg_catalog.int8,
	OUT share pg_catalog.float8,
	OUT users pg_catalog.int8,
	OUT cut pg_catalog.bool,
	OUT truncated pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_paths';
COMMENT ON FUNCTION uprofile_paths(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.int4, pg_catalog.bool,
	pg_catalog.interval, pg_catalog.text, pg_catalog.text, pg_catalog.int8) IS
'The ways that users went, whole, most common first. max_len: longer ones are cut there; collapse: repetitions count once; new_visit: a longer pause begins another; first_item, last_item: only from the first of these on, to the first of those after. share: of all ways that count.';

CREATE FUNCTION uprofile_funnel(
	source pg_catalog.text,
	user_key pg_catalog.text,
	event_time pg_catalog.text,
	item pg_catalog.text,
	steps pg_catalog.text[],
	within pg_catalog.interval DEFAULT NULL,
	OUT step pg_catalog.int4,
	OUT step_item pg_catalog.text,
	OUT users pg_catalog.int8,
	OUT share_of_first pg_catalog.float8,
	OUT share_of_previous pg_catalog.float8,
	OUT median_time pg_catalog.interval)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_funnel';
COMMENT ON FUNCTION uprofile_funnel(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text[], pg_catalog.interval) IS
'How many users come along these steps in this order, the last at most `within` after the first; anything may lie between. Exact: any of a user''s events may be the first. median_time: since the step before. Events at one time may be in any order.';

CREATE FUNCTION uprofile_train_next(
	source pg_catalog.text,
	user_key pg_catalog.text,
	event_time pg_catalog.text,
	item pg_catalog.text,
	max_order pg_catalog.int4 DEFAULT 3,
	min_count pg_catalog.int4 DEFAULT 2,
	new_visit pg_catalog.interval DEFAULT NULL,
	collapse pg_catalog.bool DEFAULT false)
RETURNS pg_catalog.bytea LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_train_next';
COMMENT ON FUNCTION uprofile_train_next(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.int4, pg_catalog.int4,
	pg_catalog.interval, pg_catalog.bool) IS
'A model of what users do next, for uprofile_next: a Markov model of variable order. Contexts are the last items, up to max_order, that were followed at least min_count times; their probabilities are blended. new_visit, collapse: as uprofile_paths.';

CREATE FUNCTION uprofile_next(
	model pg_catalog.bytea,
	history pg_catalog.text[],
	n pg_catalog.int4 DEFAULT 10,
	OUT item pg_catalog.text,
	OUT probability pg_catalog.float8,
	OUT context pg_catalog.text[],
	OUT count pg_catalog.int8)
RETURNS SETOF pg_catalog.record LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'uprofile_next_of_model';
COMMENT ON FUNCTION uprofile_next(pg_catalog.bytea, pg_catalog.text[], pg_catalog.int4) IS
'The n likeliest items after this history, the last item last, by a model of uprofile_train_next. context: its longest end that the model knows; count: how often the item followed it. Probabilities of all items add up to 1.';

CREATE FUNCTION uprofile_next(
	source pg_catalog.text,
	user_key pg_catalog.text,
	event_time pg_catalog.text,
	item_column pg_catalog.text,
	history pg_catalog.text[],
	n pg_catalog.int4 DEFAULT 10,
	max_order pg_catalog.int4 DEFAULT 3,
	min_count pg_catalog.int4 DEFAULT 2,
	new_visit pg_catalog.interval DEFAULT NULL,
	collapse pg_catalog.bool DEFAULT false,
	OUT item pg_catalog.text,
	OUT probability pg_catalog.float8,
	OUT context pg_catalog.text[],
	OUT count pg_catalog.int8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_next_of_source';
COMMENT ON FUNCTION uprofile_next(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text[], pg_catalog.int4,
	pg_catalog.int4, pg_catalog.int4, pg_catalog.interval, pg_catalog.bool) IS
'The n likeliest items after this history, of a model that is trained on the source and forgotten; arguments as uprofile_train_next.';
