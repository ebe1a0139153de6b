/*
 * The kernel core on the build machine, over hv/fake: 16 MiB of pretended RAM,
 * processes with real page tables, threads that a test drives message by message.
 */
#ifndef NUNCIO_TESTS_KERNEL_FIXTURE_H
#define NUNCIO_TESTS_KERNEL_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <abi/error.h>
#include <abi/message.h>
#include <ipc/message.h>
#include <proc/process.h>
#include <proc/sched.h>
#include <proc/thread.h>

#define FIXTURE_BUFFER     0x7fffe000ull
#define FIXTURE_HEAP       0x1000000ull /* 16 pages, RW, demand-zero */
#define FIXTURE_HEAP_BYTES (16 * PAGE_BYTES)
#define FIXTURE_RO         0x2000000ull /* one page, read-only */

/* Pretended RAM; at most 16 MiB, which it is unless a program sets less. */
extern uint64_t fixture_ram_bytes;

/* The timer fires; its deadline, and how often the clock was read. */
void fixture_tick(void);
void fixture_advance(uint64_t ns);
extern uint64_t fixture_deadline;
extern uint64_t fixture_clock_reads;

int fixture_setup(void **state);
int fixture_teardown(void **state);

/* A running process of one thread, blocked nowhere, with a heap. */
struct process *fixture_process(const char *name, uint64_t purse_pages);
struct thread *fixture_thread(struct process *process);

/* A handle of (process) on (object), whose reference it takes. */
nu_handle_t fixture_handle(struct process *process, struct object *object,
                           uint32_t rights);

/*
 * (thread) makes the system call. Afterwards (current) is who runs next; a
 * thread that has its answer has it in regs. Idle ends it with current == NULL.
 */
struct fixture_call {
    uint64_t handle;
    uint64_t tag;
    uint64_t w[4];
};
void fixture_message(struct thread *thread, struct fixture_call call);

/* Bytes in the memory of a process, through its page tables. */
void fixture_poke(struct process *process, uint64_t addr, const void *data,
                  size_t bytes);
void fixture_peek(struct process *process, uint64_t addr, void *data,
                  size_t bytes);

/* Charges equal frames in use. */
void fixture_check_charges(void);

#endif /* NUNCIO_TESTS_KERNEL_FIXTURE_H */
