/*
 * What the connectors of two domains write for each other in the store: numbers,
 * words, paths. Pure: text in, text out.
 *
 *   /nuncio/domain/NAME                            domid
 *   /local/domain/S/data/nuncio/ready              epoch of S
 *   /local/domain/C/data/nuncio/link/S/...         C's offer to S
 *   /local/domain/S/data/nuncio/link/C/...         S's answer to C
 *
 * Units:     texts end with a NUL.
 * Trust:     every text may come from another domain, which is hostile: what
 *            does not have exactly the form is refused.
 */
#ifndef NUNCIO_LINKS_TEXT_H
#define NUNCIO_LINKS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_VERSION "1"

#define TEXT_PATH_MAX  128u /* of any path made here, with its NUL */
#define TEXT_VALUE_MAX 64u /* of any value, with its NUL */
#define TEXT_NAME_MAX  32u /* of a domain's name, with its NUL */
#define TEXT_DOMID_MAX 0x7fefu /* the first that is reserved, less one */

/* Decimal, 0 to (max), without leading zeros or anything else. */
bool text_number(const char *text, uint64_t max, uint64_t *number);

/* The same for a domid of a domain: not 0, not a reserved one. */
bool text_domid(const char *text, uint32_t *domid);

/* A name as configurations give them: a-z 0-9 - _ , not empty. */
bool text_is_name(const char *text);

/* An offer's word, "EPOCH.NUMBER", which no other offer of its domain has. */
void text_word(char word[TEXT_VALUE_MAX], uint64_t epoch, uint64_t number);
bool text_parse_word(const char *word, uint64_t *epoch, uint64_t *number);

/* What an offer and an answer say. */
struct offer {
    uint32_t ring_ref;
    uint32_t port; /* offer only */
    uint64_t epoch; /* of the domain that wrote it */
};

/* From the values of the nodes. False: malformed. */
bool text_offer(struct offer *offer, const char *version, const char *ring_ref,
                const char *port, const char *word);
bool text_answer(struct offer *answer, const char *ring_ref, const char *epoch);

/* Paths. (leaf): "" for the directory itself, or "/state", ... */
void text_path_name(char path[TEXT_PATH_MAX], const char *name);
void text_path_own(char path[TEXT_PATH_MAX], uint32_t domid, const char *leaf);
void text_path_link(char path[TEXT_PATH_MAX], uint32_t of, uint32_t to,
                    const char *leaf);

enum text_change {
    TEXT_CHANGE_NONE, /* no offer to us can have changed */
    TEXT_CHANGE_ONE, /* (*domid)'s may have */
    TEXT_CHANGE_ALL, /* everybody's may have */
};

/* What a change at (path), as a watch on /local/domain tells it, means for the
 * offers to domain (us). */
enum text_change text_change(const char *path, uint32_t us, uint32_t *domid);

#endif /* NUNCIO_LINKS_TEXT_H */
