/*
 * What the grammar cannot say: every rule of docs/contract-language.md that
 * makes the compiler refuse a contract.
 */
#ifndef NUNCIO_CONTRACT_CHECK_H
#define NUNCIO_CONTRACT_CHECK_H

#include "ast.h"

/* Checks all contracts together, resolves their names and lays out their
 * messages. True when there is no error, of the parser's either: then, and
 * only then, code may be generated. */
bool check_all(struct compilation *c);

/* The steps, in this order. Each reports all it finds. */
void check_names(struct compilation *c);
void check_types(struct compilation *c);
void check_messages(struct compilation *c);
void check_states(struct compilation *c);
void check_symbols(struct compilation *c);

/* For all of them: NULL when there is none. */
struct contract *check_find_contract(const struct compilation *c,
                                     const char *name);
struct method *check_find_method(const struct contract *contract,
                                 const char *name);

#endif /* NUNCIO_CONTRACT_CHECK_H */
