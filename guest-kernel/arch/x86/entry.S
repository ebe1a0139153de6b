/*
 * Into the kernel by the one system call, and out to a thread.
 *
 * There is one CPU and one kernel stack, so nothing need be found by GS and
 * nothing of the last entry is on the stack. rax is not an input of the call,
 * so it holds the thread; what the caller keeps is saved in its registers.
 */
#include "entry_abi.h"

    .text

.macro save_kept
    mov     %rbx, TRAP_RBX(%rax)
    mov     %rbp, TRAP_RBP(%rax)
    mov     %r12, TRAP_R12(%rax)
    mov     %r13, TRAP_R13(%rax)
    mov     %r14, TRAP_R14(%rax)
    mov     %r15, TRAP_R15(%rax)
    mov     %rcx, TRAP_RIP(%rax)
    mov     %r11, TRAP_RFLAGS(%rax)
    mov     %rsp, TRAP_RSP(%rax)
.endm

/* The kernel entry point: `syscall` from a process. */
    .globl  syscall_entry
    .type   syscall_entry, @function
syscall_entry:
    mov     current(%rip), %rax
    save_kept
    mov     %r10, %rcx
    lea     boot_stack_top(%rip), %rsp
    call    message_entry
    .size   syscall_entry, . - syscall_entry

/* The same for a thread of a kernel service, which calls instead of trapping. */
    .globl  kernel_message_entry
    .type   kernel_message_entry, @function
kernel_message_entry:
    pushfq
    cli
    pop     %r11
    pop     %rcx
    mov     current(%rip), %rax
    save_kept
    mov     %r10, %rcx
    lea     boot_stack_top(%rip), %rsp
    call    message_entry
    .size   kernel_message_entry, . - kernel_message_entry

.macro restore_kept
    mov     TRAP_RIP(%rbx), %rcx
    mov     TRAP_RFLAGS(%rbx), %r11
    mov     TRAP_RSP(%rbx), %rsp
    mov     TRAP_RBP(%rbx), %rbp
    mov     TRAP_R12(%rbx), %r12
    mov     TRAP_R13(%rbx), %r13
    mov     TRAP_R14(%rbx), %r14
    mov     TRAP_R15(%rbx), %r15
    mov     TRAP_RBX(%rbx), %rbx
.endm

/* Out with a message in registers; rbx: the thread, which waited in a message. */
    .globl  exit_message_user
    .type   exit_message_user, @function
exit_message_user:
    restore_kept
    sysretq
    .size   exit_message_user, . - exit_message_user

    .globl  exit_message_kernel
    .type   exit_message_kernel, @function
exit_message_kernel:
    restore_kept
    push    %r11
    popfq
    jmp     *%rcx
    .size   exit_message_kernel, . - exit_message_kernel

/* rdi: struct trap_frame; all registers from it. */
    .globl  exit_frame
    .type   exit_frame, @function
exit_frame:
    mov     %rdi, %rsp
    jmp     trap_return
    .size   exit_frame, . - exit_frame

/* rdi: a function that does not return, to be run on the empty kernel stack. */
    .globl  on_kernel_stack
    .type   on_kernel_stack, @function
on_kernel_stack:
    lea     boot_stack_top(%rip), %rsp
    xor     %ebp, %ebp
    call    *%rdi
    .size   on_kernel_stack, . - on_kernel_stack

    .section .note.GNU-stack, "", @progbits
