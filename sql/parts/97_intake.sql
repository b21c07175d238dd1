-- Tables of events that take them in.

CREATE FUNCTION uprofile_create_events(
	events pg_catalog.text,
	retention pg_catalog.interval DEFAULT NULL,
	since pg_catalog.timestamptz DEFAULT NULL,
	months_ahead pg_catalog.int4 DEFAULT 12,
	key_type pg_catalog.regtype DEFAULT 'pg_catalog.text')
RETURNS pg_catalog.void LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_create_events';
COMMENT ON FUNCTION uprofile_create_events(pg_catalog.text, pg_catalog.interval, pg_catalog.timestamptz, pg_catalog.int4, pg_catalog.regtype) IS
'Makes a table of events (user_key, event, properties, event_time, event_id) by months from since (a year ago) to months_ahead from now; older ones lie in <events>_before, ids in <events>_ids. An event_id is there once. retention: what is older is not taken, and dropped by uprofile_prune.';

CREATE FUNCTION uprofile_alter_events(
	events pg_catalog.text,
	retention pg_catalog.interval,
	months_ahead pg_catalog.int4 DEFAULT 12)
RETURNS pg_catalog.void LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_alter_events';
COMMENT ON FUNCTION uprofile_alter_events(pg_catalog.text, pg_catalog.interval, pg_catalog.int4) IS
'Says anew how long a table of uprofile_create_events keeps events (NULL: for ever), and how many months uprofile_prune makes ahead.';

CREATE FUNCTION uprofile_extend_events(events pg_catalog.text, until pg_catalog.timestamptz)
RETURNS pg_catalog.int4 LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_extend_events';
COMMENT ON FUNCTION uprofile_extend_events(pg_catalog.text, pg_catalog.timestamptz) IS
'Makes the months from now to a time that a table of uprofile_create_events does not have yet, so that COPY and roles that are not its owner can write there; how many.';

CREATE FUNCTION uprofile_track(
	events pg_catalog.text,
	user_key "any",
	event pg_catalog.text,
	properties pg_catalog.jsonb DEFAULT '{}',
	event_time pg_catalog.timestamptz DEFAULT pg_catalog.now(),
	event_id pg_catalog.text DEFAULT NULL)
RETURNS pg_catalog.bool LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_track';
COMMENT ON FUNCTION uprofile_track(pg_catalog.text, "any", pg_catalog.text, pg_catalog.jsonb, pg_catalog.timestamptz, pg_catalog.text) IS
'Adds an event to a table of uprofile_create_events; makes its month if you own the table. False: an event of this event_id is there already, whatever its time, or the event is older than the table keeps. Without an event_id each call is an event.';

CREATE FUNCTION uprofile_events_trigger()
RETURNS pg_catalog.trigger LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_events_trigger';
COMMENT ON FUNCTION uprofile_events_trigger() IS
'The triggers of tables of uprofile_create_events: each event_id once, whoever writes.';
