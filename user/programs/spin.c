/* Never ends and never calls: who else is to run must be let run. */
#include <user.h>

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    for (;;)
        __asm__ volatile("pause");
}
