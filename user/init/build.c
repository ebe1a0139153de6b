#include "init.h"

#include <contract/handle.h>
#include <contract/process.h>
#include <contract/purse.h>
#include <contract/space.h>
#include <contract/system.h>
#include <layout.h>
#include <nlib/printf.h>
#include <nlib/string.h>
#include <user.h>

/* A process's handle table has a slot for so many pages of its purse: the
 * connector has four handles for each of 62 peers. At least 256. */
#define PAGES_PER_SLOT 4u
#define CLIENT_RIGHTS  (NU_RIGHT_SEND | NU_RIGHT_TRANSFER | NU_RIGHT_COPY)

static void must(const struct unit *unit, const char *what, int status)
{
    if (status != 0)
        init_fail("%s: %s: %s", unit->name, what, nu_error_text(status));
}

uint32_t init_host(const struct init *init, uint32_t index)
{
    const struct unit *units = init->manifest.units;

    /* A host stands behind its services: this ends. */
    while (units[index].placement == PLACE_INPROC)
        index = units[index].host;
    return index;
}

static struct target target_of(const struct init *init, uint32_t index)
{
    const struct built *b = &init->built[index];

    return (struct target){b->purse, b->space,
                           init->manifest.units[index].name};
}

/* (handle), ours no longer, gets (name) in the start block of unit (index). */
static void give(struct init *init, uint32_t index, const char *name,
                 nu_handle_t handle)
{
    const struct unit *unit = &init->manifest.units[index];
    struct nu_start *start = &init->built[index].start;
    struct nu_start_handle *named = &start->handles[start->handle_count];
    uint32_t number;

    if (start->handle_count == NU_START_HANDLES_MAX)
        init_fail("%s: too many handles", unit->name);
    must(unit, name, process_give(init->built[index].process, handle, &number));
    strlcpy(named->name, name, sizeof(named->name));
    named->handle = number;
    start->handle_count++;
}

static void give_copy(struct init *init, uint32_t index, const char *name,
                      nu_handle_t handle, uint32_t rights)
{
    nu_handle_t copy;

    must(&init->manifest.units[index], name,
         handle_copy(handle, rights, &copy));
    give(init, index, name, copy);
}

/* A handle on an in-process service, whose number we know beforehand. */
static void name_local(struct init *init, uint32_t index, const char *name,
                       uint32_t slot)
{
    struct nu_start *start = &init->built[index].start;
    struct nu_start_handle *named = &start->handles[start->handle_count++];

    strlcpy(named->name, name, sizeof(named->name));
    named->handle = NU_HANDLE_LOCAL | (slot * NU_LOCAL_BYTES);
}

/* A process of its own, empty; or a share in its host's. */
static void make_process(struct init *init, uint32_t index)
{
    const struct unit *unit = &init->manifest.units[index];
    struct built *b = &init->built[index];
    size_t bytes = strlen(unit->name);
    uint64_t wanted = unit->pages / PAGES_PER_SLOT;
    uint32_t slots =
        wanted < NU_HANDLE_SLOTS_MAX ? (uint32_t)wanted : NU_HANDLE_SLOTS_MAX;
    nu_handle_t root = user_handle("purse");
    int status;

    must(unit, "purse", purse_create_purse(root, unit->pages, &b->purse));
    if (unit->placement == PLACE_INPROC)
        return;
    /* The kernel gives each its gibibyte, in the order of creation. */
    if (unit->placement == PLACE_KERNEL) {
        b->region = init->region_count++;
        status = system_create_kernel_process(
            user_handle("system"), unit->image, strlen(unit->image), slots,
            b->purse, init->port, index + 1, &b->process, NULL);
    } else {
        status = purse_create_process(root, unit->name, bytes, slots, b->purse,
                                      init->port, index + 1, &b->process, NULL);
    }
    if (status == NU_NOENT)
        init_fail("%s: the kernel image has no service %s", unit->name,
                  unit->image);
    must(unit, "process", status);
    must(unit, "space", process_space(b->process, &b->space));
}

/* Every service of a process gets a slot of its local table. */
static void join_host(struct init *init, uint32_t index)
{
    const struct unit *unit = &init->manifest.units[index];
    uint32_t host_index = init_host(init, index);
    struct built *host = &init->built[host_index];
    struct built *b = &init->built[index];

    b->process = host->process;
    b->space = host->space;
    b->slot = host->start.local_count;
    if (b->slot == NU_START_LOCALS_MAX)
        init_fail("%s: too many services in %s", unit->name,
                  init->manifest.units[host_index].name);
    host->start.local_count++;
    strlcpy(host->start.locals[b->slot].name, unit->image,
            sizeof(host->start.locals[b->slot].name));
}

/* What every service has beside what it uses. */
static void give_basics(struct init *init, uint32_t index)
{
    struct built *b = &init->built[index];

    give_copy(init, index, "purse", b->purse, NU_RIGHTS_ALL);
    give_copy(init, index, "space", b->space, NU_RIGHTS_ALL);
    give_copy(init, index, "self", b->process, NU_RIGHTS_ALL);
    give_copy(init, index, "log", user_handle("log"), NU_RIGHTS_ALL);
    give_copy(init, index, "clock", user_handle("clock"), NU_RIGHTS_ALL);
}

static bool has_handle(const struct nu_start *start, const char *name)
{
    for (uint32_t i = 0; i < start->handle_count; i++) {
        if (strcmp(start->handles[i].name, name) == 0)
            return true;
    }
    return false;
}

static void connect(struct init *init, uint32_t client, uint32_t server)
{
    const struct unit *c = &init->manifest.units[client];
    const struct unit *s = &init->manifest.units[server];
    char name[sizeof(init->built[0].start.handles[0].name)];
    nu_handle_t left;
    nu_handle_t right;

    if (s->placement == PLACE_INPROC) {
        name_local(init, client, s->name, init->built[server].slot);
        return;
    }
    must(c, s->name,
         purse_create_channel(init->built[client].purse, &left, &right));
    nl_snprintf(name, sizeof(name), "%s:%s", s->is_import ? "import" : "client",
                s->is_import ? s->name : c->name);
    if (s->is_import)
        server = init->manifest.connector; /* it will find who answers */
    /* The client speaks through its end and does no more with it. */
    give_copy(init, client, s->name, left, CLIENT_RIGHTS);
    (void)handle_close(left);
    give(init, server, name, right);
}

static void give_uses(struct init *init, uint32_t index)
{
    const struct unit *unit = &init->manifest.units[index];
    struct built *b = &init->built[index];

    for (uint32_t i = 0; i < unit->use_count; i++) {
        const char *name = unit->uses[i];
        const struct unit *service = manifest_service(&init->manifest, name);

        if (has_handle(&b->start, name))
            continue; /* a service's basics */
        if (service != NULL)
            connect(init, index, (uint32_t)(service - init->manifest.units));
        else if (strcmp(name, "self") == 0)
            give_copy(init, index, name, b->process, NU_RIGHTS_ALL);
        else if (strcmp(name, "purse") == 0)
            give_copy(init, index, name, b->purse, NU_RIGHTS_ALL);
        else if (strcmp(name, "space") == 0)
            give_copy(init, index, name, b->space, NU_RIGHTS_ALL);
        else
            give_copy(init, index, name, user_handle(name), NU_RIGHTS_ALL);
    }
    if (unit->device != NULL)
        give(init, index, "device",
             device_find(unit->device, unit->device_index, unit->name));
}

static void set_args(struct init *init, uint32_t index)
{
    const struct unit *unit = &init->manifest.units[index];
    struct nu_start *start = &init->built[index].start;
    size_t at = 0;

    for (uint32_t i = 0; i < unit->arg_count; i++) {
        size_t bytes = strlen(unit->args[i]) + 1;

        if (bytes > sizeof(start->args) - at)
            init_fail("%s: too long arguments", unit->name);
        memcpy(start->args + at, unit->args[i], bytes);
        at += bytes;
    }
    start->version = NU_START_VERSION;
    start->arg_count = unit->arg_count;
}

/* The image and the start block of an in-process service. */
static void build_local(struct init *init, uint32_t index)
{
    const struct unit *unit = &init->manifest.units[index];
    struct built *b = &init->built[index];
    uint32_t host_index = init_host(init, index);
    struct nu_start_local *local =
        &init->built[host_index].start.locals[b->slot];
    bool in_kernel = init->manifest.units[host_index].placement == PLACE_KERNEL;
    struct target t = target_of(init, index);
    uint64_t entry;

    if (in_kernel) {
        uint64_t base = LAYOUT_KERNEL(init->built[host_index].region);

        local->start = base + LAYOUT_KERNEL_LOCAL_START(b->slot);
        b->start.heap_base = base + LAYOUT_KERNEL_LOCAL_HEAP(b->slot);
    } else {
        uint64_t base = LAYOUT_LOCAL(b->slot);

        local->start = base + LAYOUT_LOCAL_START;
        b->start.image_base = base + LAYOUT_LOCAL_IMAGE;
        b->start.heap_base = base + LAYOUT_LOCAL_HEAP;
        target_load(&t, &init->archive, unit->image, b->start.image_base,
                    &entry, &local->entry);
        if (local->entry == 0)
            init_fail("%s: image %s is no service", unit->name, unit->image);
    }
    target_map(&t, local->start, 1, SPACE_PROTECTION_READ, &b->start,
               sizeof(b->start));
}

/* Memory for local handles. It is paid for now: the process must not fault
 * where it looks a handle up. */
static void build_table(struct init *init, uint32_t index, uint64_t addr)
{
    struct built *b = &init->built[index];
    struct target t = target_of(init, index);
    uint64_t bytes = LAYOUT_TABLE_SLOTS * NU_LOCAL_BYTES;

    target_map(&t, addr, bytes / NU_PAGE_BYTES,
               SPACE_PROTECTION_READ | SPACE_PROTECTION_WRITE, NULL, 0);
    must(&init->manifest.units[index], "table of local handles",
         space_commit(b->space, addr, bytes));
    b->start.local_table = addr;
    b->start.local_slots = LAYOUT_TABLE_SLOTS;
}

/* Image, stack, start block and thread of a process. */
static void build_process(struct init *init, uint32_t index)
{
    const struct unit *unit = &init->manifest.units[index];
    struct built *b = &init->built[index];
    struct target t = target_of(init, index);
    uint64_t start = LAYOUT_START;
    uint64_t stack = LAYOUT_STACK_TOP;
    uint64_t buffer = LAYOUT_BUFFER;
    uint64_t table = LAYOUT_TABLE;
    uint64_t entry = 0;
    uint64_t local_start;

    if (unit->placement == PLACE_KERNEL) {
        uint64_t region = LAYOUT_KERNEL(b->region);

        start = region + LAYOUT_KERNEL_START;
        stack = region + LAYOUT_KERNEL_STACK_TOP;
        buffer = region + LAYOUT_KERNEL_BUFFER;
        table = region + LAYOUT_KERNEL_TABLE;
        b->start.heap_base = region + LAYOUT_KERNEL_HEAP;
    } else {
        b->start.image_base = LAYOUT_IMAGE;
        b->start.heap_base = LAYOUT_HEAP;
        target_load(&t, &init->archive, unit->image, LAYOUT_IMAGE, &entry,
                    &local_start);
    }
    if (b->start.local_count > 0)
        build_table(init, index, table);
    target_map(&t, stack - LAYOUT_STACK_PAGES * NU_PAGE_BYTES,
               LAYOUT_STACK_PAGES,
               SPACE_PROTECTION_READ | SPACE_PROTECTION_WRITE, NULL, 0);
    target_map(&t, start, 1, SPACE_PROTECTION_READ, &b->start,
               sizeof(b->start));
    must(unit, "thread",
         process_create_thread(b->process, entry, stack, start, buffer, NULL));
}

void build_all(struct init *init)
{
    const struct unit *units = init->manifest.units;
    uint32_t count = init->manifest.unit_count;

    for (uint32_t i = 0; i < count; i++) {
        if (!units[i].is_import)
            make_process(init, i);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (units[i].placement == PLACE_INPROC)
            join_host(init, i);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!units[i].is_program && !units[i].is_import)
            give_basics(init, i);
        set_args(init, i);
    }
    for (uint32_t i = 0; i < count; i++)
        give_uses(init, i);
    /* Start blocks are complete; in-process services fill in their host's. */
    for (uint32_t i = 0; i < count; i++) {
        if (units[i].placement == PLACE_INPROC)
            build_local(init, i);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (units[i].placement != PLACE_INPROC && !units[i].is_import)
            build_process(init, i);
    }
}
