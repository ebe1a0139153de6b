/*
 * The machine as the first process sees it. guest-kernel/init fills it in: it
 * alone knows boot and the services that are linked into the image.
 */
#ifndef NUNCIO_OBJ_OBJ_SYSTEM_H
#define NUNCIO_OBJ_OBJ_SYSTEM_H

#include <mm/frame.h>

struct system_setup {
    paddr_t archive_base;
    uint64_t archive_bytes;
    const char *command_line;
    uint64_t kernel_pages; /* image, tables, archive: what boot took */
    uint64_t entry_tsc;
    /* Entry of the kernel service (name, bytes), or 0. */
    uint64_t (*find_service)(const char *name, size_t bytes);
};

/* (system_setup) lives for ever. */
void obj_system_setup(const struct system_setup *system_setup);

#endif /* NUNCIO_OBJ_OBJ_SYSTEM_H */
