/*
 * Threads. A user thread that is not running is its saved registers and
 * nothing else: it keeps no kernel stack. So what an inspector sees is always
 * the state before or after a message, never in between.
 *
 * A thread of a kernel service is the same with privilege level 0 and a stack
 * of its own.
 *
 * Ownership: a thread belongs to its process; handles on it hold references.
 */
#ifndef NUNCIO_PROC_THREAD_H
#define NUNCIO_PROC_THREAD_H

#include <abi/message.h>
#include <ipc/inbox.h>
#include <nlib/list.h>
#include <object/object.h>
#include <trap.h>
#include <mm/frame.h>

/* The numbers of contracts/thread.contract. */
enum thread_phase {
    THREAD_READY = 0, /* running or in the run queue */
    THREAD_SENDING = 1, /* in an inbox's senders; registers hold the message */
    THREAD_RECEIVING = 2, /* in an inbox's receivers */
    THREAD_REPLYING = 3, /* its call is with a server */
    THREAD_SLEEPING = 4,
    THREAD_NEW = 5, /* its process has not been started */
    THREAD_ENDED = 6,
};

#define THREAD_HOOK_TRACE 0x1u
/* It stands for a caller in another domain: never the fast way. */
#define THREAD_HOOK_AGENT 0x2u

struct agent;
struct endpoint;
struct link_call;
struct process;
struct reply;

struct thread {
    struct trap_frame regs; /* first: entry.S saves here */
    struct object object;
    uint32_t state; /* enum thread_phase */
    uint32_t hooks; /* THREAD_HOOK_*: any sends the message the slow way */
    struct process *process; /* NULL once ended */
    paddr_t root; /* page tables to run on; 0: whichever is loaded */
    uint64_t gs_base; /* its message buffer, in its own space */
    struct nu_msgbuf *buf; /* the same in the direct map */
    struct list_node link; /* run queue or inbox */
    struct list_node in_process;
    struct thread *client; /* whose call it serves and must answer */
    struct thread *server; /* who serves its call */
    struct reply *saved; /* or which reply object has it */
    struct endpoint *dest; /* SENDING: the end it sends to */
    struct link_call *remote; /* REPLYING: its call is with another domain */
    struct agent *agent; /* it is an agent: ipc/carrier.h; else NULL */
    uint64_t wake_ns; /* SLEEPING */
    uint64_t run_ns; /* time charged */
    uint64_t calls;
    uint32_t id;
    uint32_t sequence; /* of traced calls */
    uint32_t traced_handle; /* of the call being recorded */
    bool traced_component;
    paddr_t buf_frame;
};

extern struct thread *current;

void thread_init(void);
struct thread *thread_create(struct process *process, uint64_t entry,
                             uint64_t stack, uint64_t arg, uint64_t buffer,
                             int *status);
/* Takes it out of whatever it waits for, and out of its process. */
void thread_end(struct thread *thread);

static inline bool thread_is_kernel(const struct thread *thread)
{
    return thread->root == 0;
}

#endif /* NUNCIO_PROC_THREAD_H */
