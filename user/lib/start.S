/* Where a program begins: the start block in rdi. */
        .section .text.start, "ax"
        .globl  _start
_start:
        xor     %ebp, %ebp
        and     $-16, %rsp
        call    user_start
        ud2

        .section .note.GNU-stack, "", @progbits
