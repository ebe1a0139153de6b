/*
 * console_io: keeps what is written.
 */
#include <hv/fake/fake.h>

#include <string.h>

long fake_console_io(uint64_t command, uint64_t count, uint64_t text)
{
    size_t room = sizeof(fake_hv.console) - 1 - fake_hv.console_bytes;

    if (command != CONSOLEIO_write) {
        return -XEN_ENOSYS;
    }
    if (count > room) {
        return -XEN_E2BIG;
    }
    memcpy(fake_hv.console + fake_hv.console_bytes,
           (const char *)(uintptr_t)text, count);
    fake_hv.console_bytes += count;
    return 0;
}
