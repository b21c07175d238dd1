#!/bin/bash
# What is kept with a model of events runs with the rights of its owner, whoever scores: no more than his, no less.
. "$(dirname "$0")/common.bash"
for role in up_ev_a up_ev_b; do
	psql -qX -d postgres -c "CREATE ROLE $role LOGIN" 2>/dev/null
done
scratch_database event_rights

check "event rights: set-up" "$(as postgres -c 'CREATE EXTENSION uprofile' -c 'CREATE SCHEMA hers AUTHORIZATION up_ev_a' \
	-c 'CREATE TABLE closed (customer int, at timestamp)')"
check "event rights: training" "$(as up_ev_a -c 'SET search_path = hers, public' \
	-c "CREATE TABLE visits AS SELECT i % 50 AS customer, timestamp '2025-01-01' + i * interval '5 hours' AS at, i % 7 AS worth FROM generate_series(1, 1000) i WHERE i % 50 < 25 OR i % 3 = 0" \
	-c "CREATE FUNCTION who(int) RETURNS text LANGUAGE plpgsql AS \$\$ BEGIN RETURN current_user; END \$\$" \
	-c "SELECT FROM uprofile_train_event('hers', NULL, 'SELECT *, who(worth) AS ran_as FROM visits', 'customer', 'at', 'count(*)', '10 days', anchors => '{\"last\": 3}', algorithm => 'linear', deploy => 'always',
		features => 'SELECT customer, count(*) AS n, count(*) FILTER (WHERE ran_as = ''up_ev_a'') AS hers FROM events GROUP BY 1')")"
check_equal "event rights: another has none" "$(as up_ev_b -c "SELECT count(*) FROM uprofile_score_event('hers')" | grep -c '^ERROR:  model "hers" does not exist')" 1
check_equal "event rights: nor sees what was made of it" \
	"$(as up_ev_b -c 'SELECT (SELECT count(*) FROM uprofile_backtests) + (SELECT count(*) FROM uprofile_model_designs) + (SELECT count(*) FROM uprofile_model_backtests)')" 0
check "event rights: shared for use" "$(as up_ev_a -c "SELECT FROM uprofile_share('hers', 'up_ev_b', 'use')")"
check_equal "event rights: use is no right to the users" "$(as up_ev_b -c "SELECT count(*) FROM uprofile_score_event('hers')" | grep -c '^ERROR:  permission denied for model')" 1
check "event rights: shared wholly" "$(as up_ev_a -c "SELECT FROM uprofile_share('hers', 'up_ev_b', 'own')")"
for role in up_ev_b postgres up_ev_a; do
	check_equal "event rights: $role scores as the owner, under her path" "$(as $role -c "SELECT count(*) FROM uprofile_score_event('hers')")" 50
done
# What a text does is done as its owner, also where a superuser scores.
check "event rights: the owner's function turns" "$(as up_ev_a -c 'SET search_path = hers, public' \
	-c "CREATE OR REPLACE FUNCTION who(int) RETURNS text LANGUAGE plpgsql AS \$\$ BEGIN EXECUTE 'SELECT count(*) FROM public.closed'; RETURN current_user; END \$\$")"
check_equal "event rights: a superuser's rights are not hers" "$(as postgres -c "SELECT count(*) FROM uprofile_score_event('hers')" | grep -c '^ERROR:  permission denied for table closed')" 1
check_equal "event rights: training reads what the caller may" \
	"$(as up_ev_a -c "SELECT FROM uprofile_train_event('x', NULL, 'closed', 'customer', 'at')" | grep -c '^ERROR:  permission denied for table closed')" 1
# A dump carries definitions and backtests.
check "event rights: as it was" "$(as up_ev_a -c 'SET search_path = hers, public' \
	-c "CREATE OR REPLACE FUNCTION who(int) RETURNS text LANGUAGE plpgsql AS \$\$ BEGIN RETURN current_user; END \$\$")"
scores="SELECT md5(string_agg(s::text, ' ' ORDER BY user_key)) FROM uprofile_score_event('hers', '2025-06-01') s"
before=$(as up_ev_a -c "$scores")
pg_dump -Fc -d "$PGDATABASE" -f /tmp/up_events.$$ 2>/dev/null
was=$PGDATABASE
psql -qX -d postgres -c "CREATE DATABASE ${was}_2"
pg_restore -d "${was}_2" /tmp/up_events.$$ 2>/dev/null
rm -f /tmp/up_events.$$
check_equal "event rights: dumped and restored" "$(PGDATABASE=${was}_2 as up_ev_a -c "$scores" -c "SELECT count(*) > 0 FROM uprofile_backtests")" "$before
t"
psql -qX -d postgres -c "DROP DATABASE ${was}_2 WITH (FORCE)"
finish
