#!/bin/bash
# Core in its compiled form: no static mutable state, and of libc only what can neither keep memory nor fail (qsort gives
# back what it takes before it returns).
. "$(dirname "$0")/common.bash"

objects=$(find src/core -name '*.o' 2>/dev/null)
if [ -z "$objects" ]; then
	fail "core symbols: core was not built"
	finish
fi

# vec*, gemm and bitset may keep what the processor can do.
check "core symbols: no static mutable state" "$(
	# A constant table of pointers is data only until relocation (section .data.rel.ro).
	# shellcheck disable=SC2086
	nm -A -f sysv $(grep -vE '/num/(vec[^/]*|gemm[^/]*|bitset[^/]*)\.o$' <<<"$objects") |
		awk -F'|' '$3 ~ /^ *[bBdDC] *$/ && $7 !~ /\.data\.rel\.ro/ { print $1 }'
)"
check "core symbols: from libc only what neither keeps memory nor fails" "$(
	nm -u $objects | awk '/ U / { print $2 }' | sort -u | grep -E \
		'^(malloc|calloc|realloc|free|fopen|fdopen|open|printf|puts|putchar|fprintf|exit|abort|rand|random|srand|time|getenv|setlocale|strtok|signal|longjmp|_setjmp|__printf_chk|__fprintf_chk)$'
)"
check "core symbols: every global name is up_…" "$(
	nm -g --defined-only $objects | awk 'NF == 3 { print $3 }' | grep -vE '^(up_|__)' | sort -u
)"
finish
