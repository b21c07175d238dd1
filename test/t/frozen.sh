#!/bin/bash
# Upgrade scripts that were released stay as they are (test/data/frozen): whoever updated by one must be where others are.
#
#   bash test/t/frozen.sh --freeze   takes the fingerprints of those that have none yet, at a release
. "$(dirname "$0")/common.bash"
list=test/data/frozen

# uprofile--A--B.sql where B is not the version that is being made, or all with --freeze.
version=$(sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" uprofile.control)
if [ "${1:-}" = --freeze ]; then
	for script in sql/uprofile--*--*.sql; do
		if ! grep -q " $script$" "$list"; then
			sha256sum "$script" >>"$list"
			echo "frozen: $script"
		fi
	done
fi
check "frozen: released upgrade scripts are as they were released" "$(grep -v '^#' "$list" | while read -r sum script; do
	[ "$(sha256sum "$script" 2>/dev/null | cut -d' ' -f1)" = "$sum" ] || echo "$script has changed, or is gone: what is new belongs into another script"
done)"
check "frozen: every script to a version before $version is" "$(for script in sql/uprofile--*--*.sql; do
	[[ $script == *--$version.sql ]] || grep -q " $script$" "$list" || echo "$script: run bash test/t/frozen.sh --freeze"
done)"
# A released version that is the present one, as test/data/releases says, is frozen too.
check "frozen: every script to a released version is" "$(grep -v '^#' test/data/releases | while read -r released _; do
	for script in sql/uprofile--*--"$released".sql; do
		[ ! -e "$script" ] || grep -q " $script$" "$list" || echo "$script: run bash test/t/frozen.sh --freeze"
	done
done)"
finish
