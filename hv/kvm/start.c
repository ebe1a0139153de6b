/*
 * Start of day on KVM and QEMU: the hypercall page, the shared page, the
 * interrupt controllers, the clock.
 */
#include <hv/kvm/kvm_internal.h>

#include <hypercall/page.h>
#include <io.h>
#include <nlib/string.h>

#define PIC_MASTER 0x20u
#define PIC_SLAVE  0xa0u
#define PIC_INIT   0x11u
#define PIC_8086   0x01u

void hv_start_early(const struct hv_options *options)
{
    kvm_options = *options;
    kvm_page_fill(hypercall_page);
    if (kvm_options.log_port == 0) {
        kvm_console_init();
    }
}

/* Moved away from the exceptions, then masked. Without a PIC: no effect. */
static void pic_off(void)
{
    io_write8(PIC_MASTER, PIC_INIT);
    io_write8(PIC_SLAVE, PIC_INIT);
    io_write8(PIC_MASTER + 1, KVM_VECTOR_PIC);
    io_write8(PIC_SLAVE + 1, KVM_VECTOR_PIC + 8);
    io_write8(PIC_MASTER + 1, 1u << 2);
    io_write8(PIC_SLAVE + 1, 2);
    io_write8(PIC_MASTER + 1, PIC_8086);
    io_write8(PIC_SLAVE + 1, PIC_8086);
    io_write8(PIC_MASTER + 1, 0xff);
    io_write8(PIC_SLAVE + 1, 0xff);
}

const char *hv_start(const struct hv_options *options,
                     struct shared_info **shared)
{
    const char *missing;

    kvm_options = *options;
    memset(&kvm_shared, 0, sizeof(kvm_shared));
    memset(&kvm_counts, 0, sizeof(kvm_counts));
    kvm_event_init();
    kvm_physdev_init();
    pic_off();
    kvm_mailbox_init(hv_interrupt);
    missing = kvm_lapic_init();
    if (missing == NULL) {
        missing = kvm_ioapic_init();
    }
    if (missing == NULL) {
        missing = kvm_time_init();
    }
    if (missing == NULL) {
        *shared = &kvm_shared.events;
    }
    return missing;
}

void hv_interrupt(uint32_t vector)
{
    if (vector == KVM_VECTOR_TIMER) {
        kvm_lapic_eoi();
        kvm_timer_interrupt();
    } else if (vector == KVM_VECTOR_UPCALL) {
        /* The bits are set already. */
        kvm_lapic_eoi();
        kvm_counts.interrupts++;
    } else if (vector >= KVM_VECTOR_FIRST && vector <= KVM_VECTOR_LAST) {
        kvm_pirq_interrupt(vector);
        kvm_lapic_eoi();
    }
    /* Others are spurious, of the APIC or the PIC: not acknowledged. */
}
