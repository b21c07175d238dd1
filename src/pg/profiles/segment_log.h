/*
 * segment_log.h - the descriptions of a profile's segments: made by refreshes, kept in the registry, read by whoever may
 */
#ifndef UPROFILE_SEGMENT_LOG_H
#define UPROFILE_SEGMENT_LOG_H

#include "pg/io/srf.h"
#include "pg/profiles/segments.h"

/*
 * Describes the profile's segments anew, as the owner, in a refresh that has computed everybody or changed much (due), or where there is
 * none of a version in use. What cannot be described is said in a WARNING.
 */
extern void up_segment_log_keep(UpProfile *p, Oid table, bool due);
/* Rows of uprofile_segments: with the sizes of now. */
extern void up_segment_log_read(const UpSegments *s, UpSrf *srf);

#endif
