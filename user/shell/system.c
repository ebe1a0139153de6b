/* services and trace. */
#include "shell.h"

#include <contract/handle.h>
#include <contract/purse.h>
#include <contract/trace.h>
#include <nlib/string.h>
#include <user.h>

#define CHANNEL_CONTRACT_NUMBER 0xffffu

/* What this shell was given: it can reach nothing else. Where a service runs
 * is not for its clients to know, but for one inside their own process. */
int command_services(int argc, char **argv)
{
    const struct nu_start *start = rt_start();

    (void)argv;
    if (argc > 1)
        return WRONG_USAGE;
    for (uint32_t i = 0; i < start->handle_count; i++) {
        const struct nu_start_handle *h = &start->handles[i];
        const char *what = "object of the kernel";
        uint32_t contract = 0;
        uint32_t rights = 0;

        if (h->handle & NU_HANDLE_LOCAL)
            what = "service in this process";
        else if (handle_info(h->handle, &contract, &rights) != 0)
            what = "closed";
        else if (contract == CHANNEL_CONTRACT_NUMBER)
            what = "service behind a channel";
        print("%-12s %08x  %s\n", h->name, h->handle, what);
    }
    return 0;
}

int command_trace(int argc, char **argv)
{
    nu_handle_t trace = user_handle("trace");
    uint64_t recorded = 0;
    uint64_t lost = 0;
    int status = 0;

    if (argc == 2 && strcmp(argv[1], "on") == 0)
        status = trace_self(trace, 1);
    else if (argc == 2 && strcmp(argv[1], "off") == 0)
        status = trace_self(trace, 0);
    else if (argc != 1)
        return WRONG_USAGE;
    if (status == 0)
        status = trace_info(trace, &recorded, &lost, NULL);
    if (status != 0)
        return complain("trace", argc > 1 ? argv[1] : "info", status);
    print("%lu messages recorded, %lu lost\n", recorded, lost);
    return 0;
}
