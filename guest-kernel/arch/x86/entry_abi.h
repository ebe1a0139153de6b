/* Offsets of struct trap_frame for entry.S; entry.c asserts each. */
#ifndef NUNCIO_ARCH_ENTRY_ABI_H
#define NUNCIO_ARCH_ENTRY_ABI_H

#define TRAP_R15    0
#define TRAP_R14    8
#define TRAP_R13    16
#define TRAP_R12    24
#define TRAP_RBP    64
#define TRAP_RBX    104
#define TRAP_RIP    136
#define TRAP_RFLAGS 152
#define TRAP_RSP    160

#endif /* NUNCIO_ARCH_ENTRY_ABI_H */
