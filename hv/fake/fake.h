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

enum fake_port_kind { FAKE_FREE = 0, FAKE_VIRQ, FAKE_PIRQ };

struct fake_port {
    enum fake_port_kind kind;
    uint32_t source;
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

#endif /* NUNCIO_HV_FAKE_H */
