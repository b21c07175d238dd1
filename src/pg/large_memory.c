/*
 * large_memory.c - large arrays: in this process's memory, in shared memory where workers stand by, and in mapped temporary files beyond
 * the memory setting
 *
 * All of core's allocations from UP_LARGE_LEAST on come here, so that one place knows what a call holds, whichever code took it.
 *
 * A mapped file lets every learner work on more than memory holds, whatever order it reads in: the system keeps in memory what is
 * used, and writes back what is not. The file is one of the server's own (OpenTemporaryFile): in temp_tablespaces, under temp_file_limit and
 * log_temp_files, gone after a crash. Each byte is written before it is mapped, so that a full disk is an error here and no signal
 * later; on file systems that write to another place each time (btrfs, ZFS) the system cannot promise that.
 *
 * Segments and files belong to a memory context and not to a resource owner: a callback of the context releases them, after an error as
 * well, when the contexts of what failed are deleted.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "access/parallel.h"
#include "access/xact.h"
#include "commands/tablespace.h"
#include "optimizer/cost.h"
#include "pgstat.h"
#include "common/hashfn.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/wait_event.h"

#include "base/platform.h"
#include "pg/large_memory.h"

/* In front of each array. */
typedef struct Front
{
	UpLarge *large;
	char aligned[56];
} Front;

/* What up_large_take gave, by its address: of a large limit there are tens of thousands. */
typedef struct Taken
{
	char *at;
	UpLarge *large;
	char status;
} Taken;

#define SH_PREFIX       taken
#define SH_ELEMENT_TYPE Taken
#define SH_KEY_TYPE     char *
#define SH_KEY          at
#define SH_HASH_KEY(tb, key)                                                                                   \
	murmurhash32((uint32) ((uintptr_t) (key) >> 4) ^ (uint32) ((uint64) (uintptr_t) (key) >> 36))
#define SH_EQUAL(tb, a, b) ((a) == (b))
#define SH_SCOPE           static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

#define SMALLEST_SEGMENT  (64 * 1024) /* smaller ones are pieces of one of SEGMENT_OF_PIECES */
#define SEGMENT_OF_PIECES (1024 * 1024)
#define ZEROS             (256 * 1024)
#define PAGES_AT_ONCE     ((size_t) 2 * 1024 * 1024)
#define MOST_GROWN        ((size_t) 16 * 1024 * 1024 * 1024) /* of an array that grows; it does so by an eighth, … */
#define GROWN_SHARE       8
#define MOST_STEP         ((size_t) 16 * 1024 * 1024) /* … but by no more than this */
/* Scratch of a few MB may go this far, and by half, beyond the setting before it goes to a file: it comes and goes often. */
#define SCRATCH       (4 * 1024 * 1024)
#define SCRATCH_SPACE ((size_t) 32 * 1024 * 1024)
#define WORKER_SHARE  16
#define PAGE          4096 /* or a multiple: what mmap gives begins there */

static dlist_head mapped = DLIST_STATIC_INIT(mapped);   /* those that are not private */
static dlist_head counted = DLIST_STATIC_INIT(counted); /* of up_alloc, and private */
static size_t held;                                     /* bytes, but for files */
static bool workers;                                    /* of this process stand by */
static bool paused;                                     /* what is made is private all the same */
static bool does_parts;
static bool alone;       /* up_large_alone */
static UpLargeSeen seen; /* of the arrays of up_alloc_large */
static size_t allowed;   /* up_large_allow */
static UpLarge *pieces;  /* the segment that pieces are cut from, or NULL */
static uint64 last_number;
static taken_hash *by_address;

void (*up_large_going)(uint64 number);

static void release(UpLarge *l);

static void
release_piece(UpLarge *l)
{
	UpLarge *of = l->of;

	if (--of->pieces > 0)
		return;
	of->used = 0;
	if (of != pieces)
	{
		release(of);
		pfree(of);
	}
}

static void
remember(void *at, UpLarge *l)
{
	bool found;

	if (by_address == NULL)
		by_address = taken_create(TopMemoryContext, 64, NULL);
	taken_insert(by_address, at, &found)->large = l;
	l->at = at;
}

static void
forget(UpLarge *l)
{
	if (l->at != NULL)
		(void) taken_delete(by_address, l->at);
	l->at = NULL;
}

static void
release(UpLarge *l)
{
	if (l->freed)
		return;
	l->freed = true;
	forget(l);
	if (l->kind == UP_LARGE_SHARE)
	{
		release_piece(l);
		return;
	}
	if (l->counted)
		dlist_delete(&l->node);
	if (l->kind != UP_LARGE_PRIVATE)
	{
		dlist_delete(&l->node);
		if (up_large_going != NULL)
			up_large_going(l->number);
	}
	if (l->kind != UP_LARGE_FILE && !l->kept)
		held -= l->size;
	up_segment_detach(&l->segment);
	if (l->kind == UP_LARGE_FILE)
	{
		if (l->start != NULL)
			munmap(l->start, l->size);
		if (l->file > 0)
			FileClose(l->file);
	}
}

static void
context_gone(void *arg)
{
	release(arg);
}

/* A mapping outlives its file's descriptor, which belongs to the transaction. */
static void
close_files(XactEvent event, void *arg)
{
	dlist_iter i;

	if (event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PARALLEL_PRE_COMMIT ||
		event == XACT_EVENT_PRE_PREPARE)
		return;
	dlist_foreach(i, &mapped)
	{
		UpLarge *l = dlist_container(UpLarge, node, i.cur);

		if (l->kind == UP_LARGE_FILE && l->file > 0)
			FileClose(l->file);
		l->file = 0;
	}
}

/* The server puts those that may outlive their transaction in none of temp_tablespaces: this one is the transaction's, whatever part began it. */
static File
temporary_file(void)
{
	ResourceOwner outer = CurrentResourceOwner;
	static bool registered = false;
	File file;

	if (!registered)
		RegisterXactCallback(close_files, NULL);
	registered = true;
	PrepareTempTablespaces();
	CurrentResourceOwner = TopTransactionResourceOwner;
	PG_TRY();
	{
		file = OpenTemporaryFile(false);
	}
	PG_FINALLY();
	{
		CurrentResourceOwner = outer;
	}
	PG_END_TRY();
	return file;
}

static void
open_file(UpLarge *l)
{
	char *zeros = palloc0(ZEROS);

	l->file = temporary_file();
	for (size_t at = 0; at < l->size; at += ZEROS)
	{
		int n = (int) Min(ZEROS, l->size - at);

		errno = 0;
		if (FileWrite(l->file, zeros, n, (off_t) at, WAIT_EVENT_BUFFILE_WRITE) != n)
		{
			if (errno == 0)
				errno = ENOSPC;
			ereport(ERROR, (errcode_for_file_access(),
							errmsg("could not write to temporary file \"%s\": %m", FilePathName(l->file))));
		}
		up_tick();
	}
	pfree(zeros);
	l->start = mmap(NULL, l->size, PROT_READ | PROT_WRITE, MAP_SHARED, FileGetRawDesc(l->file), 0);
	if (l->start == MAP_FAILED)
	{
		l->start = NULL;
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY),
						errmsg("could not map a temporary file of %zu bytes: %m", l->size)));
	}
}

char *
up_map_file(const char *path, size_t *size)
{
	struct stat st;
	char *start = MAP_FAILED;
	int fd = OpenTransientFile(path, O_RDWR | PG_BINARY);

	if (fd < 0 || fstat(fd, &st) != 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not open file \"%s\": %m", path)));
	*size = (size_t) st.st_size;
	start = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (start == MAP_FAILED)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("could not map \"%s\": %m", path)));
	CloseTransientFile(fd);
	return start;
}

/* In the one that was made or mapped for it. */
static void
stand_in_segment(UpLarge *l)
{
	l->kind = UP_LARGE_SEGMENT;
	l->start = l->segment.start;
	l->size = l->segment.size;
}

static bool
make_segment(UpLarge *l)
{
	if (!up_segment_create(&l->segment, l->size))
		return false;
	stand_in_segment(l);
	return true;
}

/* From now on no piece is cut from it; it goes with the last that was. */
static void
leave_pieces(void)
{
	UpLarge *of = pieces;

	pieces = NULL;
	if (of != NULL && of->pieces == 0)
	{
		release(of);
		pfree(of);
	}
}

/* Each small array as a segment of its own would take the server's places for them, and a system call. */
static bool
make_piece(UpLarge *l)
{
	size_t size = TYPEALIGN(sizeof(Front), l->size);

	if (pieces != NULL && pieces->used + size > pieces->size)
		leave_pieces();
	if (pieces == NULL)
	{
		UpLarge *of = MemoryContextAllocZero(TopMemoryContext, sizeof(UpLarge));

		of->number = ++last_number;
		of->size = SEGMENT_OF_PIECES;
		if (!make_segment(of))
		{
			pfree(of);
			return false;
		}
		dlist_push_head(&mapped, &of->node);
		held += of->size;
		pieces = of;
	}
	l->kind = UP_LARGE_SHARE;
	l->of = pieces;
	l->start = pieces->start + pieces->used;
	pieces->used += size;
	pieces->pieces++;
	return true;
}

/* An array of this size, of which so much is not held yet. */
static bool
goes_to_file(size_t size, size_t more)
{
	size_t limit = up_memory_limit();

	/*
	 * Of our own workers the leader holds what there is to work on, and a part's own place is small. Of a parallel plan it holds half,
	 * and its workers the other, which they have twice as they hand it over.
	 */
	if (allowed > 0)
		limit = allowed;
	else if (IsParallelWorker())
		limit /= does_parts ? WORKER_SHARE : 4 * (size_t) Max(max_parallel_workers_per_gather, 1);
	else if (IsInParallelMode() && !workers && !alone)
		limit /= 2;
	return size >= UP_LARGE_LEAST && held + more > limit + (size < SCRATCH ? Min(SCRATCH_SPACE, limit / 2) : 0);
}

static void
make_pages_part(const void *fixed, void *const *arrays, uint32_t part)
{
	size_t size = *(const size_t *) fixed, at = part * PAGES_AT_ONCE;

	up_tick();
	up_segment_make_pages((char *) arrays[0] + at, Min(PAGES_AT_ONCE, size - at));
}

/* New pages are cleared, which takes longer than to fill them: by all who stand by. What is missing then its maker fills. */
static void
make_pages(const UpLarge *l)
{
	if (l->segment.apart)
		up_parallel((uint32_t) ((l->size + PAGES_AT_ONCE - 1) / PAGES_AT_ONCE), make_pages_part, &l->size,
					sizeof(l->size), (void *[]){l->start}, 1);
}

static void
make(UpLarge *l)
{
	bool lent = workers && !paused;

	if (seen == UP_SEEN_IN_FILE || goes_to_file(l->size, l->size))
		l->kind = UP_LARGE_FILE;
	else if (lent || seen == UP_SEEN)
		(void) (l->size >= SMALLEST_SEGMENT ? make_segment(l) : make_piece(l));
	if (l->kind == UP_LARGE_SEGMENT || l->kind == UP_LARGE_FILE)
		dlist_push_head(&mapped, &l->node);
	if (l->kind == UP_LARGE_SEGMENT || l->kind == UP_LARGE_PRIVATE)
		held += l->size;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &l->gone);
	if (l->kind == UP_LARGE_SEGMENT && lent)
		make_pages(l);
	if (l->kind == UP_LARGE_SEGMENT && !up_segment_fill(&l->segment))
	{
		/* Workers may have begun to make its pages. */
		if (up_large_going != NULL)
			up_large_going(l->number);
		up_segment_detach(&l->segment);
		dlist_delete(&l->node);
		l->kind = UP_LARGE_PRIVATE;
	}
	if (l->kind == UP_LARGE_PRIVATE && seen != UP_NOT_SEEN)
	{
		held -= l->size;
		l->kind = UP_LARGE_FILE;
		dlist_push_head(&mapped, &l->node);
	}
	if (l->kind == UP_LARGE_PRIVATE)
		l->start = up_alloc_private(l->size, false);
	else if (l->kind == UP_LARGE_FILE)
		open_file(l);
}

static bool
is_within(MemoryContext context, MemoryContext whole)
{
	while (context != NULL && context != whole)
		context = MemoryContextGetParent(context);
	return context != NULL;
}

/* What a kept model makes of itself later, as when its trees are laid out, is no call's either. */
static bool
is_kept(void)
{
	return CacheMemoryContext != NULL && is_within(CurrentMemoryContext, CacheMemoryContext);
}

static UpLarge *
new_large(size_t size)
{
	UpLarge *l = palloc0(sizeof(UpLarge));

	l->number = ++last_number;
	l->size = size;
	l->context = CurrentMemoryContext;
	l->gone.func = context_gone;
	l->gone.arg = l;
	return l;
}

/* The array itself. */
static void *
behind_front(UpLarge *l)
{
	Front *front = (Front *) l->start;

	front->large = l;
	return front + 1;
}

void *
up_alloc_large(size_t size)
{
	UpLarge *l = new_large(size + sizeof(Front));

	make(l);
	return behind_front(l);
}

void *
up_alloc_growing(size_t size)
{
	UpLarge *l = new_large(size + sizeof(Front));

	if (goes_to_file(l->size, l->size) ||
		!up_segment_create_growing(&l->segment, l->size, Min(up_memory_limit(), MOST_GROWN)))
	{
		pfree(l);
		return NULL;
	}
	stand_in_segment(l);
	dlist_push_head(&mapped, &l->node);
	held += l->size;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &l->gone);
	if (!up_segment_fill(&l->segment))
	{
		release(l);
		return NULL;
	}
	return behind_front(l);
}

bool
up_grow_large(void *p, size_t size)
{
	UpLarge *l = ((Front *) p - 1)->large;
	size_t before = l->size, needed = size + sizeof(Front), step;

	if (needed <= before)
		return true;
	step = Max(needed - before, Min(before / GROWN_SHARE, MOST_STEP));
	if (goes_to_file(before + step, step) || !up_segment_grow(&l->segment, before + step))
		return false;
	/* Workers that have mapped it see what it was: to them it is another one. */
	if (up_large_going != NULL)
		up_large_going(l->number);
	l->number = ++last_number;
	l->size = l->segment.size;
	held += l->size - before;
	return true;
}

void *
up_alloc_large_array(size_t n, size_t size)
{
	if (size != 0 && n > (MaxAllocHugeSize - sizeof(Front)) / size)
		up_fail(UP_LIMIT, "%zu items of %zu bytes are more than memory can hold", n, size);
	return up_alloc_large(n * size);
}

/* Where both steps of a plan are one process's, it is its own. */
static UpLarge *
mapped_here(dsm_handle segment)
{
	dlist_iter i;

	dlist_foreach(i, &mapped)
	{
		UpLarge *l = dlist_container(UpLarge, node, i.cur);

		if (l->kind == UP_LARGE_SEGMENT && dsm_segment_handle(l->segment.of) == segment)
			return l;
	}
	return NULL;
}

bool
up_large_name(const UpLarge *l, UpLargeName *name)
{
	name->segment = DSM_HANDLE_INVALID;
	name->path[0] = '\0';
	if (l->segment.of != NULL)
		name->segment = dsm_segment_handle(l->segment.of);
	else if (l->kind != UP_LARGE_FILE || l->file <= 0 ||
			 strlcpy(name->path, FilePathName(l->file), UP_MOST_PATH) >= UP_MOST_PATH)
		return false;
	return true;
}

void *
up_large_adopt(dsm_handle segment, const char *path, size_t *size)
{
	UpLarge *l = path == NULL ? mapped_here(segment) : NULL;

	if (l != NULL)
	{
		void *copy = up_alloc_large(l->size - sizeof(Front));

		*size = l->size - sizeof(Front);
		memcpy(copy, l->start + sizeof(Front), *size);
		return copy;
	}
	l = new_large(0);
	if (path == NULL)
	{
		if (!up_segment_attach(&l->segment, segment))
			elog(ERROR, "could not map shared memory of a worker");
		stand_in_segment(l);
		held += l->size;
	}
	else
	{
		l->start = up_map_file(path, &l->size);
		l->kind = UP_LARGE_FILE;
	}
	dlist_push_head(&mapped, &l->node);
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &l->gone);
	/* What stands in front is its maker's, who may be there still. */
	*size = l->size - sizeof(Front);
	return l->start + sizeof(Front);
}

void
up_free_large(void *p)
{
	UpLarge *l;

	if (p == NULL)
		return;
	l = ((Front *) p - 1)->large;
	release(l);
	/* Its context knows it still. */
	if (l->kind == UP_LARGE_PRIVATE)
		pfree(l->start);
}

/* A chunk of this size in the current memory. */
static UpLarge *
count(void *chunk, size_t size)
{
	UpLarge *l = new_large(size);

	l->start = chunk;
	remember(chunk, l);
	l->counted = true;
	dlist_push_head(&counted, &l->node);
	held += size;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &l->gone);
	return l;
}

void *
up_large_take(size_t size, bool zeroed)
{
	UpLarge *l;

	if (goes_to_file(size + sizeof(Front), size + sizeof(Front)))
	{
		l = new_large(size + sizeof(Front));
		l->kind = UP_LARGE_FILE;
		dlist_push_head(&mapped, &l->node);
		MemoryContextRegisterResetCallback(CurrentMemoryContext, &l->gone);
		open_file(l);
		remember(behind_front(l), l);
		return l->at;
	}
	if (is_kept())
		return up_alloc_private(size, zeroed);
	return count(up_alloc_private(size, zeroed), size)->start;
}

/* What up_large_take gave at p, or NULL: then it is the server's own chunk. */
static UpLarge *
taken_at(void *p)
{
	Taken *found;

	/* What begins elsewhere on its page is in no file, and has a chunk's header in front. */
	if (by_address == NULL || by_address->members == 0 ||
		((uintptr_t) p % PAGE != sizeof(Front) && GetMemoryChunkSpace(p) < UP_LARGE_LEAST))
		return NULL;
	found = taken_lookup(by_address, p);
	return found != NULL ? found->large : NULL;
}

bool
up_large_give_back(void *p)
{
	UpLarge *l = taken_at(p);

	if (l == NULL)
		return false;
	release(l);
	if (l->kind == UP_LARGE_PRIVATE)
		pfree(l->start);
	return true;
}

/* The server's own chunk, or one that is counted, stays one: grown, and counted from now on. */
static void *
resize_chunk(UpLarge *l, void *p, size_t size)
{
	MemoryContext outer = MemoryContextSwitchTo(GetMemoryChunkContext(p));

	if (l != NULL)
		release(l);
	p = up_in_large_pages(repalloc_huge(p, size), size);
	if (size >= UP_LARGE_LEAST && !is_kept())
		(void) count(p, size);
	MemoryContextSwitchTo(outer);
	return p;
}

void *
up_large_resize(void *p, size_t size)
{
	UpLarge *l = taken_at(p);
	size_t filled;
	MemoryContext outer;
	void *to;

	if (l == NULL && size < UP_LARGE_LEAST)
		return NULL;
	if (l == NULL)
	{
		if (!goes_to_file(size, size))
			return resize_chunk(l, p, size);
		/* How much of a chunk was asked for is not known: what is grown has all of it, and costs no memory where nothing is. */
		filled = Min(GetMemoryChunkSpace(p), size);
		p = repalloc_huge(p, size);
		outer = MemoryContextSwitchTo(GetMemoryChunkContext(p));
		to = up_large_take(size, false);
		MemoryContextSwitchTo(outer);
		memcpy(to, p, filled);
		pfree(p);
		return to;
	}
	if (l->counted && (size <= l->size || !goes_to_file(size, size - l->size)))
		return resize_chunk(l, p, size);
	outer = MemoryContextSwitchTo(l->context);
	to = up_large_take(size, false);
	MemoryContextSwitchTo(outer);
	memcpy(to, p, Min(l->size - (l->counted ? 0 : sizeof(Front)), size));
	(void) up_large_give_back(p);
	return to;
}

void
up_large_keep(MemoryContext context)
{
	dlist_mutable_iter i;
	dlist_iter k;

	dlist_foreach_modify(i, &counted)
	{
		UpLarge *l = dlist_container(UpLarge, node, i.cur);

		if (is_within(l->context, context))
			release(l);
	}
	dlist_foreach(k, &mapped)
	{
		UpLarge *l = dlist_container(UpLarge, node, k.cur);

		if (l->kind == UP_LARGE_SEGMENT && !l->kept && l->context != NULL && is_within(l->context, context))
		{
			l->kept = true;
			held -= l->size;
		}
	}
}

size_t
up_large_files_of(MemoryContext context)
{
	dlist_iter i;
	size_t size = 0;

	dlist_foreach(i, &mapped)
	{
		UpLarge *l = dlist_container(UpLarge, node, i.cur);

		if (l->context != NULL && is_within(l->context, context))
			size += l->size;
	}
	return size;
}

size_t
up_large_held(void)
{
	return held;
}

UpLarge *
up_large_of(const void *p)
{
	dlist_iter i;

	dlist_foreach(i, &mapped)
	{
		UpLarge *l = dlist_container(UpLarge, node, i.cur);

		if ((const char *) p >= l->start && (const char *) p < l->start + l->size)
			return l;
	}
	return NULL;
}

void
up_large_allow(size_t bytes)
{
	allowed = bytes;
}

void
up_large_alone(bool whether)
{
	alone = whether;
}

void
up_large_share(bool whether)
{
	workers = whether;
	paused = false;
	if (!whether)
		leave_pieces();
}

void
up_large_be_seen(UpLargeSeen how)
{
	seen = how;
}

void
up_large_do_parts(void)
{
	does_parts = true;
}

void
up_large_pause(bool whether)
{
	paused = whether;
}
