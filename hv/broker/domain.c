#include "domain.h"

#include <stdlib.h>
#include <string.h>

struct domain *broker_running(const struct broker *broker, uint32_t domid)
{
    struct domain *domain =
        domid < BROKER_DOMAINS_MAX ? broker->domains[domid] : NULL;

    return domain != NULL && domain->running ? domain : NULL;
}

struct domain *broker_find(const struct broker *broker, const char *name)
{
    for (uint32_t i = 1; i < BROKER_DOMAINS_MAX; i++) {
        if (broker->domains[i] != NULL &&
            strcmp(broker->domains[i]->name, name) == 0)
            return broker->domains[i];
    }
    return NULL;
}

const char *domain_name_problem(const char *name)
{
    size_t length = strlen(name);

    if (length == 0)
        return "a domain needs a name";
    if (length > DOMAIN_NAME_MAX)
        return "a domain's name has at most 32 characters";
    if (strspn(name, "abcdefghijklmnopqrstuvwxyz"
                     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != length)
        return "a domain's name is made of letters, digits, - and _";
    return NULL;
}

/* 0: none is free. */
static uint32_t choose_domid(const struct broker *broker)
{
    uint32_t best = 0;

    for (uint32_t i = 1; i < BROKER_DOMAINS_MAX; i++) {
        if (broker->domains[i] == NULL &&
            (best == 0 || broker->freed[i] < broker->freed[best]))
            best = i;
    }
    return best;
}

struct domain *broker_add(struct broker *broker, const char *name)
{
    uint32_t domid = choose_domid(broker);
    struct domain *domain;

    if (domid == 0)
        return NULL;
    domain = calloc(1, sizeof(*domain));
    if (domain == NULL)
        return NULL;
    (void)strncpy(domain->name, name, DOMAIN_NAME_MAX);
    domain->domid = (domid_t)domid;
    domain->epoch = broker->epoch_floor;
    domain->added_ns = log_now_ns();
    domain->listener = domain->connection = -1;
    broker->domains[domid] = domain;
    return domain;
}

void broker_remove(struct broker *broker, struct domain *domain)
{
    broker->domains[domain->domid] = NULL;
    broker->freed[domain->domid] = ++broker->freed_count;
    if (domain->epoch > broker->epoch_floor)
        broker->epoch_floor = domain->epoch;
    free(domain);
}

void domain_log(struct domain *domain, const char *format, ...)
{
    va_list words;

    va_start(words, format);
    log_limited(&domain->log_limit, domain->name, format, words);
    va_end(words);
}
