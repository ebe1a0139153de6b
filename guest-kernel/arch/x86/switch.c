/* State of switch.h, and the proof that entry.S knows struct trap_frame. */
#include <switch.h>

#include <entry_abi.h>
#include <stddef.h>

uint64_t mmu_root;

#define SAME(offset, member)                                        \
    _Static_assert((offset) == offsetof(struct trap_frame, member), \
                   "entry_abi.h: " #member)

SAME(TRAP_R15, r15);
SAME(TRAP_R14, r14);
SAME(TRAP_R13, r13);
SAME(TRAP_R12, r12);
SAME(TRAP_RBP, rbp);
SAME(TRAP_RBX, rbx);
SAME(TRAP_RIP, rip);
SAME(TRAP_RFLAGS, rflags);
SAME(TRAP_RSP, rsp);
_Static_assert(offsetof(struct thread, regs) == 0, "entry.S saves there");
