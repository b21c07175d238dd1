#!/bin/bash
# The storms (test/storm), short: seeded odd arguments for every function, forged models, predictions in blocks, sessions that are cancelled,
# terminated and (in a cluster of their own) killed. make storm SEEDS=… runs them long.
. "$(dirname "$0")/common.bash"
python=/usr/bin/python3
[ -x $python ] || python=$(command -v python3)
if [ -z "$python" ]; then
	echo "skip storm: there is no python3"
	exit 0
fi

storm()
{
	createdb storm && PGDATABASE=storm "$python" "$@" || up_failed=1
	dropdb --if-exists --force storm
}

storm test/storm/odd.py 1 1000
storm test/storm/forged.py 1 400
storm test/storm/kills.py 1 6
storm test/storm/blocks.py 1 150
# shellcheck disable=SC2016
UP_SHARED_BUFFERS=64MB test/cluster run bash -c 'createdb storm && PGDATABASE=storm "$0" test/storm/kills.py 1 4 sigkill' "$python" || up_failed=1
finish
