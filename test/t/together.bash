# Sourced by tests of tables that workers read with their leader: what processes say of them, and what becomes of one whose worker is ended.
topic=$(basename "$0" .sh)

# by WORKERS STATEMENT…: what they say, and how often a table was read together.
by()
{
	local n=$1

	shift
	PGOPTIONS="-c client_min_messages=debug1 -c uprofile.processors=8 -c uprofile.max_workers=$n -c uprofile.debug_workers=on -c max_parallel_workers_per_gather=0" \
		psql -qXAt "${@/#/-c}" 2>&1 | sed -E '/^DEBUG:  [0-9]+ pages of table/!{/^DEBUG|^CONTEXT/d}; s/^DEBUG:.*table "(.*)" read by several processes/together: \1/'
}

# same NAME TIMES STATEMENT…: the same by other numbers of processes (next_counts) as by one, in so many of which a table is read together.
same()
{
	local name=$1 times=$2 alone n said counts

	shift 2
	alone=$(by 0 "$@")
	check "$topic: $name says something" "$([ -n "$alone" ] || echo nothing)"
	next_counts
	for n in $counts; do
		said=$(by $n "$@")
		check_equal "$topic: $name, with $n" "$(grep -v '^together' <<<"$said")|$(grep -c '^together' <<<"$said")" "$alone|$times"
	done
}

# end_worker SECONDS STATEMENT: one of its workers is ended after so long, and then $goes_on is done; what was said is in $scratch/said.
end_worker()
{
	local worker running

	by 2 "BEGIN" "SAVEPOINT s" "$2" "ROLLBACK TO s" "$goes_on" >"$scratch/said" &
	running=$!
	for _ in $(seq 400); do
		worker=$(psql -qXAt -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'parallel worker' AND datname = current_database() LIMIT 1")
		[ -z "$worker" ] || break
		sleep 0.01
	done
	sleep "$1"
	psql -qXAt -c "SET client_min_messages = error" -c "SELECT pg_terminate_backend(${worker:-0})" >/dev/null
	wait $running
}
# ended NAME SECONDS STATEMENT: the worker's error is the caller's, who goes on to what is $wanted. Where it was gone by then, it is ended sooner.
ended()
{
	local seconds

	for seconds in $2 $(awk "BEGIN { for (i = 1; i <= 5; i++) print $2 / 2 ^ i }"); do
		end_worker "$seconds" "$3"
		! grep -q '^ERROR' "$scratch/said" || break
	done
	check_equal "$topic: $1, and the caller goes on" "$(grep -E '^(ERROR|[0-9a-f]{32}$)|closed the connection' "$scratch/said")" \
		"ERROR:  terminating background worker \"parallel worker\" due to administrator command
$wanted"
}
