/*
 * A client domain without a machine: what a kernel's link and its connector do
 * (guest-kernel/link, user/links), done by a program over tests/broker/guest.h.
 * It joins a real driver domain. It can keep the rules of link/wire.h, or with
 * what is open here break any of them.
 *
 * Units:     frames of the guest's memory, bytes, ms.
 * Ownership: a link_guest is the caller's; its guest ends with its process or
 *            by link_guest_die().
 * Errors:    0; negative nu_error values that the other domain answered; or
 *            LINK_GUEST_LOST - errno of the broker's.
 * Context:   one thread for each; calls wait for what they ask for.
 * Spec:      guest-kernel/link/wire.h, docs/links.md
 */
#ifndef NUNCIO_TESTS_LINK_GUEST_H
#define NUNCIO_TESTS_LINK_GUEST_H

#include <link/record.h>

#include "tests/broker/guest.h"

#define LINK_GUEST_LOST (-10000)
/* Frames from here on, up to GUEST_PAGES, are the test's. */
#define LINK_GUEST_FRAME 96u
/* Its event port. */
#define LINK_GUEST_PORT 9u
/* Frame N is granted as reference LINK_GUEST_REF + N. */
#define LINK_GUEST_REF 16u

struct link_guest {
    struct guest *guest;
    uint16_t server; /* domid of the domain that is asked */
    uint64_t server_epoch;
    uint32_t offers; /* for their words */
    char word[64];
    struct link_head *head; /* of its own ring */
    uint32_t taken;
    uint32_t given;
    uint32_t far_ref; /* the other's ring */
    struct link_head far;
    uint32_t calls; /* for their ids */
    struct link_draft draft; /* the record being made */
    struct link_view view; /* the record last taken, in (copy) */
    uint64_t copy[LINK_SLOT_BYTES / 8];
};

/* A domain on the socket (path) starts and says hello. */
int link_guest_start(struct link_guest *lg, const char *path);
void link_guest_die(struct link_guest *lg);

/* ---- the handshake, as user/links/import.c has it ---- */

/* Looks domain (name) up; it must serve. */
int link_guest_find(struct link_guest *lg, const char *name);
/* A new ring and a new port, told in the store. */
int link_guest_offer(struct link_guest *lg);
int link_guest_write(struct link_guest *lg, const char *leaf,
                     const char *value);
/* Waits for the answer to the last offer, and reads the head of its ring. */
int link_guest_attach(struct link_guest *lg, int timeout_ms);
int link_guest_withdraw(struct link_guest *lg);
/* All of these. */
int link_guest_connect(struct link_guest *lg, const char *name);

/* ---- records ---- */

/* The op that copies (bytes) from the start of (frame) to the far ring, whose
 * slot pages are behind the head. */
struct broker_op link_guest_op_slot(const struct link_guest *lg, uint32_t slot,
                                    uint32_t frame, uint32_t bytes);
/* Writes (bytes) of (record) to (slot) and then (entry), and raises the event:
 * in one batch, as a kernel does. */
int link_guest_send_raw(struct link_guest *lg, uint32_t slot,
                        const void *record, uint32_t bytes, uint64_t entry);
int link_guest_send(struct link_guest *lg, uint32_t slot);
/* The next record but pings, which are answered. 1: it is in (view); 0: none
 * came in time; -1: it is not one; or LOST. */
int link_guest_take(struct link_guest *lg, int timeout_ms);

/* Begins a request as call (index); the words are copied into the draft. */
uint32_t link_guest_begin(struct link_guest *lg, uint32_t index,
                          uint32_t object, uint32_t method, const void *fixed,
                          uint32_t fixed_bytes);
/* Grants a buffer for the reply's string. */
void link_guest_add_rx(struct link_guest *lg, uint32_t frame, uint32_t offset,
                       uint32_t bytes);
/* Revokes all but the ring. */
void link_guest_revoke(struct link_guest *lg);
/* Sends the draft and waits for its answer, which is in (view). */
int link_guest_call(struct link_guest *lg, uint32_t id);

/* ---- calls ---- */

int link_guest_gate(struct link_guest *lg, const char *name, uint32_t *object);
/* Methods of contracts/directory.contract and file.contract. */
int link_guest_open(struct link_guest *lg, uint32_t directory, const char *path,
                    uint32_t *file, uint64_t *bytes);
/* Begins a read of (bytes) to (frame), as call (index). */
uint32_t link_guest_begin_read(struct link_guest *lg, uint32_t index,
                               uint32_t file, uint64_t offset, uint32_t frame,
                               uint32_t bytes);
/* What the answer in (view) says that came; a short one is put to (frame). */
uint32_t link_guest_was_read(struct link_guest *lg, uint32_t frame);

#endif /* NUNCIO_TESTS_LINK_GUEST_H */
