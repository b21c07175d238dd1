#!/bin/bash
# Regression tests where every plan that may be parallel is, and where work of any size has workers: in a worker, in a leader and beside workers
# all is as in one process.
. "$(dirname "$0")/common.bash"
. test/cluster
tests="aggregates gmm linear memory predict recommend report trees tune"

mode=debug_parallel_query
[ "$("$(up_pg_config)" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')" -ge 16 ] || mode=force_parallel_mode
UP_POSTGRES_OPTIONS="-c $mode=regress -c uprofile.debug_workers=on -c max_worker_processes=16 -c log_min_messages=debug1" up_cluster_start || { fail "forced: set-up"; finish; }

ln -s "$PWD/expected" "$up_dir/expected"
regress=$(dirname "$("$PG_CONFIG" --pgxs)")/../test/regress/pg_regress
said=$("$regress" --bindir="$up_bin" --inputdir=test --outputdir="$up_dir" --load-extension=uprofile $tests 2>&1)
check "forced: each test is done" "$(for t in $tests; do [ -s "$up_dir/results/$t.out" ] || echo "$t: $said"; done)"
for t in $tests; do
	check "forced: $t" "$(diff "expected/$t.out" "$up_dir/results/$t.out" | head -20)"
done
check "forced: workers are at work" "$([ "$(grep -c 'starting background worker process "parallel worker' "$up_dir/log")" -gt 200 ] || echo hardly any)"
finish
