"""sources.py SEED SOURCES [ONLY] - random sources over small tables, random changes: whether what the analysis says is true

Of every source that uprofile_dependencies calls one that can be followed, a change must concern no other users than those
whom the columns that it names hold before and after. Of those with one row a user, some become profiles: after changes
a refresh by keys must leave what the source says. The same seed makes the same sources; ONLY is the number of one.
"""
import random
import sys

from common import Session, finish, literal, report

SETUP = """
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS uprofile;
CREATE TABLE people (id KEY1, boss KEY1, grp KEY1, score int);
CREATE TABLE orders (no KEY1, pid KEY1, dest KEY2, amount int);
CREATE TABLE lines (no KEY3, pid KEY3, amount int);
CREATE TABLE tags (id KEY4, amount int);
CREATE TABLE parts (pid KEY1, grp KEY1, amount int) PARTITION BY HASH (amount);
CREATE TABLE parts_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE heirs (extra int) INHERITS (people);
CREATE VIEW spent AS SELECT pid AS id, sum(amount) AS amount, count(*) AS no FROM orders GROUP BY pid;
CREATE VIEW bosses AS SELECT p.id, b.id AS boss, b.score AS amount FROM people p LEFT JOIN people b ON p.boss = b.id;
CREATE VIEW ranks AS SELECT id, rank() OVER (PARTITION BY id ORDER BY score) AS amount, boss AS pid FROM people;
CREATE VIEW guarded WITH (security_barrier) AS SELECT no, pid AS id, amount FROM lines WHERE amount > 0;
CREATE FUNCTION twice(v int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * v';
CREATE TABLE changes (tab text, line jsonb);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	IF TG_OP <> 'INSERT' THEN INSERT INTO changes VALUES (TG_ARGV[0], to_jsonb(OLD)); END IF;
	IF TG_OP <> 'DELETE' THEN INSERT INTO changes VALUES (TG_ARGV[0], to_jsonb(NEW)); END IF;
	RETURN NULL;
END $$;
DO $$ DECLARE t text; BEGIN
	FOREACH t IN ARRAY '{people,orders,lines,tags,parts}'::text[] LOOP
		EXECUTE format('CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION note(%L)', t, t);
	END LOOP;
	CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON heirs FOR EACH ROW EXECUTE FUNCTION note('people');
END $$;
CREATE FUNCTION undo() RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE SQLSTATE 'UU000'; END $$;
-- uses: the tables with their columns, as uprofile_dependencies gives them. What is wrong, or NULL.
CREATE FUNCTION check_source(source text, uses text[], statements text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE wrong text; keys text := ''; s text; key_type text;
BEGIN
	EXECUTE 'CREATE TEMP TABLE before AS ' || source;
	SELECT format_type(atttypid, atttypmod) || CASE WHEN attcollation <> 0 THEN ' COLLATE ' || attcollation::regcollation ELSE '' END
		INTO key_type FROM pg_attribute WHERE attrelid = 'before'::regclass AND attname = 'k';
	FOR i IN 1..cardinality(uses) BY 2 LOOP
		keys := keys || format(' UNION ALL SELECT (line->>%L)::%s FROM changes WHERE tab = %L', uses[i + 1], key_type, uses[i]);
	END LOOP;
	FOREACH s IN ARRAY statements LOOP
		BEGIN
			EXECUTE s;
			EXECUTE format('SELECT string_agg(d::text, '' ; '') FROM ((TABLE before EXCEPT ALL (%1$s)) UNION ALL ((%1$s) EXCEPT ALL TABLE before)) d
				WHERE k IS NOT NULL AND NOT EXISTS (SELECT FROM (SELECT NULL::%2$s AS k WHERE false %3$s) c WHERE c.k = d.k)',
				source, key_type, keys) INTO wrong;
			PERFORM undo();
		EXCEPTION WHEN SQLSTATE 'UU000' THEN
			NULL;
		END;
		IF wrong IS NOT NULL THEN
			DROP TABLE before;
			RETURN s || E'\\nchanges ' || wrong;
		END IF;
	END LOOP;
	DROP TABLE before;
	RETURN NULL;
END $$;
-- The same with a profile, whose changes stay.
CREATE FUNCTION check_profile(source text, statements text[], OUT wrong text, OUT modes text) LANGUAGE plpgsql AS $$
DECLARE names text; s text; r record;
BEGIN
	modes := '';
	EXECUTE format('SELECT (SELECT k FROM (%s) s GROUP BY k HAVING count(*) > 1 OR k IS NULL LIMIT 1)::text IS NOT NULL', source) INTO wrong;
	PERFORM uprofile_create('stormy', source, 'k');
	SELECT * INTO r FROM uprofile_refresh('stormy', max_deleted => 1, all_users => true);
	SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO names FROM pg_attribute
		WHERE attrelid = 'stormy_profile'::regclass AND attname ~ '^(k|c[0-9]+)$';
	wrong := NULL;
	IF r.status = 'succeeded' THEN
		FOREACH s IN ARRAY statements LOOP
			EXECUTE s;
			SELECT * INTO r FROM uprofile_refresh('stormy', max_deleted => 1);
			EXIT WHEN r.status <> 'succeeded';
			modes := modes || ' ' || r.mode;
			EXECUTE format('SELECT string_agg(d::text, '' ; '') FROM ((SELECT %2$s FROM stormy_profile EXCEPT ALL (SELECT %2$s FROM (%1$s) q))
				UNION ALL (SELECT %2$s FROM (%1$s) q EXCEPT ALL SELECT %2$s FROM stormy_profile)) d', source, names) INTO wrong;
			wrong := s || E'\\n' || r.mode || ' leaves ' || wrong;
			EXIT WHEN wrong IS NOT NULL;
		END LOOP;
		IF r.status <> 'succeeded' AND r.message !~ 'twice|several|more than one|NULL|duplicate|unique|key' THEN
			wrong := 'refresh: ' || r.message;
		END IF;
	END IF;
	PERFORM uprofile_drop('stormy');
END $$;
"""

# The types of the tables' columns that can name a user, and their values.
FLAVOURS = [
    ("int", "bigint", "smallint", "numeric", ["0", "1", "2", "3", "4", "5"]),
    ("bigint", "numeric", "int", "numeric", ["0", "1", "2", "3", "4"]),
    ("numeric", "int", "bigint", "numeric", ["0", "1", "1.0", "2", "2.00", "3.5"]),
    ("text", "text", "varchar", "text COLLATE \"C\"", ["'a'", "'A'", "'b'", "'b '", "'c'"]),
    ("text COLLATE folded", "text COLLATE folded", "text", "varchar(9)", ["'a'", "'A'", "'b'", "'B'", "'c'"]),
    ("date", "timestamp", "date", "timestamp", ["'2026-01-01'", "'2026-01-02'", "'2026-01-03'", "'2026-01-03 12:00'"]),
    ("float8", "real", "real", "float8", ["0", "'-0'", "1", "2", "'NaN'"]),
    ("char(3)", "text", "char(3)", "varchar", ["'a'", "'b'", "'b '", "'c'"]),
]
FOLDED = "CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"

TABLES = {
    "people": ["id", "boss", "grp", "score#"],
    "orders": ["no", "pid", "dest", "amount#"],
    "lines": ["no", "pid", "amount#"],
    "tags": ["id", "amount#"],
    "parts": ["pid", "grp", "amount#"],
}
VIEWS = {
    "spent": ["id", "amount#", "no#"],
    "bosses": ["id", "boss", "amount#"],
    "ranks": ["id", "amount#", "pid"],
    "guarded": ["no", "id", "amount#"],
}


class Column:
    """sql: how it is named; key: whether it is of the key's types, else an integer."""

    def __init__(self, sql, key=True, merged=False):
        self.sql, self.key, self.merged = sql, key, merged


class Generator:
    def __init__(self, seed, flavour):
        self.r = random.Random(seed)
        self.type, self.values = flavour[0], flavour[4]
        self.n = 0
        self.ctes = []

    def name(self, letter):
        self.n += 1
        return "%s%d" % (letter, self.n)

    def chance(self, p):
        return self.r.random() < p

    def value(self):
        return self.r.choice(self.values)

    # ---- expressions -------------------------------------------------------------------------------------------

    def pick(self, columns, key=True):
        """A column; one that names users likely is likelier."""
        fit = [c for c in columns if c.key == key]
        if not fit:
            return None
        likely = [c for c in fit if c.sql.split(".")[-1] in ("id", "pid", "k") or c.merged]
        return self.r.choice(likely) if likely and self.chance(0.7) else self.r.choice(fit)

    def number(self, columns, depth, outer):
        c = self.pick(columns, False)
        if c is not None and self.chance(0.7):
            return c.sql if self.chance(0.8) else self.r.choice(["twice(%s::int)", "coalesce(%s, 0)", "-%s", "abs(%s)"]) % c.sql
        if depth > 0 and self.chance(0.5):
            return self.scalar(columns + outer, depth)
        c = self.pick(columns + outer)
        return self.r.choice(["(%s IS NULL)::int", "length(%s::text)"]) % c.sql if c is not None else "1"

    def scalar(self, outer, depth):
        """A sub-select of one value."""
        what = self.r.choice(["count(*)", "sum(%s)", "max(%s)", "min(%s)", "count(DISTINCT %s)"])
        items, columns = self.from_clause(depth - 1, outer, 2)
        c = self.pick(columns, False)
        where = self.where(columns, outer, depth - 1, 0.85)
        return "(SELECT %s FROM %s%s)" % (what.replace("%s", c.sql if c else "1"), items, where)

    def condition(self, columns, outer, depth):
        c = self.pick(columns)
        kind = self.r.random()
        if c is None or kind < 0.15:
            n = self.pick(columns, False)
            return "%s %s %d" % (n.sql, self.r.choice(["=", ">", "<>", "<="]), self.r.randint(0, 3)) if n else "true"
        if kind < 0.3:
            return "%s %s %s" % (c.sql, self.r.choice(["=", "<>", ">", "IS DISTINCT FROM"]), self.value())
        if kind < 0.42:
            return "%s IS %sNULL" % (c.sql, self.r.choice(["", "NOT "]))
        if kind < 0.6:
            return "%s = %s" % (c.sql, (self.pick(columns + outer) or c).sql)
        if kind < 0.68:
            parts = [self.condition(columns, outer, depth - 1) for _ in range(2)]
            return "(%s)" % self.r.choice([" OR ", " AND "]).join(parts)
        if kind < 0.72:
            return "NOT (%s)" % self.condition(columns, outer, depth - 1)
        if depth <= 0:
            return "true"
        return self.sublink(c, columns, outer, depth)

    def sublink(self, c, columns, outer, depth):
        if self.chance(0.5):
            items, inner = self.from_clause(depth - 1, columns + outer, 2)
            where = self.where(inner, columns + outer, depth - 1, 0.9)
            return "%s(SELECT FROM %s%s)" % (self.r.choice(["EXISTS ", "EXISTS ", "NOT EXISTS "]), items, where)
        if self.chance(0.7):
            sql, _ = self.query(depth - 1, columns + outer, 1)
            return "%s %s (%s)" % (c.sql, self.r.choice(["IN", "IN", "= ANY", "NOT IN", "<> ALL"]), sql)
        return "%s > %s" % (self.number(columns, 0, outer), self.scalar(columns + outer, depth))

    def where(self, columns, outer, depth, tied):
        """tied: how likely a column of an outer query is compared."""
        parts = []
        if outer and self.chance(tied):
            a, b = self.pick(columns), self.pick(outer)
            if a is not None and b is not None:
                parts.append("%s = %s" % ((a.sql, b.sql) if self.chance(0.5) else (b.sql, a.sql)))
        while self.chance(0.3):
            parts.append(self.condition(columns, outer, depth))
        return " WHERE " + " AND ".join(parts) if parts else ""

    # ---- FROM --------------------------------------------------------------------------------------------------

    def item(self, depth, outer):
        kind = self.r.random()
        alias = self.name("t")
        if self.ctes and kind < 0.15:
            name, names = self.r.choice(self.ctes)
        elif depth > 0 and kind < 0.4:
            sql, names = self.query(depth - 1, [], self.r.randint(1, 3))
            name = "(%s)" % sql
        elif kind < 0.45:
            sql = "(VALUES (CAST(%s AS %s), 1), (%s, 2)) AS %s (id, amount)" % (self.value(), self.type, self.value(), alias)
            return sql, [Column(alias + ".id"), Column(alias + ".amount", False)]
        elif kind < 0.6:
            name, names = self.r.choice(list(VIEWS.items()))
        else:
            name, names = self.r.choice(list(TABLES.items()))
            if name == "people" and self.chance(0.1):
                name = "ONLY people"
            if self.chance(0.01):
                name, alias = name, alias + " TABLESAMPLE system (100)"
        return "%s AS %s" % (name, alias), [Column("%s.%s" % (alias.split(" ")[0], n.rstrip("#")), not n.endswith("#")) for n in names]

    def lateral(self, depth, siblings):
        alias = self.name("t")
        sql, names = self.query(max(depth - 1, 0), siblings, self.r.randint(1, 2))
        return "LATERAL (%s) AS %s" % (sql, alias), [Column("%s.%s" % (alias, n.rstrip("#")), not n.endswith("#")) for n in names]

    def joined(self, n, depth, outer):
        """A tree of joins of n items."""
        if n == 1:
            return self.item(depth, outer)
        split = n - 1 if self.chance(0.7) else self.r.randint(1, n - 1)
        left, a = self.joined(split, depth, outer)
        form = self.r.choice(["JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
        if n - split == 1 and form in ("JOIN", "LEFT JOIN") and self.chance(0.12):
            right, b = self.lateral(depth, a)
        else:
            right, b = self.joined(n - split, depth, outer)
        if n - split > 1:
            right = "(%s)" % right
        common = {c.sql.split(".")[1] for c in a if c.key and "." in c.sql} & {c.sql.split(".")[1] for c in b if c.key and "." in c.sql}
        if common and self.chance(0.3):
            name, alias = self.r.choice(sorted(common)), self.name("j")
            # Ambiguous where a side has two of them: such a source is an error and left out.
            return "%s %s %s USING (%s) AS %s" % (left, form, right, name, alias), a + b + [Column("%s.%s" % (alias, name), True, True)] * 2
        x, y = self.pick(a), self.pick(b)
        conditions = ["%s = %s" % (x.sql, y.sql)] if x and y and (form == "FULL JOIN" or self.chance(0.9)) else []
        if form == "FULL JOIN":
            x, y = self.pick(a), self.pick(b)
            if x and y and self.chance(0.2):
                conditions.append("%s = %s" % (x.sql, y.sql))
        else:
            while self.chance(0.25):
                conditions.append(self.condition(a + b, outer, depth))
        return "%s %s %s ON %s" % (left, form, right, " AND ".join(conditions) or "true"), a + b

    def from_clause(self, depth, outer, most):
        items, columns = self.joined(self.r.choice([1, 1, 2, 2, 3][:most * 2 - 1]), depth, outer)
        if self.chance(0.15):
            other, more = self.item(depth, outer)
            items, columns = "%s, %s" % (items, other), columns + more
        return items, columns

    # ---- SELECT ------------------------------------------------------------------------------------------------

    def key(self, columns, depth, outer):
        c = self.pick(columns)
        if c is None:
            return None
        kind = self.r.random()
        if kind < 0.88:
            return c.sql
        other = self.pick(columns)
        return self.r.choice(["coalesce(%s, %s)" % (c.sql, other.sql), "nullif(%s, %s)" % (c.sql, self.value()),
                              "CASE WHEN %s THEN %s END" % (self.condition(columns, outer, 0), c.sql),
                              "CASE WHEN %s THEN %s ELSE %s END" % (self.condition(columns, outer, 0), c.sql, other.sql)])

    def select(self, depth, outer, n):
        """One SELECT with a key and n further columns; names end in # where they are integers."""
        items, columns = self.from_clause(depth, outer, 3)
        where = self.where(columns, outer, depth, 0.75)
        key = self.key(columns, depth, outer)
        while key is None:
            items, columns = self.from_clause(0, outer, 1)
            where = ""
            key = self.key(columns, depth, outer)
        names = ["k"] + ["c%d#" % (i + 1) for i in range(n - 1)]
        shape = self.r.random()
        if shape < 0.35:
            return self.grouped(key, columns, names, items, where, depth, outer), names
        values = [self.number(columns, depth, outer) for _ in names[1:]]
        tail, head = "", ""
        every = ", ".join(str(i + 1) for i in range(len(names)))
        if shape < 0.42:
            head = "DISTINCT "
        elif shape < 0.49:
            head = "DISTINCT ON (%s) " % (key if self.chance(0.8) else self.pick(columns).sql)
            tail = " ORDER BY %s, %s" % (head[13:-2], every)
        elif shape < 0.54:
            tail = " ORDER BY %s LIMIT %d" % (every, self.r.randint(1, 4))
            if self.chance(0.2):
                tail += " OFFSET 1"
        elif shape < 0.64 and values:
            by = self.r.choice([key, key, key, self.pick(columns).sql])
            f = self.r.choice(["sum({0}) OVER (PARTITION BY {1})", "rank() OVER (PARTITION BY {1} ORDER BY {0})",
                               "count(*) OVER (PARTITION BY {1})", "max({0}) OVER ()", "dense_rank() OVER (ORDER BY {0})",
                               "sum({0}) OVER (PARTITION BY {1}, {0})"])
            values[0] = f.format(values[0], by)
        elif shape < 0.66:
            values = ["generate_series(1, 2)" if i == 0 else v for i, v in enumerate(values)]
        outputs = ", ".join("%s AS %s" % (v, name.rstrip("#")) for v, name in zip([key] + values, names))
        return "SELECT %s%s FROM %s%s%s" % (head, outputs, items, where, tail), names

    def grouped(self, key, columns, names, items, where, depth, outer):
        extra = self.pick(columns)
        by = key
        if self.chance(0.1):
            by = "%s, %s" % (key, extra.sql)
        elif self.chance(0.06):
            by = self.r.choice(["ROLLUP (%s, %s)", "CUBE (%s, %s)", "GROUPING SETS ((%s), (%s))", "GROUPING SETS ((%s, %s), ())"]) % (key, extra.sql)
        elif self.chance(0.06):
            by, key = extra.sql, self.r.choice(["min(%s)", "max(%s)"]) % key
        aggregates = []
        for _ in names[1:]:
            v = self.number(columns, depth, outer)
            f = self.r.choice(["sum(%s)", "count(*)", "max(%s)", "min(%s)", "count(DISTINCT %s)", "count(%s)",
                               "sum(%s) FILTER (WHERE " + self.condition(columns, outer, 0).replace("%", "%%") + ")",
                               "(array_agg(%s ORDER BY %s))[1]"])
            aggregates.append(f.replace("%s", v).replace("%%", "%"))
        having = ""
        if self.chance(0.15):
            having = " HAVING " + self.r.choice(["count(*) > 1", "max(%s) > 1" % self.number(columns, 0, outer)])
        outputs = ", ".join("%s AS %s" % (v, name.rstrip("#")) for v, name in zip([key] + aggregates, names))
        return "SELECT %s FROM %s%s GROUP BY %s%s" % (outputs, items, where, by, having)

    def query(self, depth, outer, n):
        kind = self.r.random()
        if depth > 0 and kind < 0.08:
            return self.with_query(depth, outer, n)
        if kind < 0.85 or depth <= 0:
            return self.select(depth, outer, n)
        arms = []
        for _ in range(2 if self.chance(0.8) else 3):
            sql, names = self.query(depth - 1, outer, n)
            arms.append("(%s)" % sql)
        op = self.r.choice([" UNION ALL ", " UNION ALL ", " UNION ", " INTERSECT ", " EXCEPT ", " EXCEPT ALL "])
        sql = op.join(arms)
        if self.chance(0.08):
            sql += " ORDER BY %s LIMIT 3" % ", ".join(str(i + 1) for i in range(len(names)))
        return sql, names

    def with_query(self, depth, outer, n):
        """A common table expression inside, which may read columns of the outer queries."""
        saved = list(self.ctes)
        sql, names = self.select(depth - 1, outer, 2)
        name = self.name("w")
        self.ctes = saved + [(name, names)] * 3
        body, names = self.select(depth - 1, outer, n)
        self.ctes = saved
        return "WITH %s AS (%s) %s" % (name, sql, body), names

    def source(self):
        depth = self.r.choice([1, 1, 2, 2, 3])
        heads = []
        while self.chance(0.2) and len(heads) < 2:
            sql, names = self.query(1, [], self.r.randint(2, 3))
            name = self.name("w")
            heads.append("%s AS %s(%s)" % (name, self.r.choice(["", "", "MATERIALIZED "]), sql))
            self.ctes.append((name, names))
        recursive = ""
        if self.chance(0.04):
            recursive = "RECURSIVE "
            heads.append("up AS (SELECT id AS k, boss AS b, 1 AS c1 FROM people UNION SELECT up.k, p.boss, c1 + 1 FROM up JOIN people p ON p.id = up.b WHERE c1 < 4)")
            self.ctes.append(("up", ["k", "b", "c1#"]))
        sql, names = self.query(depth, [], self.r.randint(2, 4))
        if self.chance(0.4):
            # One row a user, so that it can be a profile.
            rest = [n.rstrip("#") for n in names[1:]]
            sql = "SELECT k, %s FROM (%s) AS whole WHERE k IS NOT NULL GROUP BY k" % (
                ", ".join("%s(%s) AS %s" % (self.r.choice(["sum", "min", "count"]), c, c) for c in rest), sql)
        return ("WITH " + recursive + ", ".join(heads) + " " if heads else "") + sql

    # ---- changes -----------------------------------------------------------------------------------------------

    def cell(self, column):
        if column.endswith("#"):
            return str(self.r.randint(0, 3))
        return "NULL" if self.chance(0.15) else self.value()

    def row(self, table):
        return "(%s)" % ", ".join(self.cell(c) for c in TABLES[table])

    def change(self, table=None):
        table = table or self.r.choice(list(TABLES))
        columns = TABLES[table]
        name = "heirs" if table == "people" and self.chance(0.1) else table
        kind = self.r.random()
        one = "ctid = (SELECT ctid FROM ONLY %s ORDER BY ctid OFFSET %d LIMIT 1)" % (name, self.r.randint(0, 8))
        if table == "parts":
            one = "pid IS NOT DISTINCT FROM %s AND amount = %d" % (self.cell("pid"), self.r.randint(0, 3))
        if kind < 0.3:
            return "INSERT INTO %s (%s) VALUES %s" % (name, ", ".join(c.rstrip("#") for c in columns),
                                                      ", ".join(self.row(table) for _ in range(self.r.choice([1, 1, 2]))))
        if kind < 0.75:
            c = self.r.choice(columns)
            return "UPDATE %s SET %s = %s WHERE %s" % (name, c.rstrip("#"), self.cell(c), one)
        return "DELETE FROM %s WHERE %s" % (name, one)

    def fill(self):
        parts = ["TRUNCATE people, orders, lines, tags, parts, changes"]
        for table in TABLES:
            n = self.r.randint(0, 9)
            if n:
                parts.append("INSERT INTO %s (%s) VALUES %s" % (table, ", ".join(c.rstrip("#") for c in TABLES[table]),
                                                                ", ".join(self.row(table) for _ in range(n))))
        parts.append("INSERT INTO heirs (%s) VALUES %s" % (", ".join(c.rstrip("#") for c in TABLES["people"]), self.row("people")))
        parts.append("TRUNCATE changes")
        return ";\n".join(parts)


class Storm:
    def __init__(self, seed):
        self.seed = seed
        self.session = Session()
        self.counts = dict.fromkeys(("sources", "bad", "proved", "changes", "failed", "profiles", "by keys"), 0)
        self.wrong = []
        self.flavour = None
        self.folded = self.try_sql(FOLDED) is not None

    def try_sql(self, sql):
        """Rows, or None where the statement fails. Sessions stay open after an error."""
        lines = self.session.query_all(sql)
        return None if any("ERROR:" in line for line in lines) else lines

    def change_flavour(self, flavour):
        self.try_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        if self.folded:
            self.try_sql(FOLDED)
        setup = SETUP
        for i in range(4):
            setup = setup.replace("KEY%d" % (i + 1), flavour[i])
        for line in self.session.query_all(setup):
            if "ERROR:" in line:
                raise RuntimeError(line)
        self.flavour = flavour

    def one(self, i):
        flavours = [f for f in FLAVOURS if self.folded or "folded" not in f[0]]
        # Whole numbers half of the time; a flavour stays for a while, since its tables are made anew.
        block = random.Random("%d/%d" % (self.seed, i // 100))
        flavour = flavours[0] if block.random() < 0.4 else block.choice(flavours)
        if flavour is not self.flavour:
            self.change_flavour(flavour)
        g = Generator("%d/%d" % (self.seed, i), flavour)
        source = g.source()
        self.counts["sources"] += 1
        uses = self.try_sql("SELECT kind, replace(table_name, 'public.', ''), column_names[1], watchable FROM uprofile_dependencies(%s, 'k')" % literal(source))
        if uses is None:
            self.counts["bad"] += 1
            return
        rows = [line.split("|") for line in uses]
        tables = [row for row in rows if row[0] == "table"]
        if not tables or any(row[0] == "users" for row in rows) or any(row[3] != "t" for row in tables):
            return
        self.counts["proved"] += 1
        self.check(i, g, source, tables)

    def check(self, i, g, source, tables):
        names = sorted({row[1] for row in tables if row[1] in TABLES})
        changes = [g.change(g.r.choice(names)) for _ in range(25)]
        array = lambda texts: "ARRAY[%s]::text[]" % ", ".join(literal(t) for t in texts)
        lines = self.session.query_all("%s;\nSELECT 'answer', check_source(%s, %s, %s)" % (
            g.fill(), literal(source), array([x for row in tables for x in row[1:3]]), array(changes)))
        self.judge(i, source, lines, "answer")
        self.counts["changes"] += len(changes)
        if " GROUP BY k" not in source[-60:] or g.chance(0.5):
            return
        lines = self.session.query_all("SELECT 'profile', modes, wrong FROM check_profile(%s, %s)" % (literal(source), array(changes[:5])))
        if self.judge(i, source, lines, "profile"):
            self.counts["profiles"] += 1
            self.counts["by keys"] += len([m for m in lines[0].split("|")[1].split() if m != "full"])

    def judge(self, i, source, lines, what):
        """Errors of the statement itself (an overflow, two rows of a scalar sub-select) say nothing."""
        text = "\n".join(lines)
        if "ERROR:  XX" in text or "server closed" in text:
            self.tell(i, source, text)
        if not lines or not lines[0].startswith(what + "|"):
            self.counts["failed"] += 1
            if "-v" in sys.argv:
                print("# %d %s\n#   %s" % (i, text[:300], source))
            return False
        if not text.endswith("|"):
            self.tell(i, source, text)
        return True


    def tell(self, i, source, text):
        """At once: a long storm may be stopped."""
        self.wrong.append("source %d: %s\n%s" % (i, source, text))
        print("# " + self.wrong[-1].replace("\n", "\n# "), flush=True)


def main():
    seed, n = int(sys.argv[1]), int(sys.argv[2])
    storm = Storm(seed)
    for i in [int(sys.argv[3])] if len(sys.argv) > 3 and sys.argv[3] != "-v" else range(n):
        storm.one(i)
        if i % 1000 == 999:
            print("# %d sources" % (i + 1), flush=True)
        if len(storm.wrong) >= 10:
            break
    print("# sources, seed %d: %s" % (seed, ", ".join("%s %d" % (k, v) for k, v in storm.counts.items())))
    report("storm: sources of seed %d that can be followed (%s)" % (seed, "some" if storm.counts["proved"] > 0 else "NONE"),
           "\n".join(storm.wrong))
    finish()


main()
