/*
 * Where things lie in a process, decided here alone. init builds processes by
 * it; programs find what they need in their start block and never look here.
 *
 * In user mode, low addresses: start block, image, stack with unmapped pages
 * around it, message buffer, call page (abi/callpage.h); above 4 GiB the heap
 * and, 4 GiB apart, the services inside the process. The first 64 KiB are
 * never mapped.
 *
 * A kernel service has one gibibyte of the kernel's region for services.
 *
 * Units: addresses and bytes; PAGES in pages.
 */
#ifndef NUNCIO_USER_LAYOUT_H
#define NUNCIO_USER_LAYOUT_H

#define LAYOUT_START       0x20000ull
#define LAYOUT_IMAGE       0x400000ull
#define LAYOUT_STACK_TOP   0x7ff00000ull
#define LAYOUT_STACK_PAGES 64u
#define LAYOUT_BUFFER      0x7fffd000ull
#define LAYOUT_HEAP        0x100000000ull

/* Where init fills memory for others. */
#define LAYOUT_SCRATCH 0x4000000000ull

/* The table of local handles, where there are services inside. */
#define LAYOUT_TABLE       0x7fe00000ull
#define LAYOUT_TABLE_SLOTS 1024u

/* Message buffer of a process's own further thread (i), up to 256 of them. */
#define LAYOUT_THREAD_BUFFER(i) (0x7f000000ull + 0x2000ull * (i))

/* Service (i) inside a process in user mode. */
#define LAYOUT_LOCAL(i)    (0x1000000000ull + 0x100000000ull * (i))
#define LAYOUT_LOCAL_START 0u /* from there: its start block */
#define LAYOUT_LOCAL_IMAGE 0x10000u
#define LAYOUT_LOCAL_HEAP  0x20000000u

/* Kernel service (n). */
#define LAYOUT_KERNEL(n)        (0xffffa00000000000ull + 0x40000000ull * (n))
#define LAYOUT_KERNEL_START     0x10000u
#define LAYOUT_KERNEL_STACK_TOP 0x200000u
#define LAYOUT_KERNEL_BUFFER    0x210000u
#define LAYOUT_KERNEL_TABLE     0x300000u
#define LAYOUT_KERNEL_HEAP      0x400000u
/* Service (i) inside a kernel service: its start block and its heap. */
#define LAYOUT_KERNEL_LOCAL_START(i) (0x20000u + 0x1000u * (i))
#define LAYOUT_KERNEL_LOCAL_HEAP(i)  (0x8000000u * ((i) + 1u))

#endif /* NUNCIO_USER_LAYOUT_H */
