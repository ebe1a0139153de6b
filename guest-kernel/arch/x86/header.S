/*
 * What loaders look for: the PVH note, and the multiboot2 header (no multiboot1
 * header, which would make QEMU refuse the PVH note of an ELF64).
 *
 * Spec: Xen public/elfnote.h; Multiboot2 2.0, 3.1 "OS image format".
 */
#include <asm_offsets.h>
#include <xen/elfnote.h>

    .section .note.Xen, "a", @note
    .balign 4
    .long 4                     /* bytes of the name */
    .long 4                     /* bytes of the description */
    .long XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .long boot_entry_pvh - IMAGE_BASE

#define MB2_MAGIC 0xe85250d6
#define MB2_I386 0
#define MB2_BYTES (mb2_end - mb2_header)

#define MB2_TAG_END 0
#define MB2_TAG_ENTRY 3
#define MB2_TAG_MODULE_ALIGN 6

    .section .multiboot2, "a"
    .balign 8
mb2_header:
    .long MB2_MAGIC, MB2_I386, MB2_BYTES
    .long -(MB2_MAGIC + MB2_I386 + MB2_BYTES)

    .balign 8
    .short MB2_TAG_ENTRY, 0
    .long 12
    .long boot_entry_multiboot2 - IMAGE_BASE

    .balign 8
    .short MB2_TAG_MODULE_ALIGN, 0
    .long 8

    .balign 8
    .short MB2_TAG_END, 0
    .long 8
mb2_end:
