#include "kernel_pair.h"

#include <ipc/channel.h>

struct pair pair;

void pair_call(uint64_t tag, uint64_t w0, uint64_t w1)
{
    fixture_message(pair.ta, (struct fixture_call){
                                 pair.to_b, NU_OP_CALL | tag, {w0, w1, 3, 4}});
}

void pair_receive(uint64_t tag)
{
    fixture_message(pair.tb, (struct fixture_call){pair.port, tag, {0}});
}

void pair_reply(int status, uint64_t tag, uint64_t w0)
{
    fixture_message(pair.tb, (struct fixture_call){pair.port,
                                                   NU_OP_REPLY_RECV | tag |
                                                       (uint32_t)status,
                                                   {w0, 6, 7, 8}});
}

int pair_setup(void **state)
{
    struct channel *channel;
    struct port *object;

    fixture_setup(state);
    pair.a = fixture_process("a", 100);
    pair.b = fixture_process("b", 100);
    pair.ta = fixture_thread(pair.a);
    pair.tb = fixture_thread(pair.b);
    channel = channel_create(pair.b->purse);
    object = port_create(pair.b->purse);
    channel_bind(&channel->end[1], object, BADGE);
    pair.to_b = fixture_handle(pair.a, &channel->end[0].object, NU_RIGHTS_ALL);
    fixture_handle(pair.b, &channel->end[1].object, NU_RIGHTS_ALL);
    pair.port = fixture_handle(pair.b, &object->object, NU_RIGHTS_ALL);
    return 0;
}

int pair_teardown(void **state)
{
    process_end(pair.a, 0);
    process_end(pair.b, 0);
    object_put(&pair.a->object);
    object_put(&pair.b->object);
    object_reap();
    assert_int_equal(purse_root.lent, 0);
    assert_int_equal(purse_root.objects, 0);
    return fixture_teardown(state);
}
