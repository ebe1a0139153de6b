/* Grammar of the contract language: docs/contract-language.md. */
%define api.pure full
%define parse.error detailed
%locations
%param { void *scanner }
%parse-param { struct parse *p }
%initial-action {
    @$.first_line = @$.last_line = 1;
    @$.first_column = @$.last_column = 1;
}

%code requires {
#include "parse.h"
}

%union {
    char *text;
    uint64_t number;
    struct type *type;
    struct param *param;
    struct enum_value *value;
    struct error_ref *error;
    struct transition *transition;
    struct state *state;
}

%code {
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int yylex(YYSTYPE *value, YYLTYPE *at, void *scanner);
int yylex_init_extra(struct parse *p, void **scanner);
int yylex_destroy(void *scanner);
void *yy_scan_bytes(const char *text, int bytes, void *scanner);

static void yyerror(const YYLTYPE *at, void *scanner, struct parse *p,
                    const char *text);
static char *join_doc(struct parse *p, const char *first, const char *line);
static struct type *new_type(struct parse *p, const YYLTYPE *at,
                             enum type_kind kind, const char *name,
                             uint64_t number);
static struct param *new_param(struct parse *p, const YYLTYPE *at,
                               struct type *type, const char *name, bool move);
static void *with_position(struct parse *p, const YYLTYPE *at, size_t bytes,
                           size_t offset);

/* A new zeroed TAG whose member (at) is set. */
#define NEW(TAG, AT)                                                           \
    ((struct TAG *)with_position(p, &(AT), sizeof(struct TAG),                 \
                                 offsetof(struct TAG, at)))
}

%token YYEOF 0 "end of file"
%token <text> NAME "name"
%token <text> DOC "documentation"
%token <number> NUMBER "number"
%token ARROW "'->'"
%token <text> KW_CONTRACT "'contract'" KW_KERNEL "'kernel'"
%token <text> KW_VERSION "'version'" KW_ENUM "'enum'" KW_STRUCT "'struct'"
%token <text> KW_METHOD "'method'" KW_STATES "'states'" KW_START "'start'"
%token <text> KW_ERRORS "'errors'" KW_MOVE "'move'" KW_STRING "'string'"
%token <text> KW_BYTES "'bytes'" KW_HANDLE "'handle'" KW_PAGES "'pages'"

%type <text> name docs doc_lines
%type <number> kernel
%type <type> type
%type <param> params param_list param members
%type <value> values value
%type <error> errors error_list
%type <state> state_list state
%type <transition> transitions transition

%%

file:
    docs kernel KW_CONTRACT name '=' NUMBER KW_VERSION NUMBER
    {
        struct contract *contract = NEW(contract, @4);

        contract->doc = $1;
        contract->is_kernel = $2 != 0;
        contract->name = $4;
        contract->number = $6;
        contract->version = $8;
        p->contract = contract;
        p->c->contracts = ast_append(p->c->contracts, contract);
    }
    '{' items '}'
    ;

kernel:
    %empty { $$ = 0; }
    | KW_KERNEL { $$ = 1; }
    ;

docs:
    %empty { $$ = NULL; }
    | doc_lines
    ;

doc_lines:
    DOC
    | doc_lines DOC { $$ = join_doc(p, $1, $2); }
    ;

/* The words of the language are names where they can be nothing else. */
name:
    NAME
    | KW_CONTRACT
    | KW_KERNEL
    | KW_VERSION
    | KW_METHOD
    | KW_STATES
    | KW_START
    | KW_ERRORS
    | KW_STRING
    | KW_BYTES
    | KW_HANDLE
    | KW_PAGES
    ;

items:
    %empty
    | items item
    | items error ';'
    | items error '}'
    ;

item:
    docs KW_ENUM name ':' name '{' values comma '}'
    {
        struct enum_def *e = NEW(enum_def, @3);

        e->doc = $1;
        e->name = $3;
        e->base = $5;
        e->values = $7;
        e->contract = p->contract;
        p->contract->enums = ast_append(p->contract->enums, e);
    }
    | docs KW_STRUCT name '{' members '}'
    {
        struct struct_def *s = NEW(struct_def, @3);

        s->doc = $1;
        s->name = $3;
        s->members = $5;
        s->contract = p->contract;
        p->contract->structs = ast_append(p->contract->structs, s);
    }
    | docs KW_METHOD name '=' NUMBER '(' params ')' ARROW '(' params ')'
      errors ';'
    {
        struct method *m = NEW(method, @3);

        m->doc = $1;
        m->name = $3;
        m->ordinal = $5;
        m->request = $7;
        m->reply = $11;
        m->errors = $13;
        m->contract = p->contract;
        m->index = p->contract->method_count++;
        p->contract->methods = ast_append(p->contract->methods, m);
    }
    | docs KW_STATES '{' KW_START name ';' state_list '}'
    {
        struct states *s = NEW(states, @2);

        s->doc = $1;
        s->start_name = $5;
        s->start_at = parse_position(p, &@5);
        s->list = $7;
        p->contract->states = ast_append(p->contract->states, s);
    }
    ;

comma:
    %empty
    | ','
    ;

values:
    value
    | values ',' value { $$ = ast_append($1, $3); }
    ;

value:
    name '=' NUMBER
    {
        $$ = NEW(enum_value, @1);
        $$->name = $1;
        $$->value = $3;
    }
    ;

members:
    %empty { $$ = NULL; }
    | members type name ';'
    {
        $$ = ast_append($1, new_param(p, &@3, $2, $3, false));
    }
    | members error ';' { $$ = $1; }
    ;

params:
    %empty { $$ = NULL; }
    | param_list
    ;

param_list:
    param
    | param_list ',' param { $$ = ast_append($1, $3); }
    ;

param:
    type name { $$ = new_param(p, &@2, $1, $2, false); }
    | KW_MOVE type name { $$ = new_param(p, &@3, $2, $3, true); }
    ;

type:
    name { $$ = new_type(p, &@1, TYPE_NAMED, $1, 0); }
    | name '.' name
    {
        $$ = new_type(p, &@1, TYPE_NAMED, $3, 0);
        $$->scope = $1;
    }
    | type '[' NUMBER ']'
    {
        $$ = new_type(p, &@1, TYPE_ARRAY, NULL, $3);
        $$->element = $1;
    }
    | KW_STRING '<' NUMBER '>'
    {
        $$ = new_type(p, &@1, TYPE_STRING, NULL, $3);
    }
    | KW_BYTES '<' NUMBER '>' { $$ = new_type(p, &@1, TYPE_BYTES, NULL, $3); }
    | KW_HANDLE '<' name '>' { $$ = new_type(p, &@3, TYPE_HANDLE, $3, 0); }
    | KW_PAGES '<' NUMBER '>' { $$ = new_type(p, &@1, TYPE_PAGES, NULL, $3); }
    ;

errors:
    %empty { $$ = NULL; }
    | KW_ERRORS error_list { $$ = $2; }
    ;

error_list:
    name
    {
        $$ = NEW(error_ref, @1);
        $$->name = $1;
    }
    | error_list ',' name
    {
        struct error_ref *e = NEW(error_ref, @3);

        e->name = $3;
        $$ = ast_append($1, e);
    }
    ;

state_list:
    %empty { $$ = NULL; }
    | state_list state { $$ = ast_append($1, $2); }
    | state_list error ';' { $$ = $1; }
    ;

state:
    name ':' transitions ';'
    {
        $$ = NEW(state, @1);
        $$->name = $1;
        $$->transitions = $3;
    }
    ;

transitions:
    transition
    | transitions ',' transition { $$ = ast_append($1, $3); }
    ;

transition:
    name ARROW name
    {
        $$ = NEW(transition, @1);
        $$->method_name = $1;
        $$->target_name = $3;
    }
    ;

%%

static void *with_position(struct parse *p, const YYLTYPE *at, size_t bytes,
                           size_t offset)
{
    struct position position = parse_position(p, at);
    unsigned char *node = ast_alloc(p->c, bytes);

    memcpy(node + offset, &position, sizeof(position));
    return node;
}

static struct type *new_type(struct parse *p, const YYLTYPE *at,
                             enum type_kind kind, const char *name,
                             uint64_t number)
{
    struct type *type = NEW(type, *at);

    type->kind = kind;
    type->name = name;
    type->number = number;
    return type;
}

static struct param *new_param(struct parse *p, const YYLTYPE *at,
                               struct type *type, const char *name, bool move)
{
    struct param *param = NEW(param, *at);

    param->type = type;
    param->name = name;
    param->move = move;
    return param;
}

static char *join_doc(struct parse *p, const char *first, const char *line)
{
    size_t length = strlen(first);
    char *text = ast_text(p->c, first, length + 1 + strlen(line));

    text[length] = '\n';
    memcpy(text + length + 1, line, strlen(line) + 1);
    return text;
}

struct position parse_position(const struct parse *p, const struct place *at)
{
    struct position position = {p->file, at->first_line, at->first_column};

    return position;
}

int parse_word(struct parse *p, union YYSTYPE *value, int token,
               const char *text)
{
    value->text = ast_text(p->c, text, strlen(text));
    return token;
}

void parse_error(struct parse *p, const struct place *at, const char *format,
                 ...)
{
    struct position position = parse_position(p, at);
    char reason[256];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(reason, sizeof(reason), format, args);
    va_end(args);
    ast_error(p->c, &position, "%s", reason);
}

void parse_strange(struct parse *p, const struct place *at, unsigned char ch)
{
    if (ch > ' ' && ch < 127)
        parse_error(p, at, "unexpected character '%c'", ch);
    else
        parse_error(p, at, "unexpected byte 0x%02x", ch);
}

static void yyerror(const YYLTYPE *at, void *scanner, struct parse *p,
                    const char *text)
{
    (void)scanner;
    parse_error(p, at, "%s", text);
}

void parse_text(struct compilation *c, const char *file, const char *text,
                size_t bytes)
{
    struct parse p = {.c = c, .file = file};
    struct position top = {file, 1, 1};
    void *scanner;

    if (bytes > 1u << 18) {
        ast_error(c, &top, "file is larger than 256 KiB");
        return;
    }
    if (yylex_init_extra(&p, &scanner) != 0) {
        ast_error(c, &top, "out of memory");
        return;
    }
    (void)yy_scan_bytes(text, (int)bytes, scanner);
    (void)yyparse(scanner, &p);
    (void)yylex_destroy(scanner);
}
