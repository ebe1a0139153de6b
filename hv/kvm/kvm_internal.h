/*
 * Shared by the files of hv/kvm: the hypervisor's half of Xen's ABI, inside
 * the guest.
 *
 * Context: kernel, one processor, interrupts off.
 */
#ifndef NUNCIO_HV_KVM_INTERNAL_H
#define NUNCIO_HV_KVM_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <hypercall/broker_abi.h>
#include <hypercall/hv.h>
#include <hypercall/xen_abi.h>

/*
 * Vectors. The rest of 0x30..0xef is given to device interrupts, so that an
 * interrupt's priority class says nothing: all are served at once.
 */
#define KVM_VECTOR_PIC      0x20u /* where the masked PIC would send spurious ones */
#define KVM_VECTOR_FIRST    0x30u
#define KVM_VECTOR_LAST     0xefu
#define KVM_VECTOR_TIMER    0xf0u
#define KVM_VECTOR_UPCALL   0xf1u /* the broker's, and our own: kvm_upcall() */
#define KVM_VECTOR_SPURIOUS 0xffu

/* Physical interrupts: lines below, messages from here on. */
#define KVM_PIRQ_MESSAGES 128u
#define KVM_PIRQ_COUNT    256u

/* state.c. kvm_event_set() makes (port) pending; unless it is masked it is
 * selected too, and the upcall flagged: kvm_select_port(). */
extern struct broker_shared kvm_shared;
extern struct hv_options kvm_options;
extern struct hv_counts kvm_counts;
extern uint32_t kvm_timer_port; /* of VIRQ_TIMER; 0: not bound */
extern bool kvm_has_broker; /* it has answered hello */
void kvm_event_set(uint32_t port);
void kvm_select_port(uint32_t port);
bool kvm_upcall_pending(void);

/* The implementations behind the page, by hypercall. */
long kvm_console_io(uint64_t command, uint64_t count, uint64_t text);
long kvm_set_timer_op(uint64_t deadline_ns);
long kvm_xen_version(uint64_t command, uint64_t arg);
long kvm_sched_op(uint64_t command, uint64_t arg);
long kvm_event_channel_op(uint64_t command, uint64_t arg);
long kvm_physdev_op(uint64_t command, uint64_t arg);
long kvm_grant_table_op(uint64_t command, uint64_t arg, uint64_t count);
long kvm_multicall(uint64_t list, uint64_t count);

/* page.c: jumps to the above, -XEN_ENOSYS for all other stubs. */
void kvm_page_fill(uint8_t *page);

/* console.c */
void kvm_console_init(void);
/* Waits, not for ever, until what programs wrote has left the serial port: a
 * machine that ends would take it along. */
void kvm_console_drain(void);

/* event.c: ports. */
void kvm_event_init(void);
/* The port of the store's events, taken for good; 0: none is left. */
uint32_t kvm_event_take_store(void);

/* (*result) is the answer of the hypercall, 0 before: here at once, or with the
 * batch: kvm_mailbox_flush(). */
void kvm_event_queue_send(uint32_t port, long *result);

/* grant.c: the same for (count) copies. */
void kvm_grant_queue(struct gnttab_copy *list, uint64_t count, long *result);

/* device.c: the carrier. 0; -XEN_ENODEV: there is none; else (*problem). */
int kvm_device_open(const char **problem);
void kvm_device_kick(uint32_t queue);
void kvm_device_close(void);
/* state.c: the block of queue 1. */
extern union kvm_mailbox_block {
    struct broker_mailbox box;
    uint8_t bytes[BROKER_BLOCK_BYTES];
} kvm_mailbox;

/*
 * mailbox.c: batches for the broker. Operations are added with where their
 * answers go, and have them after the flush; adding to a full batch flushes it.
 */
struct kvm_sink {
    long *result; /* 0 before; the first error of several operations stays */
    struct gnttab_copy *copies; /* whose statuses they are; NULL: none */
};
/* (take) is called for each interrupt that comes while a hypercall waits. */
void kvm_mailbox_init(void (*take)(uint32_t vector));
/* When the device is there; kvm_mailbox_close() when it is of no use. */
void kvm_mailbox_open(void);
void kvm_mailbox_close(void);
/* Has the batch done. What was added is in its place until the next addition,
 * with the broker's answer. */
void kvm_mailbox_flush(void);
/* The same, but gives up after (ns): false, and the mailbox is closed. */
bool kvm_mailbox_flush_within(uint64_t ns);

/* The batch being made. */
extern struct kvm_batch {
    bool is_open;
    uint32_t added;
    uint32_t run_count;
    /* Operations that were added together, in order. */
    struct kvm_run {
        struct kvm_sink sink;
        uint32_t end; /* number of the first operation behind it */
    } runs[BROKER_OPS_MAX];
} kvm_batch;

/* Room for (*count) operations, at least 1, or fewer: then in (*count). Each is
 * to be filled in, its result with -XEN_EIO in case nobody answers. */
static inline struct broker_op *kvm_mailbox_add(uint32_t *count,
                                                const struct kvm_sink *sink)
{
    struct kvm_run *run;
    uint32_t first;

    if (kvm_batch.added == BROKER_OPS_MAX) {
        kvm_mailbox_flush();
    }
    first = kvm_batch.added;
    if (*count > BROKER_OPS_MAX - first) {
        *count = BROKER_OPS_MAX - first;
    }
    run = &kvm_batch.runs[kvm_batch.run_count++];
    run->sink = *sink;
    run->end = kvm_batch.added = first + *count;
    return &kvm_mailbox.box.ops[first];
}

/* info.c: the processor is QEMU's emulator. */
bool kvm_is_emulated(void);

void kvm_physdev_init(void);
/* physdev.c: bind gives the pirq to a port, or takes it away. */
int kvm_pirq_bind(uint32_t number, uint32_t port);
void kvm_pirq_unbind(uint32_t number);
/* The vector belongs to a pirq: makes its port pending. */
void kvm_pirq_interrupt(uint32_t vector);

/* lapic.c: NULL, or what is missing. */
const char *kvm_lapic_init(void);
void kvm_lapic_eoi(void);
/* Timer: free-running count down for calibration, then one shots. */
void kvm_lapic_timer_run(void);
uint32_t kvm_lapic_timer_count(void);
void kvm_lapic_timer_stop(void);
void kvm_lapic_timer_set(uint32_t count);
/* An interrupt (vector) to ourselves, as soon as interrupts are on. */
void kvm_lapic_self(uint8_t vector);
/* For the deadline mode of the timer: KVM_TIMER_TSC_DEADLINE. */
#define KVM_TIMER_TSC_DEADLINE 0x40000u
void kvm_lapic_timer_mode(uint32_t mode);
/* MSI address and data that reach (vector) on this processor. */
uint64_t kvm_lapic_message_address(void);
uint8_t kvm_lapic_id(void);

/* ioapic.c: lines by number (GSI). */
const char *kvm_ioapic_init(void);
bool kvm_ioapic_has(uint32_t gsi);
void kvm_ioapic_route(uint32_t gsi, uint8_t vector, bool level, bool low);
void kvm_ioapic_mask(uint32_t gsi, bool masked);

/* time.c: fills the shared page's time; needs the LAPIC. */
const char *kvm_time_init(void);
/* The timer's vector came. */
void kvm_timer_interrupt(void);
/* Sees to it that the timer's vector comes within (ns), with no event if no
 * deadline has passed. */
void kvm_timer_wake_within(uint64_t ns);
uint64_t kvm_ticks(uint64_t ns); /* of the TSC */
/* pvclock.c: whether KVM's clock is there and now writes to the shared page. */
bool kvm_pvclock_init(struct vcpu_time_info *time);
/* Wall clock at time 0 by KVM, s; 0 if it has none. */
uint64_t kvm_pvclock_epoch(void);
/* rtc.c: seconds since 1970 now, or 0. */
uint64_t kvm_rtc_read(void);
/* calibrate.c: ticks per second of the TSC and of the LAPIC timer. */
struct kvm_rates {
    uint64_t tsc_hz;
    uint64_t lapic_hz;
    const char *source;
};
void kvm_calibrate(struct kvm_rates *rates);

#endif /* NUNCIO_HV_KVM_INTERNAL_H */
