# generate.awk - the install script: its parts, with what differs only in names made from the tables
#
#   awk -f sql/generate.awk src/core/learn/learners.list src/core/assess/metrics.list sql/parts/*.sql
#
# The parts are copied; a line "-- generated: WHAT" in one is replaced by WHAT: the support functions or the aggregates
# of learners, of updates or of metrics. What stands below "-- also for: rows", up to an empty line, takes a model of arrays,
# and comes again for rows; below "-- also for: names", it takes a model, and comes again for the name of one; below
# "-- also for: rows names" it comes for all four. {a|b} is a text that differs, in that order.

FNR == 1 { flush_block(); in_list = FILENAME ~ /\.list$/ }
in_list && /^UP_(LEARNER|MEASURE)\(/ { read_row($0); next }
in_list { next }
/^-- generated: / { make($3 " " $4); next }
/^-- also for: / { also = $0; next }
also != "" && $0 != "" { block = block $0 "\n"; next }
{ flush_block(); print }
END { flush_block() }

function flush_block(    rows, names, i)
{
	rows = also ~ /rows/ ? 2 : 1
	names = also ~ /names/ ? 2 : 1
	for (i = 0; i < rows * names && also != ""; i++)
		printf "%s%s", (i > 0 ? "\n" : ""), variant(block, i, i % rows == 1, i >= rows)
	also = block = ""
}

# The i-th variant of a statement and its comment.
function variant(text, i, row, name,    choice)
{
	if (row || name)
		sub(/ IMMUTABLE /, " STABLE ", text)
	sub(/_PATHNAME', '[a-z_]*/, "&" (name ? "_named" : "") (row ? "_row" : ""), text)
	if (row)
	{
		sub(/features pg_catalog\.float8\[\]/, "features pg_catalog.record", text)
		sub(/\(pg_catalog\.bytea, pg_catalog\.float8\[\]/, "(pg_catalog.bytea, pg_catalog.record", text)
	}
	if (name)
		gsub(/pg_catalog\.bytea/, "pg_catalog.text", text)
	while (match(text, /\{[^{}]*\}/))
	{
		split(substr(text, RSTART + 1, RLENGTH - 2), choice, "|")
		text = substr(text, 1, RSTART - 1) choice[i + 1] substr(text, RSTART + RLENGTH)
	}
	return text
}

# A macro's arguments: names as they are, strings without their quotes.
function read_row(line,    n, text, quoted, c)
{
	kind = line ~ /^UP_LEARNER/ ? "learner" : "measure"
	sub(/^[A-Z_]+\(/, "", line)
	sub(/\)[^)]*$/, "", line)
	n = 1
	text = ""
	while (line != "")
	{
		c = substr(line, 1, 1)
		line = substr(line, 2)
		if (c == "\\" && quoted)
		{
			text = text substr(line, 1, 1)
			line = substr(line, 2)
		}
		else if (c == "\"")
			quoted = !quoted
		else if (c == "," && !quoted)
		{
			row[kind, count[kind] + 0, n++] = text
			text = ""
			sub(/^ +/, "", line)
		}
		else
			text = text c
	}
	row[kind, count[kind] + 0, n] = text
	count[kind]++
}

function make(what)
{
	printed = 0
	if (what == "learner functions")
		learner_functions("uprofile_agg_", "", "learning aggregates: takes one row of ")
	else if (what == "learner aggregates")
		learner_aggregates()
	else if (what == "update functions")
		learner_functions("uprofile_agg_update_", "bytea", "uprofile_update: takes one row of ")
	else if (what == "update aggregates")
		update_aggregates()
	else if (what == "metric functions")
		metric_functions()
	else if (what == "metric aggregates")
		metric_aggregates()
	else
	{
		print "generate.awk: nothing is called \"" what "\"" >"/dev/stderr"
		exit 1
	}
}

# "bytea float8[]" with its names, if any, between: types in full, separated by commas.
function arguments(types, names,    n, i, t, nm, text)
{
	n = split(types, t, " ")
	split(names, nm, " ")
	for (i = 1; i <= n; i++)
		text = text (i > 1 ? ", " : "") (names != "" ? nm[i] " " : "") "pg_catalog." t[i]
	return text
}

function blank_line()
{
	if (printed++)
		print ""
}

function one_function(name, symbol, types, volatility, comment)
{
	blank_line()
	printf "CREATE FUNCTION %s(%s)\n", name, arguments(types)
	printf "RETURNS pg_catalog.bytea LANGUAGE c %s PARALLEL SAFE\n", volatility
	printf "AS 'MODULE_PATHNAME', '%s';\n", symbol
	printf "COMMENT ON FUNCTION %s(%s) IS\n'%s';\n", name, arguments(types), comment
}

# Both once more with the weight of the row as the last argument.
function weighted_transition(name, symbol, types, volatility, comment)
{
	transition(name, symbol, types, volatility, comment)
	one_function(name, symbol "_weighted", types " float8", volatility, comment ", with its weight")
	one_function(name, symbol "_weighted", types " jsonb float8", volatility, comment ", with params and its weight")
}

# A transition function without and with params.
function transition(name, symbol, types, volatility, comment)
{
	one_function(name, symbol, types, volatility, comment)
	one_function(name, symbol, types " jsonb", volatility, comment ", with params")
}

function aggregate(name, types, names, sfunc, space, final, combine, initial, parallel, comment)
{
	blank_line()
	printf "CREATE AGGREGATE uprofile_%s(%s)\n(\n", name, arguments(types, names)
	printf "\tSFUNC = @extschema@.%s,\n\tSTYPE = pg_catalog.bytea,\n\tSSPACE = %d,\n", sfunc, space
	printf "\tFINALFUNC = @extschema@.%s,\n\tCOMBINEFUNC = @extschema@.%s,\n", final, combine
	printf "\tINITCOND = '%s',\n\tPARALLEL = %s\n);\n", initial, parallel
	gsub(/'/, "''", comment)
	printf "COMMENT ON AGGREGATE uprofile_%s(%s) IS\n'%s';\n", name, arguments(types), comment
}

# ---- learners ----------------------------------------------------------------------------------------------------

function sql_type(label)
{
	return label == "boolean" ? "bool" : label == "number" ? "float8" : "text"
}

function learner_functions(prefix, model, what,    i, n, labels, first)
{
	first = "bytea " (model != "" ? model " " : "")
	what = "support function of " what
	if (model == "")
		transition(prefix "features", prefix "features", first "float8[]", "IMMUTABLE", what "features without label")
	else
		one_function(prefix "features", prefix "features", first "float8[]", "IMMUTABLE", what "features")
	n = split("boolean number text", labels, " ")
	for (i = 1; i <= n; i++)
		transition(prefix labels[i], prefix labels[i], first "float8[] " sql_type(labels[i]), "IMMUTABLE",
			what "features and its " labels[i] " label")
	transition(prefix "row", prefix "row", first "record", "STABLE", what "named columns")
	if (model != "")
		return
	transition(prefix "clusters", prefix "clusters", first "float8[] int4", "IMMUTABLE",
		what "features and the number of clusters")
	transition(prefix "row_clusters", prefix "row_clusters", first "record int4", "STABLE",
		what "named columns and the number of clusters")
	transition(prefix "row_target", prefix "row_target", first "record text", "STABLE",
		what "named columns and the name of the target")
}

# What a worker of a parallel plan collects its leader takes over as it stands, but for names and texts, whose codes it would change.
function parallel_marking(types)
{
	return types ~ /record|text/ ? "RESTRICTED" : "SAFE"
}

# Rows of many small groups travel one by one: the cost of taking them in keeps such plans away.
function combine_function(holds, types)
{
	return holds == "rows" && parallel_marking(types) == "SAFE" ? "uprofile_agg_combine_rows" : "uprofile_agg_combine"
}

function learner_aggregate(name, types, sfunc, holds, comment)
{
	aggregate(name, types, "", "uprofile_agg_" sfunc, 65536, "uprofile_agg_final", combine_function(holds == "sums by default" ? "sums" : holds, types), name,
		parallel_marking(types), comment)
	aggregate(name, types " jsonb", "", "uprofile_agg_" sfunc, 65536, "uprofile_agg_final", combine_function(holds == "sums" ? "sums" : "rows", types), name,
		parallel_marking(types), comment " params: see uprofile_params('" name "').")
}

function learner_aggregates(    i, j, n, name, takes, holds, labels)
{
	for (i = 0; i < count["learner"]; i++)
	{
		name = row["learner", i, 1]
		takes = row["learner", i, 2]
		holds = row["learner", i, 3]
		if (takes == "-" || takes == "k")
		{
			if (row["learner", i, 4] != "")
				learner_aggregate(name, "float8[]" (takes == "k" ? " int4" : ""), takes == "k" ? "clusters" : "features", holds,
					row["learner", i, 4])
			learner_aggregate(name, "record" (takes == "k" ? " int4" : ""), takes == "k" ? "row_clusters" : "row", holds,
				row["learner", i, 5])
			continue
		}
		n = split(takes, labels, " ")
		for (j = 1; j <= n; j++)
			learner_aggregate(name, "float8[] " sql_type(labels[j]), labels[j], holds,
				"Trains " row["learner", i, 4] " on (features, " labels[j] " label).")
		learner_aggregate(name, "record text", "row_target", holds,
			"Trains " row["learner", i, 4] " on (row, name of the target column); " row["learner", i, 5] ".")
	}
}

function update_aggregate(types, sfunc, comment)
{
	comment = "A new model out of a model and more rows: (model, " comment "."
	aggregate("update", "bytea " types, "", "uprofile_agg_update_" sfunc, 65536, "uprofile_agg_final", "uprofile_agg_combine", "", "RESTRICTED", comment)
	if (sfunc != "features")
		aggregate("update", "bytea " types " jsonb", "", "uprofile_agg_update_" sfunc, 65536, "uprofile_agg_final",
			"uprofile_agg_combine", "", "RESTRICTED", comment " params replace those of the model.")
}

function update_aggregates(    i, n, labels)
{
	update_aggregate("float8[]", "features", "features)")
	n = split("boolean number text", labels, " ")
	for (i = 1; i <= n; i++)
		update_aggregate("float8[] " sql_type(labels[i]), labels[i], "features, " labels[i] " label)")
	update_aggregate("record", "row", "row), the label being the column that the model was trained on")
}

# ---- metrics -----------------------------------------------------------------------------------------------------

# The pairs of label types that can be compared; what a score can be about.
function label_pairs(pairs)
{
	return split("boolean_boolean number_number text_text boolean_text number_text boolean_number", pairs, " ")
}

function metric_functions(    i, n, pairs, p)
{
	n = label_pairs(pairs)
	for (i = 1; i <= n; i++)
	{
		split(pairs[i], p, "_")
		weighted_transition("uprofile_agg_labels", "uprofile_agg_labels_" (p[1] == p[2] ? p[1] : pairs[i]),
			"bytea " sql_type(p[1]) " " sql_type(p[2]), "IMMUTABLE",
			"support function of metrics: takes an actual (" p[1] ") and a predicted label (" p[2] ")")
	}
	n = split("boolean number text", pairs, " ")
	for (i = 1; i <= n; i++)
		weighted_transition("uprofile_agg_scores", "uprofile_agg_scores_" pairs[i], "bytea " sql_type(pairs[i]) " float8", "IMMUTABLE",
			"support function of metrics: takes an actual label (" pairs[i] ") and a score")
	weighted_transition("uprofile_agg_values", "uprofile_agg_values", "bytea float8 float8", "IMMUTABLE",
		"support function of metrics: takes an actual and a predicted value")
}

# One form of a metric, and the same with weights.
function metric(i, types, names, sfunc, comment)
{
	one_metric(i, types, names, sfunc, comment)
	if (!row_takes_params(i) || types ~ /jsonb/)
		one_metric(i, types " float8", names " weight", sfunc, comment " Rows count by their weight.")
}

# Without params a metric that takes them has no form with a weight: the third argument would be either.
function row_takes_params(i)
{
	return row["measure", i, 6] ~ /AVERAGES|BINS|QUANTILE|ADJUSTED/ || row["measure", i, 3] ~ /SCORES|PROBABILITIES/
}

function one_metric(i, types, names, sfunc, comment)
{
	aggregate(row["measure", i, 1], types, names, sfunc, row["measure", i, 3] == "SCORES" || row["measure", i, 6] ~ /KEEPS/ ? 65536 : 2048,
		row["measure", i, 1] == "confusion" ? "uprofile_agg_metric_confusion" : "uprofile_agg_metric_final",
		"uprofile_agg_metric_combine", row["measure", i, 1], "SAFE", comment)
}

function metric_aggregates(    i, j, n, pairs, p, family, averages, text, which, params)
{
	for (i = 0; i < count["measure"]; i++)
	{
		family = row["measure", i, 3]
		if (family == "CLUSTERS")
			continue
		averages = row["measure", i, 6] ~ /AVERAGES/
		text = row["measure", i, 8]
		which = text " The positive label is true or 1; otherwise params must say which one is" (averages ? ", or how to average." : ".")
		params = text " params: {\"positive\": label}" (averages ? " or {\"average\": \"macro\", \"micro\" or \"weighted\"}." : row["measure", i, 6] ~ /BINS/ ? ", {\"bins\": 10}." : ".")
		if (family == "VALUES")
		{
			if (row["measure", i, 6] !~ /ADJUSTED/)
				metric(i, "float8 float8", "actual predicted", "uprofile_agg_values", text)
			if (row_takes_params(i))
				metric(i, "float8 float8 jsonb", "actual predicted params", "uprofile_agg_values",
					text (row["measure", i, 6] ~ /ADJUSTED/ ? " params: {\"features\": number}." : " params: {\"quantile\": 0.5}."))
			continue
		}
		n = family == "LABELS" ? label_pairs(pairs) : split("boolean_number number_number text_number", pairs, " ")
		for (j = 1; j <= n; j++)
		{
			split(pairs[j], p, "_")
			if (family == "LABELS" && !averages)
				metric(i, sql_type(p[1]) " " sql_type(p[2]), "actual predicted", "uprofile_agg_labels", text)
			else
			{
				metric(i, sql_type(p[1]) " " sql_type(p[2]), "actual " (averages ? "predicted" : "score"),
					averages ? "uprofile_agg_labels" : "uprofile_agg_scores", which)
				metric(i, sql_type(p[1]) " " sql_type(p[2]) " jsonb", "actual " (averages ? "predicted" : "score") " params",
					averages ? "uprofile_agg_labels" : "uprofile_agg_scores", params)
			}
		}
	}
}
