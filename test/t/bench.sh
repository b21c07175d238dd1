#!/bin/bash
# The benchmarks: every job's module loads, and one job runs with few rows to the end, is written as markdown, and merged into what
# is known.
. "$(dirname "$0")/common.bash"
python=/usr/bin/python3
[ -x $python ] || python=python3
if ! $python -c 'import numpy' 2>/dev/null; then
	echo "skip bench: numpy is not installed"
	exit 0
fi
scratch_database bench
psql -qX -c 'CREATE EXTENSION uprofile'
BENCH_RESULTS=$(mktemp -d) || exit 1
trap 'rm -rf "$BENCH_RESULTS"' EXIT
export BENCH_RESULTS
export QUICK=1
echo '{"rows": {"k|known|1|1": {"job": "k", "group": "Other", "what": "known", "rows": "1", "threads": 1, "ours": 1, "peer": 2, "over": false,
"figure": 0.5, "measure": "ratio", "aim": null, "quality": "", "memory": [null, null], "note": "", "date": "2026-01-01"}}}' >"$BENCH_RESULTS/results.json"
said=$($python bench/jobs.py smoke 2>&1) && ok "bench: a job runs" || fail "bench: a job runs" "$said"
check "bench: what is told" "$(for what in "| one statement | 2,000 × 1 | 1 |" "| known | 1 | 1 |" "aims are met"; do
	grep -qF "$what" "$BENCH_RESULTS/results.md" || echo "lacks $what"
done)"
said=$($python bench/jobs.py no_such_job 2>&1) && fail "bench: an unknown job is refused" || ok "bench: an unknown job is refused"
finish
