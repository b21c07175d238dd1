/*
 * clean_batch.h - texts of a column, asked about by workers and this process
 */
#ifndef UPROFILE_CLEAN_BATCH_H
#define UPROFILE_CLEAN_BATCH_H

#include "pg/clean/clean_table.h"
#include "pg/clean/clean_text_rule.h"

typedef struct UpCleanBatch UpCleanBatch;

/*
 * Workers stand by for the texts of a column, and for those of others until up_clean_batch_leave; NULL: none does, as there are none or no
 * memory for what they must see. seconds: what all that is to be asked takes one process.
 */
extern UpCleanBatch *up_clean_batch_begin(UpCleanTable *t, const UpTextRule *rule, double seconds);
/* Has the rows from the first one on asked about. How many these were; 0: the first text is too long for others to see. */
extern size_t up_clean_batch_ask(UpCleanBatch *b, const UpCleanTable *t, const UpCleanValues *v, size_t first);
/*
 * About row i of these. false: this process is to ask itself, as where the answer is an error, or longer than there was room for. What it
 * points to is there until the next rows are asked about.
 */
extern bool up_clean_batch_answer(const UpCleanBatch *b, size_t i, UpCleanAnswer *answer);
extern void up_clean_batch_end(UpCleanBatch *b);
/* They go, if there are any. Until then nothing is done but what rules make of texts of the server's own types. */
extern void up_clean_batch_leave(UpCleanTable *t);
/*
 * In a part's PG_CATCH, in memory that stays: a failure that is a value's own is forgotten, and left to the caller, who meets it in its place.
 * Others are thrown on: a cancellation, or what became of another worker, which a process that looks for interrupts is told of there as well.
 */
extern void up_clean_leave_failure(void);

#endif
