#!/bin/bash
# PgBouncer in transaction mode: many clients share few sessions of the server, and each transaction is given the next of them. What a
# session keeps (parsed models, plans, looked-up profiles, settings) neither reaches the next client nor goes stale.
. "$(dirname "$0")/common.bash"
pgbouncer=$(PATH=$PATH:/usr/sbin command -v pgbouncer)
[ -n "$pgbouncer" ] || { echo "skip poolers: pgbouncer is not installed"; exit 0; }
python=/usr/bin/python3
[ -x $python ] || python=python3
$python -c 'import psycopg' 2>/dev/null || { echo "skip poolers: python3-psycopg is not installed"; exit 0; }

roles="pool_anna pool_bert pool_gate"
forget_roles()
{
	for role in $roles; do
		psql -qX -d postgres -c "DROP ROLE IF EXISTS $role" 2>/dev/null
	done
}
forget_roles
scratch_database poolers
pid=
pool=$(mktemp -d "$PGHOST/pool.XXXXXX") || exit 1
trap '[ -z "$pid" ] || { kill "$pid"; wait "$pid"; } 2>/dev/null
	PGDATABASE=postgres dropdb --if-exists --force poolers; forget_roles; rm -rf "$pool"' EXIT
owner=$(stat -c %U "$PGHOST/data")
printf '"%s" ""\n' $PGUSER $roles >"$pool/users"
cat >"$pool/ini" <<INI
[databases]
poolers = host=$PGHOST port=$PGPORT dbname=poolers
statements = host=$PGHOST port=$PGPORT dbname=poolers pool_mode=statement
[pgbouncer]
listen_port = 6432
unix_socket_dir = $pool
auth_type = trust
auth_file = $pool/users
admin_users = $PGUSER
pool_mode = transaction
default_pool_size = 3
server_round_robin = 1
ignore_startup_parameters = extra_float_digits
logfile = $pool/log
pidfile = $pool/pid
INI
chown -R "$owner" "$pool"
as_owner=()
[ "$(id -u)" != 0 ] || as_owner=(-u "$owner")
# As the server's owner, who is no superuser of the system; it listens on a socket alone.
"$pgbouncer" -q ${as_owner[@]+"${as_owner[@]}"} "$pool/ini" >/dev/null 2>&1 &
pid=$!
for _ in $(seq 100); do
	[ ! -S "$pool/.s.PGSQL.6432" ] || break
	kill -0 $pid 2>/dev/null || break
	sleep 0.05
done
psql -qX -c 'CREATE EXTENSION uprofile' -c 'GRANT CREATE ON SCHEMA public TO PUBLIC'
for role in $roles; do
	psql -qX -c "CREATE ROLE $role LOGIN"
done
psql -qX -c 'GRANT pool_anna, pool_bert TO pool_gate' -c 'ALTER ROLE pool_gate NOINHERIT'
POOL=$pool timeout 120 $python test/t/poolers.py || up_failed=1
check "poolers: the pooler is alive" "$(kill -0 $pid 2>&1 || cat "$pool/log")"
finish
