/*
 * Two guests whose memory is the fuzzer's: batches, grant tables, rings of the
 * store, in any state.
 *
 * Oracle: no trap; a batch is answered; a page that its guest neither grants nor
 * names does not change; each interdomain port knows its other end; no pin is
 * left.
 */
#include "../unit/broker_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "hv/broker/mailbox.h"
#include "hv/broker/rounds.h"
#include "hv/broker/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define GUESTS 2
/* Never granted, nor named by its guest. */
#define SECRET 40u

static struct guest guests[GUESTS];

struct input {
    const uint8_t *at;
    size_t left;
};

static void check(bool good)
{
    if (!good)
        abort();
}

static uint64_t take(struct input *in, size_t bytes)
{
    uint64_t value = 0;

    if (bytes > in->left)
        bytes = in->left;
    if (bytes > 0)
        memcpy(&value, in->at, bytes);
    in->at += bytes;
    in->left -= bytes;
    return value;
}

static void start(void)
{
    static bool started;

    if (started)
        return;
    started = true;
    (void)fixture_setup(NULL);
    for (int i = 0; i < GUESTS; i++) {
        fixture_add(&guests[i], i == 0 ? "a" : "b");
        fixture_connect(&guests[i]);
    }
}

/* A guest may write to its own frames as it likes; but if it wrote its grants or
 * its operations, nobody could say what is permitted. Nor its own secret. */
static uint64_t allow_frame(uint64_t frame)
{
    return frame == SECRET || (frame >= FRAME_MAILBOX && frame <= FRAME_GRANTS)
               ? 0
               : frame;
}

static domid_t take_domid(struct input *in)
{
    static const domid_t domids[] = {0, 1, 2, 3, DOMID_SELF, 63, 64, 0xffff};

    return domids[take(in, 1) % 8];
}

static void take_copy(struct input *in, struct gnttab_copy *copy)
{
    struct gnttab_copy_ptr *ends[] = {&copy->source, &copy->dest};

    for (int i = 0; i < 2; i++) {
        uint8_t how = (uint8_t)take(in, 1);

        ends[i]->domid = take_domid(in);
        ends[i]->u.gmfn = take(in, 1) % 70;
        if (how & 1)
            ends[i]->u.gmfn = take(in, 8);
        ends[i]->u.gmfn = allow_frame(ends[i]->u.gmfn);
        ends[i]->offset = (uint16_t)take(in, how & 2 ? 2 : 1);
    }
    copy->len = (uint16_t)take(in, 2);
    copy->flags = (uint16_t)take(in, 1);
}

static void take_op(struct input *in, struct broker_op *op)
{
    static const uint16_t calls[] = {
        __HYPERVISOR_event_channel_op, __HYPERVISOR_event_channel_op,
        __HYPERVISOR_grant_table_op, BROKER_HYPERCALL_SETUP};
    uint8_t how = (uint8_t)take(in, 1);

    memset(op, 0, sizeof(*op));
    op->hypercall = calls[how & 3];
    op->command = (uint16_t)(how >> 2 & 15);
    if (how & 128) {
        for (size_t i = 0; i < sizeof(op->raw); i++)
            op->raw[i] = (uint8_t)take(in, 1);
        op->copy.source.u.gmfn = allow_frame(op->copy.source.u.gmfn);
        op->copy.dest.u.gmfn = allow_frame(op->copy.dest.u.gmfn);
        return;
    }
    if (op->hypercall == __HYPERVISOR_grant_table_op) {
        op->command = GNTTABOP_copy;
        take_copy(in, &op->copy);
    } else if (op->hypercall == BROKER_HYPERCALL_SETUP) {
        op->command = BROKER_SETUP_HELLO;
        op->hello.version = BROKER_ABI_VERSION;
        op->hello.grant_pages = (uint32_t)take(in, 1) % 4;
        op->hello.grant_frame = FRAME_GRANTS;
        op->hello.store_port = (uint32_t)take(in, 1);
    } else if (op->command == EVTCHNOP_bind_interdomain) {
        op->bind.remote_dom = take_domid(in);
        op->bind.remote_port = (uint32_t)take(in, 1);
        op->bind.local_port = (uint32_t)take(in, 1);
    } else if (op->command == EVTCHNOP_alloc_unbound) {
        op->alloc.dom = DOMID_SELF;
        op->alloc.remote_dom = take_domid(in);
        op->alloc.port = (uint32_t)take(in, 1);
    } else {
        op->send.port = (uint32_t)take(in, 1);
    }
}

static void check_ports(const struct guest *guest)
{
    for (uint32_t i = 1; i < BROKER_PORTS; i++) {
        const struct port *port = &guest->domain->ports[i];
        const struct port *other;

        check(guest->domain->running || port->state == PORT_FREE);
        if (port->state != PORT_INTERDOMAIN)
            continue;
        check(fixture_broker.domains[port->remote]->running);
        other = &fixture_broker.domains[port->remote]->ports[port->remote_port];
        check(other->state == PORT_INTERDOMAIN && other->remote_port == i &&
              other->remote == guest->domain->domid);
    }
}

/* Spoils (guest)'s memory, its blocks and its grants; grants leave the secret
 * page alone. */
static void take_memory(struct input *in, struct guest *guest)
{
    uint8_t what = (uint8_t)take(in, 1);
    struct grant_entry_v1 *entry = &guest->grants[take(in, 1) % 70];
    uint8_t *page = guest->memory + FRAME_SHARED * GUEST_PAGE_BYTES;

    entry->flags = (uint16_t)(take(in, 1) & ~(GTF_reading | GTF_writing));
    entry->domid = take_domid(in);
    entry->frame = (uint32_t)allow_frame(take(in, what & 1 ? 4 : 1));
    if (what & 2)
        page[(take(in, 2) * 4) % BROKER_BLOCK_BYTES] = (uint8_t)take(in, 1);
    if (what & 4)
        guest->domain->store_due = true;
}

static void check_pins(const struct guest *guest)
{
    for (uint32_t i = 0; i < 512; i++)
        check((guest->grants[i].flags & (GTF_reading | GTF_writing)) == 0);
}

static void run_batch(struct input *in, struct guest *guest)
{
    uint32_t count = (uint32_t)take(in, 1) % 8;

    for (uint32_t i = 0; i < count; i++)
        take_op(in, &guest->mailbox->ops[i]);
    guest->mailbox->count = count;
    guest->mailbox->request = guest->domain->done + 1;
    guest->domain->mailbox_due = true;
    rounds_serve(&fixture_broker);
    check(guest->domain->connection >= 0);
    check(guest->mailbox->done == guest->mailbox->request ||
          guest->domain->running);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};

    start();
    for (int i = 0; i < GUESTS; i++) {
        memset(guests[i].memory, 0, FIXTURE_PAGES * GUEST_PAGE_BYTES);
        memset(guests[i].memory + SECRET * GUEST_PAGE_BYTES, 'a' + i,
               GUEST_PAGE_BYTES);
        /* A port of 0 would be refused: a guest that is there. */
        guests[i].mailbox->ops[0] =
            (struct broker_op){.hypercall = BROKER_HYPERCALL_SETUP,
                               .command = BROKER_SETUP_HELLO,
                               .hello = {BROKER_ABI_VERSION, 1, FRAME_GRANTS,
                                         STORE_PORT, 0, 0, 0}};
        guests[i].mailbox->count = 1;
        guests[i].mailbox->request = guests[i].domain->done + 1;
        check(mailbox_serve(&fixture_broker, guests[i].domain));
        check(guests[i].domain->running);
    }
    while (in.left > 0) {
        struct guest *guest = &guests[take(&in, 1) % GUESTS];

        take_memory(&in, guest);
        run_batch(&in, guest);
        for (int i = 0; i < GUESTS; i++) {
            const uint8_t *secret =
                guests[i].memory + SECRET * GUEST_PAGE_BYTES;

            check_ports(&guests[i]);
            check_pins(&guests[i]);
            check(secret[0] == 'a' + i &&
                  memcmp(secret, secret + 1, GUEST_PAGE_BYTES - 1) == 0);
        }
    }
    return 0;
}
