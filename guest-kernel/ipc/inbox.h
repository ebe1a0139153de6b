/*
 * Inboxes: where messages and notices wait for a thread, and threads for them.
 * A port is an inbox that many channel ends deliver to; an end that is not bound
 * to a port has one of its own.
 *
 * Nothing is ever copied into an inbox. A message waits in the buffer of its
 * sender, who is blocked; a notice is part of the object that it is about. So an
 * inbox needs no memory and cannot overflow.
 *
 * Context: kernel, interrupts off.
 */
#ifndef NUNCIO_IPC_INBOX_H
#define NUNCIO_IPC_INBOX_H

#include <nlib/list.h>
#include <stdbool.h>
#include <stdint.h>
#include <object/object.h>

struct inbox {
    struct list_node receivers; /* threads, longest waiting first */
    struct list_node senders; /* threads with a message to deliver */
    struct list_node notices;
};

/* Lives while there are handles on it. What is bound to it holds no reference:
 * when the last handle closes, bound ends without a handle close too, and
 * notices have nobody to tell. */
struct port {
    struct object object;
    struct inbox inbox;
    struct list_node bound_notices;
};

struct notice;
struct thread;

/* What the owner of a notice wants to be told; either may be NULL. */
struct notice_ops {
    void (*delivered)(struct notice *notice);
    /* The port is going; the notice is bound no more. */
    void (*port_gone)(struct notice *notice);
};

/*
 * Something the kernel has to say, once for each time it is queued: a signal,
 * the end of a channel, a fault, an exit.
 */
struct notice {
    struct list_node link; /* in an inbox while (queued) */
    struct list_node bound; /* in port->bound_notices while bound */
    struct port *port; /* NULL: nobody to tell */
    const struct notice_ops *ops; /* or NULL */
    uint64_t badge;
    uint32_t kind; /* enum nu_event */
    bool queued;
    uint64_t words[4];
};

static inline void inbox_init(struct inbox *inbox)
{
    list_init(&inbox->receivers);
    list_init(&inbox->senders);
    list_init(&inbox->notices);
}

void port_init(void);
struct purse;
struct port *port_create(struct purse *purse);

void notice_bind(struct notice *notice, uint32_t kind, struct port *port,
                 uint64_t badge);
/* Withdraws it if it is queued; nobody is told any more. */
void notice_unbind(struct notice *notice);
/* Delivers it now to a waiting receiver, or queues it. A SIGNAL that is queued
 * already counts up in words[0]. */
void notice_post(struct notice *notice);
/* Puts (notice), which is not queued, into the registers of (thread), which
 * receives or is in the middle of it. */
void notice_give(struct thread *thread, struct notice *notice);

#endif /* NUNCIO_IPC_INBOX_H */
