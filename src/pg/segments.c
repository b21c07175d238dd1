/*
 * segments.c - dynamic shared memory segments in large pages; see segments.h
 *
 * The server makes a segment page by page, and each process that touches it meets each page by a fault of its own: half a millisecond
 * for a MB, ten times what its memory costs. Large pages take the one and the other once in 512 pages, but few systems give them
 * to shared memory by themselves. Linux makes them of a range when it is asked to (MADV_COLLAPSE, since 6.1): what of a
 * large page is there is copied, the rest cleared. So the server makes a segment that is small, which it knows from then on and takes
 * away whatever happens; its file grows, and is mapped where large pages may begin; one small page is put into each large one, and all are
 * collapsed. What could not be is filled with small pages, so that lack of memory is found here, and is no signal later.
 *
 * Where that cannot be, as on other systems, the server makes the segment as a whole.
 */
#include "postgres.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "storage/dsm_impl.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "base/platform.h"
#include "pg/segments.h"

#define LARGE_PAGE  ((size_t) 2 * 1024 * 1024)
#define SEED        4096 /* bytes of a segment that is to grow: a page */
#define AT_ONCE     ((size_t) 16 * 1024 * 1024)
#define WASTE_SHARE 4       /* of a segment, that may be added to fill its last page */
#define SMALL_PAGES 6.5e-10 /* seconds a byte: what they take more than private memory, which has large ones */

#if defined(__linux__) && defined(MADV_POPULATE_WRITE) && defined(USE_DSM_POSIX)
#define GROWS
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#endif

static dsm_segment *
try_segment(size_t size)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner outer = CurrentResourceOwner, owner = ResourceOwnerCreate(outer, "uprofile segment");
	dsm_segment *volatile segment = NULL;

	CurrentResourceOwner = owner;
	PG_TRY();
	{
		segment = dsm_create(size, DSM_CREATE_NULL_IF_MAXSEGMENTS);
		if (segment != NULL)
			dsm_pin_mapping(segment);
	}
	PG_CATCH();
	{
		/* Interrupts come again at the next tick. */
		MemoryContextSwitchTo(context);
		FlushErrorState();
		segment = NULL;
	}
	PG_END_TRY();
	CurrentResourceOwner = outer;
	ResourceOwnerRelease(owner, RESOURCE_RELEASE_BEFORE_LOCKS, false, false);
	ResourceOwnerRelease(owner, RESOURCE_RELEASE_LOCKS, false, false);
	ResourceOwnerRelease(owner, RESOURCE_RELEASE_AFTER_LOCKS, false, false);
	ResourceOwnerDelete(owner);
	return segment;
}

#ifdef GROWS

static bool collapses = true; /* until it is known that it does not */

/* Whether the system knows what it was built with: Linux does so since 5.14. */
static bool
can_populate(void)
{
	static int can = -1;

	if (can < 0)
	{
		char *page = mmap(NULL, SEED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		can = page != MAP_FAILED && madvise(page, SEED, MADV_POPULATE_WRITE) == 0;
		if (page != MAP_FAILED)
			(void) munmap(page, SEED);
	}
	return can;
}

/* Where large pages may begin; NULL: nowhere. */
static char *
map_aligned(int fd, size_t size)
{
	size_t room = size + LARGE_PAGE, before, after;
	char *reserved = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0), *start;

	if (reserved == MAP_FAILED)
		return NULL;
	start = (char *) TYPEALIGN(LARGE_PAGE, (uintptr_t) reserved);
	if (mmap(start, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
	{
		(void) munmap(reserved, room);
		return NULL;
	}
	before = (size_t) (start - reserved);
	after = room - before - size;
	if (before > 0)
		(void) munmap(reserved, before);
	if (after > 0)
		(void) munmap(start + size, after);
	return start;
}

static int
open_file(const UpSegment *s)
{
	char name[64];

	snprintf(name, sizeof(name), "/PostgreSQL.%u", dsm_segment_handle(s->of));
	return shm_open(name, O_RDWR, 0);
}

/*
 * The file of a segment, which gets this size (a multiple of pages), or has it (0), with room for most bytes, if that is more; false: it has
 * none, or there is no room.
 */
static bool
map_file(UpSegment *s, size_t size, size_t most)
{
	int fd = open_file(s);
	struct stat st;

	if (fd < 0)
		return false;
	if ((size == 0 || ftruncate(fd, (off_t) size) == 0) && fstat(fd, &st) == 0)
	{
		s->size = (size_t) st.st_size;
		s->mapped = Max(s->size, most);
		s->start = map_aligned(fd, s->mapped);
	}
	(void) close(fd);
	s->apart = s->start != NULL;
	return s->apart;
}

static bool
resize_file(const UpSegment *s, size_t size)
{
	int fd = open_file(s);
	bool done = fd >= 0 && ftruncate(fd, (off_t) size) == 0;

	if (fd >= 0)
		(void) close(fd);
	return done;
}

/* So large that no more of its last large page is wasted than it is worth. */
static size_t
whole_pages(size_t size)
{
	size_t whole = TYPEALIGN(LARGE_PAGE, size);

	return whole - size <= size / WASTE_SHARE ? whole : TYPEALIGN(SEED, size);
}

/* Its file has no more than size bytes, and room for most. */
static bool
create_small(UpSegment *s, size_t size, size_t most)
{
	if (dynamic_shared_memory_type != DSM_IMPL_POSIX || size < LARGE_PAGE || !collapses || !can_populate())
		return false;
	s->of = try_segment(SEED);
	if (s->of == NULL)
		return false;
	if (map_file(s, size, most))
		return true;
	up_segment_detach(s);
	return false;
}

#endif

bool
up_segment_create(UpSegment *s, size_t size)
{
	memset(s, 0, sizeof(*s));
#ifdef GROWS
	if (create_small(s, whole_pages(size), 0))
		return true;
#endif
	s->of = try_segment(size);
	if (s->of == NULL)
		return false;
	s->start = dsm_segment_address(s->of);
	s->size = size;
	return true;
}

#ifdef GROWS
/* Large pages where they can be made; what is missing then is filled below. */
static bool
collapse(char *start, size_t size)
{
	for (size_t at = 0; at < size; at += LARGE_PAGE)
	{
		if (madvise(start + at, SEED, MADV_POPULATE_WRITE) != 0)
			return false;
	}
	if (size > 0 && madvise(start, size, MADV_COLLAPSE) != 0 && errno == EINVAL)
		collapses = false;
	return true;
}
#endif

double
up_seconds_to_share(double bytes)
{
#ifdef GROWS
	if (dynamic_shared_memory_type == DSM_IMPL_POSIX && collapses && can_populate())
		return 0;
#endif
	return bytes * SMALL_PAGES;
}

/* Of an apart segment; the server made the pages of others. */
static bool
fill(char *start, size_t size, bool apart)
{
#ifdef MADV_POPULATE_WRITE
	for (size_t at = 0; at < size; at += AT_ONCE)
	{
		size_t n = Min(AT_ONCE, size - at);

		if (at > 0)
			up_tick();
#ifdef GROWS
		if (apart && !collapse(start + at, n / LARGE_PAGE * LARGE_PAGE))
			return false;
#endif
		/* What the server made is there, and only nearer from now on. */
		if (madvise(start + at, n, MADV_POPULATE_WRITE) != 0)
			return !apart;
	}
#endif
	return true;
}

bool
up_segment_fill(const UpSegment *s)
{
	return fill(s->start, s->size, s->apart);
}

#ifdef GROWS
/*
 * Whether the file system that segments stand in has this much room: a page of it is made to ask. false: that says nothing, as where
 * the server took the page from memory that was there when it started.
 */
static bool
ask_file_system(size_t size, bool *there)
{
	UpSegment smallest = {.of = try_segment(SEED)};
	int fd = smallest.of != NULL ? open_file(&smallest) : -1;
	struct statvfs system;
	bool known = fd >= 0 && fstatvfs(fd, &system) == 0;

	/* One without a limit has no number of blocks. */
	if (known)
		*there = system.f_blocks == 0 || (uint64) system.f_bavail * system.f_frsize >= size;
	if (fd >= 0)
		(void) close(fd);
	up_segment_detach(&smallest);
	return known;
}
#endif

bool
up_segment_has_room(size_t size)
{
	UpSegment segment;
	bool there;

#ifdef GROWS
	if (dynamic_shared_memory_type == DSM_IMPL_POSIX && ask_file_system(size, &there))
		return there;
#endif
	there = up_segment_create(&segment, size) && up_segment_fill(&segment);
	up_segment_detach(&segment);
	return there;
}

bool
up_segment_create_growing(UpSegment *s, size_t size, size_t most)
{
	memset(s, 0, sizeof(*s));
#ifdef GROWS
	/* What is mapped ends with a page. */
	return create_small(s, TYPEALIGN(LARGE_PAGE, size), TYPEALIGN_DOWN(LARGE_PAGE, most));
#else
	return false;
#endif
}

bool
up_segment_grow(UpSegment *s, size_t size)
{
#ifdef GROWS
	size_t before = s->size, after = TYPEALIGN(LARGE_PAGE, size);

	if (!s->apart || after > s->mapped || !resize_file(s, after))
		return false;
	if (fill(s->start + before, after - before, true))
	{
		s->size = after;
		return true;
	}
	(void) resize_file(s, before);
#endif
	return false;
}

void
up_segment_make_pages(char *start, size_t size)
{
#ifdef GROWS
	(void) collapse(start, size / LARGE_PAGE * LARGE_PAGE);
#endif
}

bool
up_segment_attach(UpSegment *s, dsm_handle handle)
{
	memset(s, 0, sizeof(*s));
	s->of = dsm_attach(handle);
	if (s->of == NULL)
		return false;
	dsm_pin_mapping(s->of);
#ifdef GROWS
	if (dynamic_shared_memory_type == DSM_IMPL_POSIX && map_file(s, 0, 0))
		return true;
#endif
	s->start = dsm_segment_address(s->of);
	s->size = dsm_segment_map_length(s->of);
	return true;
}

void
up_segment_detach(UpSegment *s)
{
	if (s->apart)
		(void) munmap(s->start, s->mapped);
	if (s->of != NULL)
		dsm_detach(s->of);
	memset(s, 0, sizeof(*s));
}
