/*
 * This domain among others: the grant table, and hello to the broker.
 */
#include <hv/kvm/kvm_internal.h>

#include <image.h>
#include <nlib/string.h>

#define PAGE_BYTES   4096u
#define GRANT_PAGES  BROKER_GRANT_PAGES_MAX
#define GRANTS       (GRANT_PAGES * PAGE_BYTES / sizeof(struct grant_entry_v1))
#define HELLO_WAIT_S 10u

static struct grant_entry_v1 grants[GRANTS]
    __attribute__((aligned(PAGE_BYTES)));

/* What the broker answers, in (*hello), which is the question before. */
static int say_hello(struct broker_hello *hello, const char **problem)
{
    long result = 0;
    struct kvm_sink sink = {.result = &result, .copies = NULL};
    uint32_t one = 1;
    struct broker_op *op = kvm_mailbox_add(&one, &sink);

    op->hypercall = BROKER_HYPERCALL_SETUP;
    op->command = BROKER_SETUP_HELLO;
    op->result = -XEN_EIO;
    op->hello = *hello;
    if (!kvm_mailbox_flush_within(HELLO_WAIT_S * 1000000000ull)) {
        *problem = "the broker does not answer";
        return -XEN_ETIMEDOUT;
    }
    if (result != 0) {
        *problem = "the broker refuses us";
        return (int)result;
    }
    *hello = op->hello;
    if (hello->domid == 0 || hello->domid >= BROKER_DOMAINS_MAX ||
        hello->epoch == 0) {
        *problem = "the broker's answer makes no sense";
        return -XEN_EIO;
    }
    return 0;
}

int hv_domain_start(struct hv_domain *domain, const char **problem)
{
    struct broker_hello hello = {
        .version = BROKER_ABI_VERSION,
        .grant_pages = GRANT_PAGES,
        .grant_frame = image_phys(grants) / PAGE_BYTES,
    };
    int rc = kvm_device_open(problem);

    if (rc != 0) {
        return rc;
    }
    hello.store_port = kvm_event_take_store();
    kvm_mailbox_open();
    rc = say_hello(&hello, problem);
    if (rc != 0) {
        kvm_mailbox_close();
        kvm_device_close();
        return rc;
    }
    kvm_has_broker = true;
    *domain = (struct hv_domain){
        .domid = hello.domid,
        .epoch = hello.epoch,
        .grant_count = GRANTS,
        .grants = grants,
        .store = (struct xenstore_domain_interface *)kvm_shared.store,
        .store_phys = image_phys(kvm_shared.store),
        .store_port = hello.store_port,
    };
    return 0;
}

void hv_counts(struct hv_counts *counts)
{
    *counts = kvm_counts;
}
