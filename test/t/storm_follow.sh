#!/bin/bash
# Profiles that follow their users, by chance: random sources whose analysis must be true (test/storm/sources.py), and 5
# seeds of writers, refreshes and killed sessions that meet (test/storm/follow.py). make storm runs both long.
. "$(dirname "$0")/common.bash"
python=/usr/bin/python3
[ -x $python ] || python=$(command -v python3)
if [ -z "$python" ]; then
	echo "skip storm_follow: there is no python3"
	exit 0
fi
createdb storm_sources && PGDATABASE=storm_sources "$python" test/storm/sources.py 1 60 || up_failed=1
dropdb --if-exists --force storm_sources
# In a cluster of its own, since a backend that is killed makes the server restart all.
# shellcheck disable=SC2016
UP_SHARED_BUFFERS=64MB test/cluster run bash -c 'createdb storm && PGDATABASE=storm "$0" test/storm/follow.py 1 5 sigkill' "$python" || up_failed=1
finish
