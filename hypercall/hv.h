/*
 * What each hv/<x> supplies besides the hypercall page: start of day, and the
 * few things that Xen's ABI leaves to the platform.
 *
 * Context: kernel; never blocks.
 */
#ifndef NUNCIO_HYPERCALL_HV_H
#define NUNCIO_HYPERCALL_HV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct grant_entry_v1;
struct shared_info;
struct xenstore_domain_interface;

#define HV_IOAPICS_MAX 4

struct hv_ioapic {
    uint64_t phys;
    uint32_t gsi_base; /* number of its first line */
};

/* What the command line and the firmware's tables say; 0: not given. */
struct hv_options {
    uint16_t log_port; /* debug port for the log instead of COM1 */
    uint16_t exit_port; /* isa-debug-exit */
    uint16_t panic_port; /* pvpanic */
    uint16_t trace_port; /* where trace records go */
    uint16_t pm_control_port; /* ACPI PM1a control block, to power off */
    uint16_t pm_timer_port; /* ACPI timer, 3.579545 MHz */
    uint16_t sleep_type; /* SLP_TYP of S5 for pm_control_port */
    uint32_t ioapic_count;
    struct hv_ioapic ioapics[HV_IOAPICS_MAX];
    uint64_t entry_tsc; /* time 0 */
    uint64_t epoch_s; /* wall clock, if the loader knew it */
    /* How long to spin at most for a hypercall's answer before halting, us. */
    uint32_t poll_us;
    bool has_poll; /* (poll_us) was given */
};

/*
 * In this order, once each, from boot/start.c. hv_start_early() fills the
 * hypercall page and makes console_io work, on the temporary tables of boot;
 * hv_start() does the rest and gives the shared page. It returns NULL, or the
 * name of what is missing.
 */
void hv_start_early(const struct hv_options *options);
const char *hv_start(const struct hv_options *options,
                     struct shared_info **shared);

/*
 * This domain among others. On Xen what the start of day and the hypervisor
 * give; on KVM what the broker answers through the device of
 * hypercall/broker_abi.h.
 */
struct hv_domain {
    uint16_t domid;
    uint16_t reserved;
    uint32_t grant_count; /* entries of (grants) */
    uint64_t epoch; /* of this domain's life: larger in each later one */
    struct grant_entry_v1 *grants; /* the grant table, ours to write */
    struct xenstore_domain_interface *store;
    uint64_t store_phys; /* where (store) lies: a page of its own */
    uint32_t store_port; /* bound; its event says that (store) has changed */
};

/* Whether this PCI function is the hypervisor's own carrier: nobody else may
 * have it. Asked once for each function that is found, its windows assigned,
 * before hv_domain_start(). */
bool hv_claims_device(uint32_t vendor, uint32_t product, uint32_t slot);

/* After hv_start() and the search for devices. 0, or -XEN_ENODEV: alone on this
 * machine; another negative errno: the carrier is there but does not work, and
 * (*problem) is a sentence about it. */
int hv_domain_start(struct hv_domain *domain, const char **problem);

/* Tells the store's server that (store) has something new. */
void hv_store_notify(void);

/* Counts since boot of what costs on hardware. */
struct hv_counts {
    uint64_t hypercalls; /* batches given to the hypervisor */
    uint64_t operations; /* in them */
    uint64_t doorbells; /* kicks: an exit each */
    uint64_t interrupts; /* upcalls taken */
    uint64_t wait_ticks; /* of the TSC, waiting for a hypercall's answer */
};
void hv_counts(struct hv_counts *counts);

/* "QEMU (TCG)", "KVM", ...: for the banner. */
const char *hv_name(void);
/* Who enforces what, in one line of the banner. */
const char *hv_enforced_by(void);
/* Where the clock comes from: "kvmclock", "CPUID 0x15", "PIT", ... */
const char *hv_clock_name(void);

/* Turns an interrupt vector (32..255) into pending bits; acknowledges it. */
void hv_interrupt(uint32_t vector);

/*
 * Ends the machine. (status) reaches whoever started it where there is a way:
 * isa-debug-exit with exit=0xf4 on the command line (QEMU's exit status is
 * then (status << 1) | 1). From 126 on it is a crash, which the panic device is
 * told of where panic=0x505 names one: libvirt then does what on_crash says.
 * Does not return.
 */
_Noreturn void hv_shutdown(int status);

/* Writes raw bytes to the launcher's trace channel. Returns 0, or NU_UNSUP
 * (as -15) when the command line names no trace port. */
int hv_trace_write(const void *data, size_t bytes);

#endif /* NUNCIO_HYPERCALL_HV_H */
