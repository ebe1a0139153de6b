/* See contract_judge.h. */
#include "tests/unit/contract_judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <contract/core.h>
#include <contract/every.h>

/* As a runtime has them; the reply goes there too. */
static uint64_t *call_words;
struct nu_serve judge_call;
uint64_t judge_request[NU_WORDS_MAX];
int judged;

static void check_blob(const struct nu_blob *b, size_t bytes, size_t most,
                       bool is_text)
{
    static volatile uint8_t sink;

    judged++;
    assert_int_equal(b->bytes, bytes);
    assert_true(b->bytes <= most);
    for (size_t i = 0; i < b->bytes; i++) {
        sink = ((const uint8_t *)b->data)[i];
        assert_false(is_text && sink == 0);
    }
}

static int do_echo(void *self, struct nu_serve *c,
                   const struct every_echo_req *req, const struct nu_blob *data,
                   struct every_echo_rep *rep)
{
    (void)self;
    (void)c;
    (void)rep;
    check_blob(data, req->data_bytes, 5000, false);
    return 0;
}
static int do_text(void *self, struct nu_serve *c,
                   const struct every_text_req *req, const struct nu_blob *text,
                   struct every_text_rep *rep)
{
    (void)self;
    (void)c;
    (void)rep;
    assert_int_equal(req->zero0_, 0);
    check_blob(text, req->text_bytes, 300, true);
    return 0;
}
static int do_strings(void *self, struct nu_serve *c,
                      const struct every_strings_req *req,
                      const struct nu_blob *a, const struct nu_blob *b,
                      const struct nu_blob *d, struct every_strings_rep *rep)
{
    (void)self;
    (void)c;
    (void)rep;
    check_blob(a, req->a_bytes, 100, false);
    check_blob(b, req->b_bytes, 100, true);
    check_blob(d, req->c_bytes, 2000, false);
    return 0;
}
static int do_types(void *self, struct nu_serve *c,
                    const struct every_types_req *req,
                    struct every_types_rep *rep)
{
    (void)self;
    (void)c;
    (void)rep;
    judged++;
    assert_true(req->color == 1 || req->color == 2 || req->color == 7);
    assert_true(req->wide == 0 || req->wide == 1ull << 63);
    assert_true(types_nest_valid(&req->nest));
    return 0;
}
static int do_handles(void *self, struct nu_serve *c,
                      const struct every_handles_req *req, nu_handle_t keep,
                      nu_handle_t gone, struct every_handles_rep *rep)
{
    (void)self;
    (void)rep;
    judged++;
    assert_int_equal(req->zero0_, 0);
    assert_int_equal(c->handle_count, 2);
    assert_true(keep == 5 && gone == 6);
    return NU_BUSY;
}
static int do_tight(void *self, struct nu_serve *c,
                    const struct every_tight_req *req,
                    const struct nu_blob *data, struct every_tight_rep *rep)
{
    (void)self;
    (void)c;
    (void)rep;
    check_blob(data, req->data_bytes, 128, false);
    return 0;
}
static int do_paging(void *self, struct nu_serve *c,
                     const struct every_paging_req *req,
                     const struct nu_page_item *out,
                     struct every_paging_rep *rep)
{
    (void)self;
    (void)c;
    (void)rep;
    judged++;
    assert_true(out->pages == req->out_pages && out->pages <= 4);
    return NU_BUSY;
}
static int do_gap(void *self, struct nu_serve *c,
                  const struct every_gap_req *req, struct every_gap_rep *rep)
{
    (void)self;
    (void)c;
    judged++;
    assert_true((req->zero0_ | req->zero1_ | req->zero2_) == 0);
    assert_true((req->zero3_ | req->zero4_) == 0);
    rep->d = 1;
    return 0;
}
static int do_core_log(void *self, struct nu_serve *c,
                       const struct core_log_req *req,
                       const struct nu_blob *text)
{
    (void)self;
    (void)c;
    check_blob(text, req->text_bytes, 400, true);
    return 0;
}
static int do_core_read(void *self, struct nu_serve *c,
                        const struct core_read_req *req,
                        struct core_read_rep *rep)
{
    (void)self;
    (void)c;
    (void)rep;
    judged++;
    assert_true(req->mode <= 1);
    return 0;
}

static const struct every_ops every_ops = {
    .echo = do_echo,
    .text = do_text,
    .strings = do_strings,
    .types = do_types,
    .handles = do_handles,
    .tight = do_tight,
    .paging = do_paging,
    .gap = do_gap,
};
static const struct core_ops core_ops = {.log = do_core_log,
                                         .read = do_core_read};

void judge_clear(void)
{
    memset(&judge_call, 0, sizeof(judge_call));
    memset(judge_request, 0, sizeof(judge_request));
    judge_call.words = call_words;
}

int judge_setup(void **state)
{
    (void)state;
    call_words = test_calloc(NU_WORDS_MAX, sizeof(uint64_t));
    judge_clear();
    judged = 0;
    return 0;
}

int judge_teardown(void **state)
{
    (void)state;
    test_free(call_words);
    return 0;
}

int judge_every(void)
{
    uint64_t reply;

    memcpy(call_words, judge_request, sizeof(judge_request));
    reply = every_dispatch(&every_ops, NULL, &judge_call);
    if (nu_tag_status(reply) != 0)
        assert_int_equal(reply >> 32, 0);
    return nu_tag_status(reply);
}

int judge_core(void)
{
    memcpy(call_words, judge_request, sizeof(judge_request));
    return nu_tag_status(core_dispatch(&core_ops, NULL, &judge_call));
}

void judge_word32(uint32_t index, uint32_t value)
{
    memcpy((char *)judge_request + 4 * index, &value, 4);
}
