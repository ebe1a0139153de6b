/*
 * The table of local handles of a process: what the call page looks calls on
 * them up in. One table a process, found through the message buffer by every
 * image in it, so that services of the process can hold handles on each other.
 *
 * The root of service (i) of the start block is always at slot (i), first
 * generation: the creator knows its number before the process runs.
 */
#ifndef NUNCIO_DRIVERS_RT_LOCAL_TABLE_H
#define NUNCIO_DRIVERS_RT_LOCAL_TABLE_H

#include <abi/message.h>
#include <abi/start.h>

#define RT_LOCAL_ANY UINT32_MAX

/* Makes the table and starts the services of (start). 0 or an error. */
int rt_locals_begin(const struct nu_start *start);

/* A new handle for (dispatch, self) at (slot) or at RT_LOCAL_ANY; NULL when
 * the table is full. The entry's word members are the caller's to fill. */
struct nu_local *rt_local_put(uint32_t slot, void (*dispatch)(void),
                              void *self);

/* (entry)'s handle ends; its number never comes again soon. */
void rt_local_drop(struct nu_local *entry);

/* The entry of (handle), or NULL. */
struct nu_local *rt_local_find(nu_handle_t handle);

#endif /* NUNCIO_DRIVERS_RT_LOCAL_TABLE_H */
