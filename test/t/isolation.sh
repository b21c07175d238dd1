#!/bin/bash
# Sessions that meet (test/isolation): the server's own isolation tester, in the order that each spec says.
. "$(dirname "$0")/common.bash"
bin=$(dirname "$("$PG_CONFIG" --pgxs)")/../test/isolation
if [ ! -x "$bin/pg_isolation_regress" ]; then
	echo "skip isolation: $bin/pg_isolation_regress is not there"
	exit 0
fi
out=$(mktemp -d) || exit 1
trap 'PGDATABASE=postgres dropdb --if-exists --force uprofile_isolation; rm -rf "$out"' EXIT
names=$(cd test/isolation/specs && ls -- *.spec | sed 's/\.spec$//')
expected=(--expecteddir=test/isolation)
"$bin/pg_isolation_regress" --help | grep -q expecteddir || expected=()
# A step that waits for ever is ended by the tester after PG_TEST_TIMEOUT_DEFAULT seconds.
PG_TEST_TIMEOUT_DEFAULT=30 "$bin/pg_isolation_regress" --inputdir=test/isolation --outputdir="$out" "${expected[@]}" \
	--bindir="$("$PG_CONFIG" --bindir)" --dbname=uprofile_isolation --load-extension=uprofile $names >"$out/log" 2>&1
for name in $names; do
	if grep -qE "^(test +$name +\.\.\. +ok|ok [0-9]+ +[-+] +$name )" "$out/log"; then
		ok "isolation: $name"
	else
		fail "isolation: $name" "$(diff -u "test/isolation/expected/$name.out" "$out/results/$name.out" 2>&1 | head -200)"
		seen=1
	fi
done
[ -z "${seen:-}" ] || tail -n 30 "$out/log" | sed 's/^/    /'
[ -z "${UP_ISOLATION_RESULTS:-}" ] || cp "$out"/results/*.out "$UP_ISOLATION_RESULTS/"
finish
