/*
 * Messages that leave the domain, and that come in: where the message path
 * meets the links (link/). The path knows no more of them than this table.
 *
 * A channel end with (remote) is served by a link: what is sent to it travels to
 * another domain. A thread with (agent) stands for a caller in another domain:
 * its strings beyond CARRIER_WINDOW lie there, and its answer goes there.
 *
 * Context: kernel, interrupts off; nothing here blocks, but a transfer waits for
 *          the hypercall that moves it.
 */
#ifndef NUNCIO_IPC_CARRIER_H
#define NUNCIO_IPC_CARRIER_H

#include <ipc/channel.h>
#include <mm/ucopy.h>
#include <proc/thread.h>

/* Addresses of an agent from here on name pages that its peer granted. Nothing
 * is ever mapped there. */
#define CARRIER_WINDOW 0x100000000000ull

struct carrier_ops {
    /* (sender)'s message to (end), which has (remote). True: taken; the sender
     * waits for its reply, or has its answer already. False: it cannot be sent
     * now, and nothing has happened. */
    bool (*send)(struct endpoint *end, struct thread *sender);
    /* (sender), whose call was taken, ends. */
    void (*abandon)(struct thread *sender);
    /* The client's end of (end) has closed: nobody will send to it again. */
    void (*closed)(struct endpoint *end);
    /* (agent) has its answer in its registers and buffer. */
    void (*answered)(struct thread *agent);
    /* Whether [addr, addr + bytes) is all granted, for writing if (write). */
    bool (*reaches)(const struct thread *agent, uint64_t addr, uint64_t bytes,
                    bool write);
    /* Prepares a copy from the peer's pages; pulled() makes all that have been
     * prepared, as one hypercall: 0 or NU_FAULT. */
    void (*pull)(struct thread *agent, uint64_t addr, struct ucopy_at to,
                 uint64_t bytes);
    int (*pulled)(struct thread *agent);
    /* Copies to the peer's pages, together with the answer to come. */
    void (*push)(struct thread *agent, uint64_t addr, struct ucopy_at from,
                 uint64_t bytes);
};

/* Never NULL once a thread or end is (agent) or (remote). */
extern const struct carrier_ops *carrier;

/* Set once, by link_init(). */
void carrier_set(const struct carrier_ops *ops);

#endif /* NUNCIO_IPC_CARRIER_H */
