/*
 * large_memory.h - large arrays that other processes can map, beside core's platform.h
 */
#ifndef UPROFILE_LARGE_MEMORY_H
#define UPROFILE_LARGE_MEMORY_H

#include "postgres.h"

#include "lib/ilist.h"
#include "storage/fd.h"

#include "pg/segments.h"

typedef enum UpLargeKind
{
	UP_LARGE_PRIVATE, /* this process alone */
	UP_LARGE_SEGMENT, /* a dynamic shared memory segment */
	UP_LARGE_SHARE,   /* a piece of one */
	UP_LARGE_FILE     /* a temporary file */
} UpLargeKind;

typedef struct UpLarge
{
	dlist_node node;
	MemoryContextCallback gone;
	UpLargeKind kind;
	bool freed;
	bool counted;          /* of up_alloc, and private */
	bool kept;             /* beyond the call: not held by it */
	char *at;              /* what up_large_take gave */
	MemoryContext context; /* NULL: a segment of pieces */
	uint64 number;         /* no other of this process has, or had, the same */
	char *start;
	size_t size;
	UpSegment segment;
	File file;
	struct UpLarge *of; /* the segment that this is a piece of */
	size_t used;        /* of a segment of pieces */
	uint32 pieces;
} UpLarge;

/* What up_alloc gives from this size on is counted, and stands in a file beyond the memory setting. */
extern void *up_large_take(size_t size, bool zeroed);
/* false, NULL: p is not of that kind, nor will it be. */
extern bool up_large_give_back(void *p);
extern void *up_large_resize(void *p, size_t size);
extern void *up_in_large_pages(void *p, size_t size);
/* A chunk of the server's. */
extern void *up_alloc_private(size_t size, bool zeroed);

/* What other processes find an array by, as long as this one has it. */
#define UP_MOST_PATH 256
typedef struct UpLargeName
{
	dsm_handle segment;      /* DSM_HANDLE_INVALID: it is in a file */
	char path[UP_MOST_PATH]; /* of that */
} UpLargeName;
/* false: they cannot find it. */
extern bool up_large_name(const UpLarge *l, UpLargeName *name);

/*
 * An array of another process as one of the current memory, which it goes with, and not before: of a segment, or of the file at path unless
 * that is NULL. A copy, where the segment is this process's.
 */
extern void *up_large_adopt(dsm_handle segment, const char *path, size_t *size);
/* A file of another process, mapped as a whole. */
extern char *up_map_file(const char *path, size_t *size);

/* What was taken in this context and those below it is kept beyond the call, and counts for none. */
extern void up_large_keep(MemoryContext context);
/* Bytes of it that are no memory of the context's: in files and segments. */
extern size_t up_large_files_of(MemoryContext context);

/* The one that other processes can map and that p lies in, or NULL. */
extern UpLarge *up_large_of(const void *p);
/* So many bytes this process may hold in memory, where a call's are shared out by another rule; 0: by the setting. */
extern void up_large_allow(size_t bytes);
/* Whether the statement that runs in parallel mode has none of it done by the executor's workers, which would hold half of the memory. */
extern void up_large_alone(bool alone);
/* Whether workers of this process stand by, who see those that are made from now on. */
extern void up_large_share(bool shared);
/* Likewise, for a while: between these two they are private. */
extern void up_large_pause(bool paused);
/* How other processes must be able to see the arrays that are made from now on, whether workers of this one stand by or not. */
typedef enum UpLargeSeen
{
	UP_NOT_SEEN, /* they need not */
	UP_SEEN,     /* in a segment, where there is room for one, or a file */
	UP_SEEN_IN_FILE
} UpLargeSeen;
extern void up_large_be_seen(UpLargeSeen how);
/* This process is such a worker, from now on. */
extern void up_large_do_parts(void);
/* Told of each that other processes can map, as it goes; NULL: nobody wants to know. */
extern void (*up_large_going)(uint64 number);

#endif
