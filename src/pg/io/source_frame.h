/*
 * source_frame.h - a source read into a frame
 */
#ifndef UPROFILE_SOURCE_FRAME_H
#define UPROFILE_SOURCE_FRAME_H

#include "pg/io/read_together.h"
#include "pg/io/rows.h"

typedef struct UpSourceFrame UpSourceFrame;
struct UpSourceFrame
{
	UpFrame *frame;
	size_t n_rows;     /* that were read; the frame has fewer where they were taken from it */
	size_t *order;     /* of the rows as they were read by one process; NULL: as they stand */
	uint8_t *held_out; /* one byte a row, 1: held out; NULL where nothing is held out */
	size_t n_held_out;
	uint64_t *test_hashes; /* of the rows held out, one after the other; UINT64_MAX where the key is NULL */
	size_t n_repeated;     /* rows with a key that another row has as well, beyond the first of each */
	size_t n_keyless;      /* rows whose key is NULL, where there is one */
	UpValue *key;          /* the names of its columns, an array; NULL where there is no key */
	const char *key_text;  /* the same as one text, see key_columns.h, and for messages */
	const char *key_title;
	const char *key_form;   /* see key_columns.h */
	uint64_t *hashes;       /* of all rows, where asked for; UINT64_MAX where the key is NULL */
	double *split_values;   /* of the split's column: its number, or one that stands for its text; NaN: NULL */
	double *holdout_values; /* the same of the hold-out's column */
	size_t n_left;          /* rows that are neither held out nor trained on (assess/holdout.h) */
};

/* The i-th row that was read. */
static inline size_t
up_source_row(const UpSourceFrame *s, size_t i)
{
	return s->order != NULL ? s->order[i] : i;
}

/* What is read; all but the first three may be 0. */
typedef struct UpSourceOrder
{
	const char *target; /* a column's name, or NULL */
	const char *key;
	const UpValue *prepare; /* how columns are read (prep/prepare.h) */
	const UpModel *model;   /* what its columns hold is read as it is at prediction */
	bool check_target;      /* that it is a label, by UpCommonParams.task */
	int task;
	const struct UpRequest *
		request; /* what is to be trained: refused up front where memory cannot hold it; rows are kept for workers to see */
	/* Where several are trained on these rows: all of them, of whose features no value may be infinite; 0: request alone. */
	const struct UpRequest *const *wanted;
	uint32_t n_wanted;
	/*
	 * Told of about how many rows there will be, of so many values, before the first of them; where reading calls nothing of others. together:
	 * workers that begin now read them as well.
	 */
	void (*plain)(void *arg, double n_rows, uint32_t n_values, bool together);
	/* Sees each row that became one of the frame's, deformed, with the hash of its key or features; columns are seen first. */
	void (*columns)(void *arg, UpRowReader *r);
	void (*row)(void *arg, UpRowReader *r, uint64_t hash);
	/*
	 * Takes the rows from the frame, whenever there are many of them; false: all of them are held. Of these held_out is one byte each, and
	 * hashes are not kept. At the end of the rows again takes the last of them; true: all of them once more. NULL: these stay in the frame.
	 */
	bool (*take)(void *arg, UpSourceFrame *s);
	bool (*again)(void *arg, UpFrame *f);
	/* Takes them where workers read them as well; the frame has none, and what is told of each is the same. */
	bool (*step)(void *arg, UpSourceFrame *s, const UpStepRows *rows);
	uint64 (*least)(const UpFrame *f); /* rows, before the first of them are taken; NULL: up_source_taken */
	void *taker;                       /* of these */
	void *arg;                         /* of the others */
	double
		test_size; /* rows whose hash of the key (without a key: of the features) falls below it are held out */
	bool hashes;   /* of all rows are kept */
	bool shared;   /* rows are kept for workers to see, also where nothing is to be trained */
	bool in_order; /* they come as they stand in the source, by whatever plan: for sums of them */
	bool in_turn;  /* the same, and all of them are held where the plan is a parallel one */
	const char *split_column;   /* NULL: none */
	bool split_numbers;         /* the column must have numbers or times */
	const char *holdout_column; /* the same for a hold-out, beside a split */
	bool holdout_numbers;
} UpSourceOrder;

/* Whether a row with this hash is held out by that share. */
extern bool up_held_out(uint64_t hash, double test_size);
#define UP_READ_SECONDS 1.2e-8 /* to read a value, about, by one process */
/*
 * Workers that begin with the rows where they read them too, as an order's plain, and work on what was read: e is its arg. They end by
 * up_early_end, before anything else touches a table (e: NULL where none could begin; more than once does no harm).
 */
typedef struct UpEarly
{
	double seconds_a_value; /* that all of it takes one process, about */
	bool began;
} UpEarly;
extern void up_early_begin(void *e, double n_rows, uint32_t n_values, bool together);
extern void up_early_end(UpEarly *e);

/* How many rows are taken from a frame at a time. */
extern uint64 up_source_taken(const UpFrame *f);
/* Reads all rows of a query. Everything lives in the current memory context. */
extern UpSourceFrame *up_source_frame_read(const char *query, const UpSourceOrder *order);
/* Several frames of the same rows, which are read once, e.g. with columns prepared in different ways. */
extern UpSourceFrame **up_source_frames_read(const char *query, const UpSourceOrder *orders, uint32_t n);

#endif
