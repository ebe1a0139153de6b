#include "suite.h"

#include <user.h>

int main(int argc, char **argv)
{
    nu_handle_t fs = user_handle("fs");

    (void)argc;
    (void)argv;
    if (fs == NU_HANDLE_NONE) {
        print("clientsuite: needs fs\n");
        return 2;
    }
    suite_files(fs);
    suite_raw(fs);
    return suite_end();
}
