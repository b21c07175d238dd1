/*
 * segment_words.h - what stands out in the users of a segment, in words
 */
#ifndef UPROFILE_SEGMENT_WORDS_H
#define UPROFILE_SEGMENT_WORDS_H

#include "base/value.h"
#include "pg/profiles/segment_stats.h"

/* Names, each another and none that is among used (a list of strings, which they are added to); and descriptions. */
extern void up_segment_words(UpSegmentGroup *groups, int n, const UpSegmentSet *set, List **used);
/* The figures of a description. */
extern UpValue *up_segment_figures_told(const UpSegmentGroup *group);
/* Numbers as people read them: three digits or so. */
extern char *up_readable(double v);

#endif
