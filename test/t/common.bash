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

# Into counts: by how many workers the next case is done, beside by none: by 1, 2 or 4 in turn; by all of them with UP_LONG=1 (make test-long).
next_counts()
{
	local all=(1 2 4)

	if [ -n "${UP_LONG:-}" ]; then counts=${all[*]}; else counts=${all[$((n_counted++ % 3))]}; fi
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

# Into spent: the processor's time of a process so far, in ms; nothing where it is gone.
cpu_of()
{
	local fields

	spent=
	read -r -a fields 2>/dev/null <"/proc/$1/stat" && spent=$(((fields[13] + fields[14]) * 1000 / ticks_of_second))
}

# Waits for 5 ms without a process, which would take nearly as long of a processor that the watched ones need: nothing is ever said there.
nap()
{
	[ -n "${silence:-}" ] || exec {silence}<> <(:)
	read -r -t 0.005 -u "$silence"
}

# note_workers PID: what the parallel workers of a backend have worked so far, into worked (by process).
note_workers()
{
	local fields children child title spent=

	read -r -a fields 2>/dev/null <"/proc/$1/stat" || return
	read -r -a children 2>/dev/null <"/proc/${fields[3]}/task/${fields[3]}/children"
	for child in "${children[@]}"; do
		if [ -z "${worked[$child]+known}" ]; then
			read -r -d '' title 2>/dev/null <"/proc/$child/cmdline"
			[[ $title =~ "parallel worker for PID $1"( |$) ]] || continue
		fi
		! cpu_of "$child" || worked[$child]=$spent
	done
}

# run_cancelled MS SQL: cancels it when its backend has worked for so long. output receives what psql said, over the
# milliseconds for which it, or one of its workers, worked on after that. Not by the clock: on a loaded machine that would
# measure the others.
run_cancelled()
{
	local log psql pid="" from="" now="" spent ended worker late
	local -A worked=() before=()

	ticks_of_second=$(getconf CLK_TCK)
	log=$(mktemp) || exit 1
	printf '%s\n' 'SELECT pg_backend_pid() AS pid \gset' '\setenv UP_BACKEND :pid' '\! echo "pid $UP_BACKEND"' "SET statement_timeout = '200s';" \
		"$2;" '\! cut -d" " -f14,15 /proc/$UP_BACKEND/stat | sed "s/^/cpu /"' | psql -qX >"$log" 2>&1 &
	psql=$!
	while kill -0 $psql 2>/dev/null; do
		if [ -z "$pid" ]; then
			[ ! -s "$log" ] || pid=$(sed -n 's/^pid //p' "$log")
			[ -z "$pid" ] || { cpu_of "$pid"; from=$spent; }
		else
			cpu_of "$pid"
			now=$spent
			if [ -n "$now" ] && [ $((now - from)) -ge "$1" ]; then
				note_workers "$pid"
				for worker in "${!worked[@]}"; do before[$worker]=${worked[$worker]}; done
				kill -INT "$pid"
				break
			fi
		fi
		nap
	done
	while kill -0 $psql 2>/dev/null; do
		note_workers "$pid"
		nap
	done
	wait $psql
	output=$(cat "$log")
	ended=$(awk -v t="$ticks_of_second" '$1 == "cpu" { print int(($2 + $3) * 1000 / t) }' <<<"$output")
	over=$((${ended:-0} - ${now:-0}))
	for worker in "${!before[@]}"; do
		late=$((worked[$worker] - before[$worker]))
		[ $late -le $over ] || over=$late
	done
	rm -f "$log"
}

# A database of its own for this script, dropped at the end: scratch_database NAME [createdb's options]
scratch_database()
{
	createdb "$@" || exit 1
	export PGDATABASE=$1
	trap 'PGDATABASE=postgres dropdb --if-exists --force '"$1"'; forget_roles' EXIT
}

up_roles=
# Those of make_roles, where their databases are gone.
forget_roles()
{
	local role

	for role in $up_roles; do
		psql -qX -d postgres -c "DROP ROLE IF EXISTS $role" 2>/dev/null
	done
}

# Roles of its own for this script, which log in, dropped at the end with its database: make_roles NAME…
make_roles()
{
	local role

	up_roles="$up_roles $*"
	forget_roles
	for role in "$@"; do
		psql -qX -d postgres -c "CREATE ROLE $role LOGIN"
	done
}

# What a role's statements say, errors too, up to the first one: as ROLE psql's arguments…; MORE: further options of the session
as()
{
	local role=$1

	shift
	PGOPTIONS="-c client_min_messages=error ${MORE:-}" PGUSER=$role psql -qXAt -v ON_ERROR_STOP=1 "$@" 2>&1
}

# refused NAME ROLE SQL PATTERN: an error that matches.
refused()
{
	local got

	got=$(as "$2" -c "$3")
	if grep -qE "ERROR: .*($4)" <<<"$got"; then ok "$1"; else fail "$1" "$got"; fi
}

finish()
{
	exit $up_failed
}
