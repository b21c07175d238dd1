/*
 * local_setting.h - settings of the server that hold for a while
 */
#ifndef UPROFILE_LOCAL_SETTING_H
#define UPROFILE_LOCAL_SETTING_H

/* Until the level that NewGUCNestLevel began is over (AtEOXact_GUC), or the transaction; as the user's own SET would. */
extern void up_set_locally(const char *name, const char *value);

#endif
