/*
 * Start of day: what boot.S calls, and what it calls in the end.
 */
#ifndef NUNCIO_BOOT_START_H
#define NUNCIO_BOOT_START_H

#include <stdint.h>
#include <boot/boot_info.h>
#include <boot/boot_memory.h>

/* The time stamp counter at the first instruction of the image. */
extern uint64_t boot_entry_tsc;

/* From boot.S, on the boot stack, in the upper half, on temporary tables. */
_Noreturn void boot_start(uint32_t magic, uint32_t info);

/*
 * The kernel core's: called once, on the boot stack (16 KiB above a guard
 * page), interrupts off, everything of boot/start.c done. Both arguments live
 * for ever. Does not return.
 */
_Noreturn void kernel_main(struct boot_info *info, struct boot_memory *memory);

#endif /* NUNCIO_BOOT_START_H */
