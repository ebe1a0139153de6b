/* What peers may open: services that we hold handles on, by name. */
#include "links.h"

#include <nlib/string.h>
#include <rt/process.h>

static struct {
    uint32_t count;
    struct {
        const char *name;
        nu_handle_t handle;
    } names[LINKS_NAMES_MAX];
} all;

void names_begin(void)
{
    all.count = 0;
}

bool names_add(const char *name)
{
    nu_handle_t handle = rt_handle(name);

    /* What is inside this process cannot be given to others. */
    if (!text_is_name(name) || all.count == LINKS_NAMES_MAX ||
        handle == NU_HANDLE_NONE || (handle & NU_HANDLE_LOCAL))
        return false;
    all.names[all.count].name = name;
    all.names[all.count].handle = handle;
    all.count++;
    return true;
}

uint32_t names_count(void)
{
    return all.count;
}

nu_handle_t names_find(const char *name, size_t bytes)
{
    for (uint32_t i = 0; i < all.count; i++) {
        const char *has = all.names[i].name;

        if (strlen(has) == bytes && memcmp(has, name, bytes) == 0)
            return all.names[i].handle;
    }
    return NU_HANDLE_NONE;
}
