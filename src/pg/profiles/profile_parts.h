/*
 * profile_parts.h - parts of a definition that are objects or texts of their own: segments, offers, consent
 */
#ifndef UPROFILE_PROFILE_PARTS_H
#define UPROFILE_PROFILE_PARTS_H

#include "access/tupdesc.h"
#include "utils/jsonb.h"

/*
 * What an object says once a given one is merged into it by key. NULL given: as it was; JSON null, or nothing that is
 * left: NULL.
 */
extern Jsonb *up_part_merge(const char *what, Jsonb *stored, Jsonb *given);
/* The same for a text; an empty one takes it away. */
extern const char *up_part_text(const char *stored, const char *given);
/*
 * The statement of a source (source_query.h), and its columns where they are asked for. That it cannot be read is told with the name of the
 * part, as "the source of offers", and without what stands around the user's own text.
 */
extern char *up_part_query(const char *part, const char *source, TupleDesc *columns);
/* The same of a condition, before it stands in parentheses of ours. */
extern void up_part_condition(const char *part, const char *condition);
/* The same of a statement that is made from it. */
extern TupleDesc up_part_columns(const char *part, const char *query);
/* Rules of segments: conditions by name. */
extern void up_segments_check(Jsonb *segments);

#endif
