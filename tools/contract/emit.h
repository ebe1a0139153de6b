/*
 * What the emitters share. Each emitter writes the whole text of one file into
 * a struct out; main.c writes the file if its text is new.
 */
#ifndef NUNCIO_CONTRACT_EMIT_H
#define NUNCIO_CONTRACT_EMIT_H

#include <stdio.h>

#include "ast.h"
#include "layout.h"

/* NAME.h: the types, the client stubs and the server's declarations. */
void emit_header(FILE *out, const struct compilation *c,
                 const struct contract *k);
/* The part of NAME.h that calls: emit_stubs.c. */
void emit_stub(FILE *out, const struct method *m);
/* NAME_dispatch.c. */
void emit_dispatch(FILE *out, const struct contract *k);
/* tables.h and tables.c, for all contracts together. */
void emit_tables_header(FILE *out);
void emit_tables(FILE *out, const struct compilation *c);
/* NAME.md, and the page that lists them all. */
void emit_markdown(FILE *out, const struct contract *k);
void emit_markdown_index(FILE *out, const struct compilation *c);

/* (text) in capitals, up to 255 bytes. The result lasts for seven more calls
 * of this and emit_ctype(): use it at once. */
const char *emit_upper(const char *text);
/* "uint32_t", "struct file_attributes": a value's C type, of an array's
 * element if it is one. As short-lived as emit_upper()'s. */
const char *emit_ctype(const struct type *type);
/* A comment with (doc) in it, or nothing; then (more), if not NULL. */
void emit_doc(FILE *out, const char *doc, const char *more);
void emit_banner(FILE *out, const struct contract *k, const char *what);

/* The prototype of NAME_METHOD_reply(), without the semicolon. */
void emit_reply_prototype(FILE *out, const struct method *m);
/* The state that (m) leads to from (s), or 255. */
uint32_t emit_next_state(const struct state *s, const struct method *m);
/* (s) by its number. */
const struct state *emit_state(const struct states *states, uint32_t index);

/* Is an array's element, or the value itself, a struct or enum that a receiver
 * has to look at? */
bool emit_needs_check(const struct type *type);
/* For each member of (layout) that can be wrong, reached by (path), such as
 * "p->": a statement that does (action) when it is. */
void emit_checks(FILE *out, const struct layout *layout, const char *path,
                 const char *action);
/* Statements that set each zero member of (layout) to 0. */
void emit_clears(FILE *out, const struct layout *layout, const char *path);

#endif /* NUNCIO_CONTRACT_EMIT_H */
