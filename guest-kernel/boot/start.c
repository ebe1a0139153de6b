/*
 * Start of day: each step in the order it must come; the first that fails ends
 * in a panic that names what is missing.
 */
#include <boot/start.h>

#include <boot/acpi.h>
#include <boot/cmdline.h>
#include <boot/devices.h>
#include <boot/domain.h>
#include <boot/klog.h>
#include <boot/panic.h>
#include <boot/time.h>
#include <boot_paging.h>
#include <cpu.h>
#include <event/event.h>
#include <hypercall/hv.h>
#include <nlib/string.h>
#include <trap.h>

#define TEMPORARY_BYTES 0x100000000ull /* what boot.S mapped */
#define LOG_PORT_E9     0xe9
#define LOG_LEVEL_MAX   KLOG_DEBUG
#define POLL_US_MAX     1000000u

static struct boot_info start_info;
static struct boot_memory start_memory;
static struct acpi_info start_acpi;
static struct hv_options start_options;

/* Memory as the temporary tables show it. */
static const struct boot_window start_window = {
    .base = (const uint8_t *)LAYOUT_DIRECT_BASE,
    .begin = 0,
    .bytes = TEMPORARY_BYTES,
};

static uint16_t port_option(const char *name)
{
    uint64_t port;

    if (cmdline_get_u64(name, &port) != 0 || port > UINT16_MAX) {
        return 0;
    }
    return (uint16_t)port;
}

static void read_options(void)
{
    char log[8];
    uint64_t level;
    uint64_t poll_us;

    if (cmdline_get("log", log, sizeof(log)) > 0 && strcmp(log, "e9") == 0) {
        start_options.log_port = LOG_PORT_E9;
    }
    if (cmdline_get_u64("loglevel", &level) == 0 && level <= LOG_LEVEL_MAX) {
        klog_set_level((enum klog_level)level);
    }
    start_options.has_poll =
        cmdline_get_u64("hv-poll-us", &poll_us) == 0 && poll_us <= POLL_US_MAX;
    if (start_options.has_poll) {
        start_options.poll_us = (uint32_t)poll_us;
    }
    start_options.exit_port = port_option("exit");
    start_options.panic_port = port_option("panic");
    start_options.trace_port = port_option("trace");
    start_options.entry_tsc = boot_entry_tsc;
    start_options.epoch_s = start_info.epoch_s;
}

/* Nothing can be said before the page is filled, so errors wait for it. */
static void take_boot_info(uint32_t magic, uint32_t at)
{
    struct boot_error error;
    int rc = boot_info_parse(&start_info, &start_window, magic, at, &error);

    if (rc == 0) {
        cmdline_set(start_info.cmdline);
    }
    read_options();
    hv_start_early(&start_options);
    if (rc != 0) {
        panic("boot information: %s", error.text);
    }
}

static void require(const char *missing)
{
    if (missing != NULL) {
        panic("this machine lacks %s", missing);
    }
}

static void read_acpi(void)
{
    const char *problem = acpi_parse(&start_acpi, &start_info, &start_window);

    if (problem != NULL) {
        klog(KLOG_WARN, "%s: going on with a PC's defaults", problem);
    }
    start_options.ioapic_count = start_acpi.ioapic_count;
    memcpy(start_options.ioapics, start_acpi.ioapics,
           sizeof(start_options.ioapics));
    start_options.pm_control_port = start_acpi.pm_control_port;
    start_options.pm_timer_port = start_acpi.pm_timer_port;
}

static void make_tables(void)
{
    static struct boot_paging_request request;

    request.ranges = start_info.ranges;
    request.range_count = start_info.range_count;
    request.archive_begin = start_info.archive_begin;
    request.archive_bytes = start_info.archive_bytes;
    require(boot_paging_init(&request, &start_memory));
}

static void print_banner(void)
{
    const struct boot_memory *m = &start_memory;

    klog(KLOG_INFO, "Nuncio on %s, booted by %s, clock %s at %lu MHz",
         hv_name(), boot_protocol_name(start_info.protocol), hv_clock_name(),
         time_tsc_hz() / 1000000);
    klog(KLOG_INFO,
         "memory %lu KiB: image %lu, tables %lu, archive %lu; "
         "%u devices",
         m->usable_bytes / 1024, m->image_bytes / 1024, m->table_bytes / 1024,
         m->archive_bytes / 1024, device_count());
    if (domain_self() != NULL) {
        klog(KLOG_INFO, "domain %u of the broker, epoch %lu",
             domain_self()->domid, domain_self()->epoch);
    }
    klog(KLOG_INFO, "protections: W^X, guard pages, %s", cpu_protections());
    klog(KLOG_INFO, "enforced by: %s", hv_enforced_by());
}

void boot_start(uint32_t magic, uint32_t info)
{
    struct shared_info *shared = NULL;

    take_boot_info(magic, info);
    cpu_init_segments();
    trap_init();
    require(cpu_init());
    read_acpi();
    make_tables();
    require(hv_start(&start_options, &shared));
    event_init(shared);
    time_init(shared);
    devices_init(&start_info, &start_acpi);
    domain_start();
    print_banner();
    kernel_main(&start_info, &start_memory);
}
