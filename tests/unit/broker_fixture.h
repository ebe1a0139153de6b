/*
 * Domains for tests of the broker: each with memory of its own behind a memfd,
 * and connected by the messages that a front-end sends. The test is the guest.
 */
#ifndef TESTS_UNIT_BROKER_FIXTURE_H
#define TESTS_UNIT_BROKER_FIXTURE_H

#include "hv/broker/domain.h"

#define FIXTURE_PAGES 64u
#define FIXTURE_USER  0x7f1234000000ull

/* Where things are in a guest's memory, in pages. */
#define FRAME_SHARED  1u
#define FRAME_MAILBOX 5u
#define FRAME_GRANTS  9u
#define FRAME_HEAP    16u
#define STORE_PORT    1u

struct guest {
    struct domain *domain;
    int memfd;
    int call; /* reads what queue 0's interrupt is */
    int kick[VHOST_QUEUES];
    uint8_t *memory;
    struct broker_shared *shared;
    struct broker_mailbox *mailbox;
    struct grant_entry_v1 *grants;
};

extern struct broker fixture_broker;

/* Of every test: a broker without domains; and no open file is left. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Open files of this process. */
unsigned fixture_open_files(void);

/* A memfd of (pages), sealed against shrinking if (sealed). */
int fixture_memfd(uint32_t pages, bool sealed);

/* Sends one message: (value) and files. NULL, or what is wrong with it. */
const char *fixture_send(struct vhost *vhost, enum vhost_request request,
                         const union vhost_payload *payload, size_t bytes,
                         const int *files, uint32_t file_count);
const char *fixture_send_state(struct vhost *vhost, enum vhost_request request,
                               uint32_t index, uint32_t value);
const char *fixture_send_value(struct vhost *vhost, enum vhost_request request,
                               uint64_t value, int file);
const char *fixture_send_table(struct vhost *vhost,
                               const struct vhost_memory_table *table,
                               const int *files);

/* Adds a domain; then its machine is there and its queues are live; then its
 * guest has said hello. */
void fixture_add(struct guest *guest, const char *name);
void fixture_connect(struct guest *guest);
void fixture_run(struct guest *guest, const char *name);
/* The machine is gone. */
void fixture_leave(struct guest *guest);

/* The guest asks; the broker answers at once. The operations are in the
 * mailbox. */
void fixture_batch(struct guest *guest, uint32_t count);
/* One operation of a batch of its own; its result. */
int32_t fixture_op(struct guest *guest, const struct broker_op *op);
int32_t fixture_hello(struct guest *guest, const struct broker_hello *hello);
/* Port operations in short. */
int32_t fixture_alloc(struct guest *guest, uint32_t port, domid_t remote);
int32_t fixture_bind(struct guest *guest, uint32_t port, domid_t remote,
                     uint32_t remote_port);
int32_t fixture_port(struct guest *guest, uint16_t command, uint32_t port);

bool fixture_pending(const struct guest *guest, uint32_t port);
/* Interrupts since the last question. */
uint64_t fixture_calls(const struct guest *guest);

#endif /* TESTS_UNIT_BROKER_FIXTURE_H */
