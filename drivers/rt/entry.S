/*
 * Where a service image is entered from outside.
 */

/* With the start block in rdi, on the service's own thread. */
        .section .text.start, "ax"
        .globl  _start
_start:
        xor     %ebp, %ebp
        and     $-16, %rsp
        call    rt_main
        ud2

/* By the process that it shall live in; the C convention, see flavour.h. */
        .globl  local_start
local_start:
        jmp     rt_local_start

/*
 * By the call page (nu_local.dispatch): registers of a message, rax = entry.
 * Puts them into a struct nu_regs and serves the call in C.
 */
        .section .text.local, "ax"
        .globl  rt_local_dispatch
        .hidden rt_local_dispatch
rt_local_dispatch:
        push    %rbp
        mov     %rsp, %rbp
        sub     $48, %rsp
        and     $-16, %rsp
        mov     %rsi, (%rsp)
        mov     %rdx, 8(%rsp)
        mov     %r10, 16(%rsp)
        mov     %r8, 24(%rsp)
        mov     %r9, 32(%rsp)
        mov     %rdi, 40(%rsp)
        mov     %rax, %rdi
        mov     %rsp, %rsi
        call    rt_local_serve
        cltq
        mov     (%rsp), %rsi
        mov     8(%rsp), %rdx
        mov     16(%rsp), %r10
        mov     24(%rsp), %r8
        mov     32(%rsp), %r9
        leave
        ret

        .section .note.GNU-stack, "", @progbits
