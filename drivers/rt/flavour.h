/*
 * The few things that differ between an image of user mode and the kernel's:
 * flavour_process.c with user_enter.S, and flavour_kernel.c with kernel_enter.S,
 * define the same names.
 */
#ifndef NUNCIO_DRIVERS_RT_FLAVOUR_H
#define NUNCIO_DRIVERS_RT_FLAVOUR_H

#include <stdbool.h>
#include <abi/callpage.h>
#include <abi/message.h>
#include <abi/start.h>

/* Where stubs enter (nu_msgbuf.enter), called with a message's registers: for
 * processes with services inside, and for others, which enter faster. */
typedef void (*rt_enter_fn)(void);
rt_enter_fn rt_enter(bool has_locals);

/* The same for what an in-process service sends: marks it NU_OP_COMPONENT. */
void rt_component_enter(void);

/* Numbers to tell the time by, or NULL where it must be asked for. */
const struct nu_call_data *rt_call_data(void);

/* Starts a service in this process: its root object goes to local slot
 * (slot). 0 or an error. */
typedef int (*rt_local_start_fn)(const struct nu_start *start, uint32_t slot);

/* The start function of a service in this process; NULL if there is none. */
rt_local_start_fn rt_find_local(const struct nu_start_local *local);

#endif /* NUNCIO_DRIVERS_RT_FLAVOUR_H */
