/*
 * physdev_op: lines that want an acknowledgement, and lines that do not.
 */
#include <hv/fake/fake.h>

static long eoi(uint32_t number)
{
    struct fake_pirq *pirq;

    if (number >= FAKE_PIRQS) {
        return -XEN_EINVAL;
    }
    pirq = &fake_hv.pirqs[number];
    pirq->eoi_count++;
    pirq->waits = false;
    if (pirq->asserted) {
        fake_pirq_raise(number);
    }
    return 0;
}

static long irq_status(struct physdev_irq_status_query *op)
{
    if (op->irq >= FAKE_PIRQS) {
        return -XEN_EINVAL;
    }
    op->flags = fake_hv.pirqs[op->irq].level ? XENIRQSTAT_needs_eoi : 0;
    return 0;
}

static long setup_gsi(const struct physdev_setup_gsi *op)
{
    if (op->gsi < 0 || op->gsi >= (int)FAKE_PIRQS) {
        return -XEN_EINVAL;
    }
    fake_hv.pirqs[op->gsi].level = op->triggering != 0;
    fake_hv.pirqs[op->gsi].low = op->polarity != 0;
    return 0;
}

long fake_physdev_op(uint64_t command, uint64_t arg)
{
    void *op = (void *)(uintptr_t)arg;

    switch (command) {
    case PHYSDEVOP_eoi:
        return eoi(((struct physdev_eoi *)op)->irq);
    case PHYSDEVOP_irq_status_query:
        return irq_status(op);
    case PHYSDEVOP_setup_gsi:
        return setup_gsi(op);
    default:
        return -XEN_ENOSYS;
    }
}
