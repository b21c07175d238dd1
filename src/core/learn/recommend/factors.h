/*
 * factors.h - items as vectors
 */
#ifndef UPROFILE_FACTORS_H
#define UPROFILE_FACTORS_H

#include "base/rng.h"
#include "learn/recommend/recommender.h"

#define UP_FACTORS_LIMIT 512 /* the most factors */
#define UP_FACTORS_PAD   16  /* rows are padded with zeros to a multiple of it */
#define UP_FACTORS_UP(k) (((k) + 15) & ~(uint32_t) 15)

typedef struct UpFactors
{
	uint32_t n, k, ld;
	float *rows;  /* n × ld */
	double *bias; /* [n] or NULL */
} UpFactors;

/* Zeros. */
extern UpFactors *up_factors_new(uint32_t n, uint32_t k, bool biased);
extern size_t up_factors_bytes(uint32_t n, uint32_t k);
/* Normal numbers of this deviation. */
extern void up_factors_draw(UpFactors *f, double deviation, UpRng *rng);

static inline float *
up_factors_row(const UpFactors *f, size_t i)
{
	return f->rows + i * f->ld;
}

/* The sum of products; ld is a multiple of UP_FACTORS_PAD. In an order that does not depend on the machine. */
static inline float
up_factors_dot(const float *a, const float *b, uint32_t ld)
{
	float s[UP_FACTORS_PAD] = {0};

	for (uint32_t i = 0; i < ld; i += UP_FACTORS_PAD)
		for (int j = 0; j < UP_FACTORS_PAD; j++)
			s[j] += a[i + j] * b[i + j];
	for (int half = UP_FACTORS_PAD / 2; half > 0; half /= 2)
		for (int j = 0; j < half; j++)
			s[j] += s[j + half];
	return s[0];
}

/* gram (k × k, ld_gram apart; all of it) = the sum over the rows of row row'. */
extern void up_factors_gram(const UpFactors *f, double *gram, size_t ld_gram);
/* out[i] = row i times x (k numbers) + its bias. */
extern void up_factors_score(const UpFactors *f, const double *x, double *out);
/* The cosine of each row with row item; of rows of zeros 0. */
extern void up_factors_similar(const UpFactors *f, uint32_t item, double *out);

extern void up_put_factors(UpWriter *w, const UpFactors *f);
extern UpFactors *up_get_factors(UpReader *r, uint32_t n, bool biased);

#endif
