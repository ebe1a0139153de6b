/*
 * The services in the kernel image, a table that the build writes: what
 * system.create_kernel_process can start.
 */
#ifndef NUNCIO_DRIVERS_RT_KSERVICE_H
#define NUNCIO_DRIVERS_RT_KSERVICE_H

#include <abi/start.h>

struct kservice {
    const char *name;
    /* Runs on the service's own thread and stack, GS base at its message
     * buffer, interrupts on; does not return. */
    void (*start)(const struct nu_start *start);
    /* Inside another kernel service: rt_local_start_fn of flavour.h. */
    int (*local_start)(const struct nu_start *start, uint32_t slot);
};

/* Ends with an entry whose name is NULL. */
extern const struct kservice kservices[];

/*
 * What the kernel provides to them: a message, with the registers of
 * abi/message.h, from a service's thread; returns as `syscall` does.
 */
void kernel_message_entry(void);

#endif /* NUNCIO_DRIVERS_RT_KSERVICE_H */
