#include "suite.h"

#include <user.h>

static uint32_t checks;
static uint32_t failures;

void suite_check(bool good, const char *what, int line)
{
    checks++;
    if (good)
        return;
    failures++;
    print("line %d: %s\n", line, what);
}

void suite_status(int status, int wanted, const char *what, int line)
{
    checks++;
    if (status == wanted)
        return;
    failures++;
    print("line %d: %s: %s, not %s\n", line, what, nu_error_name(status),
          nu_error_name(wanted));
}

int suite_end(void)
{
    print("%u checks, %u failures\n", checks, failures);
    return failures == 0 ? 0 : 1;
}
