/*
 * physdev_op: physical interrupts. A pirq below KVM_PIRQ_MESSAGES is the line
 * with that number; the others are MSI-X messages, given out by map_pirq.
 *
 * A line that is level triggered is masked at its I/O APIC from its delivery
 * until PHYSDEVOP_eoi. Everything else is an edge: it only sets the pending
 * bit, and the mask of the port does the rest, so no edge is lost.
 *
 * Spec: Xen public/physdev.h; PCI Local Bus 3.0, 6.8.2 "MSI-X".
 */
#include <hv/kvm/kvm_internal.h>

#include <boot_paging.h>
#include <nlib/string.h>
#include <pci.h>

#define ISA_LINES        16u
#define MSIX_ENTRY_BYTES 16u

struct msix_entry {
    uint32_t address;
    uint32_t address_high;
    uint32_t data;
    uint32_t control; /* bit 0: masked */
};

struct pirq {
    bool used; /* message: given out */
    bool level;
    bool low;
    bool masked; /* level: waits for EOI */
    uint8_t vector; /* 0: none yet */
    uint32_t port; /* 0: not bound */
    uint64_t table_phys; /* message: where its entry is */
    volatile struct msix_entry *entry;
};

static struct pirq pirqs[KVM_PIRQ_COUNT];
static uint8_t vector_pirq[256];
static uint8_t vector_next = KVM_VECTOR_FIRST;

/* Vectors are never given back: pirqs keep theirs. 0: none left. */
static uint8_t take_vector(uint32_t pirq)
{
    if (vector_next > KVM_VECTOR_LAST) {
        return 0;
    }
    vector_pirq[vector_next] = (uint8_t)pirq;
    return vector_next++;
}

void kvm_physdev_init(void)
{
    memset(pirqs, 0, sizeof(pirqs));
    for (uint32_t gsi = ISA_LINES; gsi < KVM_PIRQ_MESSAGES; gsi++) {
        pirqs[gsi].level = true;
    }
}

int kvm_pirq_bind(uint32_t number, uint32_t port)
{
    struct pirq *pirq;

    if (number >= KVM_PIRQ_COUNT) {
        return -XEN_EINVAL;
    }
    pirq = &pirqs[number];
    if (number >= KVM_PIRQ_MESSAGES ? !pirq->used : !kvm_ioapic_has(number)) {
        return -XEN_EINVAL;
    }
    if (pirq->vector == 0) {
        pirq->vector = take_vector(number);
    }
    if (pirq->vector == 0) {
        return -XEN_ENOSPC;
    }
    pirq->port = port;
    pirq->masked = false;
    if (pirq->entry != NULL) {
        pirq->entry->address = (uint32_t)kvm_lapic_message_address();
        pirq->entry->address_high = 0;
        pirq->entry->data = pirq->vector;
        pirq->entry->control = 0;
    } else {
        kvm_ioapic_route(number, pirq->vector, pirq->level, pirq->low);
    }
    return 0;
}

void kvm_pirq_unbind(uint32_t number)
{
    struct pirq *pirq = &pirqs[number];

    pirq->port = 0;
    if (pirq->entry != NULL) {
        pirq->entry->control = 1;
    } else {
        kvm_ioapic_mask(number, true);
    }
}

void kvm_pirq_interrupt(uint32_t vector)
{
    struct pirq *pirq = &pirqs[vector_pirq[vector]];

    if (pirq->vector != vector || pirq->port == 0) {
        return; /* came while its port was being closed */
    }
    if (pirq->level) {
        kvm_ioapic_mask(vector_pirq[vector], true);
        pirq->masked = true;
    }
    kvm_event_set(pirq->port);
}

static long eoi(const struct physdev_eoi *op)
{
    if (op->irq >= KVM_PIRQ_COUNT) {
        return -XEN_EINVAL;
    }
    if (pirqs[op->irq].masked) {
        pirqs[op->irq].masked = false;
        kvm_ioapic_mask(op->irq, false);
    }
    return 0;
}

static long irq_status(struct physdev_irq_status_query *op)
{
    if (op->irq >= KVM_PIRQ_COUNT) {
        return -XEN_EINVAL;
    }
    op->flags = pirqs[op->irq].level ? XENIRQSTAT_needs_eoi : 0;
    return 0;
}

static long setup_gsi(const struct physdev_setup_gsi *op)
{
    if (op->gsi < 0 || op->gsi >= (int)KVM_PIRQ_MESSAGES) {
        return -XEN_EINVAL;
    }
    if (pirqs[op->gsi].port != 0) {
        return -XEN_EBUSY;
    }
    pirqs[op->gsi].level = op->triggering != 0;
    pirqs[op->gsi].low = op->polarity != 0;
    return 0;
}

/* A message: its entry in the device's table, which PCI configuration space
 * must confirm: whoever names another place could write to any register. */
static long map_message(struct physdev_map_pirq *op)
{
    uint32_t slot =
        ((uint32_t)op->bus & 0xffu) << 8 | ((uint32_t)op->devfn & 0xffu);
    struct pci_msix msix;
    uint64_t phys;

    if (!pci_msix_find(slot, &msix) || op->table_base != msix.table_phys ||
        op->entry_nr < 0 || (uint32_t)op->entry_nr >= msix.entries) {
        return -XEN_EINVAL;
    }
    phys = msix.table_phys + (uint64_t)op->entry_nr * MSIX_ENTRY_BYTES;
    for (uint32_t n = KVM_PIRQ_MESSAGES; n < KVM_PIRQ_COUNT; n++) {
        struct pirq *pirq = &pirqs[n];

        if (pirq->used && pirq->table_phys == phys) {
            op->pirq = (int)n;
            return 0;
        }
        if (pirq->used) {
            continue;
        }
        pirq->entry = mmio_map(phys, MSIX_ENTRY_BYTES);
        if (pirq->entry == NULL) {
            return -XEN_ENOMEM;
        }
        pirq->table_phys = phys;
        pirq->used = true;
        pci_msix_enable(slot, &msix);
        op->pirq = (int)n;
        return 0;
    }
    return -XEN_ENOSPC;
}

static long map_pirq(struct physdev_map_pirq *op)
{
    switch (op->type) {
    case MAP_PIRQ_TYPE_GSI:
        if (op->index < 0 || op->index >= (int)KVM_PIRQ_MESSAGES ||
            !kvm_ioapic_has((uint32_t)op->index)) {
            return -XEN_EINVAL;
        }
        op->pirq = op->index;
        return 0;
    case MAP_PIRQ_TYPE_MSI:
        return map_message(op);
    default:
        return -XEN_ENOSYS;
    }
}

long kvm_physdev_op(uint64_t command, uint64_t arg)
{
    void *op = (void *)(uintptr_t)arg;

    switch (command) {
    case PHYSDEVOP_eoi:
        return eoi(op);
    case PHYSDEVOP_irq_status_query:
        return irq_status(op);
    case PHYSDEVOP_setup_gsi:
        return setup_gsi(op);
    case PHYSDEVOP_map_pirq:
        return map_pirq(op);
    default:
        return -XEN_ENOSYS;
    }
}
