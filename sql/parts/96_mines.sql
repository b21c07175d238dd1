-- Named mines: item sets and rules that are kept exact while baskets come and go. Rights are those of the registry: a mine belongs to the role that made it.

CREATE TABLE uprofile_mine_definitions
(
	name pg_catalog.text PRIMARY KEY CHECK (name <> ''),
	owner pg_catalog.name NOT NULL,
	source pg_catalog.text NOT NULL,
	source_path pg_catalog.text NOT NULL,
	basket pg_catalog.text NOT NULL,
	item pg_catalog.text NOT NULL,
	event_time pg_catalog.text,
	time_window pg_catalog.interval,
	min_support pg_catalog.float8 NOT NULL,
	min_confidence pg_catalog.float8 NOT NULL,
	max_len pg_catalog.int4 NOT NULL,
	max_rhs pg_catalog.int4 NOT NULL,
	max_rules pg_catalog.int8 NOT NULL,
	created_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	owner_oid pg_catalog.oid NOT NULL,
	owner_mark pg_catalog.uuid NOT NULL,
	refreshed_at pg_catalog.timestamptz,
	baskets pg_catalog.int8,
	items pg_catalog.bytea
);
COMMENT ON TABLE uprofile_mine_definitions IS 'Named mines: source, bounds, and the texts of their items by number.';
CREATE TRIGGER uprofile_stamp_owner BEFORE INSERT OR UPDATE OF owner, owner_oid, owner_mark
	ON uprofile_mine_definitions FOR EACH ROW EXECUTE FUNCTION @extschema@.uprofile_stamp_owner();
ALTER TABLE uprofile_mine_definitions ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_mine_definitions
	USING (@extschema@.uprofile_may_use(owner_oid, owner_mark OPERATOR(pg_catalog.=)
									   (SELECT i.mark FROM @extschema@.uprofile_installation i)));
ALTER TABLE uprofile_mine_definitions OWNER TO @extowner@;
GRANT SELECT, INSERT (name, source, source_path, basket, item, event_time, time_window, min_support, min_confidence, max_len, max_rhs, max_rules),
	DELETE, UPDATE (refreshed_at, baskets, items) ON uprofile_mine_definitions TO PUBLIC;
-- As with models, the owner's name of today.
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_mine_definitions',
	'd (name, stored_owner, source, source_path, basket, item, event_time, time_window, min_support, min_confidence, max_len, max_rhs, '
	'max_rules, created_at, stored_oid) CROSS JOIN LATERAL '
	'(SELECT coalesce(max(r.rolname::text), stored_owner) AS owner, coalesce(max(r.oid::text), ''0'') AS owner_oid '
	'FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) stored_oid) o');

CREATE TABLE uprofile_mine_parts
(
	mine pg_catalog.text NOT NULL REFERENCES @extschema@.uprofile_mine_definitions (name) ON DELETE CASCADE,
	part pg_catalog.int4 NOT NULL,
	place pg_catalog.int4 NOT NULL,
	baskets pg_catalog.bytea NOT NULL,
	sets pg_catalog.bytea NOT NULL,
	PRIMARY KEY (mine, part)
);
COMMENT ON TABLE uprofile_mine_parts IS 'The baskets of mines in parts, and the item sets that are known of each.';
ALTER TABLE uprofile_mine_parts ALTER COLUMN baskets SET STORAGE EXTERNAL, ALTER COLUMN sets SET STORAGE EXTERNAL;
ALTER TABLE uprofile_mine_parts ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_mine_parts
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_mine_definitions d WHERE d.name OPERATOR(pg_catalog.=) mine));
ALTER TABLE uprofile_mine_parts OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE, UPDATE (place, sets) ON uprofile_mine_parts TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_mine_parts', '');

CREATE TABLE uprofile_mined_sets
(
	mine pg_catalog.text NOT NULL REFERENCES @extschema@.uprofile_mine_definitions (name) ON DELETE CASCADE,
	items pg_catalog.text[] NOT NULL,
	count pg_catalog.int8 NOT NULL,
	support pg_catalog.float8 NOT NULL
);
COMMENT ON TABLE uprofile_mined_sets IS 'The frequent item sets of mines, as of their last refresh.';
CREATE INDEX uprofile_mined_sets_mine ON uprofile_mined_sets (mine);
ALTER TABLE uprofile_mined_sets ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_mined_sets
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_mine_definitions d WHERE d.name OPERATOR(pg_catalog.=) mine));
ALTER TABLE uprofile_mined_sets OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE ON uprofile_mined_sets TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_mined_sets', '');

CREATE TABLE uprofile_mined_rules
(
	mine pg_catalog.text NOT NULL REFERENCES @extschema@.uprofile_mine_definitions (name) ON DELETE CASCADE,
	lhs pg_catalog.text[] NOT NULL,
	rhs pg_catalog.text[] NOT NULL,
	count pg_catalog.int8 NOT NULL,
	support pg_catalog.float8 NOT NULL,
	confidence pg_catalog.float8 NOT NULL,
	lift pg_catalog.float8 NOT NULL,
	leverage pg_catalog.float8 NOT NULL,
	conviction pg_catalog.float8 NOT NULL,
	zhang pg_catalog.float8 NOT NULL,
	jaccard pg_catalog.float8 NOT NULL,
	cosine pg_catalog.float8 NOT NULL,
	kulczynski pg_catalog.float8 NOT NULL,
	imbalance pg_catalog.float8 NOT NULL,
	chi_squared pg_catalog.float8 NOT NULL,
	p_value pg_catalog.float8 NOT NULL
);
COMMENT ON TABLE uprofile_mined_rules IS 'The rules of mines, as of their last refresh.';
CREATE INDEX uprofile_mined_rules_mine ON uprofile_mined_rules (mine);
ALTER TABLE uprofile_mined_rules ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_mined_rules
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_mine_definitions d WHERE d.name OPERATOR(pg_catalog.=) mine));
ALTER TABLE uprofile_mined_rules OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE ON uprofile_mined_rules TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_mined_rules', '');

CREATE VIEW uprofile_mines WITH (security_barrier) AS
SELECT d.name AS mine, d.source, d.basket, d.item, d.event_time, d.time_window, d.min_support, d.min_confidence, d.max_len, d.max_rhs, d.max_rules,
	   (SELECT r.rolname FROM pg_catalog.pg_roles r, @extschema@.uprofile_installation i
		WHERE r.oid OPERATOR(pg_catalog.=) d.owner_oid AND i.mark OPERATOR(pg_catalog.=) d.owner_mark) AS owner,
	   d.created_at, d.refreshed_at, d.baskets
FROM @extschema@.uprofile_mine_definitions d
WHERE @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i));
COMMENT ON VIEW uprofile_mines IS 'The named mines that you may use: what they mine, and when they were brought up to date.';
ALTER VIEW uprofile_mines OWNER TO @extowner@;
GRANT SELECT ON uprofile_mines TO PUBLIC;

CREATE VIEW uprofile_rules WITH (security_barrier) AS
SELECT r.mine, r.lhs, r.rhs, r.count, r.support, r.confidence, r.lift, r.leverage, r.conviction, r.zhang, r.jaccard, r.cosine, r.kulczynski,
	   r.imbalance, r.chi_squared, r.p_value
FROM @extschema@.uprofile_mined_rules r
JOIN @extschema@.uprofile_mine_definitions d ON d.name OPERATOR(pg_catalog.=) r.mine
WHERE @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i));
COMMENT ON VIEW uprofile_rules IS 'The rules of the named mines that you may use, as of their last refresh.';
ALTER VIEW uprofile_rules OWNER TO @extowner@;
GRANT SELECT ON uprofile_rules TO PUBLIC;

CREATE VIEW uprofile_itemset_list WITH (security_barrier) AS
SELECT s.mine, s.items, s.count, s.support
FROM @extschema@.uprofile_mined_sets s
JOIN @extschema@.uprofile_mine_definitions d ON d.name OPERATOR(pg_catalog.=) s.mine
WHERE @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i));
COMMENT ON VIEW uprofile_itemset_list IS 'The frequent item sets of the named mines that you may use, as of their last refresh.';
ALTER VIEW uprofile_itemset_list OWNER TO @extowner@;
GRANT SELECT ON uprofile_itemset_list TO PUBLIC;

CREATE FUNCTION uprofile_mine(
	name pg_catalog.text,
	source pg_catalog.text,
	basket pg_catalog.text,
	item pg_catalog.text,
	min_support pg_catalog.float8 DEFAULT 0.01,
	min_confidence pg_catalog.float8 DEFAULT 0.5,
	max_len pg_catalog.int4 DEFAULT 0,
	max_rhs pg_catalog.int4 DEFAULT 1,
	event_time pg_catalog.text DEFAULT NULL,
	time_window pg_catalog.interval DEFAULT NULL,
	max_rules pg_catalog.int8 DEFAULT 100000,
	OUT baskets pg_catalog.int8,
	OUT arrived pg_catalog.int8,
	OUT changed pg_catalog.int8,
	OUT gone pg_catalog.int8,
	OUT itemsets pg_catalog.int8,
	OUT rules pg_catalog.int8,
	OUT parts pg_catalog.int4,
	OUT parts_mined pg_catalog.int4)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_mine';
COMMENT ON FUNCTION uprofile_mine(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8, pg_catalog.float8,
	pg_catalog.int4, pg_catalog.int4, pg_catalog.text, pg_catalog.interval, pg_catalog.int8) IS
'Makes a named mine and mines it: its sets and rules stand in uprofile_itemset_list and uprofile_rules, exact as of the last uprofile_refresh_mine. event_time, time_window: only rows of so long ago count. The source is read as the mine''s owner; other arguments as of uprofile_apriori.';

CREATE FUNCTION uprofile_refresh_mine(
	name pg_catalog.text,
	OUT baskets pg_catalog.int8,
	OUT arrived pg_catalog.int8,
	OUT changed pg_catalog.int8,
	OUT gone pg_catalog.int8,
	OUT itemsets pg_catalog.int8,
	OUT rules pg_catalog.int8,
	OUT parts pg_catalog.int4,
	OUT parts_mined pg_catalog.int4)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_refresh_mine';
COMMENT ON FUNCTION uprofile_refresh_mine(pg_catalog.text) IS
'Brings a named mine up to date: baskets that arrived, changed or are gone are found by comparing, and only the parts that they are in are mined again (parts_mined of parts). The result is that of mining everything.';

CREATE FUNCTION uprofile_drop_mine(name pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_drop_mine';
COMMENT ON FUNCTION uprofile_drop_mine(pg_catalog.text) IS
'Drops a named mine with its baskets, sets and rules.';
