#!/bin/bash
# More work shared out to parallel workers (workers.sh has the learners): the same bytes for none and for others (next_counts), who do start.
. "$(dirname "$0")/common.bash"
. test/cluster
UP_SHARED_BUFFERS=32MB UP_POSTGRES_OPTIONS="-c max_worker_processes=16 -c max_parallel_workers=8 -c log_min_messages=debug1" up_cluster_start ||
	{ fail "workers, more: set-up"; finish; }

sql() { PGOPTIONS="-c client_min_messages=error ${PGOPTIONS_MORE:-}" psql -qXAt -v ON_ERROR_STOP=1 "$@" 2>&1; }

check "workers, more: set-up" "$(sql <<'S'
CREATE EXTENSION uprofile;
CREATE TABLE points AS SELECT i AS id, sin(i) AS a, exp(cos(i * 1.7) * 3) AS b, nullif((i::bigint * 7919 % 1009)::float8, 7) AS c, (i % 89)::float8 AS d
	FROM generate_series(1, 100000) i;
CREATE TABLE wide AS SELECT (SELECT array_agg(sin(i * j * 1.7)) FROM generate_series(1, 500) j) AS many, sin(i * 1.7) + cos(i) > 0.3 AS good
	FROM generate_series(1, 1500) i;
CREATE TABLE baskets AS SELECT b, i FROM generate_series(1, 20000) b, generate_series(1, 44) i WHERE hashint4(b * 64 + i) % 100 > i - 40;
S
)"

# started: how many workers the server has started so far.
started() { up_cluster_log | grep -c 'starting background worker process "parallel worker'; }

# same WHAT STATEMENTS [SETTINGS]: the same answer without workers and with others (next_counts), who start.
same()
{
	local alone n before counts

	alone=$(PGOPTIONS_MORE="-c uprofile.max_workers=0 ${3:-}" sql -c "$2")
	check "workers, more: $1 has an answer" "$(grep -E '^[0-9a-f]{32}' <<<"$alone" >/dev/null || echo "$alone")"
	next_counts
	for n in $counts; do
		before=$(started)
		check_equal "workers, more: $1, the same with $n" \
			"$(PGOPTIONS_MORE="-c uprofile.processors=8 -c uprofile.debug_workers=on -c uprofile.max_workers=$n ${3:-}" sql -c "$2")" "$alone"
		check "workers, more: $1, $n start" "$([ $(($(started) - before)) -ge $n ] || echo "$(($(started) - before))")"
	done
}

for method in robust quantile yeo_johnson; do
	same "scaler $method" "SELECT md5(uprofile_scaler(ARRAY[a, b, d], '{\"method\": \"$method\"}')) FROM points, generate_series(1, 8)"
done
same "normalize" "SELECT md5(string_agg(n::text, ',')) FROM uprofile_normalize('points', 'scaled', method => 'yeo_johnson', replace => true) n"
# A scan of a table beyond a quarter of the buffers begins where the last one ended.
check_equal "workers, more: a source of the first rows is read once to be normalized" "$(sql -c "CREATE TABLE large AS SELECT i AS v, repeat('x', 200) AS filler FROM generate_series(1, 60000) i" \
	-c "SELECT FROM uprofile_normalize('SELECT v FROM large LIMIT 20000', 'first')" -c "SELECT count(*), abs(avg(v)) < 1e-9, round(stddev_pop(v)::numeric, 6) FROM first" -c "DROP TABLE large" | grep .)" "20000|t|1.000000"
same "normalize in little memory" "SELECT md5(string_agg(n::text, ',')) FROM uprofile_normalize('points', 'scaled', method => 'yeo_johnson', replace => true) n" "-c uprofile.max_memory=9MB"
check_equal "workers, more: of columns that cannot be scaled the first is named" \
	"$(PGOPTIONS_MORE="-c uprofile.processors=8 -c uprofile.max_workers=4" sql -c "SELECT uprofile_scaler(ARRAY[a, b, (c - 500) * 3e305, (d - 44) * 3.5e306], '{\"method\": \"robust\", \"quantile_range\": [1, 99]}') FROM points, generate_series(1, 8) WHERE c > 0")" \
	"ERROR:  values of column \"x3\" are too large or too close together to be scaled
HINT:  Scale the column by a power of ten first, or leave it out."
for method in permutation rfe; do
	same "features by $method" "SELECT md5(string_agg(f::text, ',')) FROM uprofile_select_features('wide', 'good', '$method') f"
done
same "features of a number by permutation" "SELECT md5(string_agg(f::text, ',')) FROM uprofile_select_features('SELECT many[1:60] AS x, many[3] * 9 AS y FROM wide', 'y', 'permutation') f"
same "tree" "SELECT md5(uprofile_tree(many, good, '{\"max_depth\": 6}')) FROM wide, generate_series(1, 8)"
same "item sets" "SELECT md5(string_agg(s::text, ',')) FROM uprofile_itemsets('baskets', 'b', 'i', 0.09) s"
same "too many item sets" "SELECT md5(string_agg(s::text, ',')) FROM uprofile_itemsets('baskets', 'b', 'i', 0.09, max_itemsets => 20000) s"
same "long item sets" "SELECT md5(string_agg(s::text, ',')) FROM uprofile_itemsets('baskets', 'b', 'i', 0.05, min_len => 6) s"
# No table is read, so that workers start to mine alone.
drawn="SELECT b, i FROM generate_series(1, 20000) b, generate_series(1, 44) i WHERE hashint4(b * 64 + i) % 100 > i - 40"
same "rules" "SELECT md5(string_agg(r::text, ',')) FROM uprofile_apriori('$drawn', 'b', 'i', 0.15, 0.7) r"
same "rules of more item sets than are kept" "SELECT md5(string_agg(r::text, ',')) FROM uprofile_apriori('$drawn', 'b', 'i', 0.15, 0.6) r" "-c uprofile.max_memory=20MB"
same "a mine" "BEGIN; SELECT md5(m::text) FROM uprofile_mine('drawn', '$drawn', 'b', 'i', 0.15, min_confidence => 0.7) m;
	SELECT md5(string_agg(s::text, ',')) FROM uprofile_itemset_list s WHERE mine = 'drawn'; ROLLBACK"
for memory in 12 24 48; do
	before=$(started)
	little="SELECT md5(string_agg(s::text, ',')) FROM uprofile_itemsets('baskets', 'b', 'i', 0.09) s"
	check_equal "workers, more: item sets in $memory MB" \
		"$(PGOPTIONS_MORE="-c uprofile.processors=8 -c uprofile.debug_workers=on -c uprofile.max_workers=2 -c uprofile.max_memory=${memory}MB" sql -c "$little")" \
		"$(PGOPTIONS_MORE="-c uprofile.max_workers=0 -c uprofile.max_memory=${memory}MB" sql -c "$little")"
	check "workers, more: … for which workers start once to read and once to mine, or not at all" "$([ $(($(started) - before)) -le 4 ] || echo "$(($(started) - before))")"
done
finish
