#include "system.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "words.h"

static const char *const placement_names[] = {
    [PLACEMENT_INPROC] = "inproc",
    [PLACEMENT_KERNEL] = "kernel",
    [PLACEMENT_PROCESS] = "process",
    [PLACEMENT_DOMAIN] = "domain",
};

#define PLACEMENT_COUNT (sizeof(placement_names) / sizeof(placement_names[0]))

const char *placement_name(enum placement placement)
{
    return placement_names[placement];
}

bool placement_parse(const char *text, enum placement *placement)
{
    for (size_t i = 0; i < PLACEMENT_COUNT; i++) {
        if (strcmp(text, placement_names[i]) == 0) {
            *placement = (enum placement)i;
            return true;
        }
    }
    return false;
}

struct service *system_service(struct system *sys, const char *name)
{
    for (size_t i = 0; i < sys->service_count; i++) {
        if (strcmp(sys->services[i].name, name) == 0)
            return &sys->services[i];
    }
    return NULL;
}

struct program *system_main(struct system *sys)
{
    for (size_t i = 0; i < sys->program_count; i++) {
        if (sys->programs[i].is_main)
            return &sys->programs[i];
    }
    return NULL;
}

int system_disk(const struct system *sys, const char *name)
{
    for (size_t i = 0; i < sys->disk_count; i++) {
        if (strcmp(sys->disks[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

bool system_is_kernel_object(const char *name)
{
    static const char *const objects[] = {"clock", "log",   "trace",  "self",
                                          "purse", "space", "system", "domain"};

    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        if (strcmp(name, objects[i]) == 0)
            return true;
    }
    return false;
}

bool system_is_name(const char *name)
{
    size_t bytes = strlen(name);

    return bytes >= 1 && bytes <= SYSTEM_NAME_MAX && name[0] >= 'a' &&
           name[0] <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == bytes;
}

bool system_uses(const struct strings *uses, const char *name)
{
    for (size_t i = 0; i < uses->count; i++) {
        if (strcmp(uses->items[i], name) == 0)
            return true;
    }
    return false;
}

bool system_has_domains(const struct system *sys)
{
    for (size_t i = 0; i < sys->service_count; i++) {
        if (sys->services[i].placement == PLACEMENT_DOMAIN &&
            strcmp(sys->services[i].domain, sys->name) != 0)
            return true;
    }
    for (size_t i = 0; i < sys->program_count; i++) {
        if (sys->programs[i].domain != NULL &&
            strcmp(sys->programs[i].domain, sys->name) != 0)
            return true;
    }
    return false;
}

/* Splits "NAME=VALUE" in sys's pool; false when it has not that form. */
static bool split_pair(struct system *sys, const char *text, char **name,
                       char **value)
{
    const char *equals = strchr(text, '=');

    if (equals == NULL || equals == text || equals[1] == '\0')
        return false;
    *name = pool_copy(&sys->pool, text, (size_t)(equals - text));
    *value = pool_strdup(&sys->pool, equals + 1);
    return true;
}

void system_place(struct system *sys, const char *text, struct report *report)
{
    struct service *service;
    enum placement placement;
    char *name;
    char *value;
    char *domain;

    if (!split_pair(sys, text, &name, &value)) {
        report_error(report, NULL, 0, "--place %s: expected SERVICE=PLACEMENT",
                     text);
        return;
    }
    service = system_service(sys, name);
    if (service == NULL) {
        struct text known = {0};

        for (size_t i = 0; i < sys->service_count; i++)
            text_printf(&known, "%s%s", i == 0 ? "" : ", ",
                        sys->services[i].name);
        report_error(report, NULL, 0,
                     "--place %s: system \"%s\" has no service \"%s\" (it has "
                     "%s)",
                     text, sys->name, name,
                     known.bytes != 0 ? text_string(&known) : "none");
        text_free(&known);
        return;
    }
    domain = strchr(value, ':');
    if (domain != NULL)
        *domain++ = '\0';
    if (!placement_parse(value, &placement)) {
        report_error(report, NULL, 0,
                     "--place %s: unknown placement \"%s\" (" PLACEMENT_NAMES
                     ")",
                     text, value);
        return;
    }
    if (domain != NULL &&
        (placement != PLACEMENT_DOMAIN || !system_is_name(domain))) {
        report_error(report, NULL, 0,
                     "--place %s: only \"domain\" is followed by the name of "
                     "one, as in %s=domain:" SYSTEM_DOMAIN_DEFAULT,
                     text, name);
        return;
    }
    if (domain != NULL && strcmp(domain, sys->name) == 0) {
        report_error(report, NULL, 0,
                     "--place %s: \"%s\" is the main domain, where the "
                     "programs are; name another, or place it inproc, kernel "
                     "or process",
                     text, domain);
        return;
    }
    service->placement = placement;
    if (domain != NULL)
        service->domain = domain;
}

void system_set_disk(struct system *sys, const char *text,
                     struct report *report)
{
    char *name;
    char *value;
    int index;

    if (!split_pair(sys, text, &name, &value)) {
        report_error(report, NULL, 0, "--disk %s: expected DISK=IMAGE", text);
        return;
    }
    index = system_disk(sys, name);
    if (index < 0) {
        report_error(report, NULL, 0,
                     "--disk %s: system \"%s\" has no disk \"%s\"", text,
                     sys->name, name);
        return;
    }
    sys->disks[index].image = value;
    sys->disks[index].line = 0;
}

/* Is (word) the name of an image that is not one of the system's services? */
static bool is_program(struct system *sys, const char *word,
                       const char *image_dir)
{
    const char *path;

    if (strchr(word, '/') != NULL || word[0] == '.' || word[0] == '\0' ||
        system_service(sys, word) != NULL)
        return false;
    path = pool_format(&sys->pool, "%s/%s", image_dir, word);
    return access(path, F_OK) == 0;
}

void system_exec(struct system *sys, const char *command, const char *image_dir,
                 struct report *report)
{
    struct program *program = system_main(sys);
    struct strings words = {0};
    const char *wrong = words_split(&sys->pool, command, &words);
    size_t first = 0;

    if (wrong != NULL) {
        report_error(report, NULL, 0, "--exec: %s in: %s", wrong, command);
        return;
    }
    if (words.count == 0) {
        report_error(report, NULL, 0, "--exec: no command");
        return;
    }
    if (program == NULL)
        return; /* system_check() says so */
    if (is_program(sys, words.items[0], image_dir)) {
        program->image = words.items[0];
        first = 1;
    }
    program->args = (struct strings){0};
    for (size_t i = first; i < words.count; i++)
        strings_add(&sys->pool, &program->args, words.items[i]);
}

void system_free(struct system *sys)
{
    if (sys == NULL)
        return;
    pool_free(&sys->pool);
    free(sys);
}
