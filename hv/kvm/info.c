/*
 * xen_version, and what the banner says of the platform.
 */
#include <hv/kvm/kvm_internal.h>

#include <cpu.h>
#include <nlib/string.h>

#define LEAF_HYPERVISOR    0x40000000u
#define ID1_ECX_HYPERVISOR (1u << 31)

/* What Xen version's ABI this is: that of the headers it is built with. */
#define ABI_MAJOR 4
#define ABI_MINOR 13

long kvm_xen_version(uint64_t command, uint64_t arg)
{
    struct xen_feature_info *features;

    switch (command) {
    case XENVER_version:
        return ABI_MAJOR << 16 | ABI_MINOR;
    case XENVER_extraversion:
        memset((void *)(uintptr_t)arg, 0, XEN_EXTRAVERSION_LEN);
        strlcpy((char *)(uintptr_t)arg, "-nuncio-kvm", XEN_EXTRAVERSION_LEN);
        return 0;
    case XENVER_get_features:
        features = (struct xen_feature_info *)(uintptr_t)arg;
        features->submap = 0;
        return features->submap_idx == 0 ? 0 : -XEN_EINVAL;
    default:
        return -XEN_ENOSYS;
    }
}

#define EMULATOR "TCGTCGTCGTCG"

/* The hypervisor's name of 12 bytes; "" if there is none. */
static void read_signature(char signature[13])
{
    struct cpu_id id;

    memset(signature, 0, 13);
    if (cpu_id(1, 0).ecx & ID1_ECX_HYPERVISOR) {
        id = cpu_id(LEAF_HYPERVISOR, 0);
        memcpy(signature, &id.ebx, 4);
        memcpy(signature + 4, &id.ecx, 4);
        memcpy(signature + 8, &id.edx, 4);
    }
}

bool kvm_is_emulated(void)
{
    char signature[13];

    read_signature(signature);
    return strcmp(signature, EMULATOR) == 0;
}

const char *hv_name(void)
{
    static const struct {
        const char *signature;
        const char *name;
    } known[] = {
        {"KVMKVMKVM", "KVM"},
        {EMULATOR, "QEMU (TCG)"},
        {"XenVMMXenVMM", "Xen (without its own ABI)"},
        {"Microsoft Hv", "Hyper-V"},
        {"VMwareVMware", "VMware"},
        {"bhyve bhyve ", "bhyve"},
    };
    char signature[13];

    if (!(cpu_id(1, 0).ecx & ID1_ECX_HYPERVISOR)) {
        return "no hypervisor";
    }
    read_signature(signature);
    for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(signature, known[i].signature) == 0) {
            return known[i].name;
        }
    }
    return "unknown hypervisor";
}

const char *hv_enforced_by(void)
{
    if (kvm_has_broker) {
        return "processes: this kernel, by page tables; domains: the "
               "hypervisor, and the broker, which sees the memory of all that "
               "it serves; device DMA: nobody";
    }
    return "processes: this kernel, by page tables; domains: the hypervisor; "
           "device DMA: nobody";
}
