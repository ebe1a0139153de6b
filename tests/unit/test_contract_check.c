/*
 * Everything the contract compiler refuses, by its message and place: the lists
 * of contract_refused.h, and what needs more than one small file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "check.h"
#include "tests/unit/contract_refused.h"

struct errors {
    char text[64][256];
    int count;
};

static void collect(void *arg, const struct position *at, const char *reason)
{
    struct errors *errors = arg;

    if (errors->count < 64)
        snprintf(errors->text[errors->count], 256, "%s:%d:%d: %s", at->file,
                 at->line, at->column, reason);
    errors->count++;
}

/* Compiles a.contract, and b.contract if (other) is given. */
static bool compile(const char *text, const char *other, struct errors *errors)
{
    struct compilation c;
    bool good;

    memset(errors, 0, sizeof(*errors));
    compilation_init(&c, collect, errors);
    parse_text(&c, "d/a.contract", text, strlen(text));
    if (other != NULL)
        parse_text(&c, "d/b.contract", other, strlen(other));
    good = check_all(&c);
    assert_int_equal(good, errors->count == 0);
    compilation_free(&c);
    return good;
}

static void expect(const char *text, const char *other, const char *error)
{
    struct errors errors;

    if (compile(text, other, &errors))
        fail_msg("accepted, and should be: %s\n%s", error, text);
    if (strcmp(errors.text[0], error) != 0)
        fail_msg("\n got: %s\nwant: %s", errors.text[0], error);
}

static void check_list(const struct refused *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char error[256];

        snprintf(error, sizeof(error), "d/a.contract:%s", list[i].error);
        print_message("  %s\n", list[i].name);
        expect(list[i].text, NULL, error);
    }
}

#define REFUSES(list)                                   \
    static void refuses_##list(void **unused)           \
    {                                                   \
        (void)unused;                                   \
        check_list(list, sizeof(list) / sizeof(*list)); \
    }
REFUSES(syntax)
REFUSES(names)
REFUSES(contracts)
REFUSES(types)
REFUSES(messages)
REFUSES(states)

/* What two contracts can have wrong with each other. */
static void refuses_pairs(void **unused)
{
    (void)unused;
    expect(HEAD TAIL, "contract b = 1 version 1 {\n" TAIL,
           "d/b.contract:1:10: contract number 1 is used twice, first by 'a' "
           "in d/a.contract:1");
    expect(HEAD "method m = 1 (b.t x) -> ();\n" TAIL,
           "contract b = 2 version 1 {\n" TAIL,
           "d/a.contract:2:15: unknown type 'b.t'");
    expect(HEAD "struct s { u8 x; }\nmethod m = 1 (b.t x) -> ();\n" TAIL,
           "contract b = 2 version 1 {\nstruct t { a.s x; }\n" TAIL,
           "d/b.contract:1:10: contracts 'b' and 'a' use each other's types");
    expect(HEAD "method b_c = 1 () -> ();\n" TAIL,
           "contract b = 1 version 1 {\n}",
           "d/b.contract:1:10: contract 'b' has no methods");
}

/* One run reports every error, each in its place, and goes on behind a syntax
 * error. */
static void reports_all(void **unused)
{
    static const char text[] = HEAD "method m = 0 (nope x) -> () errors BAD;\n"
                                    "struct s { u8 x y; u8 z; }\n"
                                    "method n = 0 (u8 int) -> ();\n" TAIL;
    struct errors errors;

    (void)unused;
    assert_false(compile(text, NULL, &errors));
    for (int i = 0; i < errors.count; i++)
        print_message("  %s\n", errors.text[i]);
    assert_int_equal(errors.count, 6);
    assert_string_equal(errors.text[0], "d/a.contract:3:17: syntax error, "
                                        "unexpected name, expecting ';'");
    assert_string_equal(errors.text[1],
                        "d/a.contract:2:8: ordinal 0 of method 'm' is "
                        "reserved");
    assert_string_equal(errors.text[5],
                        "d/a.contract:2:15: unknown type 'nope'");
}

/* Depth comes from the input: it must cost no stack. */
static void refuses_depth(void **unused)
{
    static char text[200000];
    size_t at = 0;
    struct errors errors;

    (void)unused;
    at += (size_t)sprintf(text + at, HEAD "struct s0 { u8 x; }\n");
    for (int i = 1; i < 16; i++)
        at += (size_t)sprintf(text + at, "struct s%d { s%d x; }\n", i, i - 1);
    sprintf(text + at, TAIL);
    assert_true(compile(text, NULL, &errors));
    sprintf(text + at, "struct s16 { s15 x; }\n" TAIL);
    expect(text, NULL,
           "d/a.contract:18:8: structs are nested more than 16 deep");
    at = (size_t)sprintf(text, HEAD);
    for (int i = 30; i > 0; i--)
        at += (size_t)sprintf(text + at, "struct s%d { s%d x; }\n", i, i - 1);
    sprintf(text + at, "struct s0 { u8 x; }\n" TAIL);
    expect(text, NULL,
           "d/a.contract:18:8: structs are nested more than 16 deep");
    at = (size_t)sprintf(text, HEAD "method m = 1 (u8");
    for (int i = 0; i < 40000; i++)
        at += (size_t)sprintf(text + at, "[2]");
    sprintf(text + at, " x) -> ();\n" TAIL);
    expect(text, NULL,
           "d/a.contract:2:15: array of arrays; make the inner a struct");
}

/* The words of the language are names where they can be nothing else. */
static void accepts_words_as_names(void **unused)
{
    static const char text[] =
        "## Doc.\n##\n## More.\n"
        "kernel contract a = 0x10 version 0x1 { # comment\n"
        "enum version : u8 { STRING = 1, }\n"
        "struct kernel { version method; u8[3] errors; }\n"
        "method start = 1 (kernel contract, handle<any> handle) "
        "-> (bytes<8> bytes, u32 string) errors GONE, IO;\n"
        "method states = 2 (string<480> pages) -> (version start);\n"
        "states { start start; /* x */ start: start -> states; "
        "states: states -> start; }\n}\n";
    struct errors errors;

    (void)unused;
    if (!compile(text, NULL, &errors))
        fail_msg("%s", errors.text[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_syntax),
        cmocka_unit_test(refuses_names),
        cmocka_unit_test(refuses_contracts),
        cmocka_unit_test(refuses_types),
        cmocka_unit_test(refuses_messages),
        cmocka_unit_test(refuses_states),
        cmocka_unit_test(refuses_pairs),
        cmocka_unit_test(reports_all),
        cmocka_unit_test(refuses_depth),
        cmocka_unit_test(accepts_words_as_names),
    };

    return cmocka_run_group_tests_name("contract_check", tests, NULL, NULL);
}
