/* What `nuncio ps` prints. */
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "json.h"
#include "ps.h"

/* The same domain, and the same link of it, in the earlier reading; or NULL. */
static const struct ps_domain *earlier(const struct ps_system *before,
                                       const struct ps_domain *domain)
{
    for (size_t i = 0; i < before->domain_count; i++) {
        if (before->domains[i].domid == domain->domid &&
            before->domains[i].epoch == domain->epoch)
            return &before->domains[i];
    }
    return NULL;
}

static const struct ps_link *earlier_link(const struct ps_domain *before,
                                          const struct ps_link *link)
{
    for (size_t i = 0; before != NULL && i < before->link_count; i++) {
        if (strcmp(before->links[i].peer, link->peer) == 0)
            return &before->links[i];
    }
    return NULL;
}

/* Per second, between two readings; 0 if there is nothing to compare, or it
 * began anew. */
static uint64_t rate(const struct ps_system *now,
                     const struct ps_system *before, uint64_t value,
                     uint64_t was)
{
    uint64_t ms = now->read_ms - before->read_ms;

    return ms == 0 || value < was ? 0 : ((value - was) * 1000 + ms / 2) / ms;
}

static uint64_t call_rate(const struct ps_system *now,
                          const struct ps_system *before,
                          const struct ps_domain *domain,
                          const struct ps_link *link)
{
    const struct ps_link *was = earlier_link(earlier(before, domain), link);

    return was == NULL ? 0
                       : rate(now, before, link->calls + link->served,
                              was->calls + was->served);
}

static uint64_t counter(const struct ps_domain *domain, const char *key)
{
    uint64_t value = 0;

    (void)json_number(domain->object, key, &value);
    return value;
}

static uint64_t counter_rate(const struct ps_system *now,
                             const struct ps_system *before,
                             const struct ps_domain *domain, const char *key)
{
    const struct ps_domain *was = earlier(before, domain);

    return was == NULL
               ? 0
               : rate(now, before, counter(domain, key), counter(was, key));
}

/*
 * The next line of the text of about.h that begins with the word (key); its
 * other words are cut into (words), of which there are three. (*at) goes on.
 */
static bool next_about(struct pool *pool, const char **at, const char *key,
                       const char *words[3])
{
    size_t bytes = strlen(key);

    while (**at != '\0') {
        size_t length = strcspn(*at, "\n");
        char *line = pool_copy(pool, *at, length);
        char *rest;

        *at += length + ((*at)[length] == '\n');
        if (strncmp(line, key, bytes) != 0 || line[bytes] != ' ')
            continue;
        for (size_t i = 0; i < 3; i++) {
            const char *word =
                strtok_r(i == 0 ? line + bytes : NULL, " ", &rest);

            words[i] = word != NULL ? word : "";
        }
        return true;
    }
    return false;
}

static const char *about_word(struct pool *pool, const struct ps_domain *domain,
                              const char *key)
{
    const char *at = domain->about;
    const char *words[3];

    return next_about(pool, &at, key, words) ? words[0] : "-";
}

static void print_domains(const struct ps_system *now, struct text *out)
{
    text_printf(out, "%-16s %4s  %-9s %5s %10s %8s %8s %10s\n", "DOMAIN", "ID",
                "STATE", "EPOCH", "UPTIME", "PID", "RESTARTS", "MEMORY");
    for (size_t i = 0; i < now->domain_count; i++) {
        const struct ps_domain *domain = &now->domains[i];
        struct pool pool = {0};

        text_printf(out,
                    "%-16s %4llu  %-9s %5llu %8llu.%llus %7s %8s %6s MiB\n",
                    domain->name, (unsigned long long)domain->domid,
                    domain->state, (unsigned long long)domain->epoch,
                    (unsigned long long)(domain->uptime_ms / 1000),
                    (unsigned long long)(domain->uptime_ms % 1000 / 100),
                    about_word(&pool, domain, "pid"),
                    about_word(&pool, domain, "restarts"),
                    about_word(&pool, domain, "memory_mib"));
        pool_free(&pool);
    }
}

static void print_services(const struct ps_system *now, struct text *out)
{
    text_printf(out, "\n%-16s %-16s %-10s %s\n", "SERVICE", "DOMAIN",
                "PLACEMENT", "FOR OTHERS");
    for (size_t i = 0; i < now->domain_count; i++) {
        const struct ps_domain *domain = &now->domains[i];
        const char *at = domain->about;
        const char *words[3];
        struct pool pool = {0};

        while (next_about(&pool, &at, "service", words))
            text_printf(out, "%-16s %-16s %-10s %s\n", words[0], domain->name,
                        words[1], words[2][0] != '\0' ? "yes" : "no");
        pool_free(&pool);
    }
}

static void print_link(const struct ps_system *now,
                       const struct ps_system *before,
                       const struct ps_domain *domain,
                       const struct ps_link *link, struct text *out)
{
    static const struct {
        const char *key;
        int width;
    } columns[] = {{"state", -8},
                   {"epoch", 5},
                   {"replayed", 10},
                   {"waiting", 8},
                   {"outage_ms", 10}};
    struct pool pool = {0};
    uint64_t calls = link->calls + link->served;

    text_printf(out, "%-16s %-16s", domain->name, link->peer);
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        const char *word = control_word(&pool, link->words, columns[i].key);

        text_printf(out, " %*s", columns[i].width, word != NULL ? word : "-");
    }
    text_printf(out, " %10llu %8llu\n", (unsigned long long)calls,
                (unsigned long long)call_rate(now, before, domain, link));
    pool_free(&pool);
}

static void print_links(const struct ps_system *now,
                        const struct ps_system *before, struct text *out)
{
    text_printf(out, "\n%-16s %-16s %-8s %5s %10s %8s %10s %10s %8s\n",
                "LINK OF", "TO", "STATE", "EPOCH", "REPLAYED", "WAITING",
                "OUTAGE MS", "CALLS", "CALLS/S");
    for (size_t i = 0; i < now->domain_count; i++) {
        const struct ps_domain *domain = &now->domains[i];

        for (size_t k = 0; k < domain->link_count; k++)
            print_link(now, before, domain, &domain->links[k], out);
    }
}

static void print_broker(const struct ps_system *now,
                         const struct ps_system *before, struct text *out)
{
    text_printf(out, "\n%-16s %12s %12s %12s %14s %10s %12s\n", "BROKER FOR",
                "OPERATIONS", "PER S", "COPIES", "BYTES", "EVENTS", "BYTES/S");
    for (size_t i = 0; i < now->domain_count; i++) {
        const struct ps_domain *d = &now->domains[i];

        text_printf(
            out, "%-16s %12llu %12llu %12llu %14llu %10llu %12llu\n", d->name,
            (unsigned long long)counter(d, "operations"),
            (unsigned long long)counter_rate(now, before, d, "operations"),
            (unsigned long long)counter(d, "copies"),
            (unsigned long long)counter(d, "bytes"),
            (unsigned long long)counter(d, "events_sent"),
            (unsigned long long)counter_rate(now, before, d, "bytes"));
    }
}

void ps_print_text(const struct ps_system *now, const struct ps_system *before,
                   struct text *out)
{
    text_printf(out, "system %s\n\n", now->dir);
    print_domains(now, out);
    print_services(now, out);
    print_links(now, before, out);
    print_broker(now, before, out);
}

static void put_string(struct text *out, const char *key, const char *value)
{
    text_printf(out, ",\"%s\":", key);
    json_quote(out, value, strlen(value));
}

static void put_about(const struct ps_domain *domain, struct text *out)
{
    static const char *const numbers[] = {"pid", "restarts", "since",
                                          "memory_mib"};
    struct pool pool = {0};
    const char *at = domain->about;
    const char *words[3];
    const char *comma = "";

    put_string(out, "kind", about_word(&pool, domain, "kind"));
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        text_printf(out, ",\"%s\":%llu", numbers[i],
                    strtoull(about_word(&pool, domain, numbers[i]), NULL, 10));
    text_puts(out, ",\"services\":[");
    while (next_about(&pool, &at, "service", words)) {
        text_printf(out, "%s{\"name\":", comma);
        json_quote(out, words[0], strlen(words[0]));
        put_string(out, "placement", words[1]);
        text_printf(out, ",\"exported\":%s}",
                    words[2][0] != '\0' ? "true" : "false");
        comma = ",";
    }
    text_puts(out, "],\"imports\":[");
    at = domain->about;
    for (comma = ""; next_about(&pool, &at, "import", words); comma = ",") {
        text_printf(out, "%s{\"name\":", comma);
        json_quote(out, words[0], strlen(words[0]));
        put_string(out, "domain", words[1]);
        text_puts(out, "}");
    }
    text_puts(out, "]");
    pool_free(&pool);
}

/* The words of a link become members; a number where they are one. */
static void put_words(const char *words, struct text *out)
{
    struct pool pool = {0};
    char *copy = pool_strdup(&pool, words);
    char *rest;

    for (char *word = strtok_r(copy, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(word, '=');
        size_t digits;

        if (value == NULL || strcspn(word, "\"\\") != strlen(word))
            continue;
        *value++ = '\0';
        digits = strspn(value, "0123456789");
        if (digits > 0 && digits < 20 && value[digits] == '\0' &&
            (value[0] != '0' || digits == 1))
            text_printf(out, ",\"%s\":%s", word, value);
        else
            put_string(out, word, value);
    }
    pool_free(&pool);
}

void ps_print_json(const struct ps_system *now, const struct ps_system *before,
                   struct text *out)
{
    text_puts(out, "{\"directory\":");
    json_quote(out, now->dir, strlen(now->dir));
    text_puts(out, ",\"domains\":[");
    for (size_t i = 0; i < now->domain_count; i++) {
        const struct ps_domain *domain = &now->domains[i];
        size_t bytes = strlen(domain->object);

        /* The broker's object goes on. */
        while (bytes > 0 && domain->object[bytes - 1] != '}')
            bytes--;
        text_puts(out, i == 0 ? "\n" : ",\n");
        text_add(out, domain->object, bytes > 0 ? bytes - 1 : 0);
        text_printf(
            out, ",\"operations_per_s\":%llu,\"bytes_per_s\":%llu",
            (unsigned long long)counter_rate(now, before, domain, "operations"),
            (unsigned long long)counter_rate(now, before, domain, "bytes"));
        put_about(domain, out);
        text_puts(out, ",\"links\":[");
        for (size_t k = 0; k < domain->link_count; k++) {
            const struct ps_link *link = &domain->links[k];

            text_printf(out, "%s{\"peer\":", k == 0 ? "" : ",");
            json_quote(out, link->peer, strlen(link->peer));
            put_words(link->words, out);
            text_printf(
                out, ",\"calls_per_s\":%llu}",
                (unsigned long long)call_rate(now, before, domain, link));
        }
        text_puts(out, "]}");
    }
    text_puts(out, "]}");
}
