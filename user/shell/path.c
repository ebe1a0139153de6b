#include "shell.h"

#include <nlib/string.h>

static char here[PATH_BYTES] = "/";

const char *path_here(void)
{
    return here;
}

void path_set_here(const char *full)
{
    strlcpy(here, full, sizeof(here));
}

bool path_join(char *to, const char *directory, const char *name)
{
    size_t bytes = strlcpy(to, directory, PATH_BYTES);

    if (bytes >= PATH_BYTES)
        return false;
    if (bytes > 0 && to[bytes - 1] != '/') {
        if (bytes + 1 >= PATH_BYTES)
            return false;
        to[bytes++] = '/';
        to[bytes] = '\0';
    }
    return strlcpy(to + bytes, name, PATH_BYTES - bytes) < PATH_BYTES - bytes;
}

/* Takes the last component off (full), which stays "/" at least. */
static size_t drop_last(const char *full, size_t bytes)
{
    while (bytes > 1 && full[bytes - 1] != '/')
        bytes--;
    return bytes > 1 ? bytes - 1 : bytes;
}

bool path_resolve(const char *path, char *full)
{
    size_t bytes;

    strlcpy(full, path[0] == '/' ? "/" : here, PATH_BYTES);
    bytes = strlen(full);
    while (*path != '\0') {
        const char *end = path;
        size_t length;

        while (*end != '\0' && *end != '/')
            end++;
        length = (size_t)(end - path);
        if (length == 2 && path[0] == '.' && path[1] == '.') {
            bytes = drop_last(full, bytes);
        } else if (length > 0 && !(length == 1 && path[0] == '.')) {
            size_t slash = bytes > 1 ? 1 : 0;

            if (bytes + slash + length >= PATH_BYTES)
                return false;
            if (slash != 0)
                full[bytes++] = '/';
            memcpy(full + bytes, path, length);
            bytes += length;
        }
        path = *end == '/' ? end + 1 : end;
    }
    full[bytes] = '\0';
    return true;
}
