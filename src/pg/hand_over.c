/*
 * hand_over.c - large arrays that a parallel worker of a plan leaves to its leader; see hand_over.h
 *
 * A worker may be gone before the leader reads what it sent. So a segment is pinned, and a temporary file gets another name, until the
 * leader has it; and what it never takes, since a LIMIT or a failure ended its plan, goes with the plan or its transaction. A table in shared
 * memory says what waits for whom, so that also a leader that has read nothing finds there what it must take away. What is sent has no more than
 * a token, that nobody can guess, of a row there; and the row has a seal of all that is sent, so that nothing of it can be changed. After a
 * crash the server takes segments away itself, and files by how their names begin.
 */
#include "postgres.h"

#include <unistd.h>

#include "access/parallel.h"
#include "access/xact.h"
#include "common/file_utils.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "storage/dsm.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "storage/spin.h"

#include "pg/hand_over.h"
#include "pg/large_memory.h"
#include "pg/shared_struct.h"

#define TABLE "uprofile handed arrays 2" /* with another number wherever Handed changes */
#define MOST  256                        /* that wait at a time, of all sessions */

typedef struct Handed
{
	uint64 token;
	uint64 seal;
	int leader; /* its process; 0: none */
	bool in_file;
	uint32 name;    /* the segment's handle, or a number in the file's name */
	Oid tablespace; /* of the file */
	uint64 size;
} Handed;

typedef struct Table
{
	slock_t lock;
	int n;
	Handed rows[MOST];
} Table;

static Table *table;
static ExecutorEnd_hook_type next_end;

static void
make_table(void)
{
	bool found;
	Table *t = ShmemInitStruct(TABLE, sizeof(Table), &found);

	if (!found)
	{
		memset(t, 0, sizeof(Table));
		SpinLockInit(&t->lock);
	}
	table = t;
}

/* NULL: there is no memory for it. It never fails: the end of a transaction asks as well. */
static Table *
find_table(void)
{
	static bool tried;

	if (!tried && IsUnderPostmaster)
	{
		tried = true;
		up_find_shared(make_table);
	}
	return table;
}

static int
leader(void)
{
	return MyProc->lockGroupLeader != NULL ? MyProc->lockGroupLeader->pid : MyProcPid;
}

/* Under the lock: the row of this leader's with a token, or any of this leader's (0); NULL: there is none. */
static Handed *
row_of(uint64 token)
{
	int of = leader();

	for (int i = 0; i < MOST; i++)
	{
		Handed *row = &table->rows[i];

		if (row->leader == of && (token == 0 || row->token == token))
			return row;
	}
	return NULL;
}

static bool
enter(const Handed *h)
{
	Handed *row = NULL;

	if (find_table() == NULL)
		return false;
	SpinLockAcquire(&table->lock);
	for (int i = 0; i < MOST && row == NULL; i++)
		row = table->rows[i].leader == 0 ? &table->rows[i] : NULL;
	if (row != NULL)
	{
		*row = *h;
		table->n++;
	}
	SpinLockRelease(&table->lock);
	return row != NULL;
}

/* A copy of a row; taken out, so that this process alone sees to the array; false: there is none. */
static bool
look_up(uint64 token, bool strike, Handed *out)
{
	Handed *row;

	if (find_table() == NULL)
		return false;
	SpinLockAcquire(&table->lock);
	row = row_of(token);
	if (row != NULL)
	{
		*out = *row;
		if (strike)
		{
			row->leader = 0;
			table->n--;
		}
	}
	SpinLockRelease(&table->lock);
	return row != NULL;
}

/* The other name of a file: one that the server takes away after a crash. */
static void
path_of(const Handed *h, char path[MAXPGPATH])
{
	char folder[MAXPGPATH];

	TempTablespacePath(folder, h->tablespace);
	snprintf(path, MAXPGPATH, "%s/%s.handed.%08x", folder, PG_TEMP_FILE_PREFIX, h->name);
}

/* It stays beyond its worker; false: it cannot. */
static bool
keep(const UpLarge *l, Handed *h)
{
	char path[MAXPGPATH];

	if (l->kind == UP_LARGE_SEGMENT)
	{
		h->name = dsm_segment_handle(l->segment.of);
		dsm_pin_segment(l->segment.of);
		return true;
	}
	if (l->kind != UP_LARGE_FILE || l->file <= 0 || !pg_strong_random(&h->name, sizeof(h->name)))
		return false;
	h->in_file = true;
	if (sscanf(FilePathName(l->file), "pg_tblspc/%u/", &h->tablespace) != 1)
		h->tablespace = InvalidOid;
	path_of(h, path);
	return link(FilePathName(l->file), path) == 0;
}

/* What keeps it beyond its worker goes; who has it mapped has it still. */
static void
release(const Handed *h)
{
	char path[MAXPGPATH];

	if (h->in_file)
	{
		path_of(h, path);
		(void) unlink(path);
	}
	else
		dsm_unpin_segment(h->name);
}

/* The workers of a transaction that ends have ended. */
static void
release_all(void)
{
	Handed h;

	if (IsParallelWorker() || MyProc == NULL || find_table() == NULL || table->n == 0)
		return;
	while (look_up(0, true, &h))
		release(&h);
}

static void
transaction_over(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		release_all();
}

/* Where a parallel plan goes on around it, rows that wait are that plan's. */
static void
subtransaction_over(SubXactEvent event, SubTransactionId aborted, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB && !IsInParallelMode())
		release_all();
}

/* A LIMIT above it may have ended a plan that had not taken all. One that runs within another's leaves them to that. */
static void
plan_over(QueryDesc *plan)
{
	if (next_end != NULL)
		next_end(plan);
	else
		standard_ExecutorEnd(plan);
	if (!IsInParallelMode())
		release_all();
}

void
up_hand_over_init(void)
{
	next_end = ExecutorEnd_hook;
	ExecutorEnd_hook = plan_over;
	RegisterXactCallback(transaction_over, NULL);
	RegisterSubXactCallback(subtransaction_over, NULL);
}

bool
up_hand_over(uint64 token, uint64 seal, const void *array)
{
	const UpLarge *l = up_large_of(array);
	Handed h = {.token = token, .seal = seal, .leader = leader()}, waiting;

	/* The server may ask more than once for what it sends. */
	if (look_up(token, false, &waiting))
		return waiting.seal == seal;
	/* A row never names what is not kept: so that to release it never fails. */
	if (l == NULL || !keep(l, &h))
		return false;
	h.size = l->size;
	if (!enter(&h))
	{
		release(&h);
		return false;
	}
	return true;
}

size_t
up_hand_over_waiting(void)
{
	size_t size = 0;

	if (find_table() == NULL)
		return 0;
	SpinLockAcquire(&table->lock);
	for (int i = 0; i < MOST; i++)
		size += table->rows[i].leader == leader() && !table->rows[i].in_file ? table->rows[i].size : 0;
	SpinLockRelease(&table->lock);
	return size;
}

void *
up_take_over(uint64 token, uint64 seal, size_t *size)
{
	Handed h;
	char path[MAXPGPATH];
	void *array;

	if (token == 0 || !look_up(token, false, &h) || h.seal != seal)
		return NULL;
	if (h.in_file)
		path_of(&h, path);
	array = up_large_adopt(h.name, h.in_file ? path : NULL, size);
	if (look_up(token, true, &h))
		release(&h);
	return array;
}
