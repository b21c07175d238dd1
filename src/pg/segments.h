/*
 * segments.h - dynamic shared memory segments in large pages
 */
#ifndef UPROFILE_SEGMENTS_H
#define UPROFILE_SEGMENTS_H

#include "postgres.h"

#include "storage/dsm.h"

typedef struct UpSegment
{
	dsm_segment *of; /* the server's; NULL: there is none */
	char *start;
	size_t size;   /* at least what was asked for */
	bool apart;    /* mapped here, beside what the server maps of it */
	size_t mapped; /* bytes of that: one that may grow has room behind its end */
} UpSegment;

/*
 * A segment of this process, until it is detached: no resource owner ends it. false: there is no room for one, which is no reason not to
 * work. Before it is used it is filled, which ticks where it is large; false: there is no room after all.
 */
extern bool up_segment_create(UpSegment *s, size_t size);
extern bool up_segment_fill(const UpSegment *s);
/* Whether there is room for such a one now, beside what others may soon need as much of. */
extern bool up_segment_has_room(size_t size);
/*
 * The same of one that can grow where it stands, up to most bytes; and such a one grown, and filled. false: it stays as it is, as on systems
 * where none can.
 */
extern bool up_segment_create_growing(UpSegment *s, size_t size, size_t most);
extern bool up_segment_grow(UpSegment *s, size_t size);
/* Pages of a part of a segment, made by this process for all that map it, where it can; it says nothing if not. */
extern void up_segment_make_pages(char *start, size_t size);
/* Another process's. false: it is gone. */
extern bool up_segment_attach(UpSegment *s, dsm_handle handle);
/* Zeros s; nothing is done where that is all it is. The last to detach ends the segment. */
extern void up_segment_detach(UpSegment *s);

#endif
