/*
 * The first instructions: 32-bit protected mode, flat segments, paging off, as
 * PVH and multiboot2 both have it. Makes temporary page tables (the first
 * 4 GiB at 0, at the direct map, and the first GiB at -2 GiB), enters long mode
 * and calls boot_start(magic, info) in the upper half on the boot stack.
 *
 * Spec: Xen docs/misc/pvh.pandoc; Multiboot2 2.0, 3.3 "I386 machine state".
 */
#include <asm_offsets.h>

#define BOOT_MAGIC_PVH 0x336ec578 /* XEN_HVM_START_MAGIC_VALUE */

#define PHYS(symbol) (symbol - IMAGE_BASE)

#define PTE_TABLE 0x003         /* present, writable */
#define PTE_LARGE 0x083         /* and 2 MiB */

#define CR0_PG 0x80000000
#define CR0_WP 0x00010000
#define CR0_PE 0x00000001
#define CR4_PAE 0x00000020
#define MSR_EFER 0xc0000080
#define EFER_LME 0x00000100
#define CPUID_LONG_MODE 0x20000000

    .section .text.boot, "ax"
    .code32

    .globl boot_entry_pvh
boot_entry_pvh:                 /* ebx: struct hvm_start_info */
    mov $BOOT_MAGIC_PVH, %esi
    jmp boot_common

    .globl boot_entry_multiboot2
boot_entry_multiboot2:          /* eax: magic; ebx: information */
    mov %eax, %esi

boot_common:
    rdtsc
    cli
    cld
    mov $PHYS(boot_stack_top), %esp
    mov %eax, PHYS(boot_entry_tsc)
    mov %edx, PHYS(boot_entry_tsc) + 4

    mov %ebx, %edi              /* cpuid takes ebx */
    mov $0x80000000, %eax
    cpuid
    cmp $0x80000001, %eax
    jb boot_no_long_mode
    mov $0x80000001, %eax
    cpuid
    test $CPUID_LONG_MODE, %edx
    jz boot_no_long_mode

    /* 2048 large pages: 4 GiB. */
    xor %ecx, %ecx
1:  mov %ecx, %eax
    shl $21, %eax
    or $PTE_LARGE, %eax
    mov %eax, PHYS(boot_pd)(, %ecx, 8)
    inc %ecx
    cmp $2048, %ecx
    jb 1b

    mov $(PHYS(boot_pd) + PTE_TABLE), %eax
    mov %eax, PHYS(boot_pdpt_low)
    mov %eax, PHYS(boot_pdpt_high) + 510 * 8
    add $0x1000, %eax
    mov %eax, PHYS(boot_pdpt_low) + 8
    add $0x1000, %eax
    mov %eax, PHYS(boot_pdpt_low) + 16
    add $0x1000, %eax
    mov %eax, PHYS(boot_pdpt_low) + 24
    mov $(PHYS(boot_pdpt_low) + PTE_TABLE), %eax
    mov %eax, PHYS(boot_pml4)
    mov %eax, PHYS(boot_pml4) + 256 * 8
    mov $(PHYS(boot_pdpt_high) + PTE_TABLE), %eax
    mov %eax, PHYS(boot_pml4) + 511 * 8

    mov %cr4, %eax
    or $CR4_PAE, %eax
    mov %eax, %cr4
    mov $PHYS(boot_pml4), %eax
    mov %eax, %cr3
    mov $MSR_EFER, %ecx
    rdmsr
    or $EFER_LME, %eax
    wrmsr
    mov %cr0, %eax
    or $(CR0_PG | CR0_WP | CR0_PE), %eax
    mov %eax, %cr0

    lgdt PHYS(boot_gdtr)
    ljmp $0x08, $PHYS(boot_long)

    /* Says so on COM1, whatever state the firmware left it in, and stops. */
boot_no_long_mode:
    mov $PHYS(boot_no_long_mode_text), %esi
    mov $0x3f8, %edx
1:  lodsb
    test %al, %al
    jz 2f
    outb %al, %dx
    jmp 1b
2:  hlt
    jmp 2b
boot_no_long_mode_text:
    .asciz "panic: the processor has no 64-bit mode\r\n"

    .code64
boot_long:
    movabs $boot_high, %rax
    jmp *%rax
boot_high:
    xor %eax, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    mov %eax, %ss
    mov $boot_stack_top, %rsp
    xor %ebp, %ebp
    mov %edi, %eax
    mov %esi, %edi
    mov %eax, %esi
    call boot_start
1:  hlt
    jmp 1b

    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00af9b000000ffff    /* 64-bit code */
boot_gdtr:
    .short 15
    .long PHYS(boot_gdt)

    .section .data.boot, "aw"
    .balign 8
    .globl boot_entry_tsc
boot_entry_tsc:
    .quad 0

    .section .bss.boot, "aw", @nobits
    .balign 4096
boot_pml4:
    .skip 4096
boot_pdpt_low:
    .skip 4096
boot_pdpt_high:
    .skip 4096
boot_pd:
    .skip 4 * 4096

    /* Stacks, each above a page that boot_paging.c leaves unmapped. */
.macro stack name, bytes
    .globl \name\()_guard, \name\()_top
\name\()_guard:
    .skip 4096
    .skip \bytes
\name\()_top:
.endm

    .section .stacks, "aw", @nobits
    .balign 4096
    stack boot_stack, 16384
    stack trap_stack, 16384     /* IST1 */
    stack nmi_stack, 8192       /* IST2 */
    stack fault_stack, 8192     /* IST3: double fault, machine check */
