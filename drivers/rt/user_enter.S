/*
 * Entries of an image in user mode. image.ld writes the address of local_start
 * into the image's note; programs that serve nobody have none.
 */
#include <abi/offsets.h>

        .section .text.component, "ax"
        .globl  rt_component_enter
        .hidden rt_component_enter
rt_component_enter:
        bts     $NU_OP_COMPONENT_BIT, %rsi
        mov     $(NU_CALL_PAGE_ASM + NU_CALL_LOCAL_ASM), %eax
        jmp     *%rax

        .section .note.GNU-stack, "", @progbits
