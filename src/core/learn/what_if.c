/*
 * what_if.c - the smallest changes that bring a prediction over a threshold; see what_if.h
 *
 * Minimizes the sum over the changed inputs of |after - before| / unit (1 for each category) subject to f(changed row) on the right
 * side of the threshold, over at most a few inputs and values between given bounds. Wachter, Mittelstadt, Russell (2018) put the
 * question so; since models are step functions as often as not, it is answered without gradients:
 *
 *   every single change on a grid, exactly; then sets of changes, from those that gained the most for what they cost on (a beam);
 *   of what is found each value is brought back as far as the prediction stays, by halving, and changes that are not needed go.
 *
 * A set is only kept where it costs less than the best so far, so that no single change of the grid costs less than the answer. Nothing
 * is random. Cost: about inputs × values × BEAM × changes predictions, in blocks.
 */
#include "learn/what_if.h"

#include <math.h>
#include <string.h>

#define BEAM    32
#define BLOCK   128
#define HALVES  40
#define ROUNDS  5
#define MOST    8    /* changes */
#define EPSILON 1e-9 /* by which a cost must be less */

/* A set of changes. */
typedef struct Set
{
	uint32_t n;
	UpChange changes[MOST];
	double cost;
	double reached; /* how far over the threshold; below 0: not yet */
} Set;

typedef struct Search
{
	const UpWhatIf *q;
	uint32_t n_inputs;
	double *rows; /* BLOCK × n_inputs */
	double *out;
	double start; /* reached by the row as it is */
	Set waiting[BLOCK];
	uint32_t n_waiting;
	Set beam[BEAM], next[BEAM];
	uint32_t n_beam, n_next;
	Set best;
	bool found;
} Search;

static double
cost_of(const UpWhatIf *q, const UpChange *change)
{
	const UpChangeable *c = &q->changeable[change->of];
	double before = q->inputs[c->input];

	if (!c->ordered || isnan(before))
		return 1;
	return fabs(change->value - before) / c->unit;
}

static void
apply(const UpWhatIf *q, const Set *set, double *row)
{
	for (uint32_t i = 0; i < set->n; i++)
		row[q->changeable[set->changes[i].of].input] = set->changes[i].value;
}

/* The predictions of n rows: how far each is over the threshold. */
static void
reach(Search *s, uint32_t n, double *reached)
{
	const UpModel *m = s->q->model;

	up_tick();
	if (s->q->output < 0)
		up_model_predict(m, s->rows, n, s->out);
	else
		up_model_proba(m, s->rows, n, s->out);
	for (uint32_t i = 0; i < n; i++)
	{
		double f = s->q->output < 0 ? s->out[i] : s->out[(size_t) i * m->n_classes + (size_t) s->q->output];

		reached[i] = s->q->below ? s->q->threshold - f : f - s->q->threshold;
	}
}

static double
reach_of(Search *s, const Set *set)
{
	double reached;

	memcpy(s->rows, s->q->inputs, s->n_inputs * sizeof(double));
	apply(s->q, set, s->rows);
	reach(s, 1, &reached);
	return reached;
}

static double
promise(const Search *s, const Set *set)
{
	return (set->reached - s->start) / (set->cost + 0.05);
}

/* Keeps the BEAM most promising, the best first; of equal ones the earlier. */
static void
consider(Search *s, const Set *set)
{
	uint32_t at = s->n_next;

	if (set->reached <= s->start)
		return;
	while (at > 0 && promise(s, &s->next[at - 1]) < promise(s, set))
		at--;
	if (at == BEAM)
		return;
	if (s->n_next < BEAM)
		s->n_next++;
	memmove(&s->next[at + 1], &s->next[at], (s->n_next - 1 - at) * sizeof(Set));
	s->next[at] = *set;
}

static bool
is_better(const Search *s, const Set *set)
{
	return !s->found || set->cost < s->best.cost - EPSILON;
}

static void
flush(Search *s)
{
	double reached[BLOCK];

	for (uint32_t i = 0; i < s->n_waiting; i++)
	{
		memcpy(s->rows + (size_t) i * s->n_inputs, s->q->inputs, s->n_inputs * sizeof(double));
		apply(s->q, &s->waiting[i], s->rows + (size_t) i * s->n_inputs);
	}
	if (s->n_waiting > 0)
		reach(s, s->n_waiting, reached);
	for (uint32_t i = 0; i < s->n_waiting; i++)
	{
		Set *set = &s->waiting[i];

		set->reached = reached[i];
		if (set->reached < 0)
			consider(s, set);
		else if (is_better(s, set))
		{
			s->best = *set;
			s->found = true;
		}
	}
	s->n_waiting = 0;
}

static void
try(Search *s, const Set *from, uint32_t of, double value)
{
	Set *set = &s->waiting[s->n_waiting];
	UpChange change = {of, value};
	double before = s->q->inputs[s->q->changeable[of].input];

	if (value == before || isnan(value))
		return;
	*set = *from;
	set->changes[set->n++] = change;
	set->cost += cost_of(s->q, &change);
	if (!is_better(s, set))
		return;
	if (++s->n_waiting == BLOCK)
		flush(s);
}

static void
try_all(Search *s, const Set *from)
{
	for (uint32_t of = 0; of < s->q->n; of++)
	{
		const UpChangeable *c = &s->q->changeable[of];
		bool changed = false;

		for (uint32_t i = 0; i < from->n; i++)
			changed = changed || from->changes[i].of == of;
		for (uint32_t i = 0; !changed && i < c->n; i++)
			try(s, from, of, c->values[i]);
	}
	flush(s);
}

/* ---- back as far as possible ------------------------------------------------------------------------------------- */

static bool
reaches(Search *s, Set *set)
{
	set->cost = 0;
	for (uint32_t i = 0; i < set->n; i++)
		set->cost += cost_of(s->q, &set->changes[i]);
	set->reached = reach_of(s, set);
	return set->reached >= 0;
}

static bool
leave_out(Search *s, uint32_t i)
{
	Set without = s->best;

	if (without.n == 1)
		return false;
	memmove(&without.changes[i], &without.changes[i + 1], (without.n - 1 - i) * sizeof(UpChange));
	without.n--;
	if (!reaches(s, &without))
		return false;
	s->best = without;
	return true;
}

/* Halves what lies between the value as it was and as it is now. */
static void
bring_back(Search *s, uint32_t i)
{
	const UpChangeable *c = &s->q->changeable[s->best.changes[i].of];
	double back = s->q->inputs[c->input];

	for (int k = 0; c->ordered && !isnan(back) && k < HALVES; k++)
	{
		Set set = s->best;
		double now = set.changes[i].value, between = back + (now - back) / 2;

		if (c->whole)
			between = now > back ? ceil(back + (now - back - 1) / 2) : floor(back - (back - now - 1) / 2);
		if (between == back || between == now || fabs(now - back) < 1e-6 * c->unit)
			break;
		set.changes[i].value = between;
		if (reaches(s, &set))
			s->best = set;
		else
			back = between;
	}
}

/* The shortest number that lies nearly there. */
static void
round_off(Search *s, uint32_t i)
{
	const UpChangeable *c = &s->q->changeable[s->best.changes[i].of];
	double value = s->best.changes[i].value, least;

	if (!c->ordered || c->whole)
		return;
	least = s->best.cost;
	for (int digits = 1; digits < 7; digits++)
	{
		double step = pow(10, floor(log10(UP_MAX(fabs(value), 1e-300))) + 1 - digits);

		for (int up = 0; up < 2; up++)
		{
			Set set = s->best;
			double rounded = (up == 1 ? ceil(value / step) : floor(value / step)) * step;

			if (!isfinite(rounded) || rounded < c->low || rounded > c->high)
				continue;
			set.changes[i].value = rounded;
			if (reaches(s, &set) && set.cost <= least * 1.01)
			{
				s->best = set;
				return;
			}
		}
	}
}

static void
improve(Search *s)
{
	for (int round = 0; round < ROUNDS; round++)
	{
		double before = s->best.cost;

		for (uint32_t i = 0; i < s->best.n; i++)
		{
			if (leave_out(s, i))
				i--;
		}
		for (uint32_t i = 0; i < s->best.n; i++)
			bring_back(s, i);
		if (!(s->best.cost < before - EPSILON))
			break;
	}
	for (uint32_t i = 0; i < s->best.n; i++)
		round_off(s, i);
}

static void
tell(const Search *s, UpWhatIfAnswer *a)
{
	a->found = s->found;
	if (!s->found)
		return;
	a->n = s->best.n;
	a->cost = s->best.cost;
	a->changes = up_alloc_array(s->best.n, sizeof(UpChange));
	a->after = s->q->below ? s->q->threshold - s->best.reached : s->q->threshold + s->best.reached;
	for (uint32_t i = 0; i < s->best.n; i++)
	{
		uint32_t at = i;

		for (; at > 0 && a->changes[at - 1].of > s->best.changes[i].of; at--)
			a->changes[at] = a->changes[at - 1];
		a->changes[at] = s->best.changes[i];
	}
}

void
up_what_if(const UpWhatIf *question, UpWhatIfAnswer *answer)
{
	Search *s = up_alloc0(sizeof(Search));
	Set nothing = {0};

	memset(answer, 0, sizeof(*answer));
	s->q = question;
	s->n_inputs = question->model->pipeline->n_inputs;
	up_reserve((size_t) BLOCK * (s->n_inputs + UP_MAX(question->model->n_classes, 1)) * sizeof(double),
			   "looking for changes");
	s->rows = up_alloc_array((size_t) BLOCK * UP_MAX(s->n_inputs, 1), sizeof(double));
	s->out = up_alloc_array((size_t) BLOCK * UP_MAX(question->model->n_classes, 1), sizeof(double));
	nothing.reached = s->start = reach_of(s, &nothing);
	answer->before = question->below ? question->threshold - s->start : question->threshold + s->start;
	answer->there = s->start >= 0;
	if (!answer->there)
	{
		try_all(s, &nothing);
		for (uint32_t n = 1; n < UP_MIN(question->most, MOST); n++)
		{
			memcpy(s->beam, s->next, sizeof(s->beam));
			s->n_beam = s->n_next;
			s->n_next = 0;
			for (uint32_t i = 0; i < s->n_beam; i++)
				try_all(s, &s->beam[i]);
		}
		if (s->found)
			improve(s);
		tell(s, answer);
	}
	up_free(s->rows);
	up_free(s->out);
	up_free(s);
}
