/* A naive store. See broker_store_model.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/broker_store_model.h"

#define NODES 512u

struct model_node {
    char path[MODEL_PATH];
    char value[MODEL_VALUE];
    struct store_perms perms;
};

static struct {
    struct model_node nodes[NODES];
    unsigned count;
} model;

char watched[GUESTS][MODEL_WATCHES][MODEL_PATH];
char expected[GUESTS][MODEL_TOLD][MODEL_PATH * 2];
unsigned expected_count[GUESTS];

static struct model_node *find(const char *path)
{
    for (unsigned i = 0; i < model.count; i++) {
        if (strcmp(model.nodes[i].path, path) == 0)
            return &model.nodes[i];
    }
    return NULL;
}

static bool is_below(const char *path, const char *top)
{
    size_t bytes = strlen(top);

    return strncmp(path, top, bytes) == 0 && path[bytes] == '/';
}

void model_expect(uint16_t domid, const char *path, const char *watch)
{
    char text[MODEL_PATH * 2];

    snprintf(text, sizeof(text), "%s %s", path, watch);
    for (unsigned i = 0; i < expected_count[domid]; i++) {
        if (strcmp(expected[domid][i], text) == 0)
            return;
    }
    assert_true(expected_count[domid] < MODEL_TOLD);
    memcpy(expected[domid][expected_count[domid]++], text, sizeof(text));
}

static unsigned rights(const struct model_node *node, uint16_t domid)
{
    return node == NULL ? 0 : store_perms_of(&node->perms, domid);
}

static struct model_node *parent_of(const char *path)
{
    char parent[MODEL_PATH];

    snprintf(parent, sizeof(parent), "%s", path);
    *strrchr(parent, '/') = '\0';
    return find(parent);
}

static void fire(const char *path, bool is_exact, const struct model_node *was)
{
    for (uint16_t d = 1; d < GUESTS; d++) {
        unsigned seen =
            rights(find(path), d) | rights(was, d) | rights(parent_of(path), d);

        if ((seen & STORE_READ) == 0)
            continue;
        for (unsigned i = 0; i < 3; i++) {
            if (watched[d][i][0] != '\0' &&
                (strcmp(watched[d][i], path) == 0 ||
                 (!is_exact && is_below(path, watched[d][i]))))
                model_expect(d, path, watched[d][i]);
        }
    }
}

/* The error for what may not be done, or is not there. */
static int refuse(uint16_t domid, const char *path, unsigned access)
{
    char above[MODEL_PATH];
    struct model_node *node = find(path);

    if (node != NULL && (rights(node, domid) & access) == access)
        return 0;
    snprintf(above, sizeof(above), "%s", path);
    do {
        *strrchr(above, '/') = '\0';
    } while (find(above) == NULL);
    if ((rights(find(above), domid) & access) == 0)
        return -EACCES;
    return node == NULL ? -ENOENT : -EACCES;
}

static struct model_node *make(uint16_t domid, const char *path)
{
    struct model_node *node = find(path);

    if (node != NULL)
        return node;
    char above[MODEL_PATH];
    snprintf(above, sizeof(above), "%s", path);
    *strrchr(above, '/') = '\0';
    struct store_perms perms = make(domid, above)->perms;
    assert_true(model.count < NODES);
    node = &model.nodes[model.count++];
    snprintf(node->path, sizeof(node->path), "%s", path);
    node->value[0] = '\0';
    node->perms = perms;
    node->perms.entries[0].domid = domid;
    return node;
}

static void remove_all(const char *path)
{
    struct model_node was = *find(path);

    for (unsigned i = 0; i < model.count;) {
        struct model_node below = model.nodes[i];

        if (!is_below(below.path, path)) {
            i++;
            continue;
        }
        model.nodes[i] = model.nodes[--model.count];
        fire(below.path, true, &below);
    }
    struct model_node *node = find(path);
    *node = model.nodes[--model.count];
    fire(path, false, &was);
}

static int model_rm(uint16_t domid, const char *path)
{
    int error = refuse(domid, path, STORE_WRITE);

    if (error == -ENOENT)
        return parent_of(path) == NULL ? -ENOENT : 0;
    if (error == 0)
        remove_all(path);
    return error;
}

static int model_set_perms(uint16_t domid, const struct model_request *request)
{
    char text[16];
    size_t first = strlen(request->perms[0]) + 1;
    struct store_perms perms;
    int error = refuse(domid, request->path, STORE_WRITE | STORE_OWNER);

    if (error != 0)
        return error;
    memcpy(text, request->perms[0], first);
    memcpy(text + first, request->perms[1], strlen(request->perms[1]) + 1);
    store_perms_parse(text, first + strlen(request->perms[1]) + 1, &perms);
    struct model_node *node = find(request->path);
    struct model_node was = *node;
    if (perms.entries[0].domid != was.perms.entries[0].domid)
        return -EPERM;
    node->perms = perms;
    fire(request->path, false, &was);
    return 0;
}

int model_ask(uint16_t domid, const struct model_request *request,
              char text[MODEL_VALUE])
{
    const char *path = request->path;
    struct model_node *node;
    int error;

    switch (request->type) {
    case XS_READ:
        error = refuse(domid, path, STORE_READ);
        if (error == 0)
            snprintf(text, MODEL_VALUE, "%s", find(path)->value);
        return error;
    case XS_WRITE:
    case XS_MKDIR:
        error = refuse(domid, path, STORE_WRITE);
        if (error != 0 && error != -ENOENT)
            return error;
        if (request->type == XS_MKDIR && error == 0)
            return 0;
        node = make(domid, path);
        if (request->type == XS_WRITE)
            memcpy(node->value, request->value, MODEL_VALUE);
        fire(path, false, NULL);
        return 0;
    case XS_RM:
        return model_rm(domid, path);
    default:
        return model_set_perms(domid, request);
    }
}

void model_reset(void)
{
    model.count = 0;
    memset(watched, 0, sizeof(watched));
    memset(expected_count, 0, sizeof(expected_count));
    /* What random requests do not reach, but are told of. */
    for (uint16_t d = 1; d < 4; d++) {
        struct model_node *home = &model.nodes[model.count++];
        struct model_node *data = &model.nodes[model.count++];

        *home = (struct model_node){.perms = {1, {{0, STORE_READ}}}};
        snprintf(home->path, MODEL_PATH, "/local/domain/%u", d);
        *data = (struct model_node){.perms = {1, {{d, 0}}}};
        snprintf(data->path, MODEL_PATH, "/local/domain/%u/data", d);
    }
}
