/*
 * svm_kept.c - what trainings of support vector machines on the same rows share; see svm_kept.h
 *
 * Along C a solution is nearly the next one's, and costs are those of C = 1 times C: scores, losses and the gradient of where one ended
 * are known to the next, and few rows of the matrix change. So most trainings on a path pass over the rows once or twice.
 */
#include "learn/svm/svm_kept.h"

#include "learn/reuse.h"
#include "num/vec_syrk.h"

#include <string.h>

UpSvmKept *
up_svm_kept(UpReuse *reuse)
{
	void *before;

	if (reuse == NULL)
		return NULL;
	if (reuse->kept != NULL)
		return reuse->kept;
	before = up_arena_visit(reuse->arena);
	reuse->kept = up_alloc0(sizeof(UpSvmKept));
	up_arena_return(before);
	return reuse->kept;
}

UpRowsPlan
up_svm_plan_rows(const UpFit *fit, bool may_list)
{
	UpSvmKept *kept = up_svm_kept(fit->reuse);
	void *before;

	if (kept == NULL)
		return up_plan_rows(fit->data, may_list);
	if (!kept->planned)
	{
		before = up_arena_visit(fit->reuse->arena);
		kept->plan = up_plan_rows(fit->data, may_list);
		kept->planned = true;
		up_arena_return(before);
	}
	return kept->plan;
}

UpMadeRows
up_svm_make_rows(const UpFit *fit, const UpRowsPlan *plan, double constant, double **labels)
{
	size_t n = fit->data->n_rows, width = UP_MAX((size_t) fit->n_features + 1, UP_ROWS_MIN);
	UpSvmKept *kept = up_svm_kept(fit->reuse);
	UpMadeRows made;
	void *before = NULL;
	bool keep;

	if (kept != NULL && kept->labels != NULL && kept->constant == constant)
	{
		*labels = kept->labels;
		return kept->made;
	}
	keep = kept != NULL && kept->labels == NULL && up_reuse_take(fit->reuse, n * (width + 1) * sizeof(double));
	if (keep)
		before = up_arena_visit(fit->reuse->arena);
	*labels = up_alloc_large_array(n, sizeof(double));
	made = up_make_rows(fit->data, plan, constant, *labels);
	if (!keep)
		return made;
	kept->constant = constant;
	kept->made = made;
	kept->labels = *labels;
	up_arena_return(before);
	return made;
}

/* ---- machines ---- */

#define MOST_COLUMNS 1024 /* of a machine that is kept, with the space of its matrix */

static UpSvmMachine *
new_machine(size_t n, size_t width)
{
	UpSvmMachine *m = up_alloc0(sizeof(UpSvmMachine));

	m->y = up_alloc_large_array(n, sizeof(double));
	m->cost = up_alloc_large_zeroed(n, sizeof(double));
	m->scores = up_alloc_large_array(n, sizeof(double));
	m->w = up_alloc_large_array(width, sizeof(double));
	m->matrix.cost = m->cost;
	m->matrix.in = up_alloc_large_zeroed(n, 1);
	m->end.now = up_alloc_large(n);
	m->end.slope = up_alloc_array(width, sizeof(double));
	return m;
}

/* What a kept machine knows goes with its rows. At another stage only weights stay: another process would not know more if it did that. */
static void
take_up(UpSvmMachine *m, double constant, uint32_t stage)
{
	if (m->constant != constant)
		m->end.scale = 0;
	if (m->constant != constant || m->stage != stage)
		m->matrix.known = m->end.known = m->end.looked = false;
	m->constant = constant;
	m->stage = stage;
}

UpSvmMachine *
up_svm_machine(const UpFit *fit, size_t width, double constant, bool only)
{
	UpReuse *reuse = fit->reuse;
	UpSvmKept *kept = up_svm_kept(reuse);
	size_t n = fit->data->n_rows, ld = UP_SYRK_PAD(width);
	UpSvmMachine *m = kept != NULL ? kept->machine : NULL;
	void *before;

	if (m == NULL && kept != NULL && only && width <= MOST_COLUMNS &&
		up_reuse_take(reuse, (3 * n + (ld + 3) * ld) * sizeof(double) + 2 * n))
	{
		before = up_arena_visit(reuse->arena);
		m = kept->machine = new_machine(n, width);
		m->matrix.h = up_alloc_array(up_svm_matrix_values(width), sizeof(double));
		up_arena_return(before);
	}
	else if (m == NULL)
		m = new_machine(n, width);
	take_up(m, constant, reuse != NULL ? reuse->stage : 0);
	return m;
}

void
up_svm_keep_text(const UpFit *fit, const UpSvmMachine *m, char **text, const char *to)
{
	const UpSvmKept *kept = up_svm_kept(fit->reuse);
	bool stays = kept != NULL && kept->machine == m;
	void *before = stays ? up_arena_visit(fit->reuse->arena) : NULL;
	char *copy = up_strdup(to);

	up_free(*text);
	*text = copy;
	if (stays)
		up_arena_return(before);
}

void
up_svm_begin_at(UpSvmMachine *m, const char *family, const double *w, size_t width)
{
	bool there = m->end.known && m->family != NULL && strcmp(m->family, family) == 0 &&
				 memcmp(m->w, w, width * sizeof(double)) == 0;

	m->end.known = there;
	m->end.looked = m->end.looked && there;
	memmove(m->w, w, width * sizeof(double));
}
