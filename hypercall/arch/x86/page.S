/*
 * Room for the hypercall page. Until it is filled every stub traps.
 */
    .section .text.hypercall_page, "ax"
    .balign 4096
    .globl hypercall_page
    .type hypercall_page, @object
hypercall_page:
    .fill 4096, 1, 0xcc
    .size hypercall_page, 4096
