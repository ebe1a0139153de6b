/*
 * xen_version and the names of the model.
 */
#include <hv/fake/fake.h>

long fake_xen_version(uint64_t command, uint64_t arg)
{
    (void)arg;
    return command == XENVER_version ? 4 << 16 | 13 : -XEN_ENOSYS;
}

const char *hv_name(void)
{
    return "a test";
}

const char *hv_enforced_by(void)
{
    return "nobody";
}
