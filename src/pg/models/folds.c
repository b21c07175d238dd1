/*
 * folds.c - honest scores: models that have not seen a user; see folds.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "assess/out_of_fold.h"
#include "base/rng.h"
#include "num/sort.h"
#include "pg/io/local_setting.h"
#include "pg/io/query.h"
#include "pg/models/folds.h"
#include "pg/models/model_cache.h"
#include "pg/models/shared.h"

#define USER_BYTES UP_FOLD_USER_BYTES
#define TICK_ROWS  65536

/* Mixed again: the hash itself decides who is held out. */
static int
fold_of(uint64_t hash, int n)
{
	return (int) (up_mix64(hash) % (uint64_t) n);
}

uint32_t
up_folds_user(uint64_t hash)
{
	return (uint32_t) (hash >> 32);
}

/* ---- training ----------------------------------------------------------------------------------------------------- */

static int
compare_users(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;

	return x < y ? -1 : x > y;
}

static bool
is_trained_on(const UpSourceFrame *read, size_t row)
{
	return read->n_held_out == 0 || !read->held_out[row];
}

/* Marks what the fold's model must not see, and lists whom it may score. */
static bytea *
leave_out(const UpSourceFrame *read, int fold, int n_folds, uint8_t *out)
{
	size_t n_rows = read->frame->samples->n_rows, n = 0, kept = 0;
	uint32_t *users = up_alloc_array(Max(n_rows, 1), sizeof(uint32_t));
	bytea *list;

	for (size_t i = 0; i < n_rows; i++)
	{
		uint64_t hash = read->hashes[i];
		bool his = is_trained_on(read, i) && hash != UINT64_MAX && fold_of(hash, n_folds) == fold;

		if (i % TICK_ROWS == 0)
			up_tick();
		out[i] = his || !is_trained_on(read, i);
		if (his)
			users[n++] = up_folds_user(hash);
	}
	up_sort(users, n, sizeof(uint32_t), compare_users);
	list = palloc_extended(VARHDRSZ + n * USER_BYTES, MCXT_ALLOC_HUGE);
	for (size_t i = 0; i < n; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		if (i > 0 && users[i] == users[i - 1])
			continue;
		for (int byte = 0; byte < USER_BYTES; byte++)
			VARDATA(list)[kept * USER_BYTES + (size_t) byte] = (char) (users[i] >> (8 * byte));
		kept++;
	}
	up_free(users);
	if (kept > (MaxAllocSize - VARHDRSZ) / USER_BYTES)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("a fold of %zu users is larger than a value can be", kept),
						errhint("Take more \"folds\".")));
	SET_VARSIZE(list, VARHDRSZ + kept * USER_BYTES);
	return list;
}

static void
refuse_one_fold(const UpSourceFrame *read, const uint8_t *out)
{
	for (size_t i = 0; i < read->frame->samples->n_rows; i++)
	{
		if (!out[i])
			return;
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("all rows to train on are in one fold, so no score of them would be honest")));
}

/* What is to be said was said of the whole. */
static UpModel *
train_quietly(const UpTraining *t)
{
	int level = NewGUCNestLevel();
	UpModel *m;

	up_set_locally("client_min_messages", "error");
	m = up_train_whole(t);
	AtEOXact_GUC(true, level);
	return m;
}

UpFoldBytes *
up_folds_train(const UpTraining *whole, const UpSourceFrame *read, const UpModel *m, int n)
{
	size_t n_rows = read->frame->samples->n_rows;
	UpFoldBytes *folds = palloc0(sizeof(UpFoldBytes) * (Size) n);
	uint8_t *out = up_alloc_array(Max(n_rows, 1), 1);
	UpRequest request = *whole->request;
	UpTraining t = *whole;

	/* Fewer labels would make a regression a classification, and a class that is missing is no failure. */
	request.common.task = m->task == UP_TASK_REGRESS ? 2 : 1;
	t.request = &request;
	t.held_out = out;
	t.strict = false;
	for (int i = 0; i < n; i++)
	{
		up_stage("training without a fold", (uint64) i, (uint64) n);
		folds[i].users = leave_out(read, i, n, out);
		if (VARSIZE(folds[i].users) == VARHDRSZ)
		{
			folds[i].model = folds[i].users;
			continue;
		}
		refuse_one_fold(read, out);
		folds[i].model = up_model_bytes(train_quietly(&t));
	}
	up_stage(NULL, 0, 0);
	up_free(out);
	return folds;
}

void
up_folds_store(const char *schema, int64 version_id, const UpFoldBytes *folds, int n)
{
	Oid types[] = {INT8OID, INT4OID, BYTEAOID, BYTEAOID};
	char *query = psprintf(
		"INSERT INTO %s.uprofile_model_folds (version_id, fold, bytes, users) VALUES ($1, $2, $3, $4)", schema);

	for (int i = 0; i < n; i++)
	{
		Datum values[] = {Int64GetDatum(version_id), Int32GetDatum(i), PointerGetDatum(folds[i].model),
						  PointerGetDatum(folds[i].users)};

		up_query(false, query, lengthof(types), types, values, NULL);
	}
}

/* ---- use ---------------------------------------------------------------------------------------------------------- */

static void
refuse_damaged(void)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
					errmsg("the folds of a model with honest scores are damaged"), errhint("Train it again.")));
}

/* Rows of the registry: anything may stand there. */
static void
take_fold(UpFolds *folds, const UpRows *r, int fold, const UpModel *whole)
{
	UpFold *f = &folds->folds[fold];
	bool isnull;
	bytea *users = DatumGetByteaPCopy(up_rows_get(r, (uint64) fold, "users", &isnull));
	bytea *bytes = DatumGetByteaPCopy(up_rows_get(r, (uint64) fold, "bytes", &isnull));

	if (DatumGetInt32(up_rows_get(r, (uint64) fold, "fold", &isnull)) != fold ||
		VARSIZE(users) % USER_BYTES != VARHDRSZ % USER_BYTES)
		refuse_damaged();
	f->users = (const unsigned char *) VARDATA(users);
	f->n_users = (VARSIZE(users) - VARHDRSZ) / USER_BYTES;
	folds->bytes += VARSIZE(users) + VARSIZE(bytes);
	if (f->n_users == 0)
		return;
	f->model = up_model_parse(bytes);
	if (f->model->task != whole->task || f->model->label_kind != whole->label_kind ||
		f->model->pipeline->by_name != whole->pipeline->by_name)
		refuse_damaged();
	pfree(bytes);
}

static UpRows
read_folds(const char *schema, int64 version_id, bool shared)
{
	Oid type = INT8OID;
	Datum value = Int64GetDatum(version_id);
	char *query = psprintf("SELECT f.fold, f.bytes, f.users, v.key_column FROM %s.uprofile_model_folds f JOIN "
						   "%s.uprofile_model_versions v ON v.id = f.version_id WHERE f.version_id = $1 ORDER "
						   "BY f.fold LIMIT %d",
						   schema, schema, UP_MAX_FOLDS + 1);
	UpAsRole before;
	UpRows r;

	if (shared)
		up_shared_begin(&before, schema);
	r = up_query(true, query, 1, &type, &value, NULL);
	if (shared)
		up_as_role_end(&before);
	return r;
}

UpFolds *
up_folds_load(const char *schema, Oid namespace, int64 version_id, const UpModel *whole, bool shared)
{
	UpFolds *folds;
	UpRows r;
	Datum key;
	bool isnull;

	/* Tables of an earlier version have none. */
	if (whole->label_kind == UP_LABEL_NONE || !OidIsValid(get_relname_relid("uprofile_model_folds", namespace)))
		return NULL;
	r = read_folds(schema, version_id, shared);
	if (r.n == 0)
		return NULL;
	key = up_rows_get(&r, 0, "key_column", &isnull);
	if (isnull || r.n > UP_MAX_FOLDS)
		refuse_damaged();
	folds = palloc0(sizeof(UpFolds));
	folds->n = (int) r.n;
	folds->key = TextDatumGetCString(key);
	folds->folds = palloc0(sizeof(UpFold) * (Size) folds->n);
	for (int i = 0; i < folds->n; i++)
		take_fold(folds, &r, i, whole);
	return folds;
}

static uint32_t
user_at(const UpFold *f, size_t i)
{
	const unsigned char *b = f->users + i * USER_BYTES;

	return (uint32_t) b[0] | (uint32_t) b[1] << 8 | (uint32_t) b[2] << 16 | (uint32_t) b[3] << 24;
}

int
up_folds_find(const UpFolds *folds, uint64_t hash)
{
	int fold = fold_of(hash, folds->n);
	const UpFold *f = &folds->folds[fold];
	uint32_t user = up_folds_user(hash);
	size_t low = 0, high = f->n_users;

	while (low < high)
	{
		size_t mid = low + (high - low) / 2;
		uint32_t v = user_at(f, mid);

		if (v == user)
			return fold;
		if (v < user)
			low = mid + 1;
		else
			high = mid;
	}
	return -1;
}
