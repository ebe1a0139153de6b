#include "init.h"

#include <contract/handle.h>
#include <contract/process.h>
#include <contract/purse.h>
#include <contract/space.h>
#include <contract/system.h>
#include <contract/trace.h>
#include <layout.h>
#include <nlib/cpio.h>
#include <nlib/string.h>
#include <rt/heap.h>
#include <user.h>

#define STATUS_FAULTED 139 /* the main program's end by a fault */

static struct init init;

static void open_archive(void)
{
    nu_handle_t memory;
    uint64_t bytes;
    int status = system_archive(user_handle("system"), &memory, &bytes);

    if (status != 0)
        init_fail("boot archive: %s", nu_error_text(status));
    init.archive.data = rt_map(memory, bytes, false);
    init.archive.bytes = bytes;
    if (init.archive.data == NULL)
        init_fail("boot archive: cannot map %lu bytes", (unsigned long)bytes);
}

static void read_manifest(void)
{
    struct nl_cpio_entry file;
    int status =
        nl_cpio_find(init.archive.data, init.archive.bytes, "manifest", &file);
    char *text;

    if (status != 1)
        init_fail("boot archive: %s",
                  status == 0 ? "no manifest in it" : "malformed");
    text = rt_alloc(file.bytes + 1);
    if (text != NULL)
        memcpy(text, file.data, file.bytes);
    else
        init_fail("manifest: no memory for it");
    if (!manifest_read(&init.manifest, text, file.bytes))
        init_fail("%s", init.manifest.error);
}

/* Services first: they stand before who uses them. */
static void start_all(void)
{
    for (uint32_t i = 0; i < init.manifest.unit_count; i++) {
        const struct unit *unit = &init.manifest.units[i];
        nu_handle_t process = init.built[i].process;
        int status = 0;

        if (unit->placement == PLACE_INPROC || unit->is_import)
            continue;
        if (unit->is_traced)
            status = trace_attach(user_handle("trace"), process);
        if (status == 0)
            status = process_seal(process);
        if (status == 0)
            status = process_start(process);
        if (status != 0)
            init_fail("%s: cannot start: %s", unit->name,
                      nu_error_text(status));
    }
}

/* Does what the main program needs live in process (index)? */
static bool is_needed(uint32_t index)
{
    const struct unit *main_unit = &init.manifest.units[init.manifest.main];

    for (uint32_t i = 0; i < init.manifest.unit_count; i++) {
        if (init_host(&init, i) == index &&
            manifest_depends(&init.manifest, main_unit,
                             &init.manifest.units[i]))
            return true;
    }
    return false;
}

static void on_fault(uint32_t index, const struct nu_regs *r)
{
    init.built[index].has_faulted = true;
    rt_log("%s: fault: vector %lu, address %lx, instruction %lx, error %lx",
           init.manifest.units[index].name, (unsigned long)r->w0,
           (unsigned long)r->w1, (unsigned long)r->w2, (unsigned long)r->w3);
}

static void on_exit(uint32_t index, int status)
{
    const struct unit *unit = &init.manifest.units[index];
    struct built *b = &init.built[index];

    b->has_ended = true;
    if (index == init.manifest.main)
        init_power_off(b->has_faulted ? STATUS_FAULTED : status);
    if (!unit->is_program)
        rt_log("%s: service ended with status %d", unit->name, status);
    if (is_needed(index))
        init_fail("%s: %s needs it and cannot go on", unit->name,
                  init.manifest.units[init.manifest.main].name);
}

static _Noreturn void wait_for_events(void)
{
    for (;;) {
        struct nu_regs r = {.tag = NU_OP_RECV};
        int status = nu_message(init.port, &r);
        uint64_t index = r.badge - 1;

        if (status != 0)
            init_fail("init: cannot receive: %s", nu_error_text(status));
        if (nu_tag_contract(r.tag) != 0 || index >= init.manifest.unit_count)
            continue;
        if (nu_tag_ordinal(r.tag) == NU_EVENT_FAULT)
            on_fault((uint32_t)index, &r);
        else if (nu_tag_ordinal(r.tag) == NU_EVENT_EXIT)
            on_exit((uint32_t)index, (int)r.w0);
    }
}

int main(int argc, char **argv)
{
    int status = purse_create_port(user_handle("purse"), &init.port);

    (void)argc;
    (void)argv;
    if (status != 0)
        init_fail("init: port: %s", nu_error_text(status));
    open_archive();
    read_manifest();
    build_all(&init);
    start_all();
    wait_for_events();
}
