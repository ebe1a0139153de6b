/* Contract `system`. */
#include <obj/obj_system.h>

#include <boot/devices.h>
#include <boot/klog.h>
#include <contract/system.h>
#include <hypercall/hv.h>
#include <ipc/message.h>
#include <mm/memory.h>
#include <nlib/string.h>
#include <obj/kobject.h>
#include <obj/objects.h>
#include <obj/obj_device.h>
#include <proc/sched.h>
#include <trace/trace.h>

static const struct system_setup *setup;

void obj_system_setup(const struct system_setup *system_setup)
{
    setup = system_setup;
}

static struct purse *caller_purse(struct nu_serve *call)
{
    return kcall_of(call)->caller->process->purse;
}

static int system_archive_serve(void *self, struct nu_serve *call,
                                struct system_archive_rep *rep)
{
    struct memory *memory;

    (void)self;
    if (setup->archive_bytes == 0)
        return NU_NOENT;
    rep->bytes = setup->archive_bytes;
    memory = memory_create_fixed(
        caller_purse(call), setup->archive_base,
        (setup->archive_bytes + PAGE_MASK) / PAGE_BYTES, false);
    return kcall_give(call, memory == NULL ? NULL : &memory->object,
                      NU_RIGHT_SEND | NU_RIGHT_READ);
}

static int system_command_line_serve(void *self, struct nu_serve *call,
                                     struct system_command_line_rep *rep)
{
    (void)self;
    (void)rep;
    return nu_serve_bytes(call, setup->command_line,
                          strlen(setup->command_line));
}

static int system_device_count_serve(void *self, struct nu_serve *call,
                                     struct system_device_count_rep *rep)
{
    (void)self;
    (void)call;
    rep->count = device_count();
    return 0;
}

static int system_device_serve(void *self, struct nu_serve *call,
                               const struct system_device_req *req)
{
    (void)self;
    return device_open(call, req->index, caller_purse(call));
}

static int system_create_kernel_process_serve(
    void *self, struct nu_serve *call,
    const struct system_create_kernel_process_req *req,
    const struct nu_blob *name, nu_handle_t purse, nu_handle_t watcher,
    struct system_create_kernel_process_rep *rep)
{
    struct process_args args = {
        .name = name->data,
        .name_bytes = name->bytes,
        .slots = req->slots,
        .badge = req->badge,
        .kernel_entry = setup->find_service(name->data, name->bytes)};
    struct object *pays;
    struct object *port;
    struct process *process;
    int status = kcall_object(call, purse, OBJECT_PURSE, NU_RIGHT_WRITE, &pays);

    (void)self;
    if (status == 0)
        status = kcall_object(call, watcher, OBJECT_PORT, NU_RIGHT_RECV, &port);
    if (status != 0)
        return status;
    if (args.kernel_entry == 0)
        return NU_NOENT;
    if (args.slots > NU_HANDLE_SLOTS_MAX)
        return NU_INVAL;
    args.purse = (struct purse *)pays;
    args.watcher = (struct port *)port;
    process = process_create(&args);
    if (process == NULL)
        return NU_NOMEM;
    rep->id = process->id;
    return kcall_give(call, &process->object, NU_RIGHTS_ALL);
}

static int system_power_off_serve(void *self, struct nu_serve *call,
                                  const struct system_power_off_req *req)
{
    (void)self;
    (void)call;
    trace_export();
    klog(KLOG_INFO, "first message after %lu ticks",
         message_first_tsc() - setup->entry_tsc);
    klog(KLOG_INFO, "exit %d", req->status);
    hv_shutdown(req->status);
}

static int system_info_serve(void *self, struct nu_serve *call,
                             struct system_info_rep *rep)
{
    (void)self;
    (void)call;
    rep->total_pages = frame_total();
    rep->used_pages = frame_total() - frame_free_count();
    rep->kernel_pages = setup->kernel_pages;
    rep->purse_pages = purse_audit();
    rep->entry_tsc = setup->entry_tsc;
    rep->first_message_tsc = message_first_tsc();
    rep->calls = message_calls();
    rep->switches = sched_switches();
    rep->idle_ticks = sched_idle_ticks();
    return 0;
}

static int system_export_trace_serve(void *self, struct nu_serve *call,
                                     struct system_export_trace_rep *rep)
{
    (void)self;
    (void)call;
    rep->records = trace_export();
    return 0;
}

static int system_audit_serve(void *self, struct nu_serve *call,
                              struct system_audit_rep *rep)
{
    (void)self;
    (void)call;
    rep->used_pages = frame_total() - frame_free_count();
    rep->charged_pages = purse_audit();
    return rep->used_pages == rep->charged_pages ? 0 : NU_INTERNAL;
}

static const struct system_ops system_ops = {
    .archive = system_archive_serve,
    .command_line = system_command_line_serve,
    .device_count = system_device_count_serve,
    .device = system_device_serve,
    .create_kernel_process = system_create_kernel_process_serve,
    .power_off = system_power_off_serve,
    .info = system_info_serve,
    .export_trace = system_export_trace_serve,
    .audit = system_audit_serve,
};

static uint64_t dispatch(struct object *object, struct nu_serve *call)
{
    int status = kcall_need(call, NU_RIGHT_MANAGE);

    return status != 0 ? (uint32_t)status
                       : system_dispatch(&system_ops, object, call);
}

void obj_system_init(void)
{
    kobject_serve(OBJECT_SYSTEM, dispatch);
}
