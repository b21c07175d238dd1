/*
 * hand_over.c - large arrays that a parallel worker of a plan leaves to its leader; see hand_over.h
 *
 * A worker may be gone before the leader reads what it sent. So a segment is pinned, and a temporary file gets another name, until the
 * leader has it; and what it never takes, since a failure or a LIMIT ended its plan, goes with its transaction. A table in shared
 * memory says what waits for whom: also a leader that has read nothing finds there what it must take away, and bytes that were forged
 * name nothing that is in it. After a crash the server takes segments away itself, and files by how their names begin.
 */
#include "postgres.h"

#include <unistd.h>

#include "access/parallel.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "storage/dsm.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "storage/spin.h"

#include "pg/hand_over.h"
#include "pg/large_memory.h"
#include "pg/shared_struct.h"

#define TABLE     "uprofile handed arrays 1" /* with another number wherever Handed changes */
#define MOST      64                         /* that wait at a time, of all sessions */
#define MOST_PATH 128

typedef struct Handed
{
	int leader; /* its process; 0: none */
	dsm_handle segment;
	char path[MOST_PATH]; /* of the file, or empty */
} Handed;

typedef struct Table
{
	slock_t lock;
	int n;
	Handed rows[MOST];
} Table;

static Table *table;

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

/* Under the lock: the row of such an array of this leader's, or of any (NULL); NULL: there is none. */
static Handed *
row_of(const Handed *h, int of)
{
	for (int i = 0; i < MOST; i++)
	{
		Handed *row = &table->rows[i];

		if (row->leader == of && (h == NULL || (row->segment == h->segment && strcmp(row->path, h->path) == 0)))
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

/* Takes a row out, so that this process alone sees to the array; false: there is none. */
static bool
strike(const Handed *h, Handed *out)
{
	Handed *row;

	SpinLockAcquire(&table->lock);
	row = row_of(h, leader());
	if (row != NULL)
	{
		*out = *row;
		row->leader = 0;
		table->n--;
	}
	SpinLockRelease(&table->lock);
	return row != NULL;
}

static bool
is_waiting(const Handed *h)
{
	bool waits;

	if (find_table() == NULL)
		return false;
	SpinLockAcquire(&table->lock);
	waits = row_of(h, leader()) != NULL;
	SpinLockRelease(&table->lock);
	return waits;
}

/* It stays beyond its worker. */
static bool
keep(const UpLarge *l, const Handed *h)
{
	if (h->path[0] != '\0')
		return link(FilePathName(l->file), h->path) == 0;
	dsm_pin_segment(l->segment.of);
	return true;
}

/* What keeps it beyond its worker goes; who has it mapped has it still. */
static void
release(const Handed *h)
{
	if (h->path[0] != '\0')
		(void) unlink(h->path);
	else
		dsm_unpin_segment(h->segment);
}

/* The workers of a transaction that ends have ended. */
static void
release_all(void)
{
	Handed h;

	if (IsParallelWorker() || MyProc == NULL || find_table() == NULL || table->n == 0)
		return;
	while (strike(NULL, &h))
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

void
up_hand_over_init(void)
{
	RegisterXactCallback(transaction_over, NULL);
	RegisterSubXactCallback(subtransaction_over, NULL);
}

/* Its segment, or its file under another name; false: it has neither, or none that others could find. */
static bool
name_array(const UpLarge *l, Handed *h)
{
	if (l == NULL || l->kind == UP_LARGE_SHARE)
		return false;
	if (l->kind == UP_LARGE_SEGMENT)
	{
		h->segment = dsm_segment_handle(l->segment.of);
		return true;
	}
	return l->file > 0 && snprintf(h->path, MOST_PATH, "%s.handed", FilePathName(l->file)) < MOST_PATH;
}

bool
up_hand_over(UpWriter *w, const void *array)
{
	const UpLarge *l = up_large_of(array);
	Handed h = {.leader = leader()};

	if (!name_array(l, &h))
		return false;
	/* The server may ask more than once for what it sends. */
	if (!is_waiting(&h))
	{
		/* A row never names what is not kept: so that to release it never fails. */
		if (!keep(l, &h))
			return false;
		if (!enter(&h))
		{
			release(&h);
			return false;
		}
	}
	up_put_u32(w, h.segment);
	up_put_text(w, h.path);
	return true;
}

void *
up_take_over(UpReader *r, size_t *size)
{
	Handed h = {.leader = leader()}, struck;
	char *path;
	void *array;

	h.segment = up_get_u32(r);
	path = up_get_text(r);
	if (path == NULL || strlen(path) >= MOST_PATH)
		up_corrupt(r, "rows of a worker");
	strcpy(h.path, path);
	if (!is_waiting(&h))
		up_corrupt(r, "rows of a worker");
	array = up_large_adopt(h.segment, h.path, size);
	if (strike(&h, &struck))
		release(&struck);
	return array;
}
