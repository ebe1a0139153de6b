/*
 * What every image does when it starts, services and programs alike: where to
 * enter the kernel, what the creator gave, the heap, services in the process.
 *
 * Ownership: the start block is the creator's and lasts as long as the image.
 * Trust:     the creator built this process; what it wrote is believed.
 */
#ifndef NUNCIO_DRIVERS_RT_PROCESS_H
#define NUNCIO_DRIVERS_RT_PROCESS_H

#include <abi/message.h>
#include <abi/start.h>

/* First of all, before any message. Services of this process are started here;
 * 0 or the error of one that would not start. */
int rt_process_begin(const struct nu_start *start);

/* For an image inside another's process: its start block. */
void rt_process_join(const struct nu_start *start);

const struct nu_start *rt_start(void);
nu_handle_t rt_handle(const char *name); /* NU_HANDLE_NONE if not given */
const char *rt_option(const char *name); /* value of argument NAME=VALUE */

/* Ends this process. */
_Noreturn void rt_exit(int status);

/* One line in the system's log; nothing where there is no log. */
void rt_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
void rt_log_list(const char *format, __builtin_va_list args)
    __attribute__((format(printf, 1, 0)));

/* ns since boot: from the call page where there is one, else by message. */
uint64_t rt_now_ns(void);

#endif /* NUNCIO_DRIVERS_RT_PROCESS_H */
