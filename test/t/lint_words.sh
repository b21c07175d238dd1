#!/bin/bash
# What does not belong into a repository: unfinished work, the workplace where it was made, leftovers.
. "$(dirname "$0")/common.bash"

files=$(project_files | grep -v -e '^test/t/lint_words\.sh$' -e '\.gz$' -e '^test/data/.*\.bin$')
search()
{
	# shellcheck disable=SC2086
	tr '\n' '\0' <<<"$files" | xargs -0 grep -nIE "$@" -- 2>/dev/null
}

check "words: nothing is left to do" "$(search '\b(TODO|FIXME|XXX|HACK|WIP)\b')"
check "words: no workplace" "$(search '(^|[^A-Za-z0-9_.])/(work|root|tmp/infra)/|\.library/' ; search 'shared/data' | grep -v '^\.ci/run:')"
check "words: no numbered issues" "$(search -i '\b(issue|ticket|pull request|PR) ?#?[0-9]+\b|[^&0-9A-Za-z]#[0-9]{1,4}\b' | grep -vE '^(bench|demo|docs)/[^:]*\.(svg|html|css)|^expected/|#[0-9a-fA-F]{6}')"
check "words: nobody but the reader" "$(search -i '\b(the lead|helper [a-z]+ (wrote|will)|brief says|as an ai|language model)\b')"
check "words: no merge leftovers" "$(search '^(<<<<<<<|>>>>>>>)( |$)')"
check "files: lines end with LF, none with blanks" \
	"$(search $'[\r \t]$' | grep -vE '^(expected|test/data|test/unit/data|test/isolation/expected)/' | head -20)"
finish
