/*
 * The message: what the one system call carries.
 *
 * Registers at `syscall` (x86-64):
 *
 *   in   rdi  handle: what to send to, or (RECV, REPLY|RECV) receive from
 *        rsi  tag: method or status, counts, operation (below)
 *        rdx, r10, r8, r9   words 0..3
 *   out  rax  status: 0 or a negative nu_error. For a call it is the status
 *             of the reply, or why there was none.
 *        rdi  after a receive: the badge of the channel it came by
 *        rsi  tag of the message received
 *        rdx, r10, r8, r9   its words 0..3
 *        rcx, r11 are lost; rbx, rbp, rsp, r12..r15 are kept.
 *
 * Everything beyond four words lies in the thread's message buffer, one page
 * whose user address is in the GS base of the thread.
 *
 * Units:     lengths in bytes, words of 8 bytes, pages of 4096 bytes.
 * Ownership: the buffer belongs to the thread; the kernel writes to it only
 *            while that thread receives.
 * Trust:     the user can write all of it; the kernel reads each field once.
 */
#ifndef NUNCIO_ABI_MESSAGE_H
#define NUNCIO_ABI_MESSAGE_H

#include <stddef.h>
#include <stdint.h>
#include <abi/offsets.h>

typedef uint32_t nu_handle_t;

#define NU_PAGE_BYTES 4096u

/*
 * Handle numbers. The kernel's: slot in the low bits, generation above, so
 * that a stale number is an error and never another object. A number with
 * NU_HANDLE_LOCAL set names an object of a service in the caller's own
 * address space; the call page turns such a call into a function call.
 */
#define NU_HANDLE_NONE      0u
#define NU_HANDLE_LOCAL     0x80000000u
#define NU_HANDLE_SLOT_BITS 12
#define NU_HANDLE_SLOT_MASK ((1u << NU_HANDLE_SLOT_BITS) - 1u)
#define NU_HANDLE_SLOTS_MAX (1u << NU_HANDLE_SLOT_BITS)
/*
 * A local number: NU_HANDLE_LOCAL, a generation, and the byte offset of its
 * entry in the table, so that the call page need not scale it.
 */
#define NU_LOCAL_BYTES            64u /* of an entry */
#define NU_LOCAL_GENERATION_SHIFT 18
#define NU_LOCAL_SLOTS_MAX        (1u << 12)

/*
 * Tag. Request: bits 0..15 method ordinal, 16..31 contract. Reply: bits 0..31
 * the status, signed. Above that, in both:
 */
#define NU_TAG_WORDS_SHIFT   32 /* 7 bits: words 0..64 */
#define NU_TAG_INLINE        (1ull << 39) /* string 0 follows the words */
#define NU_TAG_HANDLES_SHIFT 40 /* 4 bits: handle items 0..8 */
#define NU_TAG_STRINGS_SHIFT 44 /* 5 bits: string items 0..17 */
#define NU_TAG_PAGES_SHIFT   49 /* 3 bits: page items 0..4 */
/* Operation. At least one of SEND, REPLY, RECV. */
#define NU_OP_SEND      (1ull << 52) /* to the handle in rdi */
#define NU_OP_REPLY     (1ull << 53) /* to the thread whose call we hold */
#define NU_OP_RECV      (1ull << 54) /* SEND|RECV is a call */
#define NU_OP_NONBLOCK  (1ull << 55) /* AGAIN rather than wait */
#define NU_OP_COMPONENT (1ull << 56) /* made by an in-process service */
/*
 * Without SEND, REPLY and RECV: a call on a local handle, told to the recorder
 * by the call page because the thread is traced. It is recorded as if it had
 * been sent, from the registers and the buffer. NOTE_REPLY: its reply, whose
 * strings are where rx and rx_bytes say. Gives nothing back but rax.
 */
#define NU_OP_NOTE       (1ull << 57)
#define NU_OP_NOTE_REPLY (1ull << 58)

#define NU_OP_CALL       (NU_OP_SEND | NU_OP_RECV)
#define NU_OP_REPLY_RECV (NU_OP_REPLY | NU_OP_RECV)
#define NU_OP_MASK       (0xfffull << 52)

#define NU_WORDS_MAX   64
#define NU_REG_WORDS   4
#define NU_HANDLES_MAX 8
#define NU_STRINGS_MAX 17 /* 64 KiB at any offset, in 4 KiB pieces */
#define NU_RX_MAX      4
#define NU_PAGES_MAX   4
/* A string item of more than this is TOOLONG: no unbounded kernel work. */
#define NU_STRING_BYTES_MAX (1u << 20)

#define NU_METHOD(contract, ordinal) \
    (((uint64_t)(contract) << 16) | (uint64_t)(ordinal))

static inline uint32_t nu_tag_method(uint64_t tag)
{
    return (uint32_t)tag;
}
static inline uint32_t nu_tag_contract(uint64_t tag)
{
    return (uint32_t)(tag >> 16) & 0xffffu;
}
static inline uint32_t nu_tag_ordinal(uint64_t tag)
{
    return (uint32_t)tag & 0xffffu;
}
static inline int nu_tag_status(uint64_t tag)
{
    return (int)(uint32_t)tag;
}
static inline uint32_t nu_tag_words(uint64_t tag)
{
    return (uint32_t)(tag >> NU_TAG_WORDS_SHIFT) & 0x7fu;
}
static inline uint32_t nu_tag_handles(uint64_t tag)
{
    return (uint32_t)(tag >> NU_TAG_HANDLES_SHIFT) & 0xfu;
}
static inline uint32_t nu_tag_strings(uint64_t tag)
{
    return (uint32_t)(tag >> NU_TAG_STRINGS_SHIFT) & 0x1fu;
}
static inline uint32_t nu_tag_pages(uint64_t tag)
{
    return (uint32_t)(tag >> NU_TAG_PAGES_SHIFT) & 0x7u;
}
/* A reply's or request's tag from its low half and its counts. */
static inline uint64_t nu_tag(uint32_t low, uint32_t words, uint32_t handles,
                              uint32_t strings)
{
    return low | ((uint64_t)words << NU_TAG_WORDS_SHIFT) |
           ((uint64_t)handles << NU_TAG_HANDLES_SHIFT) |
           ((uint64_t)strings << NU_TAG_STRINGS_SHIFT);
}

/* Rights, held with a handle; a copy can only have fewer. */
#define NU_RIGHT_SEND     0x0001u /* invoke */
#define NU_RIGHT_RECV     0x0002u /* receive from (port, own channel end) */
#define NU_RIGHT_TRANSFER 0x0004u /* pass on in a message */
#define NU_RIGHT_COPY     0x0008u /* pass on or keep a second handle */
#define NU_RIGHT_READ     0x0010u /* object-specific: read, map readable */
#define NU_RIGHT_WRITE    0x0020u /* object-specific: write, map writable */
#define NU_RIGHT_EXEC     0x0040u /* memory: map executable */
#define NU_RIGHT_MANAGE   0x0080u /* object-specific: control, destroy */
#define NU_RIGHTS_ALL     0x00ffu

/*
 * Handle item. Outgoing: (handle) is the sender's, (rights) is a mask.
 * Incoming: (handle) is the receiver's new number. With NU_ITEM_NEW the sender
 * names a port of its own and a badge: the receiver gets one end of a new
 * channel whose other end is bound to that port, charged to the receiver.
 */
#define NU_ITEM_COPY 0x00000000u /* the sender keeps its handle */
#define NU_ITEM_MOVE 0x00010000u /* the sender's handle is closed on commit */
#define NU_ITEM_NEW  0x00020000u
struct nu_handle_item {
    nu_handle_t handle;
    uint32_t rights; /* NU_RIGHT_* | NU_ITEM_* */
    uint64_t badge;
};

/*
 * String item: copied from the sender's memory straight to the receiver's
 * buffer with the same index. NU_STRING_MORE: continues in the same buffer
 * where the previous item ended.
 */
#define NU_STRING_MORE (1ull << 63)
struct nu_string_item {
    uint64_t addr;
    uint64_t bytes; /* | NU_STRING_MORE */
};

/* Page item: whole pages that move from the sender to the receiver. */
struct nu_page_item {
    uint64_t addr; /* page aligned */
    uint64_t pages;
};

/* The message buffer: one page, pinned, charged when the thread is made. */
struct nu_msgbuf {
    uint64_t words[NU_WORDS_MAX]; /* 0..3 travel in registers */
    struct nu_handle_item handles[NU_HANDLES_MAX];
    struct nu_string_item strings[NU_STRINGS_MAX]; /* to send */
    struct nu_string_item rx[NU_RX_MAX]; /* where strings are received */
    uint64_t rx_bytes[NU_RX_MAX]; /* kernel: bytes received in each */
    struct nu_page_item pages[NU_PAGES_MAX]; /* to send */
    struct nu_page_item rx_pages[NU_PAGES_MAX]; /* where pages are received */
    uint32_t rx_count; /* entries of rx in use */
    uint32_t rx_page_count;
    uint32_t hooks; /* kernel: NU_HOOK_*, for the call page */
    uint32_t thread_id; /* kernel: for the eyes of a debugger */
    struct nu_msgbuf *self; /* kernel: this buffer's address in the process */
    /* From here on the user library's; the kernel never looks. */
    struct nu_local *local; /* objects of in-process services; never NULL */
    uint32_t local_mask; /* (entries - 1) * NU_LOCAL_BYTES, entries 2^n */
    uint32_t depth; /* in-process services active on this thread */
    void (*enter)(void); /* where stubs enter: the call page's entry, or a
                            * wrapper of it; set before the first message */
    /* NULL, or: puts aside the call that this thread holds, to be answered
     * later. An in-process service calls it before it receives, which would
     * give that call up. */
    void (*hold)(void);
    void *library[7];
};

#define NU_HOOK_TRACE 0x1u

/*
 * What the call page finds behind a local handle. (dispatch) is jumped to with
 * the registers of a message and rax = this entry; it returns like the kernel.
 * A request whose tag is (word_tag) is answered by the call page itself with
 * the word at (word): the service keeps it true.
 */
struct nu_local {
    void (*dispatch)(void);
    void *self;
    uint64_t word_tag; /* 0: none */
    const uint64_t *word;
    uint32_t handle; /* full number, for the generation check; 0: free */
    uint32_t generation; /* of the next handle in this entry */
    uint64_t reserved[3];
};

#define NU_CHECK_OFFSET(type, member, offset) \
    _Static_assert(offsetof(struct type, member) == (offset), #member)
NU_CHECK_OFFSET(nu_msgbuf, hooks, NU_MSGBUF_HOOKS);
NU_CHECK_OFFSET(nu_msgbuf, self, NU_MSGBUF_SELF);
NU_CHECK_OFFSET(nu_msgbuf, local, NU_MSGBUF_LOCAL);
NU_CHECK_OFFSET(nu_msgbuf, local_mask, NU_MSGBUF_LOCAL_MASK);
NU_CHECK_OFFSET(nu_msgbuf, enter, NU_MSGBUF_ENTER);
NU_CHECK_OFFSET(nu_local, dispatch, NU_LOCAL_DISPATCH);
NU_CHECK_OFFSET(nu_local, self, NU_LOCAL_SELF);
NU_CHECK_OFFSET(nu_local, word_tag, NU_LOCAL_WORD_TAG);
NU_CHECK_OFFSET(nu_local, word, NU_LOCAL_WORD);
NU_CHECK_OFFSET(nu_local, handle, NU_LOCAL_HANDLE);
_Static_assert(sizeof(struct nu_local) == NU_LOCAL_BYTES, "an entry");
_Static_assert(sizeof(struct nu_msgbuf) <= NU_PAGE_BYTES, "one page");
_Static_assert(NU_OP_SEND == 1ull << NU_OP_FIRST_BIT, "first operation bit");
_Static_assert(NU_OP_COMPONENT == 1ull << NU_OP_COMPONENT_BIT, "component");
_Static_assert(NU_OP_NOTE == 1ull << NU_OP_NOTE_BIT, "note");
_Static_assert(NU_OP_NOTE_REPLY == 1ull << NU_OP_NOTE_REPLY_BIT,
               "note of a reply");
_Static_assert(NU_TAG_ONE_WORD == 1ull << NU_TAG_WORDS_SHIFT, "one word");

/*
 * A message received with contract 0 is an event that the kernel delivers
 * through a port; its words are given behind each. (A message sent with
 * contract 0 is for the handle itself: contracts/handle.contract.)
 */
enum nu_event {
    NU_EVENT_SIGNAL = 1, /* interrupt or timer: count since the last receive */
    NU_EVENT_CLOSED = 2, /* the far end of the channel with this badge closed */
    NU_EVENT_FAULT = 3, /* child: vector, address, instruction, error code */
    NU_EVENT_EXIT = 4, /* child ended: status */
};

#endif /* NUNCIO_ABI_MESSAGE_H */
