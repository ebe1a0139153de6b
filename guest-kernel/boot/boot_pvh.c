/*
 * Boot information by PVH: Xen public/arch-x86/hvm/start_info.h.
 */
#include <boot/boot_internal.h>

#include <nlib/string.h>
#include <xen/arch-x86/hvm/start_info.h>

/* Version 0 ends before the memory map. */
#define VERSION_0_BYTES offsetof(struct hvm_start_info, memmap_paddr)
#define MODULES_MAX     32u

static int take_start_info(struct boot_parse *parse, uint64_t at,
                           struct hvm_start_info *start)
{
    memset(start, 0, sizeof(*start));
    if (boot_window_read(parse->window, at, start, VERSION_0_BYTES) != 0) {
        return boot_fail(parse, "hvm_start_info at 0x%llx is out of reach",
                         (unsigned long long)at);
    }
    if (start->magic != XEN_HVM_START_MAGIC_VALUE) {
        return boot_fail(parse, "hvm_start_info.magic is 0x%x", start->magic);
    }
    if (start->version == 0) {
        return boot_fail(parse, "hvm_start_info.version is 0: no memory map");
    }
    if (boot_window_read(parse->window, at, start, sizeof(*start)) != 0) {
        return boot_fail(parse, "hvm_start_info at 0x%llx is cut off",
                         (unsigned long long)at);
    }
    return 0;
}

static int take_memmap(struct boot_parse *parse,
                       const struct hvm_start_info *start)
{
    uint32_t count = start->memmap_entries;

    if (count == 0 || start->memmap_paddr == 0) {
        return boot_fail(parse, "hvm_start_info.memmap_entries is 0");
    }
    if (count > BOOT_RANGES_MAX) {
        return boot_fail(parse,
                         "hvm_start_info.memmap_entries is %u, more than %d",
                         count, BOOT_RANGES_MAX);
    }
    for (uint32_t i = 0; i < count; i++) {
        struct hvm_memmap_table_entry entry;
        int rc;

        if (start->memmap_paddr > UINT64_MAX - i * sizeof(entry) ||
            boot_window_read(parse->window,
                             start->memmap_paddr + i * sizeof(entry), &entry,
                             sizeof(entry)) != 0) {
            return boot_fail(
                parse,
                "hvm_start_info.memmap_paddr 0x%llx: entry %u is out "
                "of reach",
                (unsigned long long)start->memmap_paddr, i);
        }
        rc = boot_take_range(parse, i, entry.addr, entry.size, entry.type);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

/* The first module is the archive. */
static int take_module(struct boot_parse *parse,
                       const struct hvm_start_info *start)
{
    struct hvm_modlist_entry module;

    if (start->nr_modules == 0) {
        return 0;
    }
    if (start->nr_modules > MODULES_MAX) {
        return boot_fail(parse, "hvm_start_info.nr_modules is %u",
                         start->nr_modules);
    }
    if (boot_window_read(parse->window, start->modlist_paddr, &module,
                         sizeof(module)) != 0) {
        return boot_fail(parse,
                         "hvm_start_info.modlist_paddr 0x%llx is out of reach",
                         (unsigned long long)start->modlist_paddr);
    }
    return boot_take_archive(parse, module.paddr, module.size);
}

int boot_info_parse_pvh(struct boot_info *info,
                        const struct boot_window *window, uint64_t at,
                        struct boot_error *error)
{
    struct boot_parse parse = {info, window, error};
    struct hvm_start_info start;
    int rc;

    memset(info, 0, sizeof(*info));
    info->protocol = BOOT_PVH;
    rc = take_start_info(&parse, at, &start);
    if (rc == 0) {
        rc = take_memmap(&parse, &start);
    }
    if (rc == 0) {
        rc = take_module(&parse, &start);
    }
    if (rc == 0 && start.cmdline_paddr != 0) {
        rc = boot_take_cmdline(&parse, start.cmdline_paddr, UINT64_MAX);
    }
    info->rsdp = start.rsdp_paddr;
    return rc == 0 ? boot_finish(&parse) : rc;
}
