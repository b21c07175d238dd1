#!/bin/bash
# Two that build in one tree: the second waits or refuses, and nobody waits for one that is gone.
. "$(dirname "$0")/common.bash"
[ -r /proc/self/stat ] && command -v flock >/dev/null || { echo "skip make_lock: there is no flock or no /proc"; finish; }

tree=$(mktemp -d "${TMPDIR:-/tmp}/uprofile.XXXXXX") || exit 1
trap 'kill $holder 2>/dev/null; rm -rf "$tree"' EXIT
cp --parents Makefile uprofile.control sql/generate.awk sql/parts/*.sql src/core/learn/learners.list src/core/assess/metrics.list \
	test/cluster test/lock-tree "$tree"
cd "$tree" || exit 1
script=$(echo sql/uprofile--"$(sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" uprofile.control)".sql)
unset UP_LOCKED
make=(env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS -u MAKELEVEL make -s)

sleep 600 &
holder=$!
check "lock: a process takes it" "$(test/lock-tree $holder)"
check_equal "lock: make refuses where another one does not end" \
	"$(UP_LOCK_WAIT=0 "${make[@]}" "$script" 2>&1 | sed 's/.*\*\*\* //') $(ls "$script" 2>&1 | grep -c '^sql')" \
	"another make builds in this tree, still.  Stop. 0"
check_equal "lock: clean refuses as well" "$(UP_LOCK_WAIT=0 "${make[@]}" clean 2>&1 | sed 's/.*\*\*\* //')" \
	"another make builds in this tree, still.  Stop."
check_equal "lock: make -n does not ask" "$(UP_LOCK_WAIT=0 "${make[@]}" -n "$script" 2>&1 | grep -c '^awk')" 1
check_equal "lock: a make that the holder calls does not ask" "$(UP_LOCKED=$PWD UP_LOCK_WAIT=0 "${make[@]}" "$script" 2>&1; ls "$script")" "$script"
rm -f "$script"
"${make[@]}" "$script" >make.out 2>&1 &
maker=$!
until [ -s make.out ] || ! kill -0 $maker 2>/dev/null; do sleep 0.05; done
check_equal "lock: a make that waits says for whom" "$(cat make.out)" \
	"make: process $holder is at work in this tree; waiting until it has ended"
check_equal "lock: ... and builds nothing meanwhile" "$(ls "$script" 2>/dev/null)" ""
kill $holder
wait $maker
check_equal "lock: ... and goes on when that one has ended" "$? $(ls "$script")" "0 $script"
wait $holder 2>/dev/null
echo "$$ 1" >.make.lock
check "lock: the number of a process that is gone says nothing" "$(UP_LOCK_WAIT=0 "${make[@]}" "$script" 2>&1)"
# Each has the tree for itself: nobody finds another's folder there.
check "lock: of ten at once one at a time" "$(
	for i in 1 2 3 4 5 6 7 8 9 10; do
		bash -c 'test/lock-tree $$ 2>/dev/null; mkdir inside && rmdir inside || echo "two at once"' 2>&1 &
	done
	wait
)"
check_equal "lock: nothing is left but the lock" "$(ls -A | grep -c lock)" 1
finish
