#include "qemu.h"

#include <string.h>

#include "words.h"

/*
 * acpi=off: without ACPI tables QEMU names the virtio-mmio devices on the
 * kernel's command line, which is where our kernel looks for them. Left alone,
 * its virtio-mmio devices speak only virtio 0.9, which our drivers do not.
 *
 * The broker's device is on PCI. A microvm has that only with ACPI, and then
 * nobody names its virtio-mmio devices: its disks are on PCI, too.
 */
static const struct {
    const char *name;
    const char *option;
    const char *block_device;
    const char *global; /* value of -global, or NULL */
    const char *joined_option; /* with the broker's device */
} machines[] = {
    [MACHINE_Q35] = {"q35", "q35", "virtio-blk-pci", NULL, "q35"},
    [MACHINE_MICROVM] = {"microvm", "microvm,acpi=off", "virtio-blk-device",
                         "virtio-mmio.force-legacy=false",
                         "microvm,acpi=on,pcie=on"},
    [MACHINE_PC] = {"pc", "pc", "virtio-blk-pci", NULL, "pc"},
};

#define MACHINE_COUNT (sizeof(machines) / sizeof(machines[0]))

bool machine_parse(const char *text, enum machine_kind *machine)
{
    for (size_t i = 0; i < MACHINE_COUNT; i++) {
        if (strcmp(text, machines[i].name) == 0) {
            *machine = (enum machine_kind)i;
            return true;
        }
    }
    return false;
}

/* In a value of QEMU's options a comma is written twice. */
static const char *escape_commas(struct pool *pool, const char *value)
{
    struct text text = {0};
    const char *copy;

    for (const char *p = value; *p != '\0'; p++)
        text_add(&text, *p == ',' ? ",," : p, *p == ',' ? 2 : 1);
    copy = pool_strdup(pool, text_string(&text));
    text_free(&text);
    return copy;
}

char *qemu_kernel_line(struct pool *pool, const struct qemu_plan *plan)
{
    struct text line = {0};
    char *copy;

    text_printf(&line, "log=%x exit=0x%x", QEMU_PORT_LOG, QEMU_PORT_EXIT);
    if (plan->trace != NULL)
        text_printf(&line, " trace=0x%x", QEMU_PORT_TRACE);
    if (plan->append != NULL && plan->append[0] != '\0')
        text_printf(&line, " %s", plan->append);
    copy = pool_strdup(pool, text_string(&line));
    text_free(&line);
    return copy;
}

static void add_pair(struct pool *pool, struct strings *argv,
                     const char *option, const char *value)
{
    strings_add(pool, argv, option);
    strings_add(pool, argv, value);
}

static void add_machine(struct pool *pool, const struct qemu_plan *plan,
                        struct strings *argv)
{
    strings_add(pool, argv, "-M");
    if (plan->broker == NULL)
        strings_add(pool, argv, machines[plan->machine].option);
    else
        strings_format(pool, argv, "%s,memory-backend=mem",
                       machines[plan->machine].joined_option);
    add_pair(pool, argv, "-accel", plan->accel == ACCEL_KVM ? "kvm" : "tcg");
    add_pair(pool, argv, "-cpu", plan->accel == ACCEL_KVM ? "host" : "max");
    if (plan->broker == NULL && machines[plan->machine].global != NULL)
        add_pair(pool, argv, "-global", machines[plan->machine].global);
    if (plan->icount)
        add_pair(pool, argv, "-icount", "shift=0,sleep=off");
    add_pair(pool, argv, "-smp", "1");
    strings_add(pool, argv, "-m");
    strings_format(pool, argv, "%uM", plan->sys->memory_mib);
    strings_add(pool, argv, "-nodefaults");
    strings_add(pool, argv, "-no-user-config");
    strings_add(pool, argv, "-no-reboot");
    add_pair(pool, argv, "-display", "none");
}

static void add_port(struct pool *pool, struct strings *argv, const char *id,
                     const char *backend, unsigned port)
{
    /* The back-end's kind comes first, then its own options. */
    size_t kind = strcspn(backend, ",");

    strings_add(pool, argv, "-chardev");
    strings_format(pool, argv, "%.*s,id=%s%s", (int)kind, backend, id,
                   backend + kind);
    if (port == 0) {
        strings_add(pool, argv, "-serial");
        strings_format(pool, argv, "chardev:%s", id);
        return;
    }
    strings_add(pool, argv, "-device");
    strings_format(pool, argv, "isa-debugcon,iobase=0x%x,chardev=%s", port, id);
}

/*
 * The kernel counts disks in the order of their devices: by slot on PCI, in the
 * order of the command line on virtio-mmio. QEMU gives both in ours.
 */
static void add_disk(struct pool *pool, const struct qemu_plan *plan,
                     size_t index, struct strings *argv)
{
    const struct disk *disk = &plan->sys->disks[index];

    strings_add(pool, argv, "-drive");
    strings_format(
        pool, argv, "if=none,id=disk%zu,format=%s,readonly=%s,file=%s", index,
        disk->format == DISK_QCOW2 ? "qcow2" : "raw",
        disk->writable ? "off" : "on", escape_commas(pool, disk->image));
    strings_add(pool, argv, "-device");
    strings_format(pool, argv, "%s,drive=disk%zu,serial=%s",
                   plan->broker == NULL ? machines[plan->machine].block_device
                                        : "virtio-blk-pci",
                   index, disk->name);
}

/* The broker reads and writes the domain's memory, so it is shared; and it is
 * the other side of a device that QEMU only passes through
 * (hypercall/broker_abi.h). */
static void add_broker(struct pool *pool, const struct qemu_plan *plan,
                       struct strings *argv)
{
    strings_add(pool, argv, "-object");
    strings_format(pool, argv, "memory-backend-memfd,id=mem,size=%uM,share=on",
                   plan->sys->memory_mib);
    strings_add(pool, argv, "-chardev");
    strings_format(pool, argv, "socket,id=nuncio,path=%s",
                   escape_commas(pool, plan->broker));
    add_pair(pool, argv, "-device",
             "vhost-user-fs-pci,chardev=nuncio,tag=nuncio,queue-size=1024");
}

void qemu_command(struct pool *pool, const struct qemu_plan *plan,
                  struct strings *argv)
{
    strings_add(pool, argv, QEMU_PROGRAM);
    add_machine(pool, plan, argv);
    add_port(pool, argv, "terminal", plan->terminal, 0);
    add_port(pool, argv, "log", plan->log, QEMU_PORT_LOG);
    if (plan->trace != NULL)
        add_port(pool, argv, "trace", plan->trace, QEMU_PORT_TRACE);
    strings_add(pool, argv, "-device");
    strings_format(pool, argv, "isa-debug-exit,iobase=0x%x,iosize=4",
                   QEMU_PORT_EXIT);
    for (size_t i = 0; i < plan->sys->disk_count; i++)
        add_disk(pool, plan, i, argv);
    if (plan->broker != NULL)
        add_broker(pool, plan, argv);
    add_pair(pool, argv, "-kernel", plan->kernel);
    add_pair(pool, argv, "-initrd", plan->archive);
    add_pair(pool, argv, "-append", qemu_kernel_line(pool, plan));
    if (plan->more == NULL)
        return;
    for (size_t i = 0; i < plan->more->count; i++)
        strings_add(pool, argv, plan->more->items[i]);
}

void qemu_print(const struct strings *argv, struct text *out)
{
    for (size_t i = 0; i < argv->count; i++) {
        if (i != 0)
            text_puts(out, argv->items[i][0] == '-' ? " \\\n    " : " ");
        words_quote(out, argv->items[i]);
    }
    text_puts(out, "\n");
}
