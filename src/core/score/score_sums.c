/*
 * score_sums.c - moments of each column by class, and with the label as a number; see score_sums.h
 *
 * What lies between classes and within them, and products with a number, follow from means and squares (joint.h) without loss.
 * Cost: O(1) a value; memory 32 bytes a column and class.
 */
#include "score/score_sums.h"

#include "score/column_places.h"

#include <math.h>
#include <string.h>

struct UpScoreSums
{
	uint32_t d;
	bool codes;
	uint32_t most_classes;
	UpJoint *joints; /* d, with labels that are numbers; a large array, as the next ones but labels */
	bool classes;    /* moments by class are kept */
	uint32_t n_classes, capacity;
	double *labels;    /* of the classes */
	UpMoment *moments; /* d × capacity */
	uint32_t *group;   /* of each row of a chunk */
	size_t most_rows;
};

UpScoreSums *
up_score_sums_new(uint32_t d, bool codes, uint32_t most_classes)
{
	UpScoreSums *s = up_alloc0(sizeof(UpScoreSums));

	s->d = d;
	s->codes = codes;
	s->classes = true;
	s->most_classes = most_classes;
	if (!codes)
		s->joints = up_alloc_large_zeroed(UP_MAX(d, 1), sizeof(UpJoint));
	return s;
}

static void
make_room(UpScoreSums *s, uint32_t n)
{
	uint32_t capacity = UP_MAX(2 * s->capacity, UP_MAX(n, 4));
	UpMoment *moments;

	if (n <= s->capacity)
		return;
	up_reserve((size_t) s->d * capacity * sizeof(UpMoment), "sums of columns by class");
	moments = up_alloc_large_zeroed(UP_MAX((size_t) s->d * capacity, 1), sizeof(UpMoment));
	for (uint32_t j = 0; j < s->d && s->capacity > 0; j++)
		memcpy(moments + (size_t) j * capacity, s->moments + (size_t) j * s->capacity,
			   s->n_classes * sizeof(UpMoment));
	up_free_large(s->moments);
	s->moments = moments;
	s->labels = s->labels == NULL ? up_alloc_array(capacity, sizeof(double))
								  : up_realloc(s->labels, capacity * sizeof(double));
	s->capacity = capacity;
}

/* The number of a label that is a number; false: labels are no classes. */
static bool
class_of(UpScoreSums *s, double label, uint32_t *class)
{
	for (*class = 0; *class < s->n_classes; (*class)++)
	{
		if (s->labels[*class] == label)
			return true;
	}
	if (label != floor(label) || s->n_classes == s->most_classes)
		return false;
	make_room(s, s->n_classes + 1);
	s->labels[s->n_classes++] = label;
	return true;
}

static void
class_of_code(UpScoreSums *s, double code, uint32_t *class)
{
	*class = (uint32_t) code;
	if (*class < s->n_classes)
		return;
	make_room(s, *class + 1);
	for (; s->n_classes <= *class; s->n_classes++)
		s->labels[s->n_classes] = s->n_classes;
}

static void
find_groups(UpScoreSums *s, const double *labels, size_t n)
{
	if (n > s->most_rows)
	{
		up_free_large(s->group);
		s->group = up_alloc_large_array(n, sizeof(uint32_t));
		s->most_rows = n;
	}
	for (size_t i = 0; i < n && s->classes; i++)
	{
		if (s->codes)
			class_of_code(s, labels[i], &s->group[i]);
		else if (!class_of(s, labels[i], &s->group[i]))
			s->classes = false;
	}
}

/* What a part of a job is told, and what it sees. */
typedef struct Told
{
	size_t n;
	uint32_t n_classes, capacity;
} Told;

enum
{
	BASE,
	PLACES,
	LABELS,
	JOINTS, /* or NULL */
	GROUPS,
	MOMENTS, /* or NULL */
	N_ARRAYS
};

static void
add_column(const void *fixed, void *const *arrays, uint32_t j)
{
	const Told *t = fixed;
	const double *v = up_column_at(arrays[BASE], arrays[PLACES], j);

	if (arrays[JOINTS] != NULL)
		up_joint_add((UpJoint *) arrays[JOINTS] + j, v, arrays[LABELS], t->n);
	if (arrays[MOMENTS] != NULL)
		up_moments_add((UpMoment *) arrays[MOMENTS] + (size_t) j * t->capacity, t->n_classes, v, arrays[GROUPS],
					   t->n);
}

void
up_score_sums_add(UpScoreSums *s, const double *const *v, const double *labels, size_t n)
{
	void *arrays[N_ARRAYS];
	Told t;

	find_groups(s, labels, n);
	if (s->d == 0)
		return;
	t = (Told){n, s->n_classes, s->capacity};
	arrays[BASE] = (void *) (uintptr_t) v[0];
	arrays[PLACES] = up_column_places(v, s->d);
	arrays[LABELS] = (void *) (uintptr_t) labels;
	arrays[JOINTS] = s->joints;
	arrays[GROUPS] = s->group;
	arrays[MOMENTS] = s->classes ? s->moments : NULL;
	up_parallel(s->d, add_column, &t, sizeof(t), arrays, N_ARRAYS);
	up_free_large(arrays[PLACES]);
}

const double *
up_score_sums_labels(const UpScoreSums *s, uint32_t *n)
{
	*n = s->n_classes;
	return s->classes ? s->labels : NULL;
}

/* ---- what they say ---- */

static const UpMoment *
moments_of(const UpScoreSums *s, uint32_t column)
{
	return s->moments + (size_t) column * s->capacity;
}

static UpMoment
all_of(const UpScoreSums *s, uint32_t column)
{
	const UpMoment *m = moments_of(s, column);
	UpMoment all = {.n = 0};

	for (uint32_t c = 0; c < s->n_classes; c++)
		up_moment_merge(&all, &m[c]);
	return all;
}

/* Of classes that stand for numbers. */
static UpJoint
joint_of(const UpScoreSums *s, uint32_t column, const double *value_of)
{
	const UpMoment *m = moments_of(s, column);
	UpJoint j = {.products = 0};

	if (!s->codes)
		return s->joints[column];
	for (uint32_t c = 0; c < s->n_classes; c++)
	{
		UpJoint one = {.x = m[c], .y = {.n = m[c].n, .mean = value_of[c]}};

		up_joint_merge(&j, &one);
	}
	return j;
}

UpScore
up_score_sums_correlation(const UpScoreSums *s, uint32_t column, const double *value_of)
{
	UpJoint j = joint_of(s, column, value_of);
	UpScore found = {NAN, NAN, (size_t) j.x.n, "pearson"};

	if (found.n < 2)
		return found;
	found.value = up_joint_correlation(&j);
	found.p_value = up_score_correlation_p(found.value, found.n);
	return found;
}

UpScore
up_score_sums_f(const UpScoreSums *s, uint32_t column, const double *value_of)
{
	UpJoint j = joint_of(s, column, value_of);

	return up_score_of_line(up_joint_correlation(&j), (size_t) j.x.n);
}

UpScore
up_score_sums_groups(const UpScoreSums *s, uint32_t column, bool ratio)
{
	const UpMoment *m = moments_of(s, column);
	UpMoment all = all_of(s, column);
	UpAnova a = {0, 0, 0};

	for (uint32_t c = 0; c < s->n_classes; c++)
	{
		double gap = (m[c].mean - all.mean) + (m[c].rest - all.rest);

		if (m[c].n == 0)
			continue;
		a.groups++;
		a.within += m[c].squares;
		a.between += m[c].n * gap * gap;
	}
	return up_score_of_groups(&a, (size_t) all.n, ratio);
}

UpScore
up_score_sums_variance(const UpScoreSums *s, uint32_t column)
{
	UpMoment m = s->codes ? all_of(s, column) : s->joints[column].x;
	UpScore found = {NAN, NAN, (size_t) m.n, "variance"};

	if (found.n > 0)
		found.value = m.squares / m.n;
	return found;
}
