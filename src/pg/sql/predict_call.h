/*
 * predict_call.h - the calls of a node (predict_scan.c): what each takes of the rows of the plans below, and its answers
 */
#ifndef UPROFILE_PREDICT_CALL_H
#define UPROFILE_PREDICT_CALL_H

#include "executor/tuptable.h"

#include "pg/sql/number_columns.h"
#include "pg/sql/predict_block.h"

#define UP_BLOCK_ROWS   1024
#define UP_BLOCK_VALUES (512 * 1024) /* inputs of a call, or numbers of its answers, at most */

/*
 * predict_team.c: rows of one call that wait for their answers. They are computed by this process, or by workers beside it where that pays:
 * by those that stand by (up_workers_begin), or by some that start for these rows alone.
 */
typedef struct UpWaitingRows
{
	const UpBlockAnswer *answer;
	MemoryContext context; /* of what follows */
	double *inputs;
	double *numbers;
	Size inputs_size, numbers_size;
	bool shared;      /* both stand where workers see them */
	double pace[2];   /* seconds of a row, when this process computed rows last and before; 0: not known yet */
	double beginning; /* seconds that some rows took beyond that, as the model was laid out */
	/* The model that rows were asked of last, how often, and its bytes for workers. */
	uint64 model;
	int times;
	void *bytes;
	size_t n_bytes;
	uint64 number; /* of these bytes, among all that this process made */
	bool alone;    /* no worker could be had */
	int processes; /* the most that computed rows together */
} UpWaitingRows;

/* Room for so many rows of a model. */
extern void up_waiting_room(UpWaitingRows *w, const UpModel *m, int n, bool shared);
/* Computes numbers of all n of them. Returns how many rows at a time were computed together, whose numbers stand together. */
extern size_t up_waiting_compute(UpWaitingRows *w, const UpModelUse *use, int n);
/* Seconds that one more row takes this process, as far as is known. */
extern double up_waiting_pace(const UpWaitingRows *w);
/* Whether workers would start for so many rows alone. */
extern bool up_waiting_starts(const UpWaitingRows *w, int n);
extern void up_waiting_free(UpWaitingRows *w);

/* A row of each of them. */
typedef struct UpRowBelow
{
	TupleTableSlot *slots[2];
	/* Of the tuple, where columns are read at their place in it; else NULL, and all that are asked for are taken apart. */
	const char *data[2];
	/* Of two plans: rows of the first one so far, each of which goes with many of the second; else 0. */
	uint64 firsts;
} UpRowBelow;

static inline Datum
up_value_below(const UpRowBelow *row, UpPlace place)
{
	return row->slots[place.plan]->tts_values[place.number];
}

static inline bool
up_is_null_below(const UpRowBelow *row, UpPlace place)
{
	return row->slots[place.plan]->tts_isnull[place.number];
}

typedef struct UpBlockCall
{
	const UpBlockForm *form;
	FmgrInfo function;
	FunctionCallInfo fcinfo;
	int kind;      /* UP_FEATURES_… */
	UpPlace whole; /* the features, of either kind */
	UpNumbers numbers;
	bool has_model; /* in a column; else it is what fcinfo holds */
	bool has_label;
	UpPlace model;
	UpPlace label;
	bool is_null; /* a constant is */
	/* Calls that take the same of each row: the first of them takes it for all, where one pass of the model answers them together. */
	struct UpBlockCall *first, *next;
	int asked;     /* of the first: UP_ASKS_… of all of them */
	bool together; /* of the first: with the model of the rows that wait */
	UpModelUse *use;
	uint64 use_of;       /* the row of the first plan that the model is from */
	bool large;          /* it is larger than the caches */
	bool shares;         /* workers stand by */
	MemoryContext block; /* what answers point to, until the next block */
	int capacity;        /* rows of a block */
	int most;            /* rows that wait at most */
	int n;               /* rows that wait for an answer */
	int *rows;           /* in the block */
	int32 *chosen;
	UpWaitingRows waiting;
	Datum *told; /* answers, before they go to their rows */
	Datum *out;  /* one a row of the block */
	bool *out_null;
} UpBlockCall;

/* A call that up_predict_scan_call told of, in the current memory; places: of all columns. Asks the plans, which give columns, for what it takes. */
extern void up_block_call_begin(UpBlockCall *c, List *told, const UpPlace *places, const TupleDesc *columns,
								UpAskedColumns *asked);
/* Joins a call to the first one before that takes the same, if there is one; told: of the calls so far. */
extern void up_block_call_join(UpBlockCall *calls, int number, const List *told);
/* Whether to take a row needs memory. */
extern bool up_block_call_needs_memory(const UpBlockCall *c);
/* Room for a block's rows, in the current memory. */
extern void up_block_call_room(UpBlockCall *c, int capacity);
/* Rows that can wait in a block of any size, with the model that was asked last. */
extern int up_block_call_most(const UpBlockCall *c);
/* Takes what it needs of the next row of the block. */
extern void up_block_call_take(UpBlockCall *c, const UpRowBelow *below, int row);
/* Answers the rows that wait. */
extern void up_block_call_answer(UpBlockCall *c);

#endif
