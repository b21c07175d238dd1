/*
 * predict_block.h - predictions of many rows at once: which functions have them, and what a block of rows is answered
 */
#ifndef UPROFILE_PREDICT_BLOCK_H
#define UPROFILE_PREDICT_BLOCK_H

#include "nodes/extensible.h"

#include "pg/models/named_models.h"

/* What a call asks of a model and a row; calls that ask for such of the same ones can be answered together. 0: anything else. */
#define UP_ASKS_PREDICTED 1
#define UP_ASKS_PROBA     2 /* of a class that is named … */
#define UP_ASKS_LIKELY    4 /* … or that is predicted */

/* Answers are computed as numbers, which workers do as well, and then told as values of SQL. */
typedef struct UpBlockAnswer
{
	/* What a row asks for beside its inputs, from fcinfo's third argument; NULL: nothing. */
	int32 (*choose)(FunctionCallInfo fcinfo, const UpModelUse *use);
	/* Numbers that are computed for a row. */
	uint32_t (*width)(const UpModel *m);
	/* x: n × inputs of the model; numbers: n × width, in any order. */
	void (*compute)(const UpModel *m, const double *x, size_t n, double *numbers);
	/* Of rows that were computed together; chosen: one a row, as choose said. out: one a row, in the current memory. */
	void (*tell)(const UpModelUse *use, const double *numbers, size_t n, const int32 *chosen, Datum *out);
	int asks; /* UP_ASKS_… */
} UpBlockAnswer;

/* A function of a model (bytea, or a name) and features (float8[], or a row). */
typedef struct UpBlockForm
{
	PGFunction function;
	bool named;
	bool row;
	const UpBlockAnswer *answer;
} UpBlockForm;

/* Of a C function that is called with so many arguments; NULL: it has no blocks. */
extern const UpBlockForm *up_block_form(PGFunction function, int n_args);
/* What is computed of this model for a call, and others of which each asks for some of asked; NULL: they are answered apart. */
extern const UpBlockAnswer *up_block_answer_of(const UpBlockForm *form, int asked, const UpModelUse *use);
/* Tells a call what was computed for it, and maybe for others: of n rows that were computed together. */
extern void up_block_tell(const UpBlockForm *form, const UpBlockAnswer *computed, const UpModelUse *use,
						  const double *numbers, size_t n, const int32 *chosen, Datum *out);
/* All kinds of answers, the same ones in every process. */
extern const UpBlockAnswer up_block_answers[];

/*
 * Custom Scan (uprofile predict): calls (predict_plan.c makes them) of functions, over the rows of the plan below; over those of two plans,
 * each row of the first beside each of the second.
 */
enum
{
	UP_FEATURES_WHOLE,   /* one column, an array or a record */
	UP_FEATURES_ELEMENTS /* a column each, of a type of number */
};

/* What of its work may be shared out to workers that the node starts. */
enum
{
	UP_SHARES_NOTHING, /* several processes run it already */
	UP_SHARES_BLOCKS,  /* a block each time, since others may write in between */
	UP_SHARES_ALL      /* the executor can be in parallel mode all the time */
};

/*
 * What the node has beside its targets and the plans below: its custom_private. plans, numbers: of each column which plan gives it, and its
 * number there, from 0. calls: of each a list of its function, its columns and its constants. sharing: UP_SHARES_….
 */
extern List *up_predict_scan_private(List *plans, List *numbers, List *calls, int sharing);
/* One of these calls. The features' columns; model and label: a column, or -1 and a Const or none (NULL). */
extern List *up_predict_scan_call(Oid function, int kind, List *features, int model, Node *model_const,
								  int label, Node *label_const);
extern const CustomScanMethods up_predict_scan_methods;
extern void up_predict_scan_init(void);

/* Nodes that were made ready so far by this process. */
extern uint64 up_predict_scans(void);
/* Whether this is one of them. */
extern bool up_is_predict_scan(const PlanState *node);
/*
 * Whether this node may read rows before they are asked for, once these hash joins (HashJoinState) have made their tables; until then it does
 * not. false: it is no node of ours.
 */
extern bool up_predict_scan_may_read_ahead(CustomScanState *node, bool may, List *joins);

/* predict_whole.c: how many rows this node will be asked for at least, as far as whoever runs its plan says. */
extern uint64 up_predict_wanted(const PlanState *node);
extern void up_predict_whole_init(void);

#endif
