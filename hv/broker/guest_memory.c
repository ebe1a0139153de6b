#include "guest_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <hypercall/broker_abi.h>

/* Every mapping there is, for the signal handler: two sets for each domain,
 * because a new table is mapped before the old one goes. */
#define MAPPINGS_MAX (BROKER_DOMAINS_MAX * VHOST_REGIONS_MAX * 2)

static struct mapping {
    void *volatile at; /* NULL: free */
    size_t bytes;
    struct guest_memory *owner;
} mappings[MAPPINGS_MAX];

static char refusal[GUEST_REFUSAL_BYTES];

static bool remember(const struct guest_region *region,
                     struct guest_memory *owner)
{
    for (size_t i = 0; i < MAPPINGS_MAX; i++) {
        if (mappings[i].at == NULL) {
            mappings[i].bytes = region->mapped_bytes;
            mappings[i].owner = owner;
            __atomic_signal_fence(__ATOMIC_SEQ_CST);
            mappings[i].at = region->mapped;
            return true;
        }
    }
    return false;
}

static void forget(const void *at)
{
    for (size_t i = 0; i < MAPPINGS_MAX; i++) {
        if (mappings[i].at == at)
            mappings[i].at = NULL;
    }
}

/* Whether [a, a + a_bytes) and [b, b + b_bytes) meet; neither wraps. */
static bool overlap(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
    return a < b + b_bytes && b < a + a_bytes;
}

static bool is_aligned(uint64_t value)
{
    return value % GUEST_PAGE_BYTES == 0;
}

/* What is wrong with one region by itself, or NULL. */
static const char *region_problem(const struct vhost_region *r)
{
    if (r->bytes == 0)
        return "is empty";
    if (!is_aligned(r->bytes) || !is_aligned(r->guest_phys) ||
        !is_aligned(r->user) || !is_aligned(r->file_offset))
        return "is not made of whole pages";
    if (r->bytes > GUEST_MEMORY_MAX)
        return "is too large";
    if (r->guest_phys > UINT64_MAX - r->bytes ||
        r->user > UINT64_MAX - r->bytes ||
        r->file_offset > (uint64_t)INT64_MAX - r->bytes)
        return "goes round the end of its address space";
    return NULL;
}

static const char *table_problem(const struct vhost_memory_table *table,
                                 uint32_t file_count)
{
    uint64_t sum = 0;

    if (table->count == 0 || table->count > VHOST_REGIONS_MAX)
        return "has no regions, or too many";
    if (table->count != file_count)
        return "does not come with a file for each region";
    for (uint32_t i = 0; i < table->count; i++) {
        const struct vhost_region *a = &table->regions[i];
        const char *problem = region_problem(a);

        if (problem != NULL)
            return problem;
        sum += a->bytes;
        if (sum > GUEST_MEMORY_MAX)
            return "is too large";
        for (uint32_t j = 0; j < i; j++) {
            const struct vhost_region *b = &table->regions[j];

            if (overlap(a->guest_phys, a->bytes, b->guest_phys, b->bytes) ||
                overlap(a->user, a->bytes, b->user, b->bytes))
                return "has regions that overlap";
        }
    }
    return NULL;
}

/* A file that cannot shrink and holds the region. */
static const char *file_problem(const struct vhost_region *r, int file,
                                struct stat *status)
{
    int seals = fcntl(file, F_GET_SEALS);

    if (seals < 0)
        return "is no memfd (use memory-backend-memfd,share=on)";
    if ((seals & F_SEAL_SHRINK) == 0)
        return "is not sealed against shrinking (memory-backend-memfd does "
               "that unless seal=off)";
    if (fstat(file, status) != 0 || status->st_size < 0 ||
        (uint64_t)status->st_size < r->file_offset + r->bytes)
        return "reaches beyond the end of its file";
    return NULL;
}

static const char *region_map(const struct vhost_region *r, int file,
                              struct guest_region *region)
{
    struct stat status;
    const char *problem = file_problem(r, file, &status);
    uint64_t lead;
    void *at;

    if (problem != NULL)
        return problem;
    /* Huge pages are mapped from a multiple of their size. */
    lead = r->file_offset % (uint64_t)status.st_blksize;
    at = mmap(NULL, r->bytes + lead, PROT_READ | PROT_WRITE,
              MAP_SHARED | MAP_NORESERVE, file, (off_t)(r->file_offset - lead));
    if (at == MAP_FAILED)
        return strerror(errno);
    (void)madvise(at, r->bytes + lead, MADV_DONTDUMP);
    region->guest_phys = r->guest_phys;
    region->bytes = r->bytes;
    region->user = r->user;
    region->mapped = at;
    region->mapped_bytes = r->bytes + lead;
    region->at = (uint8_t *)at + lead;
    return NULL;
}

static void unmap_all(struct guest_memory *memory)
{
    for (uint32_t i = 0; i < memory->count; i++) {
        forget(memory->regions[i].mapped);
        munmap(memory->regions[i].mapped, memory->regions[i].mapped_bytes);
    }
    memory->count = 0;
}

const char *guest_memory_set(struct guest_memory *memory,
                             const struct vhost_memory_table *table,
                             const int *files, uint32_t file_count)
{
    struct guest_memory fresh = {0};
    const char *problem = table_problem(table, file_count);

    if (problem != NULL) {
        (void)snprintf(refusal, sizeof(refusal), "memory table %s", problem);
        return refusal;
    }
    for (uint32_t i = 0; i < table->count; i++) {
        struct guest_region *region = &fresh.regions[i];

        problem = region_map(&table->regions[i], files[i], region);
        if (problem == NULL) {
            fresh.count++;
            if (!remember(region, memory))
                problem = "is one too many";
        }
        if (problem != NULL) {
            (void)snprintf(refusal, sizeof(refusal), "memory region %u %s",
                           (unsigned)i, problem);
            unmap_all(&fresh);
            return refusal;
        }
    }
    unmap_all(memory);
    memcpy(memory->regions, fresh.regions, sizeof(fresh.regions));
    memory->count = fresh.count;
    return NULL;
}

void guest_memory_remove(struct guest_memory *memory)
{
    unmap_all(memory);
    memory->hurt = 0;
}

void *guest_memory_at(const struct guest_memory *memory, uint64_t phys,
                      uint64_t bytes)
{
    for (uint32_t i = 0; i < memory->count; i++) {
        const struct guest_region *r = &memory->regions[i];

        if (phys >= r->guest_phys && phys - r->guest_phys < r->bytes)
            return bytes <= r->bytes - (phys - r->guest_phys)
                       ? r->at + (phys - r->guest_phys)
                       : NULL;
    }
    return NULL;
}

bool guest_memory_phys(const struct guest_memory *memory, uint64_t user,
                       uint64_t *phys)
{
    for (uint32_t i = 0; i < memory->count; i++) {
        const struct guest_region *r = &memory->regions[i];

        if (user >= r->user && user - r->user < r->bytes) {
            *phys = r->guest_phys + (user - r->user);
            return true;
        }
    }
    return false;
}

/*
 * Memory that the host cannot supply. Zeros take its place, so that whatever
 * was under way ends; the domain is then closed for it.
 */
static void on_bus_error(int number, siginfo_t *info, void *context)
{
    uintptr_t at = (uintptr_t)info->si_addr;

    (void)context;
    for (size_t i = 0; i < MAPPINGS_MAX; i++) {
        uintptr_t base = (uintptr_t)mappings[i].at;

        if (base == 0 || at < base || at - base >= mappings[i].bytes)
            continue;
        if (mmap(mappings[i].at, mappings[i].bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
                 0) == MAP_FAILED)
            break;
        mappings[i].owner->hurt = 1;
        return;
    }
    /* Not a domain's: die of it as if there were no handler. */
    (void)signal(number, SIG_DFL);
}

void guest_memory_guard(void)
{
    struct sigaction action = {.sa_flags = SA_SIGINFO};

    action.sa_sigaction = on_bus_error;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGBUS, &action, NULL);
}
