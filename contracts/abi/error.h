/*
 * Errors of every message, in four classes: one list, fixed values.
 *
 * A status is 0 or one of these, negative. The same numbers travel in replies,
 * in traces and in exit messages; nothing else in the project defines errors.
 */
#ifndef NUNCIO_ABI_ERROR_H
#define NUNCIO_ABI_ERROR_H

/* X(name, value, text for people) */
#define NU_ERRORS(X)                                      \
    /* try again */                                       \
    X(AGAIN, -1, "would block; try again")                \
    X(BUSY, -2, "object is in use")                       \
    X(TIMEOUT, -3, "time limit passed")                   \
    X(INTR, -4, "interrupted before completion")          \
    /* the caller is at fault */                          \
    X(INVAL, -10, "invalid argument")                     \
    X(RANGE, -11, "argument out of range")                \
    X(DENIED, -12, "handle lacks the right")              \
    X(NOENT, -13, "no such entry")                        \
    X(EXIST, -14, "entry exists already")                 \
    X(UNSUP, -15, "object has no such method")            \
    X(BADH, -16, "no such handle")                        \
    X(FAULT, -17, "bad address in a string or page item") \
    X(NOTDIR, -18, "not a directory")                     \
    X(ISDIR, -19, "is a directory")                       \
    X(TOOLONG, -20, "name or message too long")           \
    X(LOOP, -21, "too many symbolic links")               \
    X(ROFS, -22, "read-only filesystem")                  \
    X(SEALED, -23, "process is sealed")                   \
    X(NOTLINK, -24, "not a symbolic link")                \
    /* resources */                                       \
    X(NOMEM, -30, "purse is empty")                       \
    X(NOSLOT, -31, "handle table is full")                \
    X(NOSPC, -32, "no room")                              \
    /* the other side, or the world */                    \
    X(PROTO, -40, "peer broke the contract")              \
    X(GONE, -41, "peer is gone")                          \
    X(IO, -42, "device error")                            \
    X(CORRUPT, -43, "on-disk data is damaged")            \
    X(INTERNAL, -50, "internal error")

enum nu_error {
    NU_OK = 0,
#define NU_ERROR_ENUM(name, value, text) NU_##name = (value),
    NU_ERRORS(NU_ERROR_ENUM)
#undef NU_ERROR_ENUM
};

/* "GONE" for NU_GONE, "ok" for 0, "?" for a value not in the list. */
static inline const char *nu_error_name(int status)
{
    switch (status) {
    case NU_OK:
        return "ok";
#define NU_ERROR_NAME(name, value, text) \
    case (value):                        \
        return #name;
        NU_ERRORS(NU_ERROR_NAME)
#undef NU_ERROR_NAME
    default:
        return "?";
    }
}

/* A sentence for people; never NULL. */
static inline const char *nu_error_text(int status)
{
    switch (status) {
    case NU_OK:
        return "ok";
#define NU_ERROR_TEXT(name, value, text) \
    case (value):                        \
        return text;
        NU_ERRORS(NU_ERROR_TEXT)
#undef NU_ERROR_TEXT
    default:
        return "unknown status";
    }
}

#endif /* NUNCIO_ABI_ERROR_H */
