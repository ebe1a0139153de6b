/* bench [time|sides [NAME]|load OPS] */
#include "bench.h"

#include <nlib/string.h>
#include <user.h>

#define OPS_MAX 1000000u

int main(int argc, char **argv)
{
    uint64_t ops;

    if (argc == 0)
        return bench_run();
    if (argc == 1 && strcmp(argv[0], "time") == 0)
        return bench_time();
    if ((argc == 1 || argc == 2) && strcmp(argv[0], "sides") == 0)
        return bench_sides(argc == 2 ? argv[1] : NULL);
    if (argc == 2 && strcmp(argv[0], "load") == 0 &&
        parse_number(argv[1], &ops) && ops != 0 && ops <= OPS_MAX)
        return bench_load((unsigned)ops);
    print("usage: bench [time|sides [NAME]|load OPS]\n");
    return 2;
}
