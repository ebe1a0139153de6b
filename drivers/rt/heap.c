#include <rt/heap.h>

#include <contract/handle.h>
#include <contract/purse.h>
#include <contract/space.h>
#include <nlib/string.h>

#define CHUNK_PAGES    256u
#define CLASS_COUNT    8u
#define CLASS_BYTES(c) ((size_t)32 << (c)) /* 32 to 4096 */
#define MAGIC          0x6e756870u
/* Pages are paid for in steps of so many. */
#define COMMIT_PAGES 16u

/* Before each piece. */
struct piece {
    uint32_t magic;
    uint32_t class; /* CLASS_COUNT: whole pages */
    uint64_t pages;
};

struct free_piece {
    struct free_piece *next;
};

/* A run of free pages, written at its beginning. Ascending addresses. */
struct free_run {
    struct free_run *next;
    size_t pages;
};

static struct {
    nu_handle_t purse;
    nu_handle_t space;
    uint64_t next; /* first address not used */
    uint64_t fresh; /* mapped but never handed out: [fresh, fresh_end) */
    uint64_t committed; /* of it, paid for: [fresh, committed) */
    uint64_t fresh_end;
    struct free_run *runs;
    struct free_piece *free[CLASS_COUNT];
} heap;

void rt_heap_begin(nu_handle_t purse, nu_handle_t space, uint64_t base)
{
    memset(&heap, 0, sizeof(heap));
    heap.purse = purse;
    heap.space = space;
    heap.next = (base + NU_PAGE_BYTES - 1) & ~(uint64_t)(NU_PAGE_BYTES - 1);
}

/* Maps (bytes) of (memory) at the next free address; 0 when it cannot. */
static uint64_t map_next(nu_handle_t memory, uint64_t bytes, uint32_t rights)
{
    uint64_t at = heap.next;

    bytes = (bytes + NU_PAGE_BYTES - 1) & ~(uint64_t)(NU_PAGE_BYTES - 1);
    if (space_map(heap.space, memory, 0, at, bytes, rights) != 0)
        return 0;
    heap.next = at + bytes + NU_PAGE_BYTES; /* a gap to fault in */
    return at;
}

void *rt_map(nu_handle_t memory, size_t bytes, bool is_writable)
{
    uint32_t rights = SPACE_PROTECTION_READ;

    if (is_writable)
        rights |= SPACE_PROTECTION_WRITE;
    return (void *)map_next(memory, bytes, rights);
}

/* At least (pages) mapped pages more. */
static bool grow(size_t pages)
{
    size_t count = pages > CHUNK_PAGES ? pages : CHUNK_PAGES;
    nu_handle_t memory = NU_HANDLE_NONE;
    uint64_t at;

    if (heap.purse == NU_HANDLE_NONE || heap.space == NU_HANDLE_NONE ||
        purse_create_memory(heap.purse, count, &memory) != 0)
        return false;
    at = map_next(memory, (uint64_t)count * NU_PAGE_BYTES,
                  SPACE_PROTECTION_READ | SPACE_PROTECTION_WRITE);
    (void)handle_close(memory);
    if (at == 0)
        return false;
    heap.fresh = at;
    heap.committed = at;
    heap.fresh_end = at + (uint64_t)count * NU_PAGE_BYTES;
    return true;
}

/* Pays for the chunk up to (end) and, where the purse allows, a bit more. */
static bool commit(uint64_t end)
{
    const uint64_t step = COMMIT_PAGES * NU_PAGE_BYTES;

    while (heap.committed < end) {
        uint64_t need = end - heap.committed;
        uint64_t bytes = heap.fresh_end - heap.committed;

        if (bytes > step)
            bytes = step;
        if (space_commit(heap.space, heap.committed, bytes) != 0) {
            /* Perhaps there is still enough for what is asked. */
            if (need >= bytes ||
                space_commit(heap.space, heap.committed, need) != 0)
                return false;
            bytes = need;
        }
        heap.committed += bytes;
    }
    return true;
}

static void *take(size_t pages)
{
    void *p = (void *)heap.fresh;

    heap.fresh += (uint64_t)pages * NU_PAGE_BYTES;
    return p;
}

/* Pages that were never used. */
static void *fresh_pages(size_t pages)
{
    size_t rest = (size_t)(heap.fresh_end - heap.fresh) / NU_PAGE_BYTES;

    if (rest < pages) {
        /* What is left of the old chunk is of use for smaller things. */
        if (rest > 0 && commit(heap.fresh_end))
            rt_free_pages(take(rest), rest);
        if (!grow(pages))
            return NULL;
    }
    if (!commit(heap.fresh + (uint64_t)pages * NU_PAGE_BYTES))
        return NULL;
    return take(pages);
}

void *rt_alloc_pages(size_t pages)
{
    struct free_run **link = &heap.runs;

    if (pages == 0 || pages > UINT32_MAX)
        return NULL;
    for (; *link != NULL; link = &(*link)->next) {
        struct free_run *run = *link;

        if (run->pages < pages)
            continue;
        if (run->pages == pages) {
            *link = run->next;
        } else {
            struct free_run *rest =
                (void *)((uint8_t *)run + pages * NU_PAGE_BYTES);

            rest->next = run->next;
            rest->pages = run->pages - pages;
            *link = rest;
        }
        memset(run, 0, pages * NU_PAGE_BYTES);
        return run;
    }
    return fresh_pages(pages);
}

static uint8_t *run_end(struct free_run *run)
{
    return (uint8_t *)run + run->pages * NU_PAGE_BYTES;
}

void rt_free_pages(void *p, size_t pages)
{
    struct free_run *run = p;
    struct free_run *before = NULL;
    struct free_run *after = heap.runs;

    if (p == NULL)
        return;
    while (after != NULL && after < run) {
        before = after;
        after = after->next;
    }
    run->pages = pages;
    run->next = after;
    if (after != NULL && run_end(run) == (uint8_t *)after) {
        run->pages += after->pages;
        run->next = after->next;
    }
    if (before == NULL) {
        heap.runs = run;
    } else if (run_end(before) == (uint8_t *)run) {
        before->pages += run->pages;
        before->next = run->next;
    } else {
        before->next = run;
    }
}

static uint32_t class_of(size_t bytes)
{
    uint32_t class = 0;

    while (class < CLASS_COUNT && CLASS_BYTES(class) < bytes)
        class ++;
    return class;
}

/* Cuts a new page into pieces of (class). */
static bool refill(uint32_t class)
{
    size_t bytes = CLASS_BYTES(class);
    uint8_t *page = rt_alloc_pages(1);

    if (page == NULL)
        return false;
    for (size_t at = 0; at + bytes <= NU_PAGE_BYTES; at += bytes) {
        struct free_piece *piece = (void *)(page + at);

        piece->next = heap.free[class];
        heap.free[class] = piece;
    }
    return true;
}

void *rt_alloc(size_t bytes)
{
    size_t total = bytes + sizeof(struct piece);
    uint32_t class = class_of(total);
    struct piece *piece;

    if (total < bytes)
        return NULL;
    if (class == CLASS_COUNT) {
        size_t pages = (total + NU_PAGE_BYTES - 1) / NU_PAGE_BYTES;

        piece = rt_alloc_pages(pages);
        if (piece == NULL)
            return NULL;
        piece->pages = pages;
    } else {
        if (heap.free[class] == NULL && !refill(class))
            return NULL;
        piece = (void *)heap.free[class];
        heap.free[class] = heap.free[class]->next;
        memset(piece, 0, CLASS_BYTES(class));
    }
    piece->magic = MAGIC;
    piece->class = class;
    return piece + 1;
}

void rt_free(void *p)
{
    struct piece *piece = p;
    struct free_piece *freed;
    uint32_t class;

    if (p == NULL)
        return;
    piece--;
    class = piece->class;
    if (piece->magic != MAGIC || class > CLASS_COUNT)
        __builtin_trap(); /* not ours, or freed twice */
    piece->magic = 0;
    if (class == CLASS_COUNT) {
        rt_free_pages(piece, piece->pages);
        return;
    }
    freed = (void *)piece;
    freed->next = heap.free[class];
    heap.free[class] = freed;
}
