/*
 * What the kernel must not be able to do: each ends in a panic.
 */
#include "platform.h"

#include <arch_mmu.h>
#include <boot/klog.h>
#include <boot/panic.h>
#include <cpu.h>
#include <image.h>

void panic_write_text(void)
{
    *(volatile uint8_t *)image_text_begin = 0;
}

void panic_write_rodata(void)
{
    *(volatile uint8_t *)image_rodata_begin = 0;
}

void panic_write_alias(void)
{
    volatile uint8_t *alias = phys_to_virt(image_phys(image_text_begin));

    *alias = 0;
}

void panic_execute_data(void)
{
    static uint8_t ret[1] = {0xc3};
    void (*function)(void) = (void (*)(void))(uintptr_t)ret;

    function();
}

void panic_page_zero(void)
{
    uintptr_t zero = 0;

    __asm__ volatile("" : "+r"(zero)); /* or the compiler sees what comes */
    kprintf("read %u\n", *(volatile uint8_t *)zero);
}

static uint64_t recurse(volatile uint64_t *depth)
{
    volatile uint64_t local = *depth;

    *depth = local + 1;
    return *depth == 0 ? 0 : local + recurse(depth) + local;
}

void panic_stack_overflow(void)
{
    volatile uint64_t depth = 0;

    kprintf("%lu\n", recurse(&depth));
}

void panic_assert(void)
{
    KASSERT(cpu_protections() == NULL);
}

void panic_fpu(void)
{
    __asm__ volatile("fld1");
}
