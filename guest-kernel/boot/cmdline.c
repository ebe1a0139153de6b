/*
 * The kernel's command line: cmdline.h.
 */
#include <boot/cmdline.h>

#include <abi/error.h>
#include <nlib/string.h>

static const char *cmdline = "";

void cmdline_set(const char *line)
{
    cmdline = line;
}

const char *cmdline_text(void)
{
    return cmdline;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool ends_word(char c)
{
    return c == '\0' || is_blank(c);
}

/* What follows (name) in word (index) that has it: "=value", or the word's
 * end. NULL: there is none. */
static const char *find(const char *name, uint32_t index)
{
    size_t length = strlen(name);
    const char *at = cmdline;

    while (*at != '\0') {
        if (is_blank(*at)) {
            at++;
            continue;
        }
        if (strncmp(at, name, length) == 0 &&
            (at[length] == '=' || ends_word(at[length]))) {
            if (index == 0) {
                return at + length;
            }
            index--;
        }
        while (!ends_word(*at)) {
            at++;
        }
    }
    return NULL;
}

int cmdline_get_nth(const char *name, uint32_t index, char *value, size_t bytes)
{
    const char *from = find(name, index);
    size_t length = 0;

    if (from == NULL) {
        return NU_NOENT;
    }
    if (*from == '=') {
        from++;
    }
    while (!ends_word(from[length])) {
        length++;
    }
    if (length >= bytes) {
        return NU_TOOLONG;
    }
    memcpy(value, from, length);
    value[length] = '\0';
    return (int)length;
}

int cmdline_get(const char *name, char *value, size_t bytes)
{
    return cmdline_get_nth(name, 0, value, bytes);
}

bool cmdline_has(const char *name)
{
    return find(name, 0) != NULL;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return 99;
}

int cmdline_number(const char **text, uint64_t *value)
{
    const char *at = *text;
    uint64_t base = 10;
    uint64_t number = 0;
    const char *first;

    if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) {
        base = 16;
        at += 2;
    }
    for (first = at; (uint64_t)digit_of(*at) < base; at++) {
        uint64_t digit = (uint64_t)digit_of(*at);

        if (number > (UINT64_MAX - digit) / base) {
            return NU_INVAL;
        }
        number = number * base + digit;
    }
    if (at == first) {
        return NU_INVAL;
    }
    *text = at;
    *value = number;
    return 0;
}

int cmdline_get_u64(const char *name, uint64_t *value)
{
    char text[32];
    const char *at = text;
    uint64_t number;
    int rc = cmdline_get(name, text, sizeof(text));

    if (rc == NU_NOENT) {
        return rc;
    }
    if (rc <= 0 || cmdline_number(&at, &number) != 0 || *at != '\0') {
        return NU_INVAL;
    }
    *value = number;
    return 0;
}
