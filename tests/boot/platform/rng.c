/*
 * A level-triggered line: virtio-mmio's entropy device, by its legacy
 * registers. Its line stays raised until the driver acknowledges it there.
 *
 * Spec: Virtio 1.1, 4.2.4 "Legacy interface", 2.6 "Split Virtqueues".
 */
#include "platform.h"

#include <boot/klog.h>
#include <boot/time.h>
#include <boot_paging.h>
#include <event/event.h>

#define REG_VERSION          (0x004 / 4)
#define REG_PAGE_BYTES       (0x028 / 4)
#define REG_QUEUE_SELECT     (0x030 / 4)
#define REG_QUEUE_SIZE       (0x038 / 4)
#define REG_QUEUE_ALIGN      (0x03c / 4)
#define REG_QUEUE_PAGE       (0x040 / 4)
#define REG_NOTIFY           (0x050 / 4)
#define REG_INTERRUPT_STATUS (0x060 / 4)
#define REG_INTERRUPT_ACK    (0x064 / 4)
#define REG_STATUS           (0x070 / 4)

#define STATUS_ALL 7u /* acknowledge, driver, driver ok */
#define SIZE       8u
#define DESC_WRITE 2u

struct queue {
    struct {
        uint64_t address;
        uint32_t bytes;
        uint16_t flags;
        uint16_t next;
    } desc[SIZE];
    uint16_t avail_flags;
    uint16_t avail_index;
    uint16_t avail[SIZE];
    uint8_t pad[4096 - 16 * SIZE - 4 - 2 * SIZE];
    uint16_t used_flags;
    uint16_t used_index;
};

static volatile struct queue queue __attribute__((aligned(4096)));
static volatile uint8_t entropy[16];
static volatile uint32_t rng_events;

static void on_rng(void *arg, uint32_t port)
{
    (void)arg;
    (void)port;
    rng_events++;
}

static uint64_t phys_of(const volatile void *p)
{
    return (uint64_t)(uintptr_t)p - LAYOUT_IMAGE_BASE;
}

static void start(volatile uint32_t *r)
{
    r[REG_STATUS] = 0;
    r[REG_STATUS] = STATUS_ALL & 3u;
    r[REG_PAGE_BYTES] = 4096;
    r[REG_QUEUE_SELECT] = 0;
    r[REG_QUEUE_SIZE] = SIZE;
    r[REG_QUEUE_ALIGN] = 4096;
    r[REG_QUEUE_PAGE] = (uint32_t)(phys_of(&queue) / 4096);
    r[REG_STATUS] = STATUS_ALL;
}

static void request(volatile uint32_t *r)
{
    queue.desc[0].address = phys_of(entropy);
    queue.desc[0].bytes = sizeof(entropy);
    queue.desc[0].flags = DESC_WRITE;
    queue.avail[queue.avail_index % SIZE] = 0;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    queue.avail_index++;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    r[REG_NOTIFY] = 0;
}

void test_rng(const struct platform_device *rng)
{
    volatile uint32_t *r =
        mmio_map(rng->regions[0].phys, rng->regions[0].bytes);
    uint32_t port = 0;

    if (r[REG_VERSION] != 1) {
        return;
    }
    expect(device_irq_bind(rng, 0, on_rng, NULL, &port) == 0, "rng binds");
    event_unmask(port);
    start(r);
    request(r);
    time_set_timer(time_now_ns() + 2000 * MS);
    wait_until(&rng_events, 1, "the entropy device interrupts");
    expect(queue.used_index == 1, "the request is served");
    spin_ms(5);
    expect(rng_events == 1, "a raised line is silent until acknowledged");
    event_unmask(port);
    spin_ms(5);
    expect(rng_events == 2, "a line still raised interrupts again");
    r[REG_INTERRUPT_ACK] = r[REG_INTERRUPT_STATUS];
    event_unmask(port);
    spin_ms(5);
    expect(rng_events == 2, "a lowered line is silent");
    request(r);
    wait_until(&rng_events, 3, "the line interrupts after all that");
    event_close(port);
    r[REG_STATUS] = 0;
    kprintf("level lines work\n");
}
