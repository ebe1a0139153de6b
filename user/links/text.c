#include "text.h"

#include <nlib/printf.h>
#include <nlib/string.h>

#define DOMAINS "/local/domain"

/* Digits at (*text), which moves behind them. */
static bool take_number(const char **text, uint64_t max, uint64_t *number)
{
    const char *at = *text;
    uint64_t v = 0;

    if (*at == '0' && at[1] >= '0' && at[1] <= '9')
        return false;
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');

        if (v > (UINT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    if (at == *text || v > max)
        return false;
    *text = at;
    *number = v;
    return true;
}

bool text_number(const char *text, uint64_t max, uint64_t *number)
{
    uint64_t v;

    if (!take_number(&text, max, &v) || *text != '\0')
        return false;
    *number = v;
    return true;
}

static bool take_domid(const char **text, uint32_t *domid)
{
    uint64_t v;

    if (!take_number(text, TEXT_DOMID_MAX, &v) || v == 0)
        return false;
    *domid = (uint32_t)v;
    return true;
}

bool text_domid(const char *text, uint32_t *domid)
{
    uint32_t v;

    if (!take_domid(&text, &v) || *text != '\0')
        return false;
    *domid = v;
    return true;
}

bool text_is_name(const char *text)
{
    size_t i = 0;

    for (; text[i] != '\0'; i++) {
        char c = text[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
              c == '_'))
            return false;
    }
    return i > 0 && i < TEXT_NAME_MAX;
}

void text_word(char word[TEXT_VALUE_MAX], uint64_t epoch, uint64_t number)
{
    nl_snprintf(word, TEXT_VALUE_MAX, "%lu.%lu", (unsigned long)epoch,
                (unsigned long)number);
}

bool text_parse_word(const char *word, uint64_t *epoch, uint64_t *number)
{
    uint64_t e;
    uint64_t n;

    if (!take_number(&word, UINT64_MAX, &e) || *word++ != '.' ||
        !text_number(word, UINT64_MAX, &n))
        return false;
    *epoch = e;
    *number = n;
    return true;
}

static bool ring_ref_of(const char *text, uint32_t *ring_ref)
{
    uint64_t v;

    if (!text_number(text, UINT32_MAX, &v) || v == 0)
        return false;
    *ring_ref = (uint32_t)v;
    return true;
}

bool text_offer(struct offer *offer, const char *version, const char *ring_ref,
                const char *port, const char *word)
{
    struct offer o = {0};
    uint64_t number;
    uint64_t v;

    if (strcmp(version, TEXT_VERSION) != 0 ||
        !ring_ref_of(ring_ref, &o.ring_ref) ||
        !text_number(port, UINT32_MAX, &v) || v == 0 ||
        !text_parse_word(word, &o.epoch, &number))
        return false;
    o.port = (uint32_t)v;
    *offer = o;
    return true;
}

bool text_answer(struct offer *answer, const char *ring_ref, const char *epoch)
{
    struct offer a = {0};

    if (!ring_ref_of(ring_ref, &a.ring_ref) ||
        !text_number(epoch, UINT64_MAX, &a.epoch))
        return false;
    *answer = a;
    return true;
}

void text_path_name(char path[TEXT_PATH_MAX], const char *name)
{
    nl_snprintf(path, TEXT_PATH_MAX, "/nuncio/domain/%s", name);
}

void text_path_own(char path[TEXT_PATH_MAX], uint32_t domid, const char *leaf)
{
    nl_snprintf(path, TEXT_PATH_MAX, DOMAINS "/%u%s", domid, leaf);
}

void text_path_link(char path[TEXT_PATH_MAX], uint32_t of, uint32_t to,
                    const char *leaf)
{
    nl_snprintf(path, TEXT_PATH_MAX, DOMAINS "/%u/data/nuncio/link/%u%s", of,
                to, leaf);
}

enum text_change text_change(const char *path, uint32_t us, uint32_t *domid)
{
    static const char link[] = "/data/nuncio/link";
    size_t bytes = sizeof(DOMAINS) - 1;
    uint32_t of;
    uint32_t to;

    if (strncmp(path, DOMAINS, bytes) != 0)
        return TEXT_CHANGE_NONE;
    path += bytes;
    if (*path == '\0')
        return TEXT_CHANGE_ALL;
    if (*path++ != '/' || !take_domid(&path, &of) || of == us)
        return TEXT_CHANGE_NONE;
    /* The domain itself, or a directory above its offers. */
    bytes = strlen(path);
    if (bytes < sizeof(link) && strncmp(path, link, bytes) == 0 &&
        (link[bytes] == '\0' || link[bytes] == '/')) {
        *domid = of;
        return TEXT_CHANGE_ONE;
    }
    if (strncmp(path, link, sizeof(link) - 1) != 0)
        return TEXT_CHANGE_NONE;
    path += sizeof(link) - 1;
    if (*path++ != '/' || !take_domid(&path, &to) || to != us ||
        (*path != '\0' && *path != '/'))
        return TEXT_CHANGE_NONE;
    *domid = of;
    return TEXT_CHANGE_ONE;
}
