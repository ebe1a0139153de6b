/*
 * This domain among others, as hypercall/hv.h has it.
 */
#include <hv/fake/fake.h>

#include <string.h>

bool hv_claims_device(uint32_t vendor, uint32_t product, uint32_t slot)
{
    (void)vendor;
    (void)product;
    (void)slot;
    return false;
}

int hv_domain_start(struct hv_domain *domain, const char **problem)
{
    struct fake_port store = {.kind = FAKE_STORE};

    if (fake_hv.domid == 0) {
        return -XEN_ENODEV;
    }
    if (fake_hv.store_port == 0) {
        fake_hv.store_port = fake_port_take(&store);
    }
    if (fake_hv.store_port == 0) {
        *problem = "no port is left for the store";
        return -XEN_ENOSPC;
    }
    memset(fake_hv.grants, 0, sizeof(fake_hv.grants));
    *domain = (struct hv_domain){
        .domid = fake_hv.domid,
        .epoch = fake_hv.epoch,
        .grant_count = FAKE_GRANTS,
        .grants = fake_hv.grants,
        .store = fake_hv.ram == NULL
                     ? NULL
                     : (void *)(fake_hv.ram + fake_hv.store_phys),
        .store_phys = fake_hv.store_phys,
        .store_port = fake_hv.store_port,
    };
    return 0;
}

void hv_counts(struct hv_counts *counts)
{
    *counts = fake_hv.counts;
    counts->hypercalls = fake_hv.calls;
}
