/*
 * What is left of the system's calls once the broker has started: those of its
 * loop. A call that is not among them ends the process (SIGSYS).
 *
 * By seccomp: no program is started, no file opened, no socket made but of the
 * local kind, nothing traced, signalled or mapped executable. By Landlock,
 * where the kernel has it: sockets are made and removed in the directory of
 * the system, and nowhere else.
 */
#ifndef NUNCIO_BROKER_SANDBOX_H
#define NUNCIO_BROKER_SANDBOX_H

#include <stdbool.h>

/*
 * For the rest of the process's life; the current directory is the system's.
 * NULL, or what failed. (*landlock): whether the kernel has it.
 */
const char *sandbox_enter(bool *landlock);

#endif /* NUNCIO_BROKER_SANDBOX_H */
