/* Memory, and tables of things that have a path. See store_internal.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "store_internal.h"

#define BUCKETS_MIN 16u

static void *must_have(void *memory)
{
    if (memory == NULL) {
        fputs("store: no memory left\n", stderr);
        abort();
    }
    return memory;
}

void *store_alloc(size_t bytes)
{
    return must_have(calloc(1, bytes));
}

void *store_resize(void *old, size_t bytes)
{
    return must_have(realloc(old, bytes));
}

void *store_copy(const void *data, size_t bytes)
{
    void *copy = must_have(malloc(bytes == 0 ? 1 : bytes));
    if (bytes != 0) {
        memcpy(copy, data, bytes);
    }
    return copy;
}

/*
 * FNV-1a from a start that guests cannot know, so that they cannot choose paths
 * that fall together. Whole hashes are compared before paths are.
 */
static uint64_t hash_of(const char *path)
{
    static uint64_t secret;
    if (secret == 0) {
        if (getrandom(&secret, sizeof(secret), 0) != sizeof(secret)) {
            secret = 0;
        }
        secret |= 1;
    }
    uint64_t hash = 0xcbf29ce484222325u ^ secret;
    for (; *path != '\0'; path++) {
        hash = (hash ^ (uint8_t)*path) * 0x100000001b3u;
    }
    return hash ^ hash >> 32;
}

static struct store_entry **bucket(const struct store_table *table,
                                   uint64_t hash)
{
    return &table->buckets[hash & (table->bucket_count - 1)];
}

static void grow(struct store_table *table)
{
    struct store_table grown = {
        .bucket_count =
            table->bucket_count == 0 ? BUCKETS_MIN : table->bucket_count * 2,
        .count = table->count,
    };
    grown.buckets = store_alloc(grown.bucket_count * sizeof(*grown.buckets));
    for (uint32_t i = 0; i < table->bucket_count; i++) {
        struct store_entry *entry = table->buckets[i];
        while (entry != NULL) {
            struct store_entry *next = entry->next;
            struct store_entry **home = bucket(&grown, entry->hash);
            entry->next = *home;
            *home = entry;
            entry = next;
        }
    }
    free(table->buckets);
    *table = grown;
}

struct store_entry *store_table_find(const struct store_table *table,
                                     const char *path)
{
    if (table->count == 0) {
        return NULL;
    }
    uint64_t hash = hash_of(path);
    struct store_entry *entry = *bucket(table, hash);
    while (entry != NULL &&
           (entry->hash != hash || strcmp(entry->path, path) != 0)) {
        entry = entry->next;
    }
    return entry;
}

void store_table_add(struct store_table *table, struct store_entry *entry,
                     const char *path)
{
    if (table->count >= table->bucket_count) {
        grow(table);
    }
    entry->path = store_copy(path, strlen(path) + 1);
    entry->hash = hash_of(path);
    struct store_entry **home = bucket(table, entry->hash);
    entry->next = *home;
    *home = entry;
    table->count++;
}

void store_table_remove(struct store_table *table, struct store_entry *entry)
{
    struct store_entry **link = bucket(table, entry->hash);
    while (*link != entry) {
        link = &(*link)->next;
    }
    *link = entry->next;
    table->count--;
    free(entry->path);
    entry->path = NULL;
}

struct store_entry *store_table_any(const struct store_table *table)
{
    for (uint32_t i = 0; i < table->bucket_count; i++) {
        if (table->buckets[i] != NULL) {
            return table->buckets[i];
        }
    }
    return NULL;
}

void store_table_free(struct store_table *table)
{
    free(table->buckets);
    *table = (struct store_table){0};
}
