/*
 * label_pairs.h - how often each actual label met each predicted one
 *
 * A confusion matrix that grows: labels get numbers as they come, and only pairs that occur are kept, so that many labels take
 * little. Pairs merge, and travel.
 */
#ifndef UPROFILE_LABEL_PAIRS_H
#define UPROFILE_LABEL_PAIRS_H

#include "assess/marginals.h"
#include "prep/frame.h"

typedef struct UpLabelPair
{
	uint32_t actual;
	uint32_t predicted;
	double rows; /* or the sum of their weights */
} UpLabelPair;

typedef struct UpLabelPairs
{
	UpLabelKind kind;
	UpDictionary *texts; /* text labels */
	uint32_t n_numbers;  /* numeric ones; boolean ones are 0 and 1 */
	double *numbers;
	uint32_t numbers_capacity;
	UpHashTable number_table;
	double n; /* rows, or the sum of their weights */
	uint32_t n_pairs;
	uint32_t capacity;
	UpLabelPair *pairs;
	UpHashTable pair_table;
} UpLabelPairs;

extern UpLabelPairs *up_label_pairs_new(UpLabelKind kind);
/* The number of a label, which is added if new. Fails beyond UP_LABEL_LIMIT labels. */
extern uint32_t up_label_pairs_number(UpLabelPairs *p, double label);
extern uint32_t up_label_pairs_text(UpLabelPairs *p, const char *text, size_t len);
extern void up_label_pairs_add(UpLabelPairs *p, uint32_t actual, uint32_t predicted, double rows);
extern void up_label_pairs_merge(UpLabelPairs *p, const UpLabelPairs *other);
extern uint32_t up_label_pairs_n_labels(const UpLabelPairs *p);
/* The label as text. */
extern const char *up_label_pairs_label(const UpLabelPairs *p, uint32_t label);
/* rank[label]: its place in order: false before true, ascending, text by bytes. */
extern uint32_t *up_label_pairs_ranks(const UpLabelPairs *p);
/* By rank, so that sums over classes have one order. */
extern UpMarginals *up_label_pairs_marginals(const UpLabelPairs *p, const uint32_t *rank);

/* weighted: rows are sums of weights. */
extern void up_put_label_pairs(UpWriter *w, const UpLabelPairs *p, bool weighted);
extern UpLabelPairs *up_get_label_pairs(UpReader *r, UpLabelKind kind, bool weighted);

#endif
