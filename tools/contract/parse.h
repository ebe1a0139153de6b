/* What lexer.l and parser.y share; nobody else includes this. */
#ifndef NUNCIO_CONTRACT_PARSE_H
#define NUNCIO_CONTRACT_PARSE_H

#include "ast.h"

/* A place in the text, as bison and flex hand it on. */
struct place {
    int first_line;
    int first_column;
    int last_line;
    int last_column;
};
#define YYLTYPE             struct place
#define YYLTYPE_IS_DECLARED 1
#define YYLTYPE_IS_TRIVIAL  1

struct parse {
    struct compilation *c;
    const char *file;
    struct contract *contract; /* being parsed */
    struct place comment; /* where the open one began */
};

union YYSTYPE;

struct position parse_position(const struct parse *p, const struct place *at);
void parse_error(struct parse *p, const struct place *at, const char *format,
                 ...) __attribute__((format(printf, 3, 4)));
/* A character the language does not know; it is skipped. */
void parse_strange(struct parse *p, const struct place *at, unsigned char ch);
/* Keeps the word's text, as words of the language are names elsewhere. */
int parse_word(struct parse *p, union YYSTYPE *value, int token,
               const char *text);

#endif /* NUNCIO_CONTRACT_PARSE_H */
