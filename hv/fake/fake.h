/*
 * A hypervisor for tests on the build machine: a model with state, not a list of
 * expected calls. It follows Xen's rules, can be told to fail, and lets a test
 * be the hardware.
 *
 * Ownership: one model in the process; fake_reset() before each test.
 */
#ifndef NUNCIO_HV_FAKE_H
#define NUNCIO_HV_FAKE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <hypercall/hv.h>
#include <hypercall/xen_abi.h>

#define FAKE_PORTS         4096u
#define FAKE_PIRQS         64u
#define FAKE_CONSOLE_BYTES 8192u
#define FAKE_GRANTS        512u
#define FAKE_DOMID         7u /* ours, unless a test says otherwise */

enum fake_port_kind {
    FAKE_FREE = 0,
    FAKE_VIRQ,
    FAKE_PIRQ,
    FAKE_UNBOUND, /* waits for (remote_domid) */
    FAKE_INTERDOMAIN,
    FAKE_STORE
};

struct fake_port {
    enum fake_port_kind kind;
    uint32_t source; /* virq, pirq, or port of the other domain */
    uint16_t remote_domid;
};

struct fake_pirq {
    bool level; /* wants PHYSDEVOP_eoi */
    bool low;
    bool waits; /* delivered and not acknowledged: the line is off */
    bool asserted; /* level: as long as the device wants service */
    uint32_t eoi_count;
};

struct fake_hv {
    struct shared_info shared;
    struct fake_port ports[FAKE_PORTS];
    struct fake_pirq pirqs[FAKE_PIRQS];
    uint32_t first_port; /* lowest number given out */
    uint64_t deadline_ns; /* of the timer; 0: off */
    uint64_t calls; /* hypercalls made */
    uint64_t fail_at; /* the call that fails, from 1; 0: none */
    long failure; /* what it answers */
    char console[FAKE_CONSOLE_BYTES];
    size_t console_bytes;
    int shutdown_status;
    jmp_buf *shutdown; /* where hv_shutdown() goes */
    /* This domain among others; the others are in peer.h. */
    uint16_t domid; /* 0: alone, hv_domain_start() answers -XEN_ENODEV */
    uint64_t epoch;
    uint8_t *ram; /* physical address 0; of arch/fake, if a test has it */
    uint64_t ram_bytes;
    struct grant_entry_v1 grants[FAKE_GRANTS];
    uint64_t store_phys; /* the store's page, in (ram) */
    uint32_t store_port;
    uint32_t store_notified; /* calls of hv_store_notify() */
    struct hv_counts counts;
};

extern struct fake_hv fake_hv;

void fake_reset(void);

/* The (n)th hypercall from now answers (failure) and does nothing. A sweep
 * over n until all succeeds takes a piece of code through every failure. */
void fake_fail_nth(uint64_t n, long failure);
bool fake_failed(void);

/* The hardware's side. */
void fake_port_set(uint32_t port);
void fake_virq_raise(uint32_t virq);
/* An edge; or the level of a line that stays until fake_pirq_drop(). */
void fake_pirq_raise(uint32_t number);
void fake_pirq_drop(uint32_t number);

/* Ports in use. */
uint32_t fake_port_count(void);

/* Behind the hypercalls, one for each file. */
long fake_console_io(uint64_t command, uint64_t count, uint64_t text);
long fake_set_timer_op(uint64_t deadline_ns);
long fake_xen_version(uint64_t command, uint64_t arg);
long fake_sched_op(uint64_t command, uint64_t arg);
long fake_event_channel_op(uint64_t command, uint64_t arg);
long fake_physdev_op(uint64_t command, uint64_t arg);
long fake_grant_table_op(uint64_t command, uint64_t arg, uint64_t count);
long fake_multicall(uint64_t list, uint64_t count);
/* event.c, for the operations between domains: a free port, or 0. */
uint32_t fake_port_find(enum fake_port_kind kind, uint32_t source);
uint32_t fake_port_take(const struct fake_port *entry);
/* page.c: one hypercall, uncounted. */
long fake_dispatch(unsigned op, uint64_t a, uint64_t b, uint64_t c);

#endif /* NUNCIO_HV_FAKE_H */
