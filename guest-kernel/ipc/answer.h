/*
 * Ending a thread's wait: with a status, and with a record of it if the thread
 * is traced. What the message path, inboxes, channels and the end of processes
 * have in common.
 *
 * Context: kernel, interrupts off.
 */
#ifndef NUNCIO_IPC_ANSWER_H
#define NUNCIO_IPC_ANSWER_H

#include <ipc/inbox.h>
#include <proc/thread.h>

struct endpoint;

/* (thread)'s registers say (status) and nothing else. */
static inline void answer_status(struct thread *thread, int status)
{
    thread->regs.rax = (uint64_t)(int64_t)status;
    thread->regs.rsi = (uint32_t)status;
}

/* (thread) has what it called for in its registers: recorded if it is traced. */
void answer_done(struct thread *thread);

/* (client), in no queue, has its answer and goes on: here, or in the domain that
 * it stands for. */
void answer_wake(struct thread *client);

/* (client), in no queue, has (status) for its call and is ready. */
void answer_fail(struct thread *client, int status);

/* Threads waiting to send to (inbox), or only those that send to (end) if it is
 * not NULL, fail with (status): it is closing. */
void answer_fail_senders(struct inbox *inbox, const struct endpoint *end,
                         int status);
void answer_fail_receivers(struct inbox *inbox, int status);

#endif /* NUNCIO_IPC_ANSWER_H */
