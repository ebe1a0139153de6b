#include <rt/process.h>

#include <contract/clock.h>
#include <contract/log.h>
#include <contract/process.h>
#include <nlib/printf.h>
#include <nlib/string.h>
#include <rt/flavour.h>
#include <rt/heap.h>
#include <rt/local_table.h>

#define LOG_BYTES 200

static const struct nu_start *start_block;

const struct nu_start *rt_start(void)
{
    return start_block;
}

nu_handle_t rt_handle(const char *name)
{
    if (start_block == NULL)
        return NU_HANDLE_NONE;
    for (uint32_t i = 0; i < start_block->handle_count; i++) {
        if (strcmp(start_block->handles[i].name, name) == 0)
            return start_block->handles[i].handle;
    }
    return NU_HANDLE_NONE;
}

const char *rt_option(const char *name)
{
    size_t bytes = strlen(name);
    const char *arg;

    if (start_block == NULL)
        return NULL;
    arg = start_block->args;
    for (uint32_t i = 0; i < start_block->arg_count; i++) {
        if (strncmp(arg, name, bytes) == 0 && arg[bytes] == '=')
            return arg + bytes + 1;
        arg += strlen(arg) + 1;
    }
    return NULL;
}

void rt_process_join(const struct nu_start *start)
{
    start_block = start;
    rt_heap_begin(rt_handle("purse"), rt_handle("space"), start->heap_base);
}

int rt_process_begin(const struct nu_start *start)
{
    nu_buffer()->enter = rt_enter(start->local_count > 0);
    rt_process_join(start);
    return rt_locals_begin(start);
}

void rt_exit(int status)
{
    /* Not the stub: it would bring the table of automata into every image. */
    struct nu_regs r = {.tag = PROCESS_END_METHOD | NU_OP_CALL |
                               NU_SHAPE(1, 0, 0, 0),
                        .w0 = (uint32_t)status};

    (void)nu_message(rt_handle("self"), &r);
    __builtin_trap(); /* was not given itself: a fault ends it too */
}

void rt_log_list(const char *format, __builtin_va_list args)
{
    char line[LOG_BYTES];
    nu_handle_t log = rt_handle("log");
    int length = nl_vsnprintf(line, sizeof(line), format, args);
    size_t bytes;

    if (log == NU_HANDLE_NONE || length < 0)
        return;
    bytes = (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1;
    (void)log_write(log, line, bytes);
}

void rt_log(const char *format, ...)
{
    __builtin_va_list args;

    __builtin_va_start(args, format);
    rt_log_list(format, args);
    __builtin_va_end(args);
}

uint64_t rt_now_ns(void)
{
    const struct nu_call_data *data = rt_call_data();
    uint64_t ns;

    if (data != NULL && data->version == 1) {
        uint64_t ticks = __builtin_ia32_rdtsc() - data->base_tsc;

        return data->base_ns +
               (uint64_t)((unsigned __int128)ticks * data->mult >> data->shift);
    }
    return clock_read(rt_handle("clock"), &ns, NULL) == 0 ? ns : 0;
}
