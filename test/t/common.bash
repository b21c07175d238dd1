# Sourced by test/t/*.sh: lines "ok name" and "FAIL name", and a status at the end (call finish last).
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
up_failed=0

ok()
{
	echo "ok $1"
}

fail()
{
	echo "FAIL $1"
	[ $# -lt 2 ] || printf '%s\n' "$2" | sed 's/^/    /'
	up_failed=1
}

# check NAME FOUND: passes where nothing was found, else shows it.
check()
{
	if [ -z "$2" ]; then ok "$1"; else fail "$1" "$2"; fi
}

# check_equal NAME GOT WANTED
check_equal()
{
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		fail "$1" "got:    $2
wanted: $3"
	fi
}

# check_query NAME SQL: the query must run and return no row.
check_query()
{
	local rows

	rows=$(psql -qXAt -v ON_ERROR_STOP=1 -F ' | ' -c "$2" 2>&1) || rows="${rows:-psql failed}"
	check "$1" "$rows"
}

# The files of the project: those that git knows or would add, else all that .gitignore does not name.
project_files()
{
	git ls-files -co --exclude-standard 2>/dev/null && return
	find . \( -path ./.git -o -path ./build -o -path ./results -o -path ./tmp_check -o -name __pycache__ \) -prune -o \
		-type f -not -name '*.[od]' -not -name '*.so' -not -name '*.bc' -not -name '*.gcno' -not -name '*.gcda' \
		-not -path './regression.*' -not -path './.*.lock*' -not -path ./src/pg/exports.list -print |
		sed -e 's|^\./||' -e '/^sql\/uprofile--[0-9.]*\.sql$/d'
}

# The install script, as make builds it.
install_script()
{
	awk -f sql/generate.awk src/core/learn/learners.list src/core/assess/metrics.list sql/parts/*.sql
}

# run_cancelled MS SQL: runs it with that statement_timeout. output receives what psql said, over the milliseconds of
# processor time that it took beyond MS. Not by the clock: on a loaded machine that would measure the others.
run_cancelled()
{
	local cpu='\! cut -d" " -f14,15 /proc/$UP_BACKEND/stat | sed "s/^/cpu /"' ticks

	output=$(printf '%s\n' 'SELECT pg_backend_pid() AS pid \gset' '\setenv UP_BACKEND :pid' "$cpu" \
		"SET statement_timeout = '$1ms';" "$2;" "$cpu" | psql -qX 2>&1)
	ticks=$(awk '$1 == "cpu" { if (n++) t += $2 + $3; else t = -$2 - $3 } END { print n == 2 ? t : 0 }' <<<"$output")
	over=$((ticks * 1000 / $(getconf CLK_TCK) - $1))
}

# A database of its own for this script, dropped at the end: scratch_database NAME [createdb's options]
scratch_database()
{
	createdb "$@" || exit 1
	export PGDATABASE=$1
	trap 'PGDATABASE=postgres dropdb --if-exists --force '"$1" EXIT
}

finish()
{
	exit $up_failed
}
