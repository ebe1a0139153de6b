/*
 * sched_op, the end of the machine, and the trace channel.
 *
 * Spec: ACPI 6.4, 4.8.3.2.1 "PM1 control registers"; QEMU's isa-debug-exit and
 *       docs/specs/pvpanic.
 */
#include <hv/kvm/kvm_internal.h>

#include <cpu.h>
#include <io.h>

#define PM1_SLEEP_ENABLE     (1u << 13)
#define PM1_SLEEP_TYPE_SHIFT 10
#define STATUS_CRASHED       126 /* and above: a panic, a fault */
#define PVPANIC_PANICKED     0x01u
#define NOT_SUPPORTED        (-15) /* NU_UNSUP of hv.h */

/* With an empty IDT an exception has nowhere to go: the processor resets. */
static void reset_by_triple_fault(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) none = {0, 0};

    __asm__ volatile("lidt %0\n\tint3" : : "m"(none));
}

void hv_shutdown(int status)
{
    cpu_interrupts_off();
    kvm_console_drain();
    if (kvm_options.exit_port != 0) {
        io_write32(kvm_options.exit_port, (uint32_t)status & 0x7fu);
    }
    if (kvm_options.panic_port != 0 && status >= STATUS_CRASHED) {
        io_write8(kvm_options.panic_port, PVPANIC_PANICKED);
    }
    if (kvm_options.pm_control_port != 0) {
        io_write16(
            kvm_options.pm_control_port,
            (uint16_t)(PM1_SLEEP_ENABLE | (uint32_t)kvm_options.sleep_type
                                              << PM1_SLEEP_TYPE_SHIFT));
    }
    reset_by_triple_fault();
    for (;;) {
        __asm__ volatile("cli\n\thlt");
    }
}

/* Events that wait are delivered when interrupts are next on, as Xen does on
 * the way back from any hypercall. */
static long yield(void)
{
    if (kvm_upcall_pending()) {
        kvm_lapic_self(KVM_VECTOR_UPCALL);
    }
    return 0;
}

static long block(void)
{
    (void)yield();
    cpu_wait_interrupt();
    return 0;
}

static long shutdown(const struct sched_shutdown *op)
{
    hv_shutdown(op->reason == SHUTDOWN_poweroff ? 0 : 126);
}

long kvm_sched_op(uint64_t command, uint64_t arg)
{
    switch (command) {
    case SCHEDOP_yield:
        return yield();
    case SCHEDOP_block:
        return block();
    case SCHEDOP_shutdown:
        return shutdown((const struct sched_shutdown *)(uintptr_t)arg);
    default:
        return -XEN_ENOSYS;
    }
}

int hv_trace_write(const void *data, size_t bytes)
{
    if (kvm_options.trace_port == 0) {
        return NOT_SUPPORTED;
    }
    io_write_bytes(kvm_options.trace_port, data, bytes);
    return 0;
}
