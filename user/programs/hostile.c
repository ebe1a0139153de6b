/*
 * Random messages: hostile [SEED [COUNT]]. Every field that a user can write is
 * random, with plausible values among them: handle, tag, words, buffer. Nothing
 * is checked here but that the thread is still there at the end, status 0; that
 * the kernel and others are unharmed is for those who watch to say.
 *
 * What would only stop the test is left out: to end or close oneself, to wait
 * for years or for keys, to fill the log.
 */
#include <nlib/string.h>
#include <user.h>

#define COUNT 1000000u

static uint64_t state;

/* xorshift64* (Vigna, 2016). */
static uint64_t next(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1dull;
}

static uint64_t below(uint64_t limit)
{
    return next() % limit;
}

static uint64_t some_address(void)
{
    /* Pages of its own: page items may take them away. */
    static _Alignas(NU_PAGE_BYTES) uint8_t memory[2 * NU_PAGE_BYTES];

    switch (below(8)) {
    case 0:
        return next();
    case 1:
        return 0xffffffff80000000ull + below(1u << 24);
    case 2:
        return 0xffff800000000000ull + below(1u << 26);
    case 3:
        return 0x7ffff000u + below(8192);
    case 4:
        return UINT64_MAX - below(256);
    case 5:
        return (uint64_t)(uintptr_t)&next;
    case 6:
        return (uint64_t)(uintptr_t)memory;
    default:
        return (uint64_t)(uintptr_t)memory + below(NU_PAGE_BYTES);
    }
}

static uint64_t some_length(void)
{
    switch (below(6)) {
    case 0:
        return next();
    case 1:
        return 0;
    case 2:
        return 65536 + below(2u << 20);
    default:
        return below(4096);
    }
}

static nu_handle_t some_handle(const struct nu_start *start)
{
    switch (below(8)) {
    case 0:
        return (nu_handle_t)next();
    case 1:
        return (nu_handle_t)below(64);
    case 2:
        return (nu_handle_t)(below(4) << NU_HANDLE_SLOT_BITS | below(64));
    default:
        break;
    }
    if (start->handle_count == 0)
        return (nu_handle_t)below(NU_HANDLE_SLOTS_MAX);
    return start->handles[below(start->handle_count)].handle;
}

/* Operations that could wait for ever are not for one thread alone. */
static uint64_t some_operation(void)
{
    static const uint64_t ops[] = {NU_OP_CALL,
                                   NU_OP_CALL,
                                   NU_OP_CALL,
                                   NU_OP_SEND | NU_OP_NONBLOCK,
                                   NU_OP_RECV | NU_OP_NONBLOCK,
                                   NU_OP_REPLY,
                                   NU_OP_REPLY_RECV | NU_OP_NONBLOCK,
                                   NU_OP_CALL | NU_OP_COMPONENT,
                                   NU_OP_NOTE,
                                   NU_OP_NOTE_REPLY,
                                   0};

    return ops[below(sizeof(ops) / sizeof(ops[0]))];
}

static uint64_t some_tag(void)
{
    uint64_t tag = NU_METHOD(below(48), below(16));

    if (below(16) == 0)
        tag = next() & ~NU_OP_MASK;
    else if (below(2) == 0)
        tag |= (next() & 0x3ull) << NU_TAG_HANDLES_SHIFT |
               (next() & 0x3ull) << NU_TAG_STRINGS_SHIFT |
               below(8) << NU_TAG_WORDS_SHIFT;
    else
        tag |= below(65) << NU_TAG_WORDS_SHIFT;
    return tag | some_operation();
}

static struct nu_handle_item some_item(const struct nu_start *start)
{
    struct nu_handle_item item = {some_handle(start),
                                  (uint32_t)next() & 0x300ffu, next()};

    if (item.handle == user_handle("self"))
        item.rights &= ~NU_ITEM_MOVE;
    return item;
}

static void fill(struct nu_msgbuf *buf, const struct nu_start *start)
{
    for (uint32_t i = 0; i < 4; i++) {
        buf->handles[below(NU_HANDLES_MAX)] = some_item(start);
        buf->strings[below(NU_STRINGS_MAX)] =
            (struct nu_string_item){some_address(), some_length()};
        buf->pages[below(NU_PAGES_MAX)] =
            (struct nu_page_item){some_address(), below(4)};
        buf->words[below(NU_WORDS_MAX)] = next();
    }
    /* Not our own code and stack: they would be what we break. */
    for (uint32_t i = 0; i < NU_RX_MAX; i++)
        buf->rx[i] = (struct nu_string_item){0x500000000000ull + next() % 4096,
                                             some_length()};
    buf->rx_count = below(8) == 0 ? (uint32_t)next() : (uint32_t)below(5);
    buf->rx_page_count = below(8) == 0 ? (uint32_t)next() : 0;
    buf->hooks = below(4) == 0 ? (uint32_t)next() : 0;
}

static bool is_given(nu_handle_t handle, const struct nu_start *start)
{
    for (uint32_t i = 0; i < start->handle_count; i++) {
        if (start->handles[i].handle == handle)
            return true;
    }
    return false;
}

/* See above. Other handles are closed now and then. Nobody answers a call on a
 * channel of which this process holds both ends. */
static nu_handle_t keep_going(nu_handle_t handle, struct nu_regs *r,
                              const struct nu_start *start)
{
    const uint32_t end = NU_METHOD(1, 6);
    const uint32_t sleep = NU_METHOD(8, 2);
    const uint32_t read_keys = NU_METHOD(32, 2);
    const uint32_t close = NU_METHOD(0, 1);
    uint32_t method = nu_tag_method(r->tag);

    if (!is_given(handle, start))
        r->tag |= NU_OP_NONBLOCK;
    if (method == sleep)
        r->w0 = 0;
    if (method == read_keys || method == end ||
        (method == close &&
         (handle == user_handle("self") || below(4096) != 0)))
        r->tag += 1;
    return handle == user_handle("log") ? NU_HANDLE_NONE : handle;
}

int main(int argc, char **argv)
{
    /* In data of its own: the start block's page may be asked to move. */
    static struct nu_start start;
    uint64_t seed = 1;
    uint64_t count = COUNT;

    if (argc > 2 || (argc > 0 && !parse_number(argv[0], &seed)) ||
        (argc > 1 && !parse_number(argv[1], &count))) {
        print("usage: hostile [SEED [COUNT]]\n");
        return 2;
    }
    memcpy(&start, rt_start(), sizeof(start));
    state = seed * 0x9e3779b97f4a7c15ull + 1;
    for (uint64_t i = 0; i < count; i++) {
        struct nu_regs r = {.tag = some_tag(),
                            .w0 = next(),
                            .w1 = below(256),
                            .w2 = some_address(),
                            .w3 = some_length()};

        fill(nu_buffer(), &start);
        (void)nu_message(keep_going(some_handle(&start), &r, &start), &r);
    }
    return 0;
}
