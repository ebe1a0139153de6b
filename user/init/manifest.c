#include "manifest_internal.h"

#include <nlib/string.h>

#define PAGES_MAX (1u << 24)

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* Percent-decodes in place; false if it is malformed or holds a NUL. */
static bool decode(char *text)
{
    char *to = text;

    for (; *text != '\0'; text++) {
        if (*text == '%') {
            int high = hex(text[1]);
            int low = high < 0 ? -1 : hex(text[2]);

            if (low < 0 || (high == 0 && low == 0))
                return false;
            *to++ = (char)(high * 16 + low);
            text += 2;
        } else {
            *to++ = *text;
        }
    }
    *to = '\0';
    return true;
}

static bool is_name(const char *name)
{
    size_t i = 0;

    for (; name[i] != '\0'; i++) {
        char c = name[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
              c == '_'))
            return false;
    }
    return i > 0 && i <= MANIFEST_NAME_MAX;
}

static bool number(const char *text, uint64_t max, uint64_t *value)
{
    uint64_t v = 0;

    if (*text == '\0')
        return false;
    for (; *text >= '0' && *text <= '9'; text++) {
        v = v * 10 + (uint64_t)(*text - '0');
        if (v > max)
            return false;
    }
    *value = v;
    return *text == '\0';
}

/* Cuts (text) at the first (mark); the rest, or NULL if it has none. */
static char *cut(char *text, char mark)
{
    char *at = strchr(text, mark);

    if (at == NULL)
        return NULL;
    *at = '\0';
    return at + 1;
}

static bool set_uses(struct manifest *m, struct unit *u, char *value)
{
    while (value != NULL) {
        char *next = cut(value, ',');

        if (!is_name(value))
            return manifest_fail(m, u->line, "not a name", value);
        if (u->use_count == MANIFEST_USES_MAX)
            return manifest_fail(m, u->line, "uses too much", value);
        u->uses[u->use_count++] = value;
        value = next;
    }
    return true;
}

static bool set_device(struct manifest *m, struct unit *u, char *value)
{
    char *index = cut(value, ':');
    uint64_t n;

    if (index == NULL || !number(index, 63, &n))
        return manifest_fail(m, u->line, "expected device=KIND:INDEX", value);
    if (strcmp(value, "virtio-blk") != 0 && strcmp(value, "serial") != 0)
        return manifest_fail(m, u->line, "no such kind of device", value);
    u->device = value;
    u->device_index = (uint32_t)n;
    return true;
}

static bool set_placement(struct manifest *m, struct unit *u, const char *value)
{
    if (strcmp(value, "process") == 0)
        u->placement = PLACE_PROCESS;
    else if (strcmp(value, "kernel") == 0)
        u->placement = PLACE_KERNEL;
    else if (strcmp(value, "inproc") == 0)
        u->placement = PLACE_INPROC;
    else
        return manifest_fail(m, u->line, "no such placement", value);
    return true;
}

static bool add_arg(struct manifest *m, struct unit *u, const char *value)
{
    if (u->arg_count == MANIFEST_ARGS_MAX)
        return manifest_fail(m, u->line, "too many arguments", value);
    u->args[u->arg_count++] = value;
    return true;
}

/* One KEY=VALUE of a service. */
static bool service_word(struct manifest *m, struct unit *u, char *word,
                         char *value)
{
    if (strcmp(word, "placement") == 0)
        return set_placement(m, u, value);
    if (strcmp(word, "device") == 0)
        return set_device(m, u, value);
    if (strcmp(word, "client") == 0) {
        u->client = value;
        return true;
    }
    if (strncmp(word, "option.", 7) == 0 && word[7] != '\0') {
        /* The value lies where the name ends: make them one word again. */
        char *option = word + 7;
        size_t key = strlen(option);

        option[key] = '=';
        return add_arg(m, u, option);
    }
    return manifest_fail(m, u->line, "a service has no such word", word);
}

static bool program_word(struct manifest *m, struct unit *u, const char *word,
                         const char *value)
{
    if (strcmp(word, "arg") == 0)
        return add_arg(m, u, value);
    if (strcmp(word, "main") == 0 && strcmp(value, "1") == 0) {
        u->is_main = true;
        return true;
    }
    if (strcmp(word, "trace") == 0 && strcmp(value, "1") == 0) {
        u->is_traced = true;
        return true;
    }
    return manifest_fail(m, u->line, "a program has no such word", word);
}

/* The one word of an import. */
static bool import_word(struct manifest *m, struct unit *u, const char *word,
                        const char *value)
{
    if (strcmp(word, "domain") != 0)
        return manifest_fail(m, u->line, "an import has no such word", word);
    if (!is_name(value))
        return manifest_fail(m, u->line, "not a name", value);
    u->domain = value;
    return true;
}

static bool unit_word(struct manifest *m, struct unit *u, char *word)
{
    char *value = cut(word, '=');

    if (value == NULL)
        return manifest_fail(m, u->line, "expected KEY=VALUE", word);
    if (!decode(value))
        return manifest_fail(m, u->line, "malformed value of", word);
    if (u->is_import)
        return import_word(m, u, word, value);
    if (strcmp(word, "image") == 0) {
        u->image = value;
        return true;
    }
    if (strcmp(word, "pages") == 0)
        return number(value, PAGES_MAX, &u->pages) ||
               manifest_fail(m, u->line, "pages: not a number in range", value);
    if (strcmp(word, "use") == 0)
        return set_uses(m, u, value);
    return u->is_program ? program_word(m, u, word, value)
                         : service_word(m, u, word, value);
}

/* What a unit cannot be without. */
static bool is_complete(struct manifest *m, const struct unit *u)
{
    if (u->is_import)
        return u->domain != NULL ||
               manifest_fail(m, u->line, "no domain", u->name);
    if (u->image == NULL || u->image[0] == '\0')
        return manifest_fail(m, u->line, "no image", u->name);
    return u->pages != 0 || manifest_fail(m, u->line, "no pages", u->name);
}

static bool read_unit(struct manifest *m, char *line, uint32_t number_of_line)
{
    struct unit *u = &m->units[m->unit_count];
    char *name = cut(line, ' ');
    char *word = name != NULL ? cut(name, ' ') : NULL;

    if (m->unit_count == MANIFEST_UNITS_MAX)
        return manifest_fail(m, number_of_line, "too many units", "");
    memset(u, 0, sizeof(*u));
    u->line = number_of_line;
    u->is_program = strcmp(line, "program") == 0;
    u->is_import = strcmp(line, "import") == 0;
    if (!u->is_program && !u->is_import && strcmp(line, "service") != 0)
        return manifest_fail(m, u->line, "no such directive", line);
    if (name == NULL || !is_name(name))
        return manifest_fail(m, u->line, "expected a name",
                             name != NULL ? name : "");
    u->name = name;
    while (word != NULL) {
        char *next = cut(word, ' ');

        if (!unit_word(m, u, word))
            return false;
        word = next;
    }
    if (!is_complete(m, u))
        return false;
    m->unit_count++;
    return true;
}

bool manifest_read(struct manifest *m, char *text, size_t bytes)
{
    uint32_t line = 0;

    memset(m, 0, sizeof(*m));
    if (strlen(text) != bytes)
        return manifest_fail(m, 0, "a NUL in the text", "");
    while (text != NULL && *text != '\0') {
        char *next = cut(text, '\n');

        line++;
        if (*text != '\0' && !read_unit(m, text, line))
            return false;
        text = next;
    }
    return manifest_check(m);
}
