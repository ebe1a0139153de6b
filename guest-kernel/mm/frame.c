/*
 * Page frames: mm/frame.h. Free frames are chained through their first word; a
 * byte for each frame says what it is, so that a double free or a foreign frame
 * is caught at once. A frame is zeroed when it is handed out.
 */
#include <mm/frame.h>

#include <arch_mmu.h>
#include <kassert.h>
#include <nlib/string.h>

enum frame_state { FRAME_FOREIGN = 0, FRAME_FREE = 1, FRAME_USED = 2 };

static uint8_t *frame_state;
static uint64_t frame_first;
static uint64_t frame_count;
static uint64_t frame_managed;
static uint64_t frame_free_number;
static paddr_t frame_list;

static uint8_t *state_of(paddr_t frame)
{
    uint64_t index = frame / PAGE_BYTES - frame_first;

    KASSERT((frame & PAGE_MASK) == 0 && index < frame_count);
    return &frame_state[index];
}

static paddr_t *next_of(paddr_t frame)
{
    return phys_to_virt(frame);
}

void frame_init(uint8_t *state, uint64_t first, uint64_t count)
{
    frame_state = state;
    frame_first = first;
    frame_count = count;
    frame_managed = 0;
    frame_free_number = 0;
    frame_list = FRAME_NONE;
    memset(state, FRAME_FOREIGN, count);
}

static void frame_push(paddr_t frame)
{
    *state_of(frame) = FRAME_FREE;
    *next_of(frame) = frame_list;
    frame_list = frame;
    frame_free_number++;
}

void frame_add(paddr_t base, uint64_t bytes)
{
    /* Downwards, so that the lowest frame is handed out first. */
    for (uint64_t at = bytes / PAGE_BYTES; at-- > 0;) {
        KASSERT(*state_of(base + at * PAGE_BYTES) == FRAME_FOREIGN);
        frame_push(base + at * PAGE_BYTES);
        frame_managed++;
    }
}

paddr_t frame_alloc(void)
{
    paddr_t frame = frame_list;

    if (frame == FRAME_NONE)
        return FRAME_NONE;
    frame_list = *next_of(frame);
    frame_free_number--;
    *state_of(frame) = FRAME_USED;
    memset(phys_to_virt(frame), 0, PAGE_BYTES);
    return frame;
}

/* Takes every frame of [base, base + count pages) out of the free list. */
static void frame_unlink_run(paddr_t base, uint64_t count)
{
    paddr_t *link = &frame_list;

    while (*link != FRAME_NONE) {
        if (*link >= base && *link < base + count * PAGE_BYTES)
            *link = *next_of(*link);
        else
            link = next_of(*link);
    }
}

paddr_t frame_alloc_run(uint64_t count)
{
    uint64_t run = 0;

    if (count == 0 || count > frame_free_number)
        return FRAME_NONE;
    for (uint64_t i = frame_count; i-- > 0;) {
        paddr_t base = (frame_first + i) * PAGE_BYTES;

        run = frame_state[i] == FRAME_FREE ? run + 1 : 0;
        if (run < count)
            continue;
        frame_unlink_run(base, count);
        memset(&frame_state[i], FRAME_USED, count);
        frame_free_number -= count;
        memset(phys_to_virt(base), 0, count * PAGE_BYTES);
        return base;
    }
    return FRAME_NONE;
}

void frame_free(paddr_t frame)
{
    KASSERT(*state_of(frame) == FRAME_USED);
    frame_push(frame);
}

bool frame_is_used(paddr_t frame)
{
    uint64_t index = frame / PAGE_BYTES - frame_first;

    return index < frame_count && frame_state[index] == FRAME_USED;
}

uint64_t frame_total(void)
{
    return frame_managed;
}

uint64_t frame_free_count(void)
{
    return frame_free_number;
}
