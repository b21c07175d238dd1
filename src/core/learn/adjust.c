/*
 * adjust.c - maps of scores, a threshold and intervals in use and as bytes; see adjust.h
 */
#include "learn/adjust.h"

#include "learn/learner.h"

#define MOST_WIDTHS 1000

enum
{
	UP_ADJUST_CALIBRATED = 1,
	UP_ADJUST_THRESHOLD = 2,
	UP_ADJUST_INTERVALS = 4
};

const char *const up_calibrate_names[] = {"none", "sigmoid", "isotonic", NULL};

/* ---- in use ---- */

double
up_map_proba(const UpAdjust *a, uint32_t map, double score)
{
	const UpMap *m = &a->maps[map];

	return a->method == UP_CALIBRATE_SIGMOID ? up_platt_proba(m->sigmoid, score)
											 : up_isotonic_proba(&m->isotonic, score);
}

void
up_adjust_proba(const UpAdjust *a, const double *scores, uint32_t n_classes, double *out)
{
	double sum = 0;

	if (n_classes == 2)
	{
		out[1] = up_map_proba(a, 0, scores[0]);
		out[0] = 1 - out[1];
		return;
	}
	for (uint32_t k = 0; k < n_classes; k++)
		sum += out[k] = up_map_proba(a, k, scores[k]);
	for (uint32_t k = 0; k < n_classes; k++)
		out[k] = sum > 0 ? out[k] / sum : 1.0 / n_classes;
}

uint32_t
up_adjust_class(const UpAdjust *a, const double *proba, uint32_t n_classes)
{
	uint32_t best = 0;

	if (a->has_threshold)
		return proba[1] >= a->threshold;
	for (uint32_t k = 1; k < n_classes; k++)
		best = proba[k] > proba[best] ? k : best;
	return best;
}

void
up_adjust_interval(const UpAdjust *a, double predicted, double *low, double *high)
{
	uint32_t at = 0;

	while (at + 1 < a->n_widths && predicted >= a->edges[at])
		at++;
	*low = predicted - a->widths[at];
	*high = predicted + a->widths[at];
}

/* ---- as bytes ---- */

void
up_put_adjust(UpWriter *w, const UpAdjust *a)
{
	up_put_u8(w, (uint8_t) ((a->n_maps > 0 ? UP_ADJUST_CALIBRATED : 0) |
							(a->has_threshold ? UP_ADJUST_THRESHOLD : 0) |
							(a->level > 0 ? UP_ADJUST_INTERVALS : 0)));
	if (a->n_maps > 0)
		up_put_u8(w, (uint8_t) a->method);
	for (uint32_t k = 0; k < a->n_maps; k++)
	{
		const UpMap *m = &a->maps[k];

		if (a->method == UP_CALIBRATE_SIGMOID)
		{
			up_put_f64(w, m->sigmoid.a);
			up_put_f64(w, m->sigmoid.b);
			continue;
		}
		up_put_u32(w, m->isotonic.n);
		up_put_f64_array(w, m->isotonic.x, m->isotonic.n);
		up_put_f64_array(w, m->isotonic.y, m->isotonic.n);
	}
	if (a->has_threshold)
		up_put_f64(w, a->threshold);
	if (!(a->level > 0))
		return;
	up_put_f64(w, a->level);
	up_put_u32(w, a->n_widths);
	up_put_f64_array(w, a->edges, a->n_widths - 1);
	up_put_f64_array(w, a->widths, a->n_widths);
}

static void
get_isotonic(UpReader *r, UpIsotonic *f)
{
	f->n = up_get_count(r, 2 * sizeof(double), UP_ISOTONIC_POINTS, "points of a calibration");
	if (f->n == 0)
		up_corrupt(r, "points of a calibration");
	f->x = up_alloc_array(f->n, sizeof(double));
	f->y = up_alloc_array(f->n, sizeof(double));
	up_get_f64_array(r, f->x, f->n);
	up_get_f64_array(r, f->y, f->n);
	for (uint32_t i = 0; i < f->n; i++)
	{
		if (!(f->y[i] >= 0 && f->y[i] <= 1) || (i > 0 && !(f->x[i - 1] < f->x[i] && f->y[i - 1] <= f->y[i])))
			up_corrupt(r, "points of a calibration");
	}
}

static void
get_maps(UpReader *r, UpAdjust *a, uint32_t n_classes)
{
	uint8_t method = up_get_u8(r);

	if (method != UP_CALIBRATE_SIGMOID && method != UP_CALIBRATE_ISOTONIC)
		up_corrupt(r, "calibration");
	a->method = (UpCalibrate) method;
	a->n_maps = up_maps_for(n_classes);
	a->maps = up_alloc0(a->n_maps * sizeof(UpMap));
	for (uint32_t k = 0; k < a->n_maps; k++)
	{
		UpMap *m = &a->maps[k];

		if (a->method == UP_CALIBRATE_ISOTONIC)
		{
			get_isotonic(r, &m->isotonic);
			continue;
		}
		m->sigmoid.a = up_get_f64(r);
		m->sigmoid.b = up_get_f64(r);
		if (!(m->sigmoid.a < 0))
			up_corrupt(r, "calibration");
	}
}

static void
get_intervals(UpReader *r, UpAdjust *a)
{
	a->level = up_get_f64(r);
	a->n_widths = up_get_count(r, sizeof(double), MOST_WIDTHS, "widths of intervals");
	if (!(a->level > 0 && a->level < 1) || a->n_widths == 0)
		up_corrupt(r, "intervals");
	a->edges = up_alloc_array(a->n_widths, sizeof(double));
	a->widths = up_alloc_array(a->n_widths, sizeof(double));
	up_get_f64_array(r, a->edges, a->n_widths - 1);
	up_get_f64_array(r, a->widths, a->n_widths);
	for (uint32_t i = 0; i < a->n_widths; i++)
	{
		if (!(a->widths[i] >= 0) || (i > 1 && !(a->edges[i - 2] < a->edges[i - 1])))
			up_corrupt(r, "intervals");
	}
}

UpAdjust *
up_get_adjust(UpReader *r, int task, uint32_t n_classes)
{
	UpAdjust *a = up_alloc0(sizeof(UpAdjust));
	uint8_t flags = up_get_u8(r);

	if (flags == 0 || flags > (UP_ADJUST_CALIBRATED | UP_ADJUST_THRESHOLD | UP_ADJUST_INTERVALS) ||
		((flags & UP_ADJUST_INTERVALS) != 0) != (task == UP_TASK_REGRESS) ||
		((flags & ~UP_ADJUST_INTERVALS) != 0 && n_classes < 2))
		up_corrupt(r, "what adjusts its answers");
	if ((flags & UP_ADJUST_CALIBRATED) != 0)
		get_maps(r, a, n_classes);
	if ((flags & UP_ADJUST_THRESHOLD) != 0)
	{
		a->has_threshold = true;
		a->threshold = up_get_f64(r);
		if (!(a->threshold >= 0 && a->threshold <= UP_THRESHOLD_NEVER) || n_classes != 2)
			up_corrupt(r, "threshold");
	}
	if ((flags & UP_ADJUST_INTERVALS) != 0)
		get_intervals(r, a);
	return a;
}
