/*
 * profile_parts.h - parts of a definition that are objects or texts of their own: segments, offers, consent
 */
#ifndef UPROFILE_PROFILE_PARTS_H
#define UPROFILE_PROFILE_PARTS_H

#include "utils/jsonb.h"

/*
 * What an object says once a given one is merged into it by key. NULL given: as it was; JSON null, or nothing that is
 * left: NULL.
 */
extern Jsonb *up_part_merge(const char *what, Jsonb *stored, Jsonb *given);
/* The same for a text; an empty one takes it away. */
extern const char *up_part_text(const char *stored, const char *given);
/* Rules of segments: conditions by name. */
extern void up_segments_check(Jsonb *segments);

#endif
