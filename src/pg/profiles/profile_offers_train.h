/*
 * profile_offers_train.h - when the recommender of a profile's offers is made anew, and making it
 */
#ifndef UPROFILE_PROFILE_OFFERS_TRAIN_H
#define UPROFILE_PROFILE_OFFERS_TRAIN_H

#include "pg/profiles/profile_offers.h"
#include "pg/profiles/profile_train.h"

/* Why the recommender is due, or NULL. everybody: all users are computed in any case. One that there is not yet is due with each refresh. */
extern const char *up_offers_due(UpProfile *p, const UpRetrainOrder *order, bool everybody);
/* Makes the recommender anew, as the profile's owner; a step of the refresh. A failure leaves the one that was. */
extern UpModelStep *up_offers_train(UpProfile *p);
/* Whether everybody is to be computed, since the recommender is not that of the rows, or other items may be offered. After up_offers_due. */
extern bool up_offers_changed(const UpProfile *p);

#endif
