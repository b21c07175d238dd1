/*
 * binding.h - a frame's columns as a model's inputs
 */
#ifndef UPROFILE_BINDING_H
#define UPROFILE_BINDING_H

#include "learn/model.h"

/* How a frame's columns and labels become a model's inputs and classes. */
typedef struct UpBinding
{
	const UpFrame *frame;
	const UpModel *model;
	uint32_t *columns; /* input → column */
	double **
		values; /* input → code of the frame → category or value of the model, NaN: missing; NULL: the value as it is */
	double *
		label_of; /* text labels of the frame that are numbers of the model: code → value, NaN: none; else NULL */
} UpBinding;

/* By name. NULL, and *why, where the frame cannot feed the model. */
extern UpBinding *up_bind_frame(const UpFrame *f, const UpModel *m, char **why);

/* The same, also where some columns cannot be used: (*why)[step] is the reason, else NULL. Only what needs no other step may be asked. */
extern UpBinding *up_bind_what_fits(const UpFrame *f, const UpModel *m, char ***why);

/*
 * Rows in the order in which they stand, which may be in a file: to look at them in another one takes many times as long. at: the place
 * of each among those that were given; NULL: they came in that order, or nearly so.
 */
typedef struct UpStanding
{
	const size_t *rows;
	size_t *at;
} UpStanding;
extern UpStanding up_bound_standing(const UpBinding *b, const size_t *rows, size_t n);
extern void up_standing_free(UpStanding *s);
static inline size_t
up_standing_place(const UpStanding *s, size_t i)
{
	return s->at != NULL ? s->at[i] : i;
}

/* The model's inputs (n × n_inputs) of these rows. */
extern void up_bound_inputs(const UpBinding *b, const size_t *rows, size_t n, double *inputs);

#endif
