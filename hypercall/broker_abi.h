/*
 * What a guest on KVM and the broker say to each other: hv/kvm is one side,
 * hv/broker the other. The broker plays the part of the hypervisor that KVM
 * lacks: event channels between domains, grant copies, the store.
 *
 * Carrier: a vhost-user device that QEMU passes through without looking into
 * its queues (PCI 1af4:105a; `-device vhost-user-fs-pci`, libvirt's
 * <filesystem> with <driver type='virtiofs'/>). It has two queues of
 * BROKER_QUEUE_SIZE; neither is used as a virtqueue. The address that the guest
 * writes as a queue's descriptor area is a block of BROKER_BLOCK_BYTES of its
 * memory; the areas for avail and used are a scratch block that nobody reads:
 *
 *   queue 0   struct broker_shared: events and the store's page. Its
 *             interrupt is the upcall. A kick says that the store's page has
 *             something new.
 *   queue 1   struct broker_mailbox: hypercalls. A kick says that there is a
 *             batch.
 *
 * Units:   bytes; frame numbers of 4096-byte pages of guest-physical memory.
 * Trust:   the broker takes every byte here for an enemy's: it reads each once
 *          into memory of its own and checks the copy. The guest trusts the
 *          broker as it would a hypervisor, and checks what it reads all the
 *          same where a mistake would spread.
 * Spec:    types and meanings of the operations are Xen's: public/
 *          grant_table.h, event_channel.h, io/xs_wire.h.
 */
#ifndef NUNCIO_HYPERCALL_BROKER_ABI_H
#define NUNCIO_HYPERCALL_BROKER_ABI_H

#include <hypercall/xen_abi.h>

#define BROKER_PCI_VENDOR 0x1af4u
#define BROKER_PCI_DEVICE 0x105au

#define BROKER_ABI_VERSION 1u

#define BROKER_QUEUES        2u
#define BROKER_QUEUE_SIZE    1024u
#define BROKER_QUEUE_EVENTS  0u
#define BROKER_QUEUE_MAILBOX 1u
#define BROKER_BLOCK_BYTES   16384u /* BROKER_QUEUE_SIZE descriptors */
#define BROKER_SCRATCH_BYTES 16384u /* for the areas that nobody uses */

/* Event ports 1..BROKER_PORTS-1; the guest chooses the number. */
#define BROKER_PORTS 256u
/* A grant table has at most this many pages of 512 entries. */
#define BROKER_GRANT_PAGES_MAX 8u
#define BROKER_DOMAINS_MAX     64u /* domids 1..BROKER_DOMAINS_MAX-1 */

/*
 * Queue 0's block. The broker sets bits in (events) as Xen does: pending bit,
 * and unless the port is masked the selector and upcall_pending; if
 * upcall_pending was 0 it raises the interrupt. Both sides use locked
 * operations on it. Ports of the guest's own (timer, devices) are in the same
 * bits; the broker touches those of event channels only.
 */
struct broker_shared {
    union {
        struct shared_info events;
        uint8_t page0[4096];
    };
    /* io/xs_wire.h: struct xenstore_domain_interface, as on Xen. */
    uint8_t store[4096];
    uint8_t reserved[2][4096];
};

/*
 * The first thing a guest says, alone in its batch; everything else is
 * -XEN_EPERM before it. Said again it starts anew, as if the domain had been
 * restarted: ports are closed, watches gone.
 */
#define BROKER_HYPERCALL_SETUP 0xfff0u /* no number of Xen's */
#define BROKER_SETUP_HELLO     1u
struct broker_hello {
    uint32_t version; /* in: BROKER_ABI_VERSION */
    uint32_t grant_pages; /* in: 1..BROKER_GRANT_PAGES_MAX, contiguous */
    uint64_t grant_frame; /* in: the first, of grant_entry_v1_t */
    uint32_t store_port; /* in: the guest's port for events of the store */
    uint16_t domid; /* out */
    uint16_t reserved;
    uint64_t epoch; /* out: grows with every start of this domain, from 1 */
};

/*
 * One hypercall's worth of work. (hypercall) and (command) are Xen's numbers;
 * (result) is the broker's answer: 0, or a negative Xen errno. A copy's own
 * GNTST_* is in copy.status, and result is then 0.
 */
struct broker_op {
    uint16_t hypercall;
    uint16_t command;
    int32_t result;
    union {
        struct broker_hello hello;
        struct gnttab_copy copy; /* grant_table_op, GNTTABOP_copy */
        /* event_channel_op. The guest chooses its own ports: (.port) here and
         * (.local_port) of bind are inputs. (.dom) is DOMID_SELF. */
        struct evtchn_alloc_unbound alloc;
        struct evtchn_bind_interdomain bind;
        struct evtchn_send send;
        struct evtchn_close close;
        struct evtchn_status status;
        uint8_t raw[40];
    };
};

/*
 * Queue 1's block: one batch at a time, for a hypercall waits for its answer.
 * The guest writes (count) and (ops), then (request) + 1; then, unless
 * (polling), it kicks. The broker does the operations in order, each whatever
 * became of those before it, writes their results, then (done) = (request).
 * If (want_call) is not 0 by then, it raises queue 0's interrupt.
 *
 * No kick and no interrupt is lost: the guest writes (request) before it reads
 * (polling), and the broker, going to sleep, clears (polling) before it looks
 * at (request) once more; the same with (want_call) and (done). Full barriers
 * on both sides.
 */
#define BROKER_OPS_MAX 256u
struct broker_mailbox {
    uint32_t request; /* guest */
    uint32_t count; /* guest: 1..BROKER_OPS_MAX */
    uint32_t want_call; /* guest */
    uint32_t reserved0[13];
    uint32_t done; /* broker */
    uint32_t polling; /* broker: 1: it looks here without being kicked */
    uint32_t reserved1[14];
    struct broker_op ops[BROKER_OPS_MAX];
};

_Static_assert(sizeof(struct broker_op) == 48, "layout");
_Static_assert(sizeof(struct broker_shared) == BROKER_BLOCK_BYTES, "layout");
_Static_assert(sizeof(struct broker_mailbox) <= BROKER_BLOCK_BYTES, "layout");

#endif /* NUNCIO_HYPERCALL_BROKER_ABI_H */
