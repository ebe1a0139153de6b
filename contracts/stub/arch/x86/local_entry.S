/*
 * The way into a message for threads whose process has services inside, as an
 * assembly macro: the call page holds one copy of it, the runtime of services
 * in the kernel image another: both include this file. They differ only in
 * (\message), the instructions that make a real message.
 *
 * A local call whose answer is a published word (nu_local.word) takes fifteen
 * instructions here: two tell a local handle from the kernel's, six find and
 * check its entry and on the way see whether the thread is hooked, two compare
 * the method, five answer.
 */
#include <abi/offsets.h>

.macro nu_local_entry message:vararg
        test    %edi, %edi
        js      10f
        \message
        ret

/* A local handle; a hook changes the number that is compared. */
10:     mov     %gs:NU_MSGBUF_LOCAL_MASK, %eax
        and     %edi, %eax
        add     %gs:NU_MSGBUF_LOCAL, %rax
        xor     %gs:NU_MSGBUF_HOOKS, %edi
        cmp     %edi, NU_LOCAL_HANDLE(%rax)
        jne     13f
11:     cmp     %rsi, NU_LOCAL_WORD_TAG(%rax)
        jne     17f
        mov     NU_LOCAL_WORD(%rax), %rdx
        mov     (%rdx), %rdx
        mov     $NU_TAG_ONE_WORD, %rsi
        xor     %eax, %eax
        ret
17:     jmp     *NU_LOCAL_DISPATCH(%rax)

/* Another number, or the thread is hooked: rax = 0 if there is no such handle.
 * What an in-process service asks of another is not the program's message and
 * goes unnoted. */
13:     xor     %gs:NU_MSGBUF_HOOKS, %edi
        cmp     %edi, NU_LOCAL_HANDLE(%rax)
        je      14f
        xor     %eax, %eax
14:     cmpl    $0, %gs:NU_MSGBUF_HOOKS
        je      15f
        bt      $NU_OP_COMPONENT_BIT, %rsi
        jnc     16f
15:     test    %rax, %rax
        jne     11b
        mov     $NU_BADH_ASM, %rax
        mov     $(NU_BADH_ASM & 0xffffffff), %esi
        ret

/* Hooked: note the request, make the call, note the reply. */
16:     push    %rdi
        push    %rsi
        push    %rdx
        push    %r10
        push    %r8
        push    %r9
        push    %rax
        shl     $(64 - NU_OP_FIRST_BIT), %rsi
        shr     $(64 - NU_OP_FIRST_BIT), %rsi
        bts     $NU_OP_NOTE_BIT, %rsi
        \message
        pop     %rax
        pop     %r9
        pop     %r8
        pop     %r10
        pop     %rdx
        pop     %rsi
        call    15b
        pop     %rdi
        push    %rax
        push    %rsi
        push    %rdx
        push    %r10
        push    %r8
        push    %r9
        bts     $NU_OP_NOTE_REPLY_BIT, %rsi
        \message
        pop     %r9
        pop     %r8
        pop     %r10
        pop     %rdx
        pop     %rsi
        pop     %rax
        ret
.endm
