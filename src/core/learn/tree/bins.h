/*
 * bins.h - features as bytes: at most 255 bins each, and one code for what is missing
 */
#ifndef UPROFILE_BINS_H
#define UPROFILE_BINS_H

#include "learn/tree/bin_edges.h"
#include "prep/data.h"

#define UP_BIN_MISSING  255
#define UP_SUBSET_BYTES 32    /* of a set of codes: a bit each */
#define UP_TREE_COLUMNS 65535 /* features that a node can name */

/* How one feature becomes a code. */
typedef struct UpBinning
{
	uint32_t n_bins;   /* codes 0 … n_bins - 1 */
	uint32_t n_values; /* categories; 0: a number */
	double *edges;     /* numbers: n_bins - 1 ascending; x is in the first bin whose edge is not below x */
	uint8_t *bin_of;   /* categories: their bin */
} UpBinning;

typedef struct UpBins
{
	uint32_t n_features;
	UpBinning *features;
} UpBins;

/* Codes of other rows: x is n × n_features. */
extern void up_bins_encode(const UpBins *b, const double *x, size_t n, uint8_t *codes);
/* The same of some features, each of whose codes stand together, stride bytes behind those of the feature before. */
extern void up_bins_encode_columns(const UpBins *b, const uint32_t *features, uint32_t n_features,
								   const double *x, size_t n, uint8_t *codes, size_t stride);

/*
 * What trees are grown on, of all rows of data: labels, codes[i * n_features + j], and by_feature[j * n_rows + i] (NULL: not asked for).
 * By bins of theirs, or those of before, if not NULL; these it returns.
 */
extern UpBins *up_bins_rows(const UpData *data, UpBins *before, uint8_t **codes, uint8_t **by_feature,
							double **y);
/* About how long that takes one process. */
extern double up_bins_seconds(const UpData *data);

extern void up_put_bins(UpWriter *w, const UpBins *b);
extern UpBins *up_get_bins(UpReader *r, uint32_t n_features);

#endif
