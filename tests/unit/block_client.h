/*
 * A client of the block service for tests, over virtio_model.h.
 */
#ifndef TESTS_UNIT_BLOCK_CLIENT_H
#define TESTS_UNIT_BLOCK_CLIENT_H

#include "block_console_svc.h"
#include <contract/block.h>

extern const struct service block_service;

/* Starts the service on the model; its status. The root is kept. */
int client_start(void);
/* Status, or 1: deferred. */
int client_read(struct fake_call *call, uint64_t first, uint32_t sectors);
int client_info(struct block_info_rep *info);
/* Was it answered with all of the right bytes? */
bool client_has(const struct fake_call *call, uint64_t first, uint32_t sectors);
/* Starts a read, lets the device answer all, and says whether it was right. */
bool client_reads_well(uint64_t first, uint32_t sectors);

#endif /* TESTS_UNIT_BLOCK_CLIENT_H */
