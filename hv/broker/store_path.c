/* Paths of the store. Spec: Xen docs/misc/xenstore.txt, "Store". */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store_internal.h"

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '@';
}

bool store_path_is_special(const char *path)
{
    return path[0] == '@';
}

bool store_path_is_name(const char *name)
{
    if (*name == '\0' || strlen(name) > UINT8_MAX) {
        return false;
    }
    while (is_name_char(*name)) {
        name++;
    }
    return *name == '\0';
}

size_t store_path_home(uint16_t domid, char room[32])
{
    return (size_t)snprintf(room, 32, "/local/domain/%u", domid);
}

/* Components of good characters, none empty, no slash at the end. */
static bool is_absolute_path(const char *path)
{
    if (strcmp(path, "/") == 0) {
        return true;
    }
    while (*path == '/') {
        path++;
        if (!is_name_char(*path)) {
            return false;
        }
        while (is_name_char(*path)) {
            path++;
        }
    }
    return *path == '\0';
}

int store_path_resolve(uint16_t domid, const char *path,
                       char room[STORE_PATH_ROOM])
{
    size_t bytes = strlen(path);
    size_t home = 0;
    if (bytes == 0) {
        return -EINVAL;
    }
    if (store_path_is_special(path)) {
        if (bytes > XENSTORE_REL_PATH_MAX) {
            return -EINVAL;
        }
        memcpy(room, path, bytes + 1);
        return 0;
    }
    if (path[0] != '/') {
        if (bytes > XENSTORE_REL_PATH_MAX) {
            return -EINVAL;
        }
        home = store_path_home(domid, room);
        room[home++] = '/';
    } else if (bytes > XENSTORE_ABS_PATH_MAX) {
        return -EINVAL;
    }
    memcpy(room + home, path, bytes + 1);
    return is_absolute_path(room) ? 0 : -EINVAL;
}

void store_path_copy(char room[STORE_PATH_ROOM], const char *path)
{
    (void)snprintf(room, STORE_PATH_ROOM, "%s", path);
}

void store_path_to_child(char room[STORE_PATH_ROOM], const char *name)
{
    size_t bytes = strlen(room);
    (void)snprintf(room + bytes, STORE_PATH_ROOM - bytes, "/%s", name);
}

void store_path_to_parent(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == path) {
        slash++;
    }
    *slash = '\0';
}

const char *store_path_name(const char *path)
{
    return strrchr(path, '/') + 1;
}
