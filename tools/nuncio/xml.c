#include "xml.h"

#include <stdio.h>

#include "xml_build.h"

/*
 * Where the devices are on bus 0. Without addresses libvirt would put each
 * behind a bridge of its own on q35; the kernel finds them either way, but
 * counts disks in the order of their addresses.
 */
#define SLOT_DISKS  0x04u
#define SLOT_BROKER 0x10u

static void add_address(struct xml *xml, unsigned slot)
{
    xml_open(xml, "address");
    xml_attribute(xml, "type", "pci");
    xml_attribute_hex(xml, "domain", 0);
    xml_attribute_hex(xml, "bus", 0);
    xml_attribute_hex(xml, "slot", slot);
    xml_attribute_hex(xml, "function", 0);
    xml_close(xml);
}

static void add_port(struct xml *xml, unsigned port)
{
    xml_open(xml, "address");
    xml_attribute(xml, "type", "isa");
    xml_attribute_hex(xml, "iobase", port);
    xml_close(xml);
}

/* The broker reads and writes the domain's memory: QEMU must share it. */
static void add_memory(struct xml *xml, const struct xml_domain *domain)
{
    char mib[16];

    (void)snprintf(mib, sizeof(mib), "%u", domain->memory_mib);
    xml_open(xml, "memory");
    xml_attribute(xml, "unit", "MiB");
    xml_text(xml, mib);
    xml_close(xml);
    if (domain->broker == NULL)
        return;
    xml_open(xml, "memoryBacking");
    xml_empty(xml, "source", "type", "memfd");
    xml_empty(xml, "access", "mode", "shared");
    xml_close(xml);
}

static void add_boot(struct xml *xml, const struct xml_domain *domain)
{
    xml_open(xml, "os");
    xml_open(xml, "type");
    xml_attribute(xml, "arch", "x86_64");
    xml_attribute(xml, "machine", domain->machine == MACHINE_PC ? "pc" : "q35");
    xml_text(xml, "hvm");
    xml_close(xml);
    xml_element(xml, "kernel", domain->kernel);
    xml_element(xml, "initrd", domain->archive);
    xml_element(xml, "cmdline", domain->line);
    xml_close(xml);
}

/*
 * What shall become of the domain when it has powered itself off, was reset (a
 * triple fault is a reset), and has said to the panic device that it panicked.
 * A restart is libvirt's reset of the same QEMU: the broker sees a new life of
 * the same domain. When QEMU itself dies, libvirt restarts nothing.
 */
static void add_life(struct xml *xml, const struct xml_domain *domain)
{
    const char *action = domain->is_driver ? "restart" : "destroy";

    xml_element(xml, "on_poweroff", "destroy");
    xml_element(xml, "on_reboot", action);
    xml_element(xml, "on_crash", action);
}

static void add_processor(struct xml *xml, const struct xml_domain *domain)
{
    xml_element(xml, "vcpu", "1");
    xml_open(xml, "features");
    xml_open(xml, "acpi");
    xml_close(xml);
    xml_open(xml, "apic");
    xml_close(xml);
    xml_close(xml);
    xml_empty(xml, "cpu", "mode",
              domain->accel == ACCEL_KVM ? "host-passthrough" : "maximum");
    xml_empty(xml, "clock", "offset", "utc");
}

static void add_disk(struct xml *xml, const struct xml_disk *disk,
                     unsigned index)
{
    char target[] = "vda";

    target[2] = (char)('a' + index);
    xml_open(xml, "disk");
    xml_attribute(xml, "type", disk->is_device ? "block" : "file");
    xml_attribute(xml, "device", "disk");
    xml_open(xml, "driver");
    xml_attribute(xml, "name", "qemu");
    xml_attribute(xml, "type", disk->format == DISK_QCOW2 ? "qcow2" : "raw");
    xml_close(xml);
    xml_empty(xml, "source", disk->is_device ? "dev" : "file", disk->path);
    xml_open(xml, "target");
    xml_attribute(xml, "dev", target);
    xml_attribute(xml, "bus", "virtio");
    xml_close(xml);
    if (!disk->writable) {
        xml_open(xml, "readonly");
        xml_close(xml);
    }
    xml_element(xml, "serial", disk->name);
    add_address(xml, SLOT_DISKS + index);
    xml_close(xml);
}

static void add_serial_source(struct xml *xml, const struct xml_serial *serial)
{
    static const char *const types[] = {
        [XML_SERIAL_PTY] = "pty",
        [XML_SERIAL_FILE] = "file",
        [XML_SERIAL_SOCKET] = "unix",
    };

    xml_attribute(xml, "type", types[serial->kind]);
    if (serial->kind == XML_SERIAL_PTY)
        return;
    xml_open(xml, "source");
    if (serial->kind == XML_SERIAL_SOCKET)
        xml_attribute(xml, "mode", "connect");
    xml_attribute(xml, "path", serial->path);
    if (serial->kind == XML_SERIAL_FILE)
        xml_attribute(xml, "append", serial->keep ? "on" : "off");
    xml_close(xml);
}

/* (iobase) 0: a 16550, the terminal; else a debug port, as isa-debugcon. */
static void add_serial(struct xml *xml, const struct xml_serial *serial,
                       const char *port, unsigned iobase)
{
    if (serial->kind == XML_SERIAL_NONE)
        return;
    xml_open(xml, "serial");
    add_serial_source(xml, serial);
    xml_open(xml, "target");
    xml_attribute(xml, "type", iobase == 0 ? "isa-serial" : "isa-debug");
    xml_attribute(xml, "port", port);
    xml_empty(xml, "model", "name",
              iobase == 0 ? "isa-serial" : "isa-debugcon");
    xml_close(xml);
    if (iobase != 0)
        add_port(xml, iobase);
    xml_close(xml);
}

/* What `virsh console` opens when it is given no name. */
static void add_console(struct xml *xml, const struct xml_serial *serial)
{
    if (serial->kind != XML_SERIAL_PTY)
        return;
    xml_open(xml, "console");
    xml_attribute(xml, "type", "pty");
    xml_open(xml, "target");
    xml_attribute(xml, "type", "serial");
    xml_attribute(xml, "port", "0");
    xml_close(xml);
    xml_close(xml);
}

/* The vhost-user device of hypercall/broker_abi.h, in the guise in which
 * libvirt knows it. */
static void add_broker(struct xml *xml, const char *socket)
{
    if (socket == NULL)
        return;
    xml_open(xml, "filesystem");
    xml_attribute(xml, "type", "mount");
    xml_open(xml, "driver");
    xml_attribute(xml, "type", "virtiofs");
    xml_attribute(xml, "queue", "1024");
    xml_close(xml);
    xml_empty(xml, "source", "socket", socket);
    xml_empty(xml, "target", "dir", "nuncio");
    add_address(xml, SLOT_BROKER);
    xml_close(xml);
}

static void add_devices(struct xml *xml, const struct xml_domain *domain)
{
    xml_open(xml, "devices");
    for (unsigned i = 0; i < domain->disk_count; i++)
        add_disk(xml, &domain->disks[i], i);
    xml_open(xml, "controller");
    xml_attribute(xml, "type", "usb");
    xml_attribute(xml, "model", "none");
    xml_close(xml);
    add_broker(xml, domain->broker);
    add_serial(xml, &domain->terminal, "0", 0);
    add_serial(xml, &domain->log, "1", QEMU_PORT_LOG);
    add_serial(xml, &domain->trace, "2", QEMU_PORT_TRACE);
    add_console(xml, &domain->terminal);
    xml_empty(xml, "memballoon", "model", "none");
    xml_open(xml, "panic");
    xml_attribute(xml, "model", "isa");
    add_port(xml, XML_PORT_PANIC);
    xml_close(xml);
    xml_close(xml);
}

bool xml_write_domain(const struct xml_domain *domain, struct text *out,
                      struct report *report)
{
    struct xml xml;

    if (domain->machine == MACHINE_MICROVM) {
        report_error(report, NULL, 0,
                     "libvirt gives a microvm no PCI: use q35 or pc");
        return false;
    }
    xml_begin(&xml, out);
    xml_open(&xml, "domain");
    xml_attribute(&xml, "type", domain->accel == ACCEL_KVM ? "kvm" : "qemu");
    xml_element(&xml, "name", domain->name);
    if (domain->uuid != NULL)
        xml_element(&xml, "uuid", domain->uuid);
    xml_element(&xml, "title", domain->title);
    add_memory(&xml, domain);
    add_processor(&xml, domain);
    add_boot(&xml, domain);
    add_life(&xml, domain);
    add_devices(&xml, domain);
    xml_close(&xml);
    if (xml.refused == NULL)
        return true;
    report_error(report, NULL, 0,
                 "XML has no way to write \"%s\": control characters, or not "
                 "UTF-8",
                 xml.refused);
    return false;
}
