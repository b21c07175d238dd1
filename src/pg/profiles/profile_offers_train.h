/*
 * profile_offers_train.h - when the recommender of a profile's offers is made anew, and making it
 */
#ifndef UPROFILE_PROFILE_OFFERS_TRAIN_H
#define UPROFILE_PROFILE_OFFERS_TRAIN_H

#include "pg/profiles/profile_offers.h"
#include "pg/profiles/profile_train.h"

/*
 * Why everybody is to be computed for the offers' sake: the recommender is due, or is another than that of the rows, or other items
 * may be offered; or NULL. everybody: it is decided already.
 */
extern const char *up_offers_due(UpProfile *p, const UpRetrainOrder *order, bool everybody, bool *train);
/* Makes the recommender anew, as the profile's owner; a step of the refresh. A failure leaves the one that was. */
extern UpModelStep *up_offers_train(UpProfile *p);

#endif
