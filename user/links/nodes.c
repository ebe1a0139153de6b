#include "nodes.h"

#include <abi/error.h>
#include <contract/handle.h>
#include <contract/purse.h>
#include <contract/store.h>
#include <nlib/printf.h>
#include <nlib/string.h>
#include <rt/process.h>

static nu_handle_t store(void)
{
    return rt_handle("store");
}

int node_read(const char *path, char value[TEXT_VALUE_MAX])
{
    size_t bytes = 0;
    int status = store_read(store(), path, strlen(path), value,
                            TEXT_VALUE_MAX - 1, &bytes);

    if (status == NU_DENIED || status == NU_TOOLONG)
        status = NU_NOENT;
    if (status != 0)
        return status;
    value[bytes] = '\0';
    return strlen(value) == bytes ? 0 : NU_NOENT;
}

int node_write(const char *path, const char *value)
{
    return store_write(store(), path, strlen(path), value, strlen(value));
}

int node_write_number(const char *path, uint64_t value)
{
    char text[TEXT_VALUE_MAX];

    nl_snprintf(text, sizeof(text), "%lu", (unsigned long)value);
    return node_write(path, text);
}

int node_remove(const char *path)
{
    int status = store_remove(store(), path, strlen(path));

    return status == NU_NOENT ? 0 : status;
}

int node_make_shared(const char *path, uint32_t us, uint32_t reader)
{
    char permissions[32];
    int length;
    int status = node_remove(path);

    if (status == 0)
        status = node_write(path, "");
    if (status != 0)
        return status;
    if (reader == 0)
        length = nl_snprintf(permissions, sizeof(permissions), "r%u", us);
    else
        length = nl_snprintf(permissions, sizeof(permissions), "n%u%cr%u", us,
                             '\0', reader);
    return store_set_permissions(store(), path, strlen(path), permissions,
                                 (size_t)length + 1);
}

int node_watch(const char *path, nu_handle_t port, uint64_t badge,
               nu_handle_t *watch)
{
    nu_handle_t signal = NU_HANDLE_NONE;
    int status = purse_create_signal(rt_handle("purse"), port, badge, &signal);

    if (status != 0)
        return status;
    status = store_watch(store(), path, strlen(path), signal, watch);
    (void)handle_close(signal);
    return status;
}
