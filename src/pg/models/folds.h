/*
 * folds.h - honest scores: models that have not seen a user, kept beside the version that has
 *
 * The users that a version was trained on fall into folds by the hash of their key. For each fold there is a model trained on the
 * others, and the list of the users that it alone may score. Whoever is on no list was not trained on, and gets the
 * version itself.
 */
#ifndef UPROFILE_FOLDS_H
#define UPROFILE_FOLDS_H

#include "pg/io/source_frame.h"
#include "learn/train.h"

#define UP_MAX_FOLDS 100

/* A fold as it is stored. */
typedef struct UpFoldBytes
{
	bytea *model; /* empty where nobody is of the fold */
	bytea *users; /* 32 bits of the hash of each, little-endian and ascending */
} UpFoldBytes;

typedef struct UpFold
{
	const UpModel *model; /* NULL: nobody is of the fold */
	const unsigned char *users;
	size_t n_users;
} UpFold;

typedef struct UpFolds
{
	int n;
	UpFold *folds;
	char *key; /* its columns, as in pg/io/key_columns.h */
	Size bytes;
} UpFolds;

/*
 * Trains a model for each of n folds, as the whole one was trained: of its task, with what it was given. read: with
 * the rows' hashes.
 */
extern UpFoldBytes *up_folds_train(const UpTraining *whole, const UpSourceFrame *read, const UpModel *m, int n);
extern void up_folds_store(const char *schema, int64 version_id, const UpFoldBytes *folds, int n);

/* Those of a version, checked and in the current memory; NULL: it has none. shared: the caller may use the model, and not read it. */
extern UpFolds *up_folds_load(const char *schema, Oid namespace, int64 version_id, const UpModel *whole,
							  bool shared);
/* What is kept of that hash for each user of a fold: so many bytes, the low one first. */
#define UP_FOLD_USER_BYTES 4
extern uint32_t up_folds_user(uint64_t hash);
/* The fold of the user whose key has this hash, or -1: the version was not trained on him. */
extern int up_folds_find(const UpFolds *folds, uint64_t hash);

#endif
