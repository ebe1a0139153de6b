/*
 * Interrupts of devices: a line of COM1, a message of a network card.
 */
#include "platform.h"

#include <boot/klog.h>
#include <boot/time.h>
#include <boot_paging.h>
#include <event/event.h>

#define VIRTIO_RNG 4u

static volatile uint32_t line_events;

static void on_line(void *arg, uint32_t port)
{
    (void)arg;
    (void)port;
    line_events++;
}

/* The transmitter is empty, so enabling its interrupt raises the line. */
static void test_line(const struct platform_device *uart)
{
    uint32_t port = 0;
    uint32_t value = 0;

    line_events = 0;
    expect(device_irq_bind(uart, 0, on_line, NULL, &port) == 0,
           "the line binds");
    event_unmask(port);
    expect(device_io_write(uart, 0, 1, 1, 0) == 0, "COM1 is written");
    expect(device_io_write(uart, 0, 1, 1, 2) == 0, "COM1 is written");
    time_set_timer(time_now_ns() + 2000 * MS);
    wait_until(&line_events, 1, "COM1's line interrupts");
    expect(device_io_read(uart, 0, 2, 1, &value) == 0, "COM1 is read");
    expect(device_io_write(uart, 0, 1, 1, 0) == 0, "COM1 is written");
    /* Masked since its delivery: what comes now waits for the unmasking. */
    expect(device_io_write(uart, 0, 1, 1, 2) == 0, "COM1 is written");
    spin_ms(5);
    expect(line_events == 1, "a masked port is silent");
    event_unmask(port);
    event_upcall();
    expect(line_events == 2, "what waited is delivered");
    expect(device_irq_bind(uart, 0, on_line, NULL, &port) != 0,
           "a line binds once");
    event_close(port);
    expect(device_io_write(uart, 0, 1, 1, 0) == 0, "COM1 is written");
    expect(device_io_read(uart, 0, 8, 1, &value) != 0, "the window ends");
    kprintf("COM1's line works\n");
}

/* Intel 82574: any cause can be set by software, and is sent as a message. */
#define NIC_VENDOR   0x8086u
#define NIC_PRODUCT  0x10d3u
#define NIC_ICS      (0x00c8u / 4)
#define NIC_IMS      (0x00d0u / 4)
#define NIC_EIAC     (0x00dcu / 4)
#define NIC_IVAR     (0x00e4u / 4)
#define NIC_CTRL_EXT (0x0018u / 4)
#define NIC_OTHER    (1u << 24)
#define NIC_LINK     (1u << 2)

static void test_message(const struct platform_device *nic)
{
    volatile uint32_t *r = mmio_map(nic->regions[0].phys, 0x10000);
    uint32_t command = 0;
    uint32_t port = 0;

    expect(r != NULL, "the card's registers map");
    expect(device_config_read(nic, 4, 2, &command) == 0, "config is read");
    expect(device_config_write(nic, 4, 2, command | 6) == 0,
           "the command register is written");
    expect(device_config_write(nic, 0x10, 4, 0) != 0,
           "a window cannot be moved");
    line_events = 0;
    expect(device_irq_bind(nic, 2, on_line, NULL, &port) == 0,
           "a message binds");
    event_unmask(port);
    r[NIC_IVAR] = (8u | 2u) << 16 | 1u << 31;
    r[NIC_CTRL_EXT] = r[NIC_CTRL_EXT] | 1u << 31;
    r[NIC_EIAC] = 0;
    r[NIC_IMS] = NIC_OTHER | NIC_LINK;
    r[NIC_ICS] = NIC_OTHER | NIC_LINK;
    time_set_timer(time_now_ns() + 2000 * MS);
    wait_until(&line_events, 1, "the card's message interrupts");
    kprintf("messages work\n");
}

static void print_device(const struct platform_device *d)
{
    kprintf("device bus %u %04x:%04x class %06x slot %lx irqs %u line %u\n",
            d->bus, d->vendor, d->product, d->class, d->slot,
            d->interrupt_count, d->line);
    for (unsigned i = 0; i < DEVICE_REGIONS_MAX; i++) {
        if (d->regions[i].bytes != 0) {
            kprintf("  region %u %s %lx + %lx\n", i,
                    d->regions[i].is_io ? "io" : "memory", d->regions[i].phys,
                    d->regions[i].bytes);
        }
    }
}

void test_devices(void)
{
    const struct platform_device *d;

    for (uint32_t i = 0; (d = device_get(i)) != NULL; i++) {
        print_device(d);
        if (d->bus == DEVICE_IO) {
            test_line(d);
        }
        if (d->bus == DEVICE_MMIO && d->product == VIRTIO_RNG) {
            test_rng(d);
        }
        if (d->vendor == NIC_VENDOR && d->product == NIC_PRODUCT) {
            test_message(d);
        }
    }
}
