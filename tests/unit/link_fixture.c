#include "link_fixture.h"

#include <string.h>

#include <boot/time.h>
#include <event/event.h>
#include <link/internal.h>

struct link_world world;

nu_handle_t world_import(const char *name)
{
    struct channel *channel = channel_create(world.keeper->purse);
    nu_handle_t handle;

    assert_non_null(channel);
    handle = fixture_handle(world.client, &channel->end[0].object,
                            NU_RIGHTS_ALL & ~(uint32_t)NU_RIGHT_MANAGE);
    assert_int_equal(
        link_import(world.link, name, strlen(name), &channel->end[1]), 0);
    object_put(&channel->end[1].object);
    return handle;
}

void world_show_gate(void)
{
    struct channel *channel =
        channel_create_bound(world.server->purse, world.port, GATE_BADGE);

    assert_non_null(channel);
    assert_int_equal(link_set_gate(world.link, &channel->end[0]), 0);
    object_put(&channel->end[0].object);
}

nu_handle_t world_server_channel(uint64_t badge)
{
    struct channel *channel =
        channel_create_bound(world.server->purse, world.port, badge);

    assert_non_null(channel);
    return fixture_handle(world.server, &channel->end[0].object, NU_RIGHTS_ALL);
}

int link_setup(void **state)
{
    fixture_setup(state);
    link_init();
    memset(&world, 0, sizeof(world));
    world.keeper = fixture_process("links", 200);
    world.client = fixture_process("client", 200);
    world.server = fixture_process("server", 200);
    world.tc = fixture_thread(world.client);
    world.ts = fixture_thread(world.server);
    world.told = port_create(world.keeper->purse);
    fixture_handle(world.keeper, &world.told->object, NU_RIGHTS_ALL);
    world.port = port_create(world.server->purse);
    world.ports =
        fixture_handle(world.server, &world.port->object, NU_RIGHTS_ALL);
    world.link =
        (struct link *)link_create(world.keeper->purse, world.told, LINK_BADGE);
    assert_non_null(world.link);
    peer_start();
    world.fs = world_import("fs");
    return 0;
}

int link_setup_up(void **state)
{
    link_setup(state);
    peer_connect(world.link);
    world_show_gate();
    peer_serve_gate("fs", FS_OBJECT);
    return 0;
}

void world_reconnect(uint32_t object)
{
    if (peer.domain != NULL)
        peer_stop();
    link_close(world.link);
    peer_start();
    peer_connect(world.link);
    world_show_gate();
    peer_serve_gate("fs", object);
}

void world_drop_link(void)
{
    if (world.link == NULL)
        return;
    object_put(&world.link->object);
    world.link = NULL;
    object_reap();
}

static void end_process(struct process *process)
{
    process_end(process, 0);
    object_put(&process->object);
    object_reap();
}

int link_teardown(void **state)
{
    fake_hv.fail_at = 0;
    world_drop_link();
    end_process(world.client);
    end_process(world.server);
    end_process(world.keeper);
    world_wait(1000000000);
    object_reap();
    assert_int_equal(held_waiting(), 0);
    assert_int_equal(grant_used(), 0);
    /* What is left is the timer's and the store's. */
    assert_int_equal(fake_port_count(), 2);
    assert_int_equal(event_used(), 1);
    assert_int_equal(purse_root.lent, 0);
    assert_int_equal(purse_root.objects, 0);
    return fixture_teardown(state);
}

void world_call(struct thread *thread, nu_handle_t handle, uint64_t tag,
                uint64_t w0)
{
    thread->regs.rax = NO_LINK_CALL;
    fixture_message(
        thread, (struct fixture_call){handle, NU_OP_CALL | tag, {w0, 2, 3, 4}});
}

struct thread *world_thread(void)
{
    int status;
    struct thread *thread = thread_create(
        world.client, 0x400000, 0x500000, 0,
        FIXTURE_BUFFER - ++world.thread_count * 2 * PAGE_BYTES, &status);

    assert_non_null(thread);
    object_put(&thread->object);
    sched_ready(thread);
    return thread;
}

void world_answered(const struct thread *thread, int status)
{
    assert_int_equal(thread->state, THREAD_READY);
    assert_int_equal((int)(int64_t)thread->regs.rax, status);
}

void world_receive(void)
{
    fixture_message(world.ts,
                    (struct fixture_call){world.ports, NU_OP_RECV, {0}});
}

void world_reply(uint64_t tag, uint64_t w0)
{
    fixture_message(world.ts, (struct fixture_call){world.ports,
                                                    NU_OP_REPLY_RECV | tag,
                                                    {w0, 6, 7, 8}});
}

struct link_info world_info(void)
{
    struct link_info info;

    link_info_get(world.link, &info);
    return info;
}

void world_wait(uint64_t ns)
{
    fixture_advance(ns);
    fixture_tick();
}
