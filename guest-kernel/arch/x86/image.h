/*
 * Symbols of kernel.ld and boot.S: where the parts of the image lie.
 */
#ifndef NUNCIO_ARCH_IMAGE_H
#define NUNCIO_ARCH_IMAGE_H

#include <stdint.h>
#include <boot_paging.h>

extern uint8_t image_begin[], image_end[];
extern uint8_t image_text_begin[], image_text_end[];
extern uint8_t image_rodata_begin[], image_rodata_end[];
extern uint8_t image_data_begin[], image_data_end[];

/* Never mapped. */
extern uint8_t boot_stack_guard[], trap_stack_guard[];
extern uint8_t nmi_stack_guard[], fault_stack_guard[];

extern uint8_t boot_stack_top[], trap_stack_top[];
extern uint8_t nmi_stack_top[], fault_stack_top[];

/* Of anything in the image: it is loaded in one piece. */
static inline uint64_t image_phys(const void *p)
{
    return (uint64_t)(uintptr_t)p - LAYOUT_IMAGE_BASE;
}

#endif /* NUNCIO_ARCH_IMAGE_H */
