/*
 * One stub for each of the 256 vectors: they make the frame of trap.h and call
 * trap_dispatch(). Flags are set to a known state first (a user program can
 * set AC, which would switch SMAP off, DF and NT).
 */
#include <asm_offsets.h>

#define STUB_BYTES 16
#define HAS_ERROR 0x60227d00    /* bit N: the processor pushes an error code */

    .text
    .balign STUB_BYTES
    .globl trap_stubs
trap_stubs:
    .set vector, 0
    .rept 32
    .balign STUB_BYTES
    .if ((HAS_ERROR >> vector) & 1) == 0
    pushq $0
    .endif
    pushq $vector
    jmp trap_common
    .set vector, vector + 1
    .endr
    .rept 224
    .balign STUB_BYTES
    pushq $0
    pushq $vector
    jmp trap_common
    .set vector, vector + 1
    .endr

    .balign 16
    .globl trap_common
trap_common:
    push %rax
    push %rbx
    push %rcx
    push %rdx
    push %rsi
    push %rdi
    push %rbp
    push %r8
    push %r9
    push %r10
    push %r11
    push %r12
    push %r13
    push %r14
    push %r15
    pushq $2
    popfq
    mov %rsp, %rdi
    /* A caller for the backtrace: the interrupted function. */
    pushq TRAP_FRAME_RIP(%rdi)
    push %rbp
    mov %rsp, %rbp
    call trap_dispatch
    add $16, %rsp

    .globl trap_return
trap_return:                    /* rsp: struct trap_frame */
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rbp
    pop %rdi
    pop %rsi
    pop %rdx
    pop %rcx
    pop %rbx
    pop %rax
    add $16, %rsp
    iretq

/*
 * Interrupts while cpu_wait_vector() waits, with its gates: on its stack, with
 * the registers that a C function may change saved.
 */
    .balign STUB_BYTES
    .globl wait_stubs
wait_stubs:
    .set vector, 32
    .rept 224
    .balign STUB_BYTES
    pushq $vector
    jmp wait_common
    .set vector, vector + 1
    .endr

    .balign 16
wait_common:
    push %rax
    push %rcx
    push %rdx
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %r11
    mov 72(%rsp), %edi
    sub $8, %rsp                /* aligned: the processor did it before SS */
    call *wait_taken(%rip)
    add $8, %rsp
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rdx
    pop %rcx
    pop %rax
    add $8, %rsp
    iretq
