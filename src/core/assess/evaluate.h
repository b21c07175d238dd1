/*
 * evaluate.h - a model measured on the rows of a frame
 */
#ifndef UPROFILE_EVALUATE_H
#define UPROFILE_EVALUATE_H

#include "assess/binding.h"
#include "assess/constant.h"

/* Of these rows those whose label is known, in place; text may be no number where the model predicts numbers. */
extern size_t up_bound_labelled(const UpBinding *b, size_t *rows, size_t n);
/* The labels of these rows: class numbers (those that the model does not know come after its own), or values. */
extern void up_bound_labels(const UpBinding *b, const size_t *rows, size_t n, double *actual);

/* What a classifier or a regression says of rows, beside what is so. */
typedef struct UpPredictions
{
	const UpModel *model;
	size_t n;
	double *actual;       /* class numbers, of all labels; or values */
	double *predicted;    /* the same */
	double *proba;        /* n × labels->n; NULL: the model gives none */
	double *weights;      /* of the rows, above 0; NULL: they have none */
	UpDictionary *labels; /* classes of the model, then those of the rows that it does not know */
} UpPredictions;

extern UpPredictions *up_predictions(const UpBinding *b, const size_t *rows, size_t n);
extern void up_predictions_free(UpPredictions *p);

/*
 * Metrics of the model on these rows (all of them labelled, for classifiers and regressions): an object as from
 * up_metrics_…; labels that the model does not know count as errors.
 */
extern UpValue *up_evaluate(const UpBinding *b, const size_t *rows, size_t n);
/* The same, and how the model stands against a constant. */
extern UpValue *up_evaluate_against(const UpBinding *b, const size_t *rows, size_t n,
									const UpConstant *constant, UpAgainstConstant *against);

/*
 * Metrics of a clustering on these rows: rows, silhouette, davies_bouldin and calinski_harabasz (of a seeded sample where there are many
 * rows, and silhouette_rows says of how many).
 */
extern UpValue *up_evaluate_clusters(const UpBinding *b, const size_t *rows, size_t n);

/*
 * The figure by which versions are compared, and by default trials (pg/models/tune.c): auc of two classes, log_loss of more, accuracy
 * where it is not known; or rmse. Its name, and whether more is better; NaN if there is none.
 */
extern double up_main_metric(const UpModel *m, const UpValue *metrics, const char **name, bool *more_is_better);

#endif
