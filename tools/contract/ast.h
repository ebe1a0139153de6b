/*
 * The contract compiler's picture of its input: what the parser builds, what
 * the checks complete, what the emitters read.
 *
 * Ownership: everything hangs on one struct compilation and is freed with it.
 * Trust:     the input may be anything; after check_all() returned true the
 *            invariants in docs/contract-language.md hold.
 * Spec:      docs/contract-language.md.
 */
#ifndef NUNCIO_CONTRACT_AST_H
#define NUNCIO_CONTRACT_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct layout;

/* Columns count bytes, from 1. */
struct position {
    const char *file;
    int line;
    int column;
};

enum type_kind {
    TYPE_NAMED, /* not resolved (yet): check_types() leaves none of these */
    TYPE_SCALAR,
    TYPE_ENUM,
    TYPE_STRUCT,
    TYPE_ARRAY,
    TYPE_STRING,
    TYPE_BYTES,
    TYPE_HANDLE,
    TYPE_PAGES,
};

struct type {
    enum type_kind kind;
    struct position at;
    const char *scope; /* of NAME.NAME, or NULL */
    const char *name; /* also the contract of a handle; NULL if neither */
    struct type *element; /* of an array */
    uint64_t number; /* array: elements; string, bytes, pages: the most */
    /* Filled by the checks: */
    uint32_t width; /* scalar: bytes */
    bool is_signed;
    struct enum_def *enumeration;
    struct struct_def *structure;
};

/* A member of a struct, or a parameter of a method. */
struct param {
    struct param *next;
    struct position at;
    const char *name;
    struct type *type;
    bool move;
};

struct enum_value {
    struct enum_value *next;
    struct position at;
    const char *name;
    uint64_t value;
};

struct enum_def {
    struct enum_def *next;
    struct position at;
    const char *name;
    const char *doc;
    struct contract *contract;
    const char *base; /* "u32" */
    uint32_t width; /* bytes */
    struct enum_value *values;
};

enum visit { VISIT_NOT_YET, VISIT_NOW, VISIT_DONE };

struct struct_def {
    struct struct_def *next;
    struct struct_def *next_sorted; /* compilation->structs_sorted */
    struct position at;
    const char *name;
    const char *doc;
    struct contract *contract;
    struct param *members;
    int depth; /* of structs in it, itself included */
    enum visit visit;
    struct layout *layout;
};

struct error_ref {
    struct error_ref *next;
    struct position at;
    const char *name;
    int value;
};

struct method {
    struct method *next;
    struct position at;
    const char *name;
    const char *doc;
    struct contract *contract;
    uint64_t ordinal;
    uint32_t index; /* place in the contract */
    struct param *request;
    struct param *reply;
    struct error_ref *errors;
    struct layout *request_layout;
    struct layout *reply_layout;
};

struct transition {
    struct transition *next;
    struct position at;
    const char *method_name;
    const char *target_name;
    struct method *method;
    struct state *target;
};

struct state {
    struct state *next;
    struct position at;
    const char *name;
    struct transition *transitions;
    uint32_t index; /* 0 is the start */
    bool reached;
};

struct states {
    struct states *next;
    struct position at;
    const char *doc;
    struct position start_at;
    const char *start_name;
    struct state *list;
    uint32_t count;
};

/* A contract whose types this one uses. */
struct import {
    struct import *next;
    struct contract *contract;
};

struct contract {
    struct contract *next;
    struct position at;
    const char *name;
    const char *doc;
    bool is_kernel;
    bool is_reference; /* named by -I: nothing is generated */
    uint64_t number;
    uint64_t version;
    struct enum_def *enums;
    struct struct_def *structs;
    struct method *methods;
    uint32_t method_count;
    struct states *states; /* at most one after the checks */
    struct import *imports;
    enum visit visit;
};

struct chunk;

typedef void (*error_fn)(void *arg, const struct position *at,
                         const char *reason);

struct compilation {
    struct chunk *chunks;
    struct contract *contracts; /* in the order given */
    struct struct_def *structs_sorted; /* each after what it contains */
    int error_count;
    error_fn report; /* takes each error as it is found */
    void *report_arg;
};

void compilation_init(struct compilation *c, error_fn report, void *arg);
void compilation_free(struct compilation *c);

/* Zeroed memory that lives as long as the compilation; ends the program when
 * there is none. */
void *ast_alloc(struct compilation *c, size_t bytes);
char *ast_text(struct compilation *c, const char *text, size_t bytes);
char *ast_format(struct compilation *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Reports an error: FILE:LINE:COLUMN: error: REASON. */
void ast_error(struct compilation *c, const struct position *at,
               const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Appends (item), whose first member is its next pointer, to the list. */
void *ast_append(void *list, void *item);

/* parser.y. Parses one file's text and adds its contract, if there is one.
 * Errors go to c->report. */
void parse_text(struct compilation *c, const char *file, const char *text,
                size_t bytes);

#endif /* NUNCIO_CONTRACT_AST_H */
