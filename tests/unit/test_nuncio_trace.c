/*
 * Decoding traces: what records become, letter by letter, and that damaged
 * files are told and not believed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <contract/console.h>
#include <contract/directory.h>
#include <contract/file.h>
#include <contract/handle.h>
#include <contract/process.h>

#include "tests/unit/nuncio_trace_file.h"
#include "tools/nuncio/trace.h"

enum printer { PRINT_TEXT, PRINT_JSON, PRINT_PERFETTO };

static void decode(enum printer printer, bool all, bool no_times,
                   struct text *out)
{
    struct report report = {0};
    struct trace trace;
    const struct trace_style style = {no_times};

    assert_true(trace_parse(&trace, "t", &trace_file,
                            sizeof(trace_file.header) +
                                record_count * sizeof(trace_file.records[0]),
                            &report));
    trace_match(&trace, all);
    if (printer == PRINT_TEXT)
        trace_print_text(&trace, &style, out);
    else if (printer == PRINT_JSON)
        trace_print_json(&trace, &style, out);
    else
        trace_print_perfetto(&trace, out);
    trace_free(&trace);
    report_free(&report);
}

static void expect_text(bool all, const char *wanted)
{
    struct text out = {0};

    decode(PRINT_TEXT, all, true, &out);
    assert_string_equal(text_string(&out), wanted);
    text_free(&out);
}

static void calls_read_like_strace(void **state)
{
    struct file_read_req read = {.offset = 0, .bytes = 512};
    struct file_read_rep data = {.data_bytes = 6};
    struct text out = {0};

    (void)state;
    begin_process(9, "shell");
    open_file(5, "/etc/motd", 6, 512);
    carry_inline((call(6, FILE_READ_METHOD, &read, sizeof(read)),
                  reply(6, 0, &data, sizeof(data))),
                 "a\"\n\xff\\b", 6);
    decode(PRINT_TEXT, false, false, &out);
    assert_string_equal(
        text_string(&out),
        "shell: directory#1.open(\"/etc/motd\", 0) = ok file#1, 512, 0 <1.2 "
        "us>\n"
        "shell: file#1.read(0, 512) = ok \"a\\\"\\n\\xff\\\\b\" <1.2 us>\n");
    text_free(&out);
}

static void handles_are_numbered_as_they_appear(void **state)
{
    (void)state;
    begin_process(9, "p");
    open_file(5, "a", 6, 1);
    open_file(5, "b", 7, 2);
    close_handle(6);
    /* The number comes back with another generation, or the very same one. */
    open_file(5, "c", 6, 3);
    close_handle(7);
    expect_text(false, "p: directory#1.open(\"a\", 0) = ok file#1, 1, 0\n"
                       "p: directory#1.open(\"b\", 0) = ok file#2, 2, 0\n"
                       "p: file#1.close() = ok\n"
                       "p: directory#1.open(\"c\", 0) = ok file#3, 3, 0\n"
                       "p: file#2.close() = ok\n");
}

static void same_calls_print_the_same_with_other_numbers(void **state)
{
    struct text first = {0};
    struct text second = {0};

    (void)state;
    begin_process(9, "p");
    open_file(5, "a", 6, 1);
    close_handle(6);
    decode(PRINT_TEXT, false, true, &first);
    trace_file_begin(NULL);
    now_ns = 77777;
    begin_process(9, "p");
    open_file(0x80000001, "a", 0x80002003, 1);
    close_handle(0x80002003);
    decode(PRINT_TEXT, false, true, &second);
    assert_string_equal(text_string(&first), text_string(&second));
    assert_non_null(strstr(text_string(&first), "file#1.close() = ok\n"));
    text_free(&first);
    text_free(&second);
}

static void copies_keep_the_contract(void **state)
{
    struct handle_copy_req copy = {.rights = 3};

    (void)state;
    begin_process(9, "p");
    open_file(5, "a", 6, 1);
    call(6, HANDLE_COPY_METHOD, &copy, sizeof(copy));
    carry_handle(reply(6, 0, NULL, 0), 8);
    call(8, FILE_SIZE_METHOD, NULL, 0);
    reply(8, NU_GONE, NULL, 0);
    expect_text(false, "p: directory#1.open(\"a\", 0) = ok file#1, 1, 0\n"
                       "p: file#1.copy(3) = ok file#2\n"
                       "p: file#2.size() = GONE\n");
}

static void services_inside_are_left_out_and_numbered_apart(void **state)
{
    struct directory_open_req req = {.path_bytes = 1};
    struct directory_open_rep rep = {.bytes = 4};
    struct nu_trace_record *outer;
    uint32_t outer_sequence;

    (void)state;
    begin_process(9, "p");
    outer = call(0x80000001, DIRECTORY_OPEN_METHOD, &req, sizeof(req));
    carry_inline(outer, "x", 1);
    outer_sequence = sequence;
    /* The service calls on while it serves; replies have the last sequence. */
    call(0x80000002, FILE_SIZE_METHOD, NULL, 0)->flags |=
        NU_TRACE_FLAG_COMPONENT;
    call(3, FILE_SIZE_METHOD, NULL, 0)->flags |= NU_TRACE_FLAG_COMPONENT;
    reply(3, 0, &rep, 8)->flags |= NU_TRACE_FLAG_COMPONENT;
    rep.bytes = 5;
    reply(0x80000002, 0, &rep, 8)->flags |= NU_TRACE_FLAG_COMPONENT;
    rep.bytes = 6;
    carry_handle(reply(0x80000001, 0, &rep, sizeof(rep)), 0x80000002);
    call(0x80000002, FILE_SIZE_METHOD, NULL, 0);
    reply(0x80000002, 0, &rep, 8);
    assert_int_not_equal(sequence, outer_sequence);
    expect_text(false, "p: directory#1.open(\"x\", 0) = ok file#1, 6, 0\n"
                       "p: file#1.size() = ok 6\n");
    expect_text(true, "p: directory#1.open(\"x\", 0) = ok file#1, 6, 0\n"
                      "p[service]: file#1.size() = ok 5\n"
                      "p[service]: file#2.size() = ok 4\n"
                      "p: file#1.size() = ok 6\n");
}

static void structs_enums_and_signs_are_shown(void **state)
{
    struct file_stat_rep rep = {.attributes = {
                                    .inode = 12,
                                    .bytes = 1ull << 33,
                                    .modified_s = -1,
                                    .kind = FILE_KIND_SYMLINK,
                                    .mode = 0777,
                                }};
    struct process_status_rep status = {.state = 77, .status = -5};

    (void)state;
    begin_process(9, "p");
    call(6, FILE_STAT_METHOD, NULL, 0);
    reply(6, 0, &rep, sizeof(rep));
    call(7, PROCESS_STATUS_METHOD, NULL, 0);
    reply(7, 0, &status, sizeof(status));
    expect_text(
        false,
        "p: file#1.stat() = ok {inode=12, bytes=8589934592, blocks_512=0, "
        "modified_s=-1, changed_s=0, kind=SYMLINK, mode=511, links=0, uid=0, "
        "gid=0, modified_ns=0}\n"
        "p: process#1.status() = ok 77, -5, 0, 0, 0, 0, 0\n");
}

static void long_data_is_cut_and_measured(void **state)
{
    uint8_t data[100];
    struct console_write_req req = {.data_bytes = 4000};
    struct console_write_rep rep = {.bytes = 4000};

    (void)state;
    memset(data, 'z', sizeof(data));
    begin_process(9, "p");
    carry_string(call(3, CONSOLE_WRITE_METHOD, &req, sizeof(req)), data, 4000);
    reply(3, 0, &rep, sizeof(rep));
    expect_text(false, "p: console#1.write(\"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"
                       "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz\"...(4000 bytes)) = "
                       "ok 4000\n");
}

static void handles_that_go_with_a_call_have_names(void **state)
{
    struct process_give_rep rep = {.number = 4};

    (void)state;
    begin_process(9, "p");
    open_file(5, "a", 6, 1);
    carry_handle(call(8, PROCESS_GIVE_METHOD, NULL, 0), 6);
    reply(8, 0, &rep, sizeof(rep));
    /* It was moved: what has its number now is another. */
    call(6, FILE_SIZE_METHOD, NULL, 0);
    expect_text(false, "p: directory#1.open(\"a\", 0) = ok file#1, 1, 0\n"
                       "p: process#1.give(file#1) = ok 4\n"
                       "p: file#2.size() = ?\n");
}

static void what_the_tables_do_not_know_is_shown_by_number(void **state)
{
    struct nu_trace_record *event;

    (void)state;
    call(3, NU_METHOD(999, 7), NULL, 0);
    reply(3, -77, NULL, 0);
    call(3, NU_METHOD(CONSOLE_CONTRACT, 99), NULL, 0);
    reply(3, NU_UNSUP, NULL, 0);
    event = add(NU_TRACE_EVENT, 3, NU_EVENT_SIGNAL);
    event->words[0] = 5;
    add(NU_TRACE_LOST, 0, 0)->words[0] = 12;
    add(NU_TRACE_SEND, 3, nu_tag(NU_METHOD(CONSOLE_CONTRACT, 3), 0, 0, 0));
    expect_text(false, "process9: contract999#1.method7(...) = -77\n"
                       "process9: contract999#1.console.method99(...) = "
                       "UNSUP\n"
                       "process9: --- event SIGNAL 5 ---\n"
                       "--- 12 records lost ---\n"
                       "process9: contract999#1.console.size()\n");
}

static void words_that_were_not_sent_are_not_known(void **state)
{
    struct directory_open_req req = {.path_bytes = 3};

    (void)state;
    /* A string item takes the payload; a short message has no fixed part. */
    call(3, DIRECTORY_OPEN_METHOD, NULL, 0);
    call(3, DIRECTORY_OPEN_METHOD, &req, sizeof(req));
    expect_text(false, "process9: directory#1.open(?, ?) = ?\n"
                       "process9: directory#1.open(?, 0) = ?\n");
}

static void json_is_one_array(void **state)
{
    struct text out = {0};

    (void)state;
    begin_process(9, "sh\"x");
    open_file(5, "a\xfc", 6, 512);
    add(NU_TRACE_LOST, 0, 0)->words[0] = 3;
    decode(PRINT_JSON, false, false, &out);
    assert_string_equal(
        text_string(&out),
        "[\n"
        "{\"kind\": \"call\", \"process\": \"sh\\\"x\", \"thread\": 11, "
        "\"object\": \"directory#1\", \"contract\": \"directory\", "
        "\"method\": \"open\", \"arguments\": {\"path\": \"a\\u00fc\", "
        "\"flags\": 0}, \"status\": 0, \"error\": \"ok\", \"results\": "
        "{\"file\": \"file#1\", \"bytes\": 512, \"identity\": 0}, \"ns\": "
        "2250, "
        "\"duration_ns\": 1250},\n"
        "{\"kind\": \"lost\", \"process\": \"sh\\\"x\", \"thread\": 11, "
        "\"records\": 3, \"ns\": 4750}\n"
        "]\n");
    text_free(&out);
}

static void perfetto_has_spans_and_names(void **state)
{
    struct text out = {0};

    (void)state;
    begin_process(9, "sh");
    open_file(5, "a", 6, 512);
    call(5, DIRECTORY_LIST_METHOD, NULL, 0);
    decode(PRINT_PERFETTO, false, false, &out);
    assert_string_equal(
        text_string(&out),
        "{\"displayTimeUnit\": \"ns\", \"traceEvents\": [\n"
        "{\"name\": \"process_name\", \"ph\": \"M\", \"pid\": 9, \"args\": "
        "{\"name\": \"sh\"}},\n"
        "{\"name\": \"directory#1.open\", \"cat\": \"directory\", \"ph\": "
        "\"X\", \"pid\": 9, \"tid\": 11, \"ts\": 2.250, \"dur\": 1.250, "
        "\"args\": {\"arguments\": {\"path\": \"a\", \"flags\": 0}, "
        "\"status\": \"ok\", \"results\": {\"file\": \"file#1\", \"bytes\": "
        "512, \"identity\": 0}}},\n"
        "{\"name\": \"directory#1.list\", \"cat\": \"directory\", \"ph\": "
        "\"i\", \"pid\": 9, \"tid\": 11, \"ts\": 4.750, \"s\": \"t\", "
        "\"args\": {\"arguments\": {\"cursor\": null}}}\n"
        "]}\n");
    text_free(&out);
}

/* The first (bytes) of the file; what was told, and how many records stay. */
static void expect_damage(size_t bytes, const char *told, size_t records)
{
    struct report report = {0};
    struct trace trace;

    assert_false(trace_parse(&trace, "t", &trace_file, bytes, &report));
    assert_string_equal(text_string(&report.text), told);
    assert_int_equal(trace.record_count, records);
    trace_match(&trace, true);
    trace_free(&trace);
    report_free(&report);
}

static void damaged_files_are_told(void **state)
{
    size_t whole;

    (void)state;
    begin_process(9, "p");
    open_file(5, "a", 6, 1);
    whole = sizeof(trace_file.header) +
            record_count * sizeof(trace_file.records[0]);
    expect_damage(0, "t: error: this is no trace of `nuncio run`\n", 0);
    expect_damage(15, "t: error: this is no trace of `nuncio run`\n", 0);
    expect_damage(whole - 1, "t: error: ends within record 2\n", 2);
    expect_damage(17, "t: error: ends within record 0\n", 0);
    trace_file.records[1].kind = 99;
    expect_damage(whole,
                  "t: error: record 1 is of no known kind (99); the rest is "
                  "not read\n",
                  1);
    trace_file.header.record_bytes = 8;
    expect_damage(whole,
                  "t: error: a trace of version 1 with records of 8 bytes; "
                  "this nuncio reads version 1 with 152\n",
                  0);
    trace_file.header.magic++;
    expect_damage(whole, "t: error: this is no trace of `nuncio run`\n", 0);
}

int main(void)
{
#define TRACE_TEST(name) cmocka_unit_test_setup(name, trace_file_begin)
    const struct CMUnitTest tests[] = {
        TRACE_TEST(calls_read_like_strace),
        TRACE_TEST(handles_are_numbered_as_they_appear),
        TRACE_TEST(same_calls_print_the_same_with_other_numbers),
        TRACE_TEST(copies_keep_the_contract),
        TRACE_TEST(services_inside_are_left_out_and_numbered_apart),
        TRACE_TEST(structs_enums_and_signs_are_shown),
        TRACE_TEST(long_data_is_cut_and_measured),
        TRACE_TEST(handles_that_go_with_a_call_have_names),
        TRACE_TEST(what_the_tables_do_not_know_is_shown_by_number),
        TRACE_TEST(words_that_were_not_sent_are_not_known),
        TRACE_TEST(json_is_one_array),
        TRACE_TEST(perfetto_has_spans_and_names),
        TRACE_TEST(damaged_files_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
