/*
 * What both programs for the Linux guest need: each is the first and only
 * program of its machine, and ends by switching it off.
 */
#ifndef NUNCIO_BENCH_LINUX_COMMON_H
#define NUNCIO_BENCH_LINUX_COMMON_H

#include <stddef.h>

/* Says what failed, with errno, and switches the machine off. */
_Noreturn void end(const char *what);

/* Switches it off after all is said. */
_Noreturn void power_off(void);

/* Loads /NAME.ko for each of (names), which ends with NULL. What is built into
 * the kernel has no file and is passed over. */
void load_modules(const char *const *names);

/* /dev with the devices that the kernel knows. */
void mount_devices(void);

#endif /* NUNCIO_BENCH_LINUX_COMMON_H */
