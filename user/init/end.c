/* How the system ends: with the main program's status, or with a reason. */
#include "init.h"

#include <contract/system.h>
#include <rt/process.h>
#include <user.h>

#define STATUS_FAILED 125 /* the system could not run the main program */

/* All that the kernel uses must be charged to a purse, to the page. */
static int audit(int status)
{
    uint64_t used = 0;
    uint64_t charged = 0;

    if (system_audit(user_handle("system"), &used, &charged) == 0)
        return status;
    rt_log("the purses do not add up to what the kernel uses");
    return STATUS_FAILED;
}

void init_power_off(int status)
{
    (void)system_power_off(user_handle("system"), audit(status));
    user_exit(status);
}

void init_fail(const char *format, ...)
{
    __builtin_va_list args;

    __builtin_va_start(args, format);
    rt_log_list(format, args);
    __builtin_va_end(args);
    init_power_off(STATUS_FAILED);
}
