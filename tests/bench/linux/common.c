#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

_Noreturn void power_off(void)
{
    fflush(stdout);
    sync();
    reboot(RB_POWER_OFF);
    _exit(1);
}

_Noreturn void end(const char *what)
{
    printf("bench failed: %s: %s\n", what, strerror(errno));
    power_off();
}

void load_modules(const char *const *names)
{
    for (; *names != NULL; names++) {
        char path[64];
        int fd;

        (void)snprintf(path, sizeof(path), "/%s.ko", *names);
        fd = open(path, O_RDONLY);
        if (fd < 0)
            continue;
        if (syscall(SYS_finit_module, fd, "", 0) != 0)
            end(path);
        (void)close(fd);
    }
}

void mount_devices(void)
{
    (void)mkdir("/dev", 0755);
    if (mount("devtmpfs", "/dev", "devtmpfs", 0, NULL) != 0 && errno != EBUSY)
        end("devtmpfs");
}
