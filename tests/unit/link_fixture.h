/*
 * A link under test: this domain's kernel with a client, a server and the keeper
 * of the link; the other domain is link_peer.h.
 *
 * The client's handle (fs) is an object of the peer's, imported under the name
 * "fs"; the server's (gate) is what the peer sees first.
 */
#ifndef NUNCIO_TESTS_LINK_FIXTURE_H
#define NUNCIO_TESTS_LINK_FIXTURE_H

#include "kernel_fixture.h"
#include "kernel_pair.h"
#include "link_peer.h"

#include <grant/grant.h>
#include <ipc/channel.h>

#define FS_OBJECT    4097u /* the peer's number for it */
#define CHILD_OBJECT 4242u
#define GATE_BADGE   55u
#define LINK_BADGE   66u
#define NO_LINK_CALL ((uint64_t)-1)

struct link_world {
    struct process *keeper;
    struct port *told; /* the keeper's: that the link broke */
    struct link *link;
    struct process *client;
    struct thread *tc;
    nu_handle_t fs;
    struct process *server;
    struct thread *ts;
    struct port *port; /* the server's */
    nu_handle_t ports; /* its handle on it */
    uint32_t thread_count;
};
extern struct link_world world;

/* Not connected. */
int link_setup(void **state);
/* Connected, "fs" is had, the gate is shown. */
int link_setup_up(void **state);
/* Everything goes; everything must have been given back. */
int link_teardown(void **state);

/* Connects to a peer that starts anew, which serves "fs" as (object). */
void world_reconnect(uint32_t object);
void world_show_gate(void);
/* An import of (name); the client's handle on it. */
nu_handle_t world_import(const char *name);
/* Destroys the link now. */
void world_drop_link(void);

/* The client's (thread) calls (handle) with words w0, 2, 3, 4. */
void world_call(struct thread *thread, nu_handle_t handle, uint64_t tag,
                uint64_t w0);
/* One thread more of the client's, ready. */
struct thread *world_thread(void);
/* It has (status) for its call. */
void world_answered(const struct thread *thread, int status);
/* The server receives; replies to what it holds and receives. */
void world_receive(void);
void world_reply(uint64_t tag, uint64_t w0);
/* A channel to the server's port with (badge): the server's handle on it. */
nu_handle_t world_server_channel(uint64_t badge);

struct link_info world_info(void);
/* The clock goes on and the timer fires. */
void world_wait(uint64_t ns);

#endif /* NUNCIO_TESTS_LINK_FIXTURE_H */
