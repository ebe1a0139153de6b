/* The first process: the only one that the kernel itself builds. */
#ifndef NUNCIO_INIT_FIRST_H
#define NUNCIO_INIT_FIRST_H

#include <stddef.h>

/* Builds and starts `init` from the boot archive at (archive), or panics with
 * what is wrong. It gets handles on everything there is. */
void first_process_start(const void *archive, size_t bytes);

#endif /* NUNCIO_INIT_FIRST_H */
