/*
 * adjust.h - what a model learned of itself from predictions of rows that it was not trained on, and what it says since
 *
 * Probabilities are made of scores by a map each (calibrated): of two classes one, else one a class against the rest, divided by
 * their sum. A threshold decides between two classes. Values get an interval: of a regression's predictions, by their height, the
 * width on either side within which so large a share of values lay.
 *
 * As bytes: u8 flags (UP_ADJUST_…)
 *   calibrated: u8 method, and each map: f64 a, f64 b; or u32 points, f64 x × points, f64 y × points
 *   threshold: f64
 *   intervals: f64 level, u32 widths, f64 edge × (widths - 1), f64 width × widths
 */
#ifndef UPROFILE_ADJUST_H
#define UPROFILE_ADJUST_H

#include "base/codec.h"
#include "learn/isotonic.h"
#include "learn/platt.h"

typedef enum UpCalibrate
{
	UP_CALIBRATE_NONE,
	UP_CALIBRATE_SIGMOID,
	UP_CALIBRATE_ISOTONIC
} UpCalibrate;

extern const char *const up_calibrate_names[]; /* "none", …, NULL */

typedef struct UpMap
{
	UpPlatt sigmoid;
	UpIsotonic isotonic;
} UpMap;

typedef struct UpAdjust
{
	UpCalibrate method;
	uint32_t n_maps; /* 0: probabilities are the learner's own */
	UpMap *maps;
	bool has_threshold;
	double threshold; /* probabilities of the second class from here on are called so */
	double level;     /* of intervals; 0: none */
	uint32_t n_widths;
	double *edges; /* n_widths - 1, ascending: predictions from an edge on have the next width */
	double *widths;
} UpAdjust;

/* The largest threshold: above every probability. */
#define UP_THRESHOLD_NEVER (1 + 0x1p-52)

static inline uint32_t
up_maps_for(uint32_t n_classes)
{
	return n_classes == 2 ? 1 : n_classes;
}

extern double up_map_proba(const UpAdjust *a, uint32_t map, double score);
/* scores: n_maps; out: n_classes probabilities. */
extern void up_adjust_proba(const UpAdjust *a, const double *scores, uint32_t n_classes, double *out);
/* The class that these probabilities say. */
extern uint32_t up_adjust_class(const UpAdjust *a, const double *proba, uint32_t n_classes);
extern void up_adjust_interval(const UpAdjust *a, double predicted, double *low, double *high);

extern void up_put_adjust(UpWriter *w, const UpAdjust *a);
extern UpAdjust *up_get_adjust(UpReader *r, int task, uint32_t n_classes);

#endif
