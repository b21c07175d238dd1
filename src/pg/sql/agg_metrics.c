/*
 * agg_metrics.c - metrics as aggregates over (actual, predicted) or (actual, score)
 *
 * The initial value of the state is the metric's name; how it lives, expanded.h tells. A pair with a NULL is passed over, and so is
 * one with a weight of 0.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "assess/measure.h"
#include "learn/class_weights.h"
#include "pg/io/value_pg.h"
#include "pg/sql/expanded.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include <math.h>

#define STATE_FORMAT    1
#define WEIGHTED_FORMAT 2
static const char flat_magic[4] = {'U', 'P', 'M', 'E'};

typedef struct MetricState
{
	UpExpanded expanded;
	UpMeasurement *measurement;
} MetricState;

static void
put_state(UpWriter *w, const void *state)
{
	const MetricState *s = state;

	up_put_bytes(w, flat_magic, sizeof(flat_magic));
	up_put_u16(w, s->measurement->weighted ? WEIGHTED_FORMAT : STATE_FORMAT);
	up_put_u8(w, s->expanded.begun);
	up_put_measurement(w, s->measurement);
}

static void
get_state(void *state, const char *bytes, Size len)
{
	MetricState *s = state;
	UpReader r;
	char start[4];
	uint16_t format;

	if (len < sizeof(flat_magic) || memcmp(bytes, flat_magic, sizeof(flat_magic)) != 0)
	{
		const UpMeasure *measure = len < NAMEDATALEN ? up_measure_by_name(pnstrdup(bytes, len)) : NULL;

		if (measure == NULL)
			ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("damaged aggregate state: not a metric")));
		s->measurement = up_measurement_new(measure);
		return;
	}
	up_reader_init(&r, bytes, len, "aggregate state");
	up_get_bytes(&r, start, sizeof(start));
	format = up_get_u16(&r);
	if (format != STATE_FORMAT && format != WEIGHTED_FORMAT)
		up_expanded_refuse_format(format);
	s->expanded.begun = up_get_bool(&r);
	s->measurement = up_get_measurement(&r, format == WEIGHTED_FORMAT);
	up_get_end(&r);
}

static void
check_state(const void *state, const void *other)
{
	if (((const MetricState *) state)->measurement->measure !=
		((const MetricState *) other)->measurement->measure)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("states of different metrics")));
}

static void
merge_state(void *state, void *other)
{
	up_measurement_merge(((MetricState *) state)->measurement, ((MetricState *) other)->measurement);
}

static const UpExpandedKind metric_state = {
	.name = "metric",
	.size = sizeof(MetricState),
	.put = put_state,
	.get = get_state,
	.check = check_state,
	.merge = merge_state,
	.too_large = "SET max_parallel_workers_per_gather = 0.",
};

/* Params come from the first row; a later difference is an error. */
static void
take_params(MetricState *s, Jsonb *params)
{
	MemoryContext outer;
	UpValue *given;

	if (s->expanded.begun &&
		((params == NULL && s->measurement->given->n == 0) || up_expanded_has_params(&s->expanded, params)))
		return;
	outer = MemoryContextSwitchTo(s->expanded.header.eoh_context);
	given = params != NULL ? up_value_from_jsonb(params) : up_value_object();
	if (!s->expanded.begun)
	{
		up_measurement_set_params(s->measurement, given);
		if (params != NULL)
			up_expanded_keep_params(&s->expanded, params);
		s->expanded.begun = true;
	}
	else if (!up_value_equal(given, s->measurement->given))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("params differ between rows of one aggregate"),
						errhint("Give the same params with every row; GROUP BY them to measure each.")));
	MemoryContextSwitchTo(outer);
}

/* The last argument; 0: the row is passed over. */
static double
weight_argument(FunctionCallInfo fcinfo)
{
	int last = PG_NARGS() - 1;
	double weight = PG_ARGISNULL(last) ? 0 : PG_GETARG_FLOAT8(last);

	if (!up_is_weight(weight))
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("the weight %g is not a number from 0 to %g", weight, UP_MOST_WEIGHT)));
	return weight;
}

/* The state of argument 0, begun; *there: both values are, and there is a weight. */
static MetricState *
begin(FunctionCallInfo fcinfo, UpMeasureFamily first, UpMeasureFamily last, bool weighted, double *weight,
	  bool *there)
{
	MetricState *s = up_expanded_writable(fcinfo, &metric_state);
	UpMeasureFamily family = s->measurement->measure->family;

	if (family < first || family > last)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("uprofile_%s has no such form", s->measurement->measure->name)));
	take_params(s, weighted && PG_NARGS() == 4 ? NULL : up_expanded_params(fcinfo, 3));
	if (weighted)
		up_measurement_set_weighted(s->measurement);
	*weight = weighted ? weight_argument(fcinfo) : 1;
	*there = !PG_ARGISNULL(1) && !PG_ARGISNULL(2) && *weight > 0;
	return s;
}

static double
finite_number(double v, const char *what)
{
	if (!isfinite(v))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION), errmsg("the %s is %s", what, isnan(v) ? "NaN" : "infinite"),
				 errhint("Leave such rows out, or make the value NULL: the row is then passed over.")));
	return v;
}

static void
add_numbers(MetricState *s, UpLabelKind kind, double actual, double predicted, double weight)
{
	MemoryContext outer = MemoryContextSwitchTo(s->expanded.header.eoh_context);
	UpLabelPairs *p = up_measurement_pairs(s->measurement, kind);
	uint32_t known = p->n > 0 ? up_label_pairs_n_labels(p) : 0, a = up_label_pairs_number(p, actual);

	up_label_pairs_add(p, a, up_label_pairs_number(p, predicted), weight);
	if (up_label_pairs_n_labels(p) > known)
		up_measurement_check_labels(s->measurement);
	MemoryContextSwitchTo(outer);
}

static void
fail_label(const char *label, const char *what)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("the predicted label \"%s\" is %s", label, what),
					errhint("Cast the actual label to text to compare both as text.")));
}

/* Text as a label of the actual one's type. */
static double
text_as_boolean(const text *label)
{
	bool value;

	if (!parse_bool_with_len(VARDATA_ANY(label), VARSIZE_ANY_EXHDR(label), &value))
		fail_label(text_to_cstring(label), "neither true nor false");
	return value;
}

static double
text_as_number(const text *label)
{
	char small[64], *copy = small, *end;
	size_t len = VARSIZE_ANY_EXHDR(label);
	double value;

	if (len >= sizeof(small))
		copy = palloc(len + 1);
	memcpy(copy, VARDATA_ANY(label), len);
	copy[len] = '\0';
	value = strtod(copy, &end);
	if (end == copy || *end != '\0' || !isfinite(value))
		fail_label(copy, "no number");
	if (copy != small)
		pfree(copy);
	return value;
}

static double
zero_or_one(double predicted)
{
	if (predicted != 0 && predicted != 1)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("the predicted label %s is neither 0 nor 1", up_value_text(up_value_number(predicted))),
				 errhint("Compare probabilities with a threshold first, or use uprofile_auc or "
						 "uprofile_log_loss.")));
	return predicted;
}

static void
add_texts(MetricState *s, const text *actual, const text *predicted, double weight)
{
	MemoryContext outer = MemoryContextSwitchTo(s->expanded.header.eoh_context);
	UpLabelPairs *p = up_measurement_pairs(s->measurement, UP_LABEL_TEXT);
	uint32_t known = p->n > 0 ? up_label_pairs_n_labels(p) : 0,
			 a = up_label_pairs_text(p, VARDATA_ANY(actual), VARSIZE_ANY_EXHDR(actual));

	up_label_pairs_add(p, a, up_label_pairs_text(p, VARDATA_ANY(predicted), VARSIZE_ANY_EXHDR(predicted)),
					   weight);
	if (up_label_pairs_n_labels(p) > known)
		up_measurement_check_labels(s->measurement);
	MemoryContextSwitchTo(outer);
}

static void
add_score(MetricState *s, bool hit, double score, double weight)
{
	MemoryContext outer = MemoryContextSwitchTo(s->expanded.header.eoh_context);

	up_measurement_add_score(s->measurement, hit, finite_number(score, "score"), weight);
	MemoryContextSwitchTo(outer);
}

static bool
is_hit_text(const MetricState *s, const text *actual)
{
	return up_measurement_is_hit_text(s->measurement, VARDATA_ANY(actual), VARSIZE_ANY_EXHDR(actual));
}

static void
add_values(MetricState *s, double actual, double predicted, double weight)
{
	MemoryContext outer = MemoryContextSwitchTo(s->expanded.header.eoh_context);

	up_measurement_add_value(s->measurement, finite_number(actual, "actual value"),
							 finite_number(predicted, "predicted value"), weight);
	MemoryContextSwitchTo(outer);
}

/* Transition functions for metrics of these families, without and with a weight: add, of a pair that is there, to the state s. */
#define TRANSITION(name, first, last, add)                                                                     \
	ONE_TRANSITION(name, first, last, add, false)                                                              \
	ONE_TRANSITION(name##_weighted, first, last, add, true)
#define ONE_TRANSITION(name, first, last, add, weighted)                                                       \
	PG_FUNCTION_INFO_V1(uprofile_agg_##name);                                                                  \
	Datum uprofile_agg_##name(PG_FUNCTION_ARGS)                                                                \
	{                                                                                                          \
		bool there;                                                                                            \
		double weight;                                                                                         \
		MetricState *s = begin(fcinfo, first, last, weighted, &weight, &there);                                \
                                                                                                               \
		if (there)                                                                                             \
			add;                                                                                               \
		UP_RETURN_STATE(s);                                                                                    \
	}
#define LABELS(name, add) TRANSITION(labels_##name, UP_MEASURE_LABELS, UP_MEASURE_LABELS, add)
#define SCORES(name, hit)                                                                                      \
	TRANSITION(scores_##name, UP_MEASURE_SCORES, UP_MEASURE_PROBABILITIES,                                     \
			   add_score(s, hit, PG_GETARG_FLOAT8(2), weight))
#define ACTUAL_NUMBER finite_number(PG_GETARG_FLOAT8(1), "actual label")

LABELS(boolean, add_numbers(s, UP_LABEL_BOOLEAN, PG_GETARG_BOOL(1), PG_GETARG_BOOL(2), weight))
LABELS(boolean_text,
	   add_numbers(s, UP_LABEL_BOOLEAN, PG_GETARG_BOOL(1), text_as_boolean(PG_GETARG_TEXT_PP(2)), weight))
LABELS(boolean_number,
	   add_numbers(s, UP_LABEL_BOOLEAN, PG_GETARG_BOOL(1), zero_or_one(PG_GETARG_FLOAT8(2)), weight))
LABELS(number, add_numbers(s, UP_LABEL_NUMBER, ACTUAL_NUMBER,
						   finite_number(PG_GETARG_FLOAT8(2), "predicted label"), weight))
LABELS(number_text,
	   add_numbers(s, UP_LABEL_NUMBER, ACTUAL_NUMBER, text_as_number(PG_GETARG_TEXT_PP(2)), weight))
LABELS(text, add_texts(s, PG_GETARG_TEXT_PP(1), PG_GETARG_TEXT_PP(2), weight))
SCORES(boolean, up_measurement_is_hit_boolean(s->measurement, PG_GETARG_BOOL(1)))
SCORES(number, up_measurement_is_hit_number(s->measurement, ACTUAL_NUMBER))
SCORES(text, is_hit_text(s, PG_GETARG_TEXT_PP(1)))
TRANSITION(values, UP_MEASURE_VALUES, UP_MEASURE_VALUES,
		   add_values(s, PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2), weight))

PG_FUNCTION_INFO_V1(uprofile_agg_metric_combine);
Datum
uprofile_agg_metric_combine(PG_FUNCTION_ARGS)
{
	return up_expanded_combine(fcinfo, &metric_state);
}

static UpMeasurement *
measurement_of(Datum state)
{
	return ((MetricState *) up_expanded_readable(state, &metric_state))->measurement;
}

PG_FUNCTION_INFO_V1(uprofile_agg_metric_final);
Datum
uprofile_agg_metric_final(PG_FUNCTION_ARGS)
{
	MemoryContext inner, outer;
	double figure;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	inner = AllocSetContextCreate(CurrentMemoryContext, "uprofile figure", ALLOCSET_DEFAULT_SIZES);
	outer = MemoryContextSwitchTo(inner);
	figure = up_measurement_figure(measurement_of(PG_GETARG_DATUM(0)));
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(inner);
	if (isnan(figure))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(figure);
}

PG_FUNCTION_INFO_V1(uprofile_agg_metric_confusion);
Datum
uprofile_agg_metric_confusion(PG_FUNCTION_ARGS)
{
	UpMeasurement *m;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	m = measurement_of(PG_GETARG_DATUM(0));
	if (m->pairs == NULL || m->pairs->n == 0)
		PG_RETURN_NULL();
	PG_RETURN_JSONB_P(up_value_to_jsonb(up_measurement_confusion(m)));
}
