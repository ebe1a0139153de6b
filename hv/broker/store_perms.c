/* Permissions of nodes. Spec: Xen docs/misc/xenstore.txt, "SET_PERMS". */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store_internal.h"

#define DOMID_DIGITS 5u

unsigned store_perms_of(const struct store_perms *perms, uint16_t domid)
{
    if (domid == STORE_ROOT || domid == perms->entries[0].domid) {
        return STORE_READ | STORE_WRITE | STORE_OWNER;
    }
    for (unsigned i = 1; i < perms->count; i++) {
        if (perms->entries[i].domid == domid) {
            return perms->entries[i].access;
        }
    }
    return perms->entries[0].access;
}

static const char access_letters[] = "nrwb"; /* indexed by READ | WRITE */

static int parse_one(const char *text, uint16_t *domid, uint16_t *access)
{
    const char *letter = strchr(access_letters, text[0]);
    size_t digits = strspn(text + 1, "0123456789");
    unsigned value = 0;
    if (text[0] == '\0' || letter == NULL || digits == 0 ||
        digits > DOMID_DIGITS || text[1 + digits] != '\0') {
        return -EINVAL;
    }
    for (size_t i = 1; i <= digits; i++) {
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    if (value >= DOMID_FIRST_RESERVED) {
        return -EINVAL;
    }
    *domid = (uint16_t)value;
    *access = (uint16_t)(letter - access_letters);
    return 0;
}

int store_perms_parse(const char *text, size_t bytes, struct store_perms *perms)
{
    struct store_perms parsed = {0};
    if (bytes == 0 || text[bytes - 1] != '\0') {
        return -EINVAL;
    }
    for (size_t at = 0; at < bytes; at += strlen(text + at) + 1) {
        if (parsed.count == STORE_PERMS_MAX) {
            return -ENOSPC;
        }
        int error = parse_one(text + at, &parsed.entries[parsed.count].domid,
                              &parsed.entries[parsed.count].access);
        if (error != 0) {
            return error;
        }
        parsed.count++;
    }
    *perms = parsed;
    return 0;
}

size_t store_perms_print(const struct store_perms *perms,
                         char text[STORE_PERMS_TEXT])
{
    size_t bytes = 0;
    for (unsigned i = 0; i < perms->count; i++) {
        bytes +=
            1 + (size_t)snprintf(text + bytes, STORE_PERMS_TEXT - bytes, "%c%u",
                                 access_letters[perms->entries[i].access],
                                 perms->entries[i].domid);
    }
    return bytes;
}

bool store_perms_revoke(struct store_perms *perms, uint16_t domid)
{
    unsigned kept = 1;
    for (unsigned i = 1; i < perms->count; i++) {
        if (perms->entries[i].domid != domid) {
            perms->entries[kept++] = perms->entries[i];
        }
    }
    bool has_changed = kept != perms->count;
    perms->count = (uint16_t)kept;
    return has_changed;
}
