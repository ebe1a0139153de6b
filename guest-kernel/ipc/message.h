/*
 * The message path: what the one system call does.
 *
 * Every operation is prepared, then committed. Preparing checks handles,
 * rights, counts, buffers and memory and may take memory, but changes nothing
 * that anyone can see; committing cannot fail or block.
 *
 * Context: kernel, interrupts off, on the kernel's stack.
 */
#ifndef NUNCIO_IPC_MESSAGE_H
#define NUNCIO_IPC_MESSAGE_H

#include <proc/thread.h>

/* From entry.S: registers as in abi/message.h; callee-saved ones, rip, rsp and
 * rflags are in current->regs already. */
_Noreturn void message_entry(uint64_t handle, uint64_t tag, uint64_t w0,
                             uint64_t w1, uint64_t w2, uint64_t w3);

/* The general path, on the registers saved in current->regs. */
_Noreturn void message_slow(void);

struct endpoint;

/*
 * Moves the message in (from)'s registers and buffer to (to): words, handles,
 * strings, pages. Returns 0 with all done, or an error with nothing done;
 * (*at_fault) is then the side whose buffers or tables were wrong.
 */
enum transfer_side { TRANSFER_FROM, TRANSFER_TO };
int transfer(struct thread *from, struct thread *to,
             enum transfer_side *at_fault);

/* The message in (agent)'s registers, sent to (end)'s far end as if the agent had
 * called: it waits then, or has its answer already (state READY). */
void message_send_as(struct thread *agent, struct endpoint *end);

/* Messages that waited for (inbox) meet receivers that waited there. */
void message_serve_waiting(struct inbox *inbox);

/* Counters for system.info. */
uint64_t message_calls(void); /* that took the general path */
uint64_t message_first_tsc(void);
uint64_t message_dropped_replies(void);

#endif /* NUNCIO_IPC_MESSAGE_H */
