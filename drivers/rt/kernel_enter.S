/*
 * Entries of a service in the kernel image: the call page's code, with a call
 * of the kernel in place of a trap into it.
 */
#include <local_entry.S>

        .section .text.enter, "ax"
        .globl  rt_kernel_local_enter
        .hidden rt_kernel_local_enter
rt_kernel_local_enter:
        nu_local_entry call kernel_message_entry

        .globl  rt_component_enter
        .hidden rt_component_enter
rt_component_enter:
        bts     $NU_OP_COMPONENT_BIT, %rsi
        jmp     rt_kernel_local_enter

        .section .note.GNU-stack, "", @progbits
