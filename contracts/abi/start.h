/*
 * What a process finds when it starts: rdi points to a struct nu_start that its
 * creator wrote before sealing it. It lists every handle the process has;
 * there is nothing else.
 *
 * Trust: written by the creator, which could have built the process any way
 *        it liked; read-only to the process.
 */
#ifndef NUNCIO_ABI_START_H
#define NUNCIO_ABI_START_H

#include <abi/message.h>

#define NU_START_VERSION     1u
#define NU_START_HANDLES_MAX 64
#define NU_START_LOCALS_MAX  4
#define NU_START_ARGS_BYTES  1024

/* A handle under the name that the program's manifest gives it. */
struct nu_start_handle {
    char name[20]; /* NUL-terminated */
    nu_handle_t handle;
};

/* A service linked into this process: its image, already mapped. */
struct nu_start_local {
    char name[20]; /* "fs": the name under which clients look it up */
    uint32_t reserved;
    uint64_t entry; /* its start function; see drivers/rt/service.h */
    uint64_t start; /* its own struct nu_start */
};

struct nu_start {
    uint32_t version;
    uint32_t handle_count;
    uint32_t local_count;
    uint32_t arg_count;
    uint64_t image_base; /* where the image was mapped */
    uint64_t heap_base; /* first free address for the process's own use */
    /* With local_count > 0: zeroed, committed memory for the table of local
     * handles, 2^n struct nu_local of them. */
    uint64_t local_table;
    uint64_t local_slots;
    struct nu_start_handle handles[NU_START_HANDLES_MAX];
    struct nu_start_local locals[NU_START_LOCALS_MAX];
    char args[NU_START_ARGS_BYTES]; /* arg_count strings, each with its NUL */
};

_Static_assert(sizeof(struct nu_start) <= NU_PAGE_BYTES, "fits one page");

#endif /* NUNCIO_ABI_START_H */
