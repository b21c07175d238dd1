/*
 * shared_struct.h - pieces of the server's main shared memory
 *
 * They come out of the space that the server leaves for libraries that it did not preload (contrib/pg_prewarm does the same), so nothing
 * need be preloaded, and whoever is first makes them.
 */
#ifndef UPROFILE_SHARED_STRUCT_H
#define UPROFILE_SHARED_STRUCT_H

/*
 * Calls find under the lock that such pieces are made under. Its errors are passed over: what is kept there can be done without. So
 * it may be called where nothing may fail, as at the end of a transaction.
 */
extern void up_find_shared(void (*find)(void));

#endif
