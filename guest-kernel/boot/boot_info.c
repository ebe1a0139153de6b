/*
 * Boot information by either protocol: boot_info.h.
 */
#include <boot/boot_internal.h>

#define MAGIC_PVH        0x336ec578u
#define MAGIC_MULTIBOOT2 0x36d76289u

int boot_info_parse(struct boot_info *info, const struct boot_window *window,
                    uint32_t magic, uint64_t at, struct boot_error *error)
{
    struct boot_parse parse = {info, window, error};

    switch (magic) {
    case MAGIC_PVH:
        return boot_info_parse_pvh(info, window, at, error);
    case MAGIC_MULTIBOOT2:
        return boot_info_parse_multiboot2(info, window, at, error);
    default:
        return boot_fail(&parse, "magic 0x%x is of no known boot protocol",
                         magic);
    }
}

const char *boot_protocol_name(uint32_t protocol)
{
    switch (protocol) {
    case BOOT_PVH:
        return "PVH";
    case BOOT_MULTIBOOT2:
        return "multiboot2";
    default:
        return "unknown";
    }
}
