#include "handshake.h"

#include <nlib/printf.h>
#include <nlib/string.h>

#include "nodes.h"

struct leaf {
    const char *name;
    const char *value;
};

/* In this order: the last one makes the others count. */
static int write_all(uint32_t to, const struct leaf *leaves, uint32_t count)
{
    char path[TEXT_PATH_MAX];
    int status;

    text_path_link(path, here.domid, to, "");
    status = node_make_shared(path, here.domid, to);
    for (uint32_t i = 0; i < count && status == 0; i++) {
        text_path_link(path, here.domid, to, leaves[i].name);
        status = node_write(path, leaves[i].value);
    }
    return status;
}

static void format(char text[TEXT_VALUE_MAX], uint64_t value)
{
    nl_snprintf(text, TEXT_VALUE_MAX, "%lu", (unsigned long)value);
}

int handshake_offer(uint32_t to, uint32_t ring_ref, uint32_t port,
                    const char *word)
{
    char ring_text[TEXT_VALUE_MAX];
    char port_text[TEXT_VALUE_MAX];
    const struct leaf leaves[] = {
        {"/version", TEXT_VERSION},    {"/ring-ref", ring_text},
        {"/event-channel", port_text}, {"/epoch", word},
        {"/state", "offered"},
    };

    format(ring_text, ring_ref);
    format(port_text, port);
    return write_all(to, leaves, sizeof(leaves) / sizeof(leaves[0]));
}

int handshake_answer(uint32_t to, uint32_t ring_ref, const char *word)
{
    char ring_text[TEXT_VALUE_MAX];
    char epoch_text[TEXT_VALUE_MAX];
    const struct leaf leaves[] = {
        {"/ring-ref", ring_text},
        {"/epoch", epoch_text},
        {"/answers", word},
        {"/state", "connected"},
    };

    format(ring_text, ring_ref);
    format(epoch_text, here.epoch);
    return write_all(to, leaves, sizeof(leaves) / sizeof(leaves[0]));
}

int handshake_refuse(uint32_t to, const char *word)
{
    const struct leaf leaves[] = {{"/answers", word}, {"/state", "refused"}};

    return write_all(to, leaves, sizeof(leaves) / sizeof(leaves[0]));
}

int handshake_withdraw(uint32_t to)
{
    char path[TEXT_PATH_MAX];

    text_path_link(path, here.domid, to, "");
    return node_remove(path);
}

/* What domain (of) wrote for us. */
static int read_leaf(uint32_t of, const char *leaf, char value[TEXT_VALUE_MAX])
{
    char path[TEXT_PATH_MAX];

    text_path_link(path, of, here.domid, leaf);
    return node_read(path, value);
}

/* 0 if the value there is (wanted), NU_NOENT if it is another. */
static int expect_leaf(uint32_t of, const char *leaf, const char *wanted)
{
    char value[TEXT_VALUE_MAX];
    int status = read_leaf(of, leaf, value);

    if (status == 0 && strcmp(value, wanted) != 0)
        status = NU_NOENT;
    return status;
}

int handshake_find_offer(uint32_t of, char word[TEXT_VALUE_MAX])
{
    int status = expect_leaf(of, "/state", "offered");

    return status != 0 ? status : read_leaf(of, "/epoch", word);
}

int handshake_read_offer(uint32_t of, const char *word, struct offer *offer)
{
    char version[TEXT_VALUE_MAX];
    char ring_ref[TEXT_VALUE_MAX];
    char port[TEXT_VALUE_MAX];
    int status = read_leaf(of, "/version", version);

    if (status == 0)
        status = read_leaf(of, "/ring-ref", ring_ref);
    if (status == 0)
        status = read_leaf(of, "/event-channel", port);
    if (status == 0 && !text_offer(offer, version, ring_ref, port, word))
        status = NU_PROTO;
    return status;
}

int handshake_find_answer(uint32_t of, const char *word)
{
    char state[TEXT_VALUE_MAX];
    int status = read_leaf(of, "/state", state);

    if (status == 0)
        status = expect_leaf(of, "/answers", word);
    if (status != 0)
        return status;
    if (strcmp(state, "refused") == 0)
        return NU_DENIED;
    return strcmp(state, "connected") == 0 ? 0 : NU_NOENT;
}

int handshake_read_answer(uint32_t of, struct offer *answer)
{
    char ring_ref[TEXT_VALUE_MAX];
    char epoch[TEXT_VALUE_MAX];
    int status = read_leaf(of, "/ring-ref", ring_ref);

    if (status == 0)
        status = read_leaf(of, "/epoch", epoch);
    if (status == 0 && !text_answer(answer, ring_ref, epoch))
        status = NU_PROTO;
    return status;
}
