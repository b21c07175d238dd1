/*
 * state.h - the one aggregate state that all learners share
 *
 * How it lives, expanded.h tells. What it may hold:
 *
 *   before a row    learner: its initial value is the algorithm's name; none for updates, whose model comes with the rows
 *   from the first  the form (array or row, kind of label, target, k) and params; a later row that differs is refused
 *   and then        sums, where the form is an array and the learner can learn from them;
 *                   or a frame with the rows: features and label; of many rows of named columns sums as well, if these are enough;
 *                   of an update the base (bytes, and what they parse to), and a frame with its inputs and class numbers
 *   on one node     reader: how rows of one type become numbers. It does not travel and is made again
 *
 * Everything is allocated in expanded.header.eoh_context and goes with it; nothing is freed by itself.
 */
#ifndef UPROFILE_STATE_H
#define UPROFILE_STATE_H

#include "fmgr.h"
#include "lib/ilist.h"
#include "utils/jsonb.h"

#include "learn/row_sums.h"
#include "pg/models/model_cache.h"
#include "pg/models/model_key.h"
#include "pg/io/rows.h"
#include "pg/sql/expanded.h"

typedef struct UpState
{
	UpExpanded expanded;
	const UpLearner *learner;

	/* From the first row; a later difference is an error. */
	bool by_name;
	UpLabelKind label_kind; /* array form */
	char *target;           /* row form, or NULL */
	int64_t k;              /* clusters; INT64_MIN where the form has none */
	bool has_params;
	UpValue *given; /* params and k */
	UpRequest *request;

	/* What was collected: sums, or rows. */
	uint32_t n_features;
	void *sums;
	uint64_t n_sum_rows;
	UpFrame *frame;
	UpRowReader *reader;
	UpRowSums *row_sums; /* row form: of many rows; the frame then holds those that wait. Or NULL … */
	uint64_t look_at;    /* … until so many rows tell whether it can be */
	double *row;         /* space for one, or NULL */
	uint64_t n_null_rows;
	uint64_t n_null_labels;
	/*
	 * Of a partial aggregation whose rows the whole takes as they stand: under a token (0: none of these) it finds those of a worker, or
	 * of the same process, that stand in a context of their own until it has taken them.
	 */
	uint64_t token;
	bool hands_over; /* of a worker */
	bool taken;
	MemoryContext rows_context;
	MemoryContextCallback gone;
	dlist_node node;

	/* Updates: the model that the rows go to; the frame holds its inputs, and class numbers or values as labels. */
	bytea *base_bytes;
	UpModelKey base_key;
	UpModelUse base;
} UpState;

/* The state of argument 0, to be changed; created below the aggregate's memory where it is not there yet. */
extern UpState *up_state_writable(FunctionCallInfo fcinfo);
/* Any state datum, to be read: the object itself, or one made from flat bytes in the current memory. */
extern UpState *up_state_readable(Datum datum);
extern Datum up_state_combine(FunctionCallInfo fcinfo);

/* Sets what the first row sets, and checks that later rows say the same. */
typedef struct UpStateArguments
{
	bool by_name;
	UpLabelKind label_kind;
	const text *target;
	int64_t k;
	Jsonb *params;
} UpStateArguments;
extern void up_state_begin(UpState *s, const UpStateArguments *a);

/* The same for updates: the model instead of the algorithm's name, as the first row brings it. */
extern void up_state_begin_update(UpState *s, struct varlena *model, Jsonb *params);
/* Inputs of the base, and a class number or value. */
extern void up_state_add_inputs(UpState *s, const double *inputs, double label);

/* Whether features and label, arguments from features on, are there; if not, the row is counted. */
extern bool up_state_is_complete(UpState *s, FunctionCallInfo fcinfo, int features);
/* A label that is a number: NaN and infinities are refused. */
extern double up_state_finite_label(double label);
extern void up_state_add_array(UpState *s, const double *x, uint32_t n, double label);
/* The reader's row; false: it has no label. */
extern bool up_state_add_row(UpState *s);
extern void up_state_check_memory(const UpState *s);
extern uint64_t up_state_rows(const UpState *s);

/*
 * ---- state_rows.c ----
 *
 * Rows of a partial aggregation that the whole takes as they stand, of a worker or of its own process: the state's bytes have a token of them.
 */

/* What bytes hold: never renumbered. */
enum
{
	HOLDS_NOTHING,
	HOLDS_SUMS,
	HOLDS_ROWS,
	HOLDS_HANDED,  /* a token of rows in an array of a worker, and how they stand there; … */
	HOLDS_STAYING, /* … or of rows in this process */
	HOLDS_ROW_SUMS /* rows that wait, and sums of those that do not (row form) */
};

/* After the first row: whether it holds rows that another process can take as they stand. Dictionaries of texts are each their own. */
extern bool up_state_rows_can_stay(const UpState *s);
/* Of a partial aggregation whose rows can: how they come to the whole. */
extern void up_state_begin_partial(UpState *s, bool worker);
/* Whether a worker's rows stand in an array that its leader can take; many are moved there. The server asks twice for what it sends. */
extern bool up_state_in_one_array(const UpState *s);
/* Rows that a worker need not send; false: it must. */
extern bool up_state_put_handed(UpWriter *w, const UpState *s);
/* Blocks that rows can be added beside. */
extern UpFrame *up_state_get_handed(UpReader *r, const UpState *s);
extern bool up_state_put_staying(UpWriter *w, const UpState *s);
/* The rows go with who takes them. */
extern UpFrame *up_state_get_staying(UpReader *r);

#endif
