#!/bin/bash
# The house's walls: what core may know, which file may speak to SPI, what a source of another version needs.
. "$(dirname "$0")/common.bash"

in_core()
{
	grep -rnE --include='*.[ch]' "$@" src/core
}

check "sources: core includes nothing of PostgreSQL" \
	"$(in_core '#include *["<](postgres|fmgr|pg/|utils/|executor/|catalog/|access/|nodes/|funcapi|miscadmin|storage/)')"
check "sources: core takes memory from platform.h only" "$(in_core '\b(malloc|calloc|realloc|free|alloca|strdup)\(')"
check "sources: core opens no file and writes to no stream" "$(in_core '\b(fopen|open|printf|fprintf|puts|exit|abort)\(')"
check "sources: rooms include what the table allows, in no circle" "$(test/rooms)"
check "sources: only query.c includes executor/spi.h" "$(grep -rnE --include='*.[ch]' 'executor/spi\.h' src/pg | grep -v '^src/pg/io/query\.c:')"
check "sources: no fn_*.c includes another" "$(grep -rnE --include='*.[ch]' '#include "(pg/sql/)?fn_' src/pg)"
check "sources: architecture-dependent code only in num" \
	"$(grep -rnE --include='*.[ch]' 'target_clones|__builtin_cpu_supports|immintrin\.h|__attribute__\(\(target' src | grep -v '^src/core/num/')"
check "sources: architecture-dependent code is guarded" "$(
	for f in $(grep -rlE --include='*.[ch]' 'target_clones|__builtin_cpu_supports|immintrin\.h|__attribute__\(\(target' src); do
		grep -qE '__x86_64__' "$f" || echo "$f: no __x86_64__"
	done
)"
# varatt.h exists since 16; get_extension_schema is exported since 16; both need a guard or a substitute.
check "sources: what differs between PostgreSQL 14 and 18 is guarded" "$(perl -ne '
	$depth = 0, @guard = () if $ARGV ne $last;
	$last = $ARGV;
	if (/^\s*#\s*if/) { push @guard, /PG_VERSION_NUM/ ? 1 : 0 }
	elsif (/^\s*#\s*endif/) { pop @guard }
	elsif (/"varatt\.h"|\bget_extension_schema\s*\(|\bPG_MODULE_MAGIC_EXT\b/ && !grep { $_ } @guard)
	{ print "$ARGV: $_" }
	' $(find src/pg -name '*.[ch]'))"
check "sources: no attribute that PostgreSQL 18 lacks (UP_NORETURN is in base/platform.h)" "$(grep -rn --include='*.[ch]' 'pg_attribute_noreturn' src/pg)"
# utils/pg_locale.h takes unicode/ucol.h, which the server's headers do not bring: every machine without libicu-dev fails.
check "sources: no header of the server that needs ICU's" "$(grep -rnE --include='*.[ch]' '#include "utils/pg_locale\.h"' src/pg)"
check "sources: headers have a guard named after them" "$(perl -0777 -ne '
	($name) = $ARGV =~ m{([^/]*)\.h$};
	$name = uc $name;
	print "$ARGV: #ifndef UPROFILE_${name}_H\n" unless /^#ifndef UPROFILE_(?:PG_)?${name}_H$/m || $ARGV =~ /kernel/;
	' $(find src test/unit -name '*.h'))"
check "sources: a file says what it is for" "$(perl -0777 -ne '
	print "$ARGV: does not begin with a comment\n" unless m{^/\*};
	' $(find src test/unit -name '*.[ch]'))"
check "sources: the small benchmarks compile" "$(for f in bench/micro/*.c; do
	${CC:-cc} -std=gnu11 -fsyntax-only -Wall -Werror=implicit-function-declaration -Isrc/core -Itest/unit "$f" 2>&1
done)"
check "sources: no file above 800 lines" "$(wc -l $(find src -name '*.[ch]') | awk '$1 > 800 && $2 != "total"')"
check "sources: no function above 100 lines" "$(awk '
	FNR == 1 { start = 0 }
	/^{/ { start = FNR }
	/^}/ { if (start && FNR - start > 100) print FILENAME ":" start ": " FNR - start " lines"; start = 0 }
	' $(find src -name '*.c'))"
finish
