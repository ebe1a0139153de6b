/* Records of a link: link/record.h. */
#include <link/record.h>

#include <nlib/string.h>

/* Each array's bytes, in the order of the wire. */
enum part { WORDS, PIECES, RX, HANDLES, RELEASES, REFS, DATA, PART_COUNT };

struct part_sizes {
    uint32_t bytes[PART_COUNT];
    uint32_t total; /* with the header */
};

static void measure(struct part_sizes *sizes, const struct link_record *head)
{
    sizes->bytes[WORDS] = nu_tag_words(head->tag) * 8u;
    sizes->bytes[PIECES] = nu_tag_strings(head->tag) * 8u;
    sizes->bytes[RX] = head->rx_count * 8u;
    sizes->bytes[HANDLES] = nu_tag_handles(head->tag) * 8u;
    sizes->bytes[RELEASES] = head->release_count * 4u;
    sizes->bytes[REFS] = head->ref_count * 4u;
    sizes->bytes[DATA] = head->data_bytes;
    sizes->total = sizeof(struct link_record);
    for (int i = 0; i < PART_COUNT; i++)
        sizes->total += sizes->bytes[i];
}

void link_draft_begin(struct link_draft *draft, uint32_t kind, uint32_t id,
                      uint64_t tag)
{
    draft->head = (struct link_record){.kind = kind, .id = id, .tag = tag};
    draft->words = NULL;
    draft->rx_count = 0;
    draft->release_count = 0;
    draft->ref_count = 0;
    draft->data_bytes = 0;
}

static struct link_record head_of(const struct link_draft *draft)
{
    struct link_record head = draft->head;

    head.rx_count = (uint16_t)draft->rx_count;
    head.release_count = (uint16_t)draft->release_count;
    head.ref_count = (uint16_t)draft->ref_count;
    head.data_bytes = (uint16_t)draft->data_bytes;
    return head;
}

uint32_t link_draft_bytes(const struct link_draft *draft)
{
    struct link_record head = head_of(draft);
    struct part_sizes sizes;

    measure(&sizes, &head);
    return sizes.total;
}

static uint8_t *put(uint8_t *at, const void *data, uint32_t bytes)
{
    if (bytes != 0)
        memcpy(at, data, bytes);
    return at + bytes;
}

uint32_t link_draft_pack(const struct link_draft *draft, void *out)
{
    struct link_record head = head_of(draft);
    struct part_sizes sizes;
    uint32_t words = nu_tag_words(head.tag);
    uint32_t others = words > NU_REG_WORDS ? words - NU_REG_WORDS : 0;
    uint8_t *at = out;

    measure(&sizes, &head);
    if (sizes.total > LINK_SLOT_BYTES)
        return 0;
    at = put(at, &head, sizeof(head));
    at = put(at, draft->reg_words, (words - others) * 8u);
    if (others != 0)
        at = put(at, draft->words + NU_REG_WORDS, others * 8u);
    at = put(at, draft->pieces, sizes.bytes[PIECES]);
    at = put(at, draft->rx, sizes.bytes[RX]);
    at = put(at, draft->handles, sizes.bytes[HANDLES]);
    at = put(at, draft->releases, sizes.bytes[RELEASES]);
    at = put(at, draft->refs, sizes.bytes[REFS]);
    (void)put(at, draft->data, sizes.bytes[DATA]);
    return sizes.total;
}

/* Extents without pages take their bytes from the data, others pages from the
 * references: neither more than there is. */
static bool extents_fit(const struct link_extent *extents, uint32_t count,
                        uint32_t *refs, uint32_t *data)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t bytes = extents[i].bytes & ~LINK_MORE;
        uint32_t pages = extents[i].pages;

        if (bytes > NU_STRING_BYTES_MAX || extents[i].offset >= NU_PAGE_BYTES)
            return false;
        if (pages == 0) {
            if (bytes > *data)
                return false;
            *data -= bytes;
        } else {
            if (pages > *refs ||
                extents[i].offset + bytes > pages * NU_PAGE_BYTES)
                return false;
            *refs -= pages;
        }
    }
    return true;
}

static bool counts_fit(const struct link_record *head)
{
    return nu_tag_words(head->tag) <= NU_WORDS_MAX &&
           nu_tag_strings(head->tag) <= NU_STRINGS_MAX &&
           nu_tag_handles(head->tag) <= NU_HANDLES_MAX &&
           nu_tag_pages(head->tag) == 0 && (head->tag & NU_OP_MASK) == 0 &&
           head->rx_count <= NU_RX_MAX &&
           head->release_count <= LINK_RELEASES_MAX &&
           head->ref_count <= LINK_REFS_MAX;
}

bool link_record_read(struct link_view *view, const void *copy, uint32_t bytes)
{
    const struct link_record *head = copy;
    struct part_sizes sizes;
    const uint8_t *part[PART_COUNT];
    const uint8_t *at = (const uint8_t *)copy + sizeof(*head);
    uint32_t refs;
    uint32_t data;

    if (bytes < sizeof(*head) || bytes > LINK_SLOT_BYTES || !counts_fit(head))
        return false;
    measure(&sizes, head);
    if (sizes.total != bytes)
        return false;
    for (int i = 0; i < PART_COUNT; i++) {
        part[i] = at;
        at += sizes.bytes[i];
    }
    view->head = *head;
    view->word_count = nu_tag_words(head->tag);
    view->piece_count = nu_tag_strings(head->tag);
    view->handle_count = nu_tag_handles(head->tag);
    view->words = (const void *)part[WORDS];
    view->pieces = (const void *)part[PIECES];
    view->rx = (const void *)part[RX];
    view->handles = (const void *)part[HANDLES];
    view->releases = (const void *)part[RELEASES];
    view->refs = (const void *)part[REFS];
    view->data = part[DATA];
    refs = head->ref_count;
    data = head->data_bytes;
    if (!extents_fit(view->pieces, view->piece_count, &refs, &data) ||
        data != 0)
        return false;
    /* A response says only how much came into each buffer. */
    return head->kind != LINK_REQUEST ||
           (extents_fit(view->rx, head->rx_count, &refs, &data) && refs == 0);
}
