/*
 * table_receiver.h - the rows of CREATE TABLE AS written many at a time
 */
#ifndef UPROFILE_TABLE_RECEIVER_H
#define UPROFILE_TABLE_RECEIVER_H

#include "tcop/dest.h"

/* For one run of the executor: in the place of the server's receiver (DestIntoRel), which creates the table before and is destroyed by its maker. */
extern DestReceiver *up_table_receiver(DestReceiver *creator);

#endif
