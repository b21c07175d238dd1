#!/bin/bash
# uprofile_progress: what a long call says to other sessions, to whom, and that nothing stays of a call that ended, failed, was cancelled or
# killed. The library is not preloaded here.
. "$(dirname "$0")/common.bash"
make_roles up_anna up_bert
scratch_database progress

check "progress: set-up" "$(psql -qX -c 'CREATE EXTENSION uprofile' -c 'GRANT CREATE ON SCHEMA public TO PUBLIC' 2>&1
as up_anna -c "CREATE TABLE points AS SELECT i AS id, i % 101 AS a, i % 89 AS b, i % 7 > 3 AS gone FROM generate_series(1, 4000) i")"

# seen ROLE SQL: the first answer that is not empty, while the session of $! is there.
seen()
{
	local got i

	for i in $(seq 200); do
		got=$(as "$1" -c "$2")
		[ -z "$got" ] || break
		kill -0 $! 2>/dev/null || break
		sleep 0.05
	done
	echo "$got"
}

endless="{\"max_iter\": 1000000, \"tol\": 0, \"n_iter_no_change\": 1000000, \"hidden_layer_sizes\": [100, 100]}"
as up_anna -c "SELECT uprofile_train('long', 'points', target => 'gone', algorithm => 'mlp', params => '$endless')" >/dev/null &
check_equal "progress: another session of the role sees a training" "$(seen up_anna "SELECT role, call, object, phase, share < 0.5, seconds_left > 0, started > now() - interval '1 minute'
	FROM uprofile_progress WHERE phase = 'training' AND seconds_left > 0")" "up_anna|uprofile_train|long|training|t|t|t"
check_equal "progress: a member of all roles sees it" "$(psql -qXAt -c "SELECT count(*) FROM uprofile_progress" 2>&1)" "1"
check_equal "progress: another role does not" "$(as up_bert -c "SELECT count(*) FROM uprofile_progress")" "0"
check_equal "progress: nor does another database" "$(psql -qXAt -d postgres -c 'CREATE SCHEMA progress_spare; CREATE EXTENSION uprofile SCHEMA progress_spare' \
	-c 'SELECT count(*) FROM progress_spare.uprofile_progress' -c 'SET client_min_messages = error; DROP SCHEMA progress_spare CASCADE' 2>&1)" "0"
as up_anna -c "SELECT pg_cancel_backend(pid) FROM uprofile_progress" >/dev/null
wait
check_equal "progress: a cancelled call is gone" "$(as up_anna -c "SELECT count(*) FROM uprofile_progress")" "0"

as up_anna -c "SELECT uprofile_mlp(p, 'gone', '$endless') FROM points p" >/dev/null &
check_equal "progress: an aggregate" "$(seen up_anna "SELECT call, object IS NULL FROM uprofile_progress WHERE phase = 'training'")" "uprofile_mlp|t"
as up_anna -c "SELECT pg_terminate_backend(pid) FROM uprofile_progress" >/dev/null
wait
check_equal "progress: a session that was ended is gone" "$(as up_anna -c "SELECT count(*) FROM uprofile_progress")" "0"

as up_anna -c "SELECT count(*) FROM uprofile_cross_validate('points', 'gone', 'mlp', params => '$endless')" >/dev/null &
check_equal "progress: folds" "$(seen up_anna "SELECT call, object, phase, share < 0.2, seconds_left > 0 FROM uprofile_progress WHERE phase ~ ': training' AND seconds_left > 0")" \
	"uprofile_cross_validate|points|validating folds: training|t|t"
as up_anna -c "SELECT pg_cancel_backend(pid) FROM uprofile_progress" >/dev/null
wait

# A call that fails in a subtransaction leaves nothing, and another one can begin in the same session.
check_equal "progress: a failure that is caught" "$(as up_anna -c "DO \$\$ BEGIN
	BEGIN PERFORM uprofile_train('bad', 'points', target => 'nothing'); EXCEPTION WHEN OTHERS THEN NULL; END;
	IF EXISTS (SELECT FROM uprofile_progress) THEN RAISE 'it is still told'; END IF;
	PERFORM uprofile_train('good', 'points', target => 'gone', algorithm => 'bayes'); END \$\$" -c "SELECT count(*) FROM uprofile_progress")" "0"
finish
