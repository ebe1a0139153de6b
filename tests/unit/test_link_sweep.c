/*
 * One scenario, in which every hypercall and then every copy fails once: no
 * thread is lost, no page, no grant. The keeper of the link does what the
 * connector does: when the link is broken or silent it opens it anew.
 */
#include "link_fixture.h"

#include <string.h>

#include <event/event.h>
#include <link/internal.h>

#define THREADS 4

static struct thread *t[THREADS];
static nu_handle_t child;

/* Opens and attaches until that is done: what fails fails once. */
static void keep_open(void)
{
    uint32_t ring_ref;
    uint32_t port;

    for (int i = 0; i < 3 && world_info().state != LINK_UP; i++) {
        link_close(world.link);
        peer_stop();
        peer_start();
        if (link_open(world.link, PEER_DOMID, 0, &ring_ref, &port) != 0)
            continue;
        peer_accept(ring_ref, port);
        if (link_attach(world.link, peer.head_ref, 1) == 0 &&
            world_info().state == LINK_UP)
            world_show_gate();
    }
    assert_int_equal(world_info().state, LINK_UP);
    peer_serve_all();
    object_reap();
}

static void client_calls(struct thread *thread, nu_handle_t handle,
                         uint64_t tag)
{
    if (thread->state != THREAD_READY)
        return;
    thread->buf->strings[0] =
        (struct nu_string_item){FIXTURE_HEAP + 100, 20000};
    thread->buf->rx[0] = (struct nu_string_item){FIXTURE_HEAP + 0x9000, 9000};
    thread->buf->rx_count = 1;
    world_call(thread, handle, tag, 0);
}

static void peer_calls(void)
{
    if (world_info().state != LINK_UP)
        return;
    peer_call_begin(0, LINK_OBJECT_GATE, SERVICE(1) | HANDLES(1));
    peer_add_piece(PEER_DATA_PAGE, 1000, 9000);
    peer_add_rx(PEER_DATA_PAGE + 8, 10, 9000);
    peer.draft.handles[0] = (struct link_handle){31337, NU_RIGHTS_ALL};
    peer_send(0);
}

/* The server answers whatever it has got, with a string and an object. */
static void server_serves(void)
{
    struct nu_msgbuf *buf = world.ts->buf;

    buf->rx[0] = (struct nu_string_item){FIXTURE_HEAP, 10000};
    buf->rx_count = 1;
    for (int i = 0; i < 10 && world.ts->state == THREAD_READY; i++) {
        buf->strings[0] = (struct nu_string_item){FIXTURE_HEAP + 4000, 8000};
        buf->handles[0] = (struct nu_handle_item){
            world.ports, NU_RIGHTS_ALL | NU_ITEM_NEW, 70};
        world_reply(STRINGS(1) | HANDLES(1), 0);
    }
}

static void scenario(void)
{
    struct handle_slot *slot;

    keep_open();
    world_receive();
    client_calls(t[0], world.fs, SERVICE(PEER_OPEN));
    peer_serve_all();
    object_reap();
    child = t[0]->regs.rax == 0 && nu_tag_handles(t[0]->regs.rsi) == 1
                ? t[0]->buf->handles[0].handle
                : NU_HANDLE_NONE;
    client_calls(t[1], world.fs, SERVICE(1) | STRINGS(1));
    client_calls(t[2], child, SERVICE(2) | STRINGS(1));
    peer_calls();
    server_serves();
    peer_serve_all();
    if (world_info().state == LINK_BROKEN)
        keep_open();
    client_calls(t[3], world.fs, SERVICE(1) | STRINGS(1));
    slot = handle_find(&world.client->handles, child);
    if (slot != NULL && t[2]->state == THREAD_READY)
        object_put(handle_take(&world.client->handles, slot));
    object_reap();
    link_probe(world.link);
    peer_serve_all();
    server_serves();
    /* Silent or not: a new connection, and another on top. */
    link_close(world.link);
    keep_open();
    link_probe(world.link);
    peer_serve_all();
}

static void check(void)
{
    fixture_check_charges();
    assert_int_equal(world_info().state, LINK_UP);
    assert_int_equal(world_info().waiting, 0);
    for (uint32_t i = 0; i < THREADS; i++)
        assert_int_equal(t[i]->state, THREAD_READY);
    assert_int_equal(grant_used(), 1 + LINK_SLOT_PAGES);
}

/* (arm) makes the nth thing fail; false: there was no nth. */
static void sweep(void **state, void (*arm)(uint64_t n), bool (*hit)(void))
{
    uint64_t n = 1;

    for (bool failed = true; failed; n++) {
        uint32_t ports;

        if (n > 1)
            link_setup(state);
        for (uint32_t i = 0; i < THREADS; i++)
            t[i] = world_thread();
        arm(n);
        scenario();
        failed = hit();
        fake_hv.fail_at = 0;
        fake_copy_fail_nth(1ull << 40, 0);
        /* Broken, or deaf: a port whose unmasking has failed. */
        if (world_info().state != LINK_UP || world.link->ping_waits) {
            link_close(world.link);
            keep_open();
        }
        link_probe(world.link);
        peer_serve_all();
        check();
        if (!failed) {
            assert_int_equal(world_info().calls, 4);
            assert_int_equal(world_info().calls_served, 1);
            assert_int_equal(t[2]->regs.rax, 0);
        }
        world_drop_link();
        /* A port whose closing has failed is the hypervisor's to keep. */
        ports = fake_port_count();
        assert_true(ports == 2 || (failed && ports == 3));
        for (uint32_t p = 1; p < FAKE_PORTS && ports == 3; p++) {
            if (fake_hv.ports[p].kind == FAKE_INTERDOMAIN ||
                fake_hv.ports[p].kind == FAKE_UNBOUND)
                fake_hv.ports[p].kind = FAKE_FREE;
        }
        if (failed)
            link_teardown(state);
    }
    assert_true(n > 15);
}

static void arm_hypercall(uint64_t n)
{
    fake_fail_nth(n, -XEN_EFAULT);
}

static void every_hypercall_fails_once(void **state)
{
    sweep(state, arm_hypercall, fake_failed);
}

static uint64_t copies_before_failure;

static void arm_copy(uint64_t n)
{
    fake_copy_fail_nth(n, GNTST_general_error);
    copies_before_failure = fake_copy_count() + n;
}

static bool copy_failed(void)
{
    return fake_copy_count() >= copies_before_failure;
}

static void every_copy_fails_once(void **state)
{
    sweep(state, arm_copy, copy_failed);
}

/* The purses run out at every point: calls fail, nothing else does. */
static void every_page_is_missing_once(void **state)
{
    for (uint64_t room = 0; room < 40; room++) {
        struct purse *purse[3] = {world.keeper->purse, world.client->purse,
                                  world.server->purse};
        uint64_t limit[3];

        for (uint32_t p = 0; p < 3; p++) {
            if (room > 0 || p > 0)
                link_setup_up(state);
            purse[0] = world.keeper->purse;
            purse[1] = world.client->purse;
            purse[2] = world.server->purse;
            for (uint32_t i = 0; i < THREADS; i++)
                t[i] = world_thread();
            limit[p] = purse[p]->limit;
            purse[p]->limit = purse[p]->used + purse[p]->lent + room / 2;
            world_receive();
            client_calls(t[0], world.fs, SERVICE(PEER_OPEN));
            peer_serve_all();
            client_calls(t[1], world.fs, SERVICE(1) | STRINGS(1));
            peer_calls();
            server_serves();
            peer_serve_all();
            object_reap();
            purse[p]->limit = limit[p];
            link_probe(world.link);
            peer_serve_all();
            check();
            if (room < 39 || p < 2)
                link_teardown(state);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_hypercall_fails_once, link_setup,
                                        link_teardown),
        cmocka_unit_test_setup_teardown(every_copy_fails_once, link_setup,
                                        link_teardown),
        cmocka_unit_test_setup_teardown(every_page_is_missing_once,
                                        link_setup_up, link_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
