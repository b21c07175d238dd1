/*
 * predict_block.h - predictions of many rows at once: which functions have them, and what a block of rows is answered
 */
#ifndef UPROFILE_PREDICT_BLOCK_H
#define UPROFILE_PREDICT_BLOCK_H

#include "nodes/extensible.h"

#include "pg/models/named_models.h"

typedef struct UpBlockAnswer
{
	/* What a row asks for beside its inputs, from fcinfo's third argument; NULL: nothing. */
	int32 (*choose)(FunctionCallInfo fcinfo, const UpModelUse *use);
	/* x: n × inputs of the model; chosen: one a row, as choose said. out: one a row, in the current memory. */
	void (*answer)(const UpModelUse *use, const double *x, size_t n, const int32 *chosen, Datum *out);
	bool vectors; /* as long as rows are prepared, or transformed */
} UpBlockAnswer;

/* A function of a model (bytea, or a name) and features (float8[], or a row). */
typedef struct UpBlockForm
{
	PGFunction function;
	bool named;
	bool row;
	const UpBlockAnswer *answer;
} UpBlockForm;

/* Of a C function; NULL: it has no blocks. */
extern const UpBlockForm *up_block_form(PGFunction function);

/* Custom Scan (uprofile predict): calls (predict_plan.c makes them) of functions, over the rows of the plan below. */
enum
{
	UP_FEATURES_WHOLE,   /* one column of the plan below, an array or a record */
	UP_FEATURES_ELEMENTS /* a column each */
};

/* The node, without its targets and the plan below. calls: of each a list of its function, its columns and its constants. */
extern CustomScan *up_predict_scan_new(List *calls);
/*
 * One of these calls. The features' columns, by number from 0 in the plan below; model and label: a column, or -1 and a Const or none
 * (NULL).
 */
extern List *up_predict_scan_call(Oid function, int kind, List *features, int model, Node *model_const,
								  int label, Node *label_const);
extern void up_predict_scan_init(void);

/* Nodes that were made ready so far by this process. */
extern uint64 up_predict_scans(void);
/*
 * Whether this node may read rows before they are asked for, once these hash joins (HashJoinState) have made their tables; until then it does
 * not. false: it is no node of ours.
 */
extern bool up_predict_scan_may_read_ahead(CustomScanState *node, bool may, List *joins);

/* predict_whole.c: how many rows this node will be asked for at least, as far as whoever runs its plan says. */
extern uint64 up_predict_wanted(const PlanState *node);
extern void up_predict_whole_init(void);

#endif
