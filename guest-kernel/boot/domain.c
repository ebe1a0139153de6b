/*
 * This domain among others: domain.h.
 */
#include <boot/domain.h>

#include <boot/klog.h>
#include <grant/grant.h>
#include <hypercall/hv.h>
#include <hypercall/xen_abi.h>
#include <nlib/string.h>

static struct hv_domain self;
static bool has_others;

void domain_start(void)
{
    const char *problem = "";
    int rc;

    memset(&self, 0, sizeof(self));
    rc = hv_domain_start(&self, &problem);
    has_others = rc == 0;
    if (rc != 0 && rc != -XEN_ENODEV) {
        klog(KLOG_ERROR, "no other domains: %s (error %d)", problem, -rc);
    }
    grant_init(domain_self());
}

const struct hv_domain *domain_self(void)
{
    return has_others ? &self : NULL;
}
