/*
 * measured.h - the rows of a source that a model is measured on
 */
#ifndef UPROFILE_MEASURED_H
#define UPROFILE_MEASURED_H

#include "assess/evaluate.h"
#include "pg/models/held_out.h"

typedef struct UpMeasuredOrder
{
	const char *source;
	const char *target;    /* the label's column, or NULL */
	bool in_order;         /* rows and labels have an order of their own, whatever order the source comes in */
	const UpHeldOut *held; /* which rows were held out is told by it; or NULL */
	bool only_held_out;
	const char *by; /* a column by which rows are grouped, or NULL */
	const char *
		weight; /* a column with the weight of each row: rows without, or of weight 0, are passed over; or NULL */
} UpMeasuredOrder;

typedef struct UpMeasured
{
	UpBinding *binding;
	size_t *rows; /* of the frame: those that the model can be measured on */
	size_t n;
	size_t n_known; /* of them those that are known to have been held out */
	bool has_key;   /* the source has the key of the version */
	char *key_form; /* of a key that the source has in another form; else NULL */
	uint32_t n_groups;
	uint32_t *group_of; /* of each row of the frame */
	double *weights;    /* the same; NULL: there are none */
	char **groups;      /* by bytes; NULL: the value is NULL, comes last */
} UpMeasured;

/* Reads a source, with a label where the model predicts one, and binds it to the model. */
extern UpMeasured *up_measured_read(const UpModel *m, const UpMeasuredOrder *order);
/*
 * The same for two models with the same target, of whose orders the sources are the same and held is not NULL: the rows that both can be
 * measured on, in the same order, with only_held_out those that neither was trained on; there may be none of them.
 */
extern void up_measured_read_pair(const UpModel *const *models, const UpMeasuredOrder *orders,
								  UpMeasured **pair);
/* A NOTICE where some of the rows are ones that the version was trained on. */
extern void up_measured_say(const UpMeasured *r, const UpHeldOut *h, const char *source);
/* Gives the predictions of its rows their weights, which there are. */
extern void up_measured_weigh(const UpMeasured *r, UpPredictions *p);
/* The same without groups and held-out rows. */
extern UpBinding *up_measured_source(const UpModel *m, const char *source, const char *target, bool in_order,
									 size_t **rows, size_t *n);

#endif
