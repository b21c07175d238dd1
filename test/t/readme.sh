#!/bin/bash
# Every SQL statement of the README's tour runs as printed, and its table of speeds is that of the last benchmark.
. "$(dirname "$0")/common.bash"
scratch_database readme
psql -qX -c 'CREATE EXTENSION uprofile'
tour=$(sed -n '/^## Five-minute tour/,/^## How fast/p' README.md | sed -n '/^```sql$/,/^```$/p' | grep -v '^```')
output=$(psql -qX -v ON_ERROR_STOP=1 <<<"$tour" 2>&1) && ok "readme: the tour runs" ||
	fail "readme: the tour runs" "$(grep -m1 -A4 ERROR <<<"$output")"
grep -q ERROR <<<"$output" && fail "readme: the tour has no error"
told=$(python3 bench/readme.py --check) && ok "readme: the speeds are those of bench/results.json" ||
	fail "readme: the speeds are those of bench/results.json" "$told"
finish
