/*
 * held.c - what a refresh has read of its source before it computes users; see held.h
 */
#include "postgres.h"

#include "access/xact.h"

#include "pg/profiles/held.h"
#include "pg/profiles/profile_write.h"
#include "pg/profiles/retrain_changes.h"

UpHeld
up_hold(UpProfile *p, const UpKeys *keys)
{
	UpHeld held = {up_profile_hold(p, keys), NULL, keys != NULL};

	if (p->clean != NULL)
	{
		held.cleaned = up_profile_clean(p, held.rows, keys);
		held.rows = held.cleaned->held;
	}
	held.rows->asked = keys;
	up_profile_stand_in(p, held.rows);
	return held;
}

void
up_let_go(UpProfile *p, UpHeld *held)
{
	if (held->rows != NULL)
		up_profile_let_go(p, held->rows);
	*held = (UpHeld){NULL};
}

UpHeld
up_hold_and_note(UpProfile *p, const UpProfileTable *table, const UpKeys *keys, int64 *changed)
{
	UpHeld held = {NULL};

	*changed = 0;
	if (keys != NULL && keys->n == 0)
		return held;
	held = up_hold(p, keys);
	*changed = up_retrain_note(p, table, held.rows);
	return held;
}

/* Whether a model is to be trained, or learns on: then everybody is held. */
static void
hold_for_training(UpProfile *p, List *steps, UpHeld *held, bool *learns_on)
{
	bool trains = false;
	ListCell *cell;

	*learns_on = false;
	foreach (cell, steps)
	{
		const UpModelStep *step = lfirst(cell);

		trains = trains || step->why != NULL;
		*learns_on = *learns_on || step->learns_on;
	}
	if (!trains || (held->rows != NULL && !held->some))
		return;
	up_let_go(p, held);
	*held = up_hold(p, NULL);
	/* What comes to nothing when users are written is not trained first. */
	up_profile_refuse_repeated(p, held->rows);
}

/* The query of the users who changed, in the words of a source. */
static const char *
changed_query(UpProfile *p, const UpProfileTable *table, UpHeld held)
{
	const char *query = p->query, *changed;

	p->query = up_retrain_changed_query(p, table, held.rows);
	changed = up_profile_rows_query(p);
	p->query = query;
	return changed;
}

UpHeld
up_train_due(UpProfile *p, const UpProfileTable *table, const UpFollow *follow, bool all_users,
			 const UpRetrainOrder *order, List **steps)
{
	UpHeld held = {NULL};
	UpRetrainLook look = {0};
	bool learns_on;

	if (up_retrain_counts(p))
	{
		up_profile_find_deployed(p);
		look.everybody = all_users || follow->full != NULL || up_follow_due(follow, p) != NULL;
		held = up_hold_and_note(p, table, look.everybody ? NULL : &follow->keys, &look.changed);
	}
	*steps = up_profile_due(p, order, look);
	hold_for_training(p, *steps, &held, &learns_on);
	up_profile_train(p, *steps, learns_on ? changed_query(p, table, held) : NULL);
	up_profile_find_usable(p, *steps);
	/* What was trained just now is visible to what follows. */
	CommandCounterIncrement();
	return held;
}
