#include "shell.h"

#include <user.h>

int complain(const char *name, const char *what, int status)
{
    print("%s: %s: %s\n", name, what, nu_error_text(status));
    return 1;
}
