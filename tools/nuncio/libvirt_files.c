#include "libvirt_files.h"

#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

void libvirt_files_remove(const char *directory)
{
    static const char *const names[] = {
        LIBVIRT_FILE_XML, LIBVIRT_FILE_ARCHIVE, LIBVIRT_FILE_TERMINAL,
        LIBVIRT_FILE_LOG, LIBVIRT_FILE_TRACE,
    };
    int fd = open(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        (void)unlinkat(fd, names[i], 0);
    close(fd);
    (void)rmdir(directory);
}
