/*
 * Constants for assembly, computed by the compiler: the build turns each line
 * that begins with "#define" in this file's assembly output into a line of
 * asm_offsets.h.
 */
#include <boot_paging.h>
#include <stddef.h>
#include <trap.h>

#define VALUE(name, value) \
    __asm__ volatile("\n#define " #name " %c0" : : "i"(value))
#define OFFSET(name, type, member) VALUE(name, offsetof(struct type, member))

void asm_offsets(void);

void asm_offsets(void)
{
    VALUE(IMAGE_BASE, LAYOUT_IMAGE_BASE);
    OFFSET(TRAP_FRAME_RIP, trap_frame, rip);
}
