/*
 * What the kernel puts at NU_CALL_PAGE in every process: copied from here to a
 * page of its own at boot, where the clock's data is added at NU_CALL_DATA.
 * Position independent.
 */
#include <local_entry.S>

        .section .rodata.callpage, "a"
        .globl  callpage_start
        .globl  callpage_end
        .balign 16
callpage_start:
        syscall
        ret
        .org    callpage_start + NU_CALL_LOCAL_ASM
        nu_local_entry syscall
callpage_end:
        /* Goes backwards, an error, if the code reaches into the data. */
        .org    callpage_start + 0x800
