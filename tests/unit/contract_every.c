/* See contract_every.h. */
#include "tests/unit/contract_every.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/contract_wire.h"

const void *every_pages;

static int do_words(void *self, struct nu_serve *call,
                    const struct every_words_req *req,
                    struct every_words_rep *rep)
{
    (void)self;
    (void)call;
    if (req->c == 13)
        return NU_RANGE;
    rep->a2 = req->a;
    rep->b2 = req->b;
    rep->c2 = req->c;
    rep->d2 = req->d;
    rep->e2 = req->e;
    rep->f2 = req->f;
    rep->g2 = req->g;
    rep->h2 = req->h;
    return 0;
}

static int do_nothing(void *self, struct nu_serve *call)
{
    (void)call;
    assert_ptr_equal(self, &wire);
    return 0;
}

static int do_large(void *self, struct nu_serve *call,
                    const struct every_large_req *req,
                    struct every_large_rep *rep)
{
    (void)self;
    (void)call;
    for (int i = 0; i < 64; i++)
        rep->out[i] = req->in[63 - i];
    return 0;
}

static int do_types(void *self, struct nu_serve *call,
                    const struct every_types_req *req,
                    struct every_types_rep *rep)
{
    (void)self;
    (void)call;
    assert_true(req->wide == TYPES_WIDE_LARGE);
    rep->nest2 = req->nest;
    rep->nest2.zero0_ = 0x77; /* dispatch clears what a handler leaves */
    rep->nest2.two[1].zero1_ = 0x77;
    rep->color2 = req->color;
    return 0;
}

static int do_echo(void *self, struct nu_serve *call,
                   const struct every_echo_req *req, const struct nu_blob *data,
                   struct every_echo_rep *rep)
{
    size_t half = data->bytes / 2;

    (void)self;
    assert_int_equal(data->bytes, req->data_bytes);
    /* Inline data is a copy: other messages overwrite the buffer. */
    memset(call->words, 0x55, sizeof(uint64_t) * NU_WORDS_MAX);
    nu_serve_bytes(call, data->data, half);
    nu_serve_bytes(call, (const char *)data->data + half, data->bytes - half);
    rep->tag2 = req->tag + 1;
    return 0;
}

static int do_text(void *self, struct nu_serve *call,
                   const struct every_text_req *req, const struct nu_blob *text,
                   struct every_text_rep *rep)
{
    (void)self;
    (void)req;
    (void)rep;
    return nu_serve_bytes(call, text->data, text->bytes);
}

static uint64_t sum_of(const struct nu_blob *b)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < b->bytes; i++)
        sum += ((const uint8_t *)b->data)[i];
    return sum;
}

static int do_strings(void *self, struct nu_serve *call,
                      const struct every_strings_req *req,
                      const struct nu_blob *a, const struct nu_blob *b,
                      const struct nu_blob *c, struct every_strings_rep *rep)
{
    (void)self;
    (void)call;
    rep->sum =
        sum_of(a) + 1000 * sum_of(b) + 1000000 * sum_of(c) + req->between;
    return 0;
}

static int do_handles(void *self, struct nu_serve *call,
                      const struct every_handles_req *req, nu_handle_t keep,
                      nu_handle_t gone, struct every_handles_rep *rep)
{
    (void)self;
    rep->n2 = req->n;
    if (req->n == 1) /* one short: a fault of the service */
        return nu_serve_handle(call, keep, 0, 0);
    nu_serve_handle(call, keep, NU_RIGHT_SEND, 0);
    nu_serve_handle(call, gone, NU_RIGHT_SEND, 0);
    return req->n == 2 ? NU_BUSY : 0;
}

static int do_tight(void *self, struct nu_serve *call,
                    const struct every_tight_req *req,
                    const struct nu_blob *data, struct every_tight_rep *rep)
{
    (void)self;
    (void)call;
    rep->sum = (uint32_t)(sum_of(data) + req->fixed[61]);
    return 0;
}

static int do_paging(void *self, struct nu_serve *call,
                     const struct every_paging_req *req,
                     const struct nu_page_item *out,
                     struct every_paging_rep *rep)
{
    (void)self;
    (void)rep;
    assert_int_equal(out->pages, req->out_pages);
    every_pages = (const void *)(uintptr_t)out->addr;
    return nu_serve_pages(call, NULL, req->n);
}

static int do_later(void *self, struct nu_serve *call,
                    const struct every_later_req *req,
                    struct every_later_rep *rep)
{
    (void)self;
    (void)call;
    (void)rep;
    return req->n == 5 ? 5 : NU_SERVE_PENDING; /* 5: no status at all */
}

static int do_both(void *self, struct nu_serve *call,
                   struct every_both_rep *rep)
{
    (void)self;
    (void)rep;
    nu_serve_handle(call, 44, NU_RIGHT_SEND, 0);
    return nu_serve_bytes(call, "0123456789", 10);
}

static const struct every_ops every_ops = {
    .words = do_words,
    .nothing = do_nothing,
    .large = do_large,
    .types = do_types,
    .echo = do_echo,
    .text = do_text,
    .strings = do_strings,
    .handles = do_handles,
    .tight = do_tight,
    .paging = do_paging,
    .later = do_later,
    .both = do_both,
};

uint64_t every_serve(struct nu_serve *call)
{
    return every_dispatch(&every_ops, &wire, call);
}

int every_setup(void **state)
{
    (void)state;
    wire_reset(every_serve);
    return 0;
}
