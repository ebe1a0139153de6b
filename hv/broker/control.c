#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "connection.h"
#include "report.h"
#include "store.h"

#define WORDS_MAX       4u
#define WATCHDOG_MAX_MS 86400000ul /* a day */
#define NS_PER_MS       1000000ull

struct words {
    uint32_t count;
    char *at[WORDS_MAX];
};

typedef void (*command_fn)(struct broker *broker, const struct words *words,
                           FILE *out);

/* False: there are more than WORDS_MAX. */
static bool split(char *line, struct words *words)
{
    char *rest = line;
    char *word;

    words->count = 0;
    while ((word = strsep(&rest, " \t\r")) != NULL) {
        if (*word == '\0')
            continue;
        if (words->count == WORDS_MAX)
            return false;
        words->at[words->count++] = word;
    }
    return true;
}

static bool read_number(const char *text, unsigned long most,
                        unsigned long *number)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *number = strtoul(text, &end, 10);
    return errno == 0 && *end == '\0' && *number <= most;
}

const char *control_add(struct broker *broker, const char *name,
                        unsigned long watchdog_ms)
{
    char path[CONNECTION_PATH_MAX];
    const char *problem = domain_name_problem(name);
    struct domain *domain;

    if (problem != NULL)
        return problem;
    if (broker_find(broker, name) != NULL)
        return "there is a domain of this name";
    if (!connection_path(broker, name, path))
        return "the path of its socket would be too long";
    domain = broker_add(broker, name);
    if (domain == NULL)
        return "there are as many domains as there can be";
    if (store_name_add(broker->store, name, domain->domid) != 0)
        problem = "the store does not take this name";
    else
        problem = connection_listen(broker, domain);
    if (problem != NULL) {
        store_name_remove(broker->store, name, domain->domid);
        broker_remove(broker, domain);
        return problem;
    }
    domain->watchdog_ns = watchdog_ms * NS_PER_MS;
    domain_log(domain, "event=add domid=%u watchdog_ms=%lu", domain->domid,
               watchdog_ms);
    return NULL;
}

static void do_add(struct broker *broker, const struct words *words, FILE *out)
{
    static const char option[] = "watchdog_ms=";
    char path[CONNECTION_PATH_MAX];
    unsigned long watchdog_ms = 0;
    struct domain *domain;
    const char *problem;

    if (words->count == 3 &&
        (strncmp(words->at[2], option, sizeof(option) - 1) != 0 ||
         !read_number(words->at[2] + sizeof(option) - 1, WATCHDOG_MAX_MS,
                      &watchdog_ms))) {
        (void)fprintf(out,
                      "error what follows the name is watchdog_ms= and a "
                      "number up to %lu\n",
                      WATCHDOG_MAX_MS);
        return;
    }
    problem = control_add(broker, words->at[1], watchdog_ms);
    if (problem != NULL) {
        (void)fprintf(out, "error %s\n", problem);
        return;
    }
    domain = broker_find(broker, words->at[1]);
    (void)connection_path(broker, domain->name, path);
    (void)fprintf(out, "ok domid=%u socket=%s\n", (unsigned)domain->domid,
                  path);
}

static void do_remove(struct broker *broker, const struct words *words,
                      FILE *out)
{
    struct domain *domain = broker_find(broker, words->at[1]);

    if (domain == NULL) {
        (void)fputs("error there is no domain of this name\n", out);
        return;
    }
    connection_unlisten(broker, domain);
    store_name_remove(broker->store, domain->name, domain->domid);
    domain_log(domain, "event=remove domid=%u", domain->domid);
    broker_remove(broker, domain);
    (void)fputs("ok\n", out);
}

static void do_list(struct broker *broker, const struct words *words, FILE *out)
{
    uint64_t now = log_now_ns();

    (void)words;
    for (uint32_t i = 1; i < BROKER_DOMAINS_MAX; i++) {
        if (broker->domains[i] != NULL)
            report_domain(out, broker, broker->domains[i], now);
    }
    (void)fputs("ok\n", out);
}

/* A value in one line: bytes that do not print, and \, are \xNN. */
static void put_value(FILE *out, const unsigned char *value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (value[i] < ' ' || value[i] > '~' || value[i] == '\\')
            (void)fprintf(out, "\\x%02x", value[i]);
        else
            (void)fputc(value[i], out);
    }
}

static void put_store_error(FILE *out, int error)
{
    if (error == -ENOENT)
        (void)fputs("error there is no such node\n", out);
    else if (error == -EINVAL)
        (void)fputs("error this is not the path of a node\n", out);
    else
        (void)fprintf(out, "error %s\n", strerror(-error));
}

static void do_read(struct broker *broker, const struct words *words, FILE *out)
{
    static unsigned char value[STORE_ENTRY_MAX];
    size_t bytes;
    int error = store_root_read(broker->store, words->at[1], value,
                                sizeof(value), &bytes);

    if (error != 0) {
        put_store_error(out, error);
        return;
    }
    (void)fputs("ok ", out);
    put_value(out, value, bytes);
    (void)fputc('\n', out);
}

static void put_name(void *context, const char *name)
{
    (void)fprintf(context, "name %s\n", name);
}

static void do_ls(struct broker *broker, const struct words *words, FILE *out)
{
    int error = store_root_list(broker->store, words->at[1], put_name, out);

    if (error != 0)
        put_store_error(out, error);
    else
        (void)fputs("ok\n", out);
}

static void do_stop(struct broker *broker, const struct words *words, FILE *out)
{
    (void)words;
    broker->stopping = true;
    (void)fputs("ok\n", out);
}

static const struct command {
    const char *name;
    command_fn run;
    uint32_t least; /* words, with the name */
    uint32_t most;
    const char *usage;
} commands[] = {
    {"add", do_add, 2, 3, "add NAME [watchdog_ms=N]"},
    {"remove", do_remove, 2, 2, "remove NAME"},
    {"list", do_list, 1, 1, "list"},
    {"read", do_read, 2, 2, "read PATH"},
    {"ls", do_ls, 2, 2, "ls PATH"},
    {"stop", do_stop, 1, 1, "stop"},
};

void control_do(struct broker *broker, char *line, FILE *out)
{
    struct words words;

    if (!split(line, &words)) {
        (void)fputs("error no command has so many words\n", out);
        return;
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        const struct command *c = &commands[i];

        if (words.count == 0 || strcmp(words.at[0], c->name) != 0)
            continue;
        if (words.count < c->least || words.count > c->most)
            (void)fprintf(out, "error usage: %s\n", c->usage);
        else
            c->run(broker, &words, out);
        return;
    }
    (void)fputs("error no such command: add, remove, list, read, ls, stop\n",
                out);
}
