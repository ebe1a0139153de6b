/*
 * What the broker says, read: JSON objects, key=value words, answers in pieces
 * on the control socket, lines; and what `nuncio ps` makes of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/nuncio/control.h"
#include "tools/nuncio/json.h"
#include "tools/nuncio/lines.h"
#include "tools/nuncio/ps.h"

static void members_are_found(void **state)
{
    static const char object[] =
        " {\"a\" : \"x\\\"y}\" , \"n\":{\"b\":7,\"c\":[1,\"]\"]},\"b\":42,"
        "\"big\":18446744073709551615,\"last\":\"\"}";
    struct pool pool = {0};
    uint64_t number = 5;

    (void)state;
    assert_string_equal(json_string(&pool, object, "a"), "x\"y}");
    assert_string_equal(json_string(&pool, object, "last"), "");
    assert_true(json_number(object, "b", &number));
    assert_int_equal(number, 42);
    assert_true(json_number(object, "big", &number));
    assert_true(number == UINT64_MAX);
    /* Another kind, another depth, not there. */
    assert_null(json_string(&pool, object, "b"));
    assert_null(json_string(&pool, object, "c"));
    assert_false(json_number(object, "a", &number));
    assert_false(json_number(object, "n", &number));
    assert_null(json_string(&pool, object, "las"));
    pool_free(&pool);
}

static void what_is_no_object_has_no_members(void **state)
{
    static const char *const wrong[] = {
        "",
        "{",
        "{}",
        "[\"a\",\"x\"]",
        "\"a\":\"x\"",
        "{\"a",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":\"x",
        "{\"a\":\"x\\",
        "{\"b\":{\"c\":[1},\"a\":\"x\"}",
        "{a:\"x\"}",
        "{\"b\":1 \"a\":\"x\"}",
        "{\"b\":\"y,\"a\":\"x\"}",
    };
    struct pool pool = {0};
    uint64_t number = 5;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (json_string(&pool, wrong[i], "a") != NULL)
            fail_msg("%s", wrong[i]);
    }
    assert_false(json_number("{\"a\":-1}", "a", &number));
    assert_false(json_number("{\"a\":1.5}", "a", &number));
    assert_false(json_number("{\"a\":12x}", "a", &number));
    assert_false(json_number("{\"a\":18446744073709551616}", "a", &number));
    assert_int_equal(number, 5);
    pool_free(&pool);
}

static void words_are_found_by_key(void **state)
{
    struct pool pool = {0};
    static const char words[] = "state=up xcalls=9 calls=12  last=";

    (void)state;
    assert_string_equal(control_word(&pool, words, "state"), "up");
    assert_string_equal(control_word(&pool, words, "calls"), "12");
    assert_string_equal(control_word(&pool, words, "last"), "");
    assert_null(control_word(&pool, words, "call"));
    assert_null(control_word(&pool, "", "call"));
    pool_free(&pool);
}

struct ends {
    struct control control;
    int broker;
};

static struct ends open_ends(void)
{
    struct ends ends = {.control = {.file = -1}};
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    ends.control.file = pair[0];
    ends.broker = pair[1];
    return ends;
}

static void answer_comes_in_pieces(void **state)
{
    static const char answer[] =
        "name ok\n{\"a\":1}\nokay\nok rest of it\nerror later\n";
    struct ends ends = open_ends();
    char asked[16] = "";
    size_t end = strlen(answer) - strlen("error later\n");

    (void)state;
    assert_true(control_send(&ends.control, "ls x"));
    assert_int_equal(read(ends.broker, asked, sizeof(asked)), 5);
    assert_string_equal(asked, "ls x\n");
    for (size_t i = 0; i < end; i++) {
        assert_int_equal(control_receive(&ends.control), CONTROL_PENDING);
        assert_int_equal(write(ends.broker, answer + i, 1), 1);
    }
    assert_int_equal(control_receive(&ends.control), CONTROL_OK);
    assert_string_equal(text_string(&ends.control.lines),
                        "name ok\n{\"a\":1}\nokay\n");
    assert_string_equal(text_string(&ends.control.rest), "rest of it");
    /* The next answer begins anew. */
    assert_true(control_send(&ends.control, "x"));
    assert_int_equal(write(ends.broker, answer + end, 12), 12);
    assert_int_equal(control_receive(&ends.control), CONTROL_REFUSED);
    assert_string_equal(text_string(&ends.control.lines), "");
    assert_string_equal(text_string(&ends.control.rest), "later");
    close(ends.broker);
    assert_int_equal(control_receive(&ends.control), CONTROL_GONE);
    assert_int_equal(control_ask(&ends.control, "list"), CONTROL_GONE);
    control_close(&ends.control);
}

static void endless_answer_is_no_answer(void **state)
{
    static char line[4096];
    struct ends ends = open_ends();
    enum control_state now = CONTROL_PENDING;
    unsigned written = 0;

    (void)state;
    memset(line, 'x', sizeof(line));
    for (; now == CONTROL_PENDING && written < CONTROL_ANSWER_MAX * 2;
         written += sizeof(line)) {
        assert_int_equal(write(ends.broker, line, sizeof(line)), sizeof(line));
        now = control_receive(&ends.control);
    }
    assert_int_equal(now, CONTROL_GONE);
    close(ends.broker);
    control_close(&ends.control);
}

static void add_line(void *context, const char *prefix, const char *line)
{
    text_printf(context, "%s%s|", prefix, line);
}

static void lines_are_whole_and_bounded(void **state)
{
    struct lines lines = {.prefix = "> "};
    struct text out = {0};

    (void)state;
    lines_add(&lines, "a\r\nb", 4, add_line, &out);
    assert_string_equal(text_string(&out), "> a|");
    lines_add(&lines, "c\n\nd", 4, add_line, &out);
    assert_string_equal(text_string(&out), "> a|> bc|> |");
    text_clear(&out);
    for (unsigned i = 0; i < LINES_BYTES_MAX; i++)
        lines_add(&lines, "x", 1, add_line, &out);
    assert_int_equal(out.bytes, LINES_BYTES_MAX + 3);
    lines_end(&lines, add_line, &out);
    assert_int_equal(lines.pending.room, 0);
    text_free(&out);
}

/* A system of two domains, a second after (calls) and (operations) were 100 and
 * 50. */
static void fill(struct ps_system *system, uint64_t ms, const char *object,
                 const char *words, uint64_t calls)
{
    memset(system, 0, sizeof(*system));
    system->dir = "/d";
    system->read_ms = ms;
    system->domain_count = 1;
    system->domains[0] = (struct ps_domain){
        .object = object,
        .name = "files",
        .state = "running",
        .domid = 2,
        .epoch = 1,
        .uptime_ms = 2345,
        .about = "kind main\npid 77\nrestarts 3\nmemory_mib 64\n"
                 "service fs kernel exported\nservice con kernel\n"
                 "import blk disk\n",
        .links = {{.peer = "disk", .words = words, .calls = calls}},
        .link_count = 1,
    };
}

/* Several blanks become one. */
static void squeeze(struct text *text)
{
    size_t to = 0;

    for (size_t i = 0; i < text->bytes; i++) {
        if (text->data[i] != ' ' || to == 0 || text->data[to - 1] != ' ')
            text->data[to++] = text->data[i];
    }
    text->bytes = to;
    text->data[to] = '\0';
}

static void ps_tells_rates_between_two_readings(void **state)
{
    static struct ps_system before, now;
    struct text out = {0};

    (void)state;
    fill(&before, 1000, "{\"operations\":50,\"bytes\":0}", "state=up", 100);
    fill(&now, 3000, "{\"operations\":70,\"bytes\":9}",
         "state=up epoch=4 calls=700 bad\"=1 x=\\x22 z=007", 700);
    ps_print_text(&now, &before, &out);
    squeeze(&out);
    assert_non_null(
        strstr(text_string(&out), "\nfiles 2 running 1 2.3s 77 3 64 MiB\n"));
    assert_non_null(strstr(text_string(&out), "\nfs files kernel yes\n"));
    assert_non_null(strstr(text_string(&out), "\ncon files kernel no\n"));
    assert_non_null(
        strstr(text_string(&out), "\nfiles disk up 4 - - - 700 300\n"));
    text_clear(&out);
    ps_print_json(&now, &before, &out);
    assert_string_equal(
        text_string(&out),
        "{\"directory\":\"/d\",\"domains\":[\n"
        "{\"operations\":70,\"bytes\":9,\"operations_per_s\":10,"
        "\"bytes_per_s\":5,\"kind\":\"main\",\"pid\":77,\"restarts\":3,"
        "\"since\":0,\"memory_mib\":64,\"services\":["
        "{\"name\":\"fs\",\"placement\":\"kernel\",\"exported\":true},"
        "{\"name\":\"con\",\"placement\":\"kernel\",\"exported\":false}],"
        "\"imports\":[{\"name\":\"blk\",\"domain\":\"disk\"}],"
        "\"links\":[{\"peer\":\"disk\",\"state\":\"up\",\"epoch\":4,"
        "\"calls\":700,\"z\":\"007\",\"calls_per_s\":300}]}]}");
    /* A domain that began anew has no rate. */
    before.domains[0].epoch = 0;
    text_clear(&out);
    ps_print_json(&now, &before, &out);
    assert_non_null(strstr(text_string(&out), "\"operations_per_s\":0,"));
    text_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_found),
        cmocka_unit_test(what_is_no_object_has_no_members),
        cmocka_unit_test(words_are_found_by_key),
        cmocka_unit_test(answer_comes_in_pieces),
        cmocka_unit_test(endless_answer_is_no_answer),
        cmocka_unit_test(lines_are_whole_and_bounded),
        cmocka_unit_test(ps_tells_rates_between_two_readings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
