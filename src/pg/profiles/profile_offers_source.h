/*
 * profile_offers_source.h - the events that the recommender of a profile's offers learns from
 */
#ifndef UPROFILE_PROFILE_OFFERS_SOURCE_H
#define UPROFILE_PROFILE_OFFERS_SOURCE_H

#include "pg/profiles/profile_offers.h"

/* As a query: events of users who count, with the segment that each is in as UP_OFFERS_SEGMENT. */
extern const char *up_offers_source(const UpProfile *p);

#endif
