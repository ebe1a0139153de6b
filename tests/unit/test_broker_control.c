/*
 * The lines of the control socket, what is told of a domain, the log's limit,
 * and the sandbox.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker_fixture.h"
#include "hv/broker/connection.h"
#include "hv/broker/control.h"
#include "hv/broker/report.h"
#include "hv/broker/sandbox.h"
#include "hv/broker/store.h"

static char directory[] = "/tmp/broker-XXXXXX";
static char answer[16384];

/* What (line) is answered. */
static const char *ask(const char *line)
{
    char copy[CONTROL_LINE_MAX];
    FILE *out = fmemopen(answer, sizeof(answer), "w");

    (void)strncpy(copy, line, sizeof(copy) - 1);
    copy[sizeof(copy) - 1] = '\0';
    control_do(&fixture_broker, copy, out);
    (void)fclose(out);
    return answer;
}

static int setup(void **state)
{
    if (fixture_setup(state) != 0)
        return -1;
    memcpy(strrchr(directory, '-') + 1, "XXXXXX", 6);
    if (mkdtemp(directory) == NULL || chdir(directory) != 0)
        return -1;
    fixture_broker.directory = directory;
    return 0;
}

static int teardown(void **state)
{
    assert_int_equal(fixture_teardown(state), 0);
    assert_int_equal(rmdir(directory), 0);
    return 0;
}

static void domains_come_and_go(void **state)
{
    char expected[128];
    struct stat status;

    (void)state;
    (void)umask(0177);
    (void)snprintf(expected, sizeof(expected), "ok domid=1 socket=%s/a.sock\n",
                   directory);
    assert_string_equal(ask("add a watchdog_ms=250"), expected);
    assert_int_equal(fixture_broker.domains[1]->watchdog_ns, 250000000);
    assert_int_equal(stat("a.sock", &status), 0);
    assert_int_equal(status.st_mode, S_IFSOCK | 0600);
    assert_string_equal(ask("read /nuncio/domain/a"), "ok 1\n");
    assert_non_null(strstr(ask("add  b \r"), "domid=2"));
    assert_string_equal(ask("remove a"), "ok\n");
    assert_int_equal(stat("a.sock", &status), -1);
    assert_string_equal(ask("remove b"), "ok\n");
}

static void wrong_lines_are_told(void **state)
{
    static const struct {
        const char *line;
        const char *answer;
    } cases[] = {
        {"", "error no such command"},
        {"   ", "error no such command"},
        {"add", "error usage: add NAME"},
        {"add a watchdog_ms=1 b", "error usage: add NAME"},
        {"add a b c d", "error no command has so many words"},
        {"add a watchdog_ms=", "error what follows"},
        {"add a watchdog_ms=1x", "error what follows"},
        {"add a watchdog_ms=99999999999999999999", "error what follows"},
        {"add a watchdog_ms=86400001", "error what follows"},
        {"add a watchdog=1", "error what follows"},
        {"add ..", "error a domain's name is made of"},
        {"add a/b", "error a domain's name is made of"},
        {"add \"", "error a domain's name is made of"},
        {"add 123456789012345678901234567890123", "error a domain's name has"},
        {"remove a", "error there is no domain"},
        {"list a", "error usage: list"},
        {"read /nothing", "error there is no such node"},
        {"read nothing", "error this is not the path"},
        {"ls //", "error this is not the path"},
        {"Stop", "error no such command"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *told = ask(cases[i].line);

        if (strncmp(told, cases[i].answer, strlen(cases[i].answer)) != 0)
            fail_msg("\"%s\": %s", cases[i].line, told);
        /* One line. */
        assert_ptr_equal(strchr(told, '\n'), told + strlen(told) - 1);
    }
    assert_false(fixture_broker.stopping);
    assert_non_null(strstr(ask("add a"), "ok"));
    assert_string_equal(ask("add a"), "error there is a domain of this name\n");
    assert_string_equal(ask("remove a"), "ok\n");
    assert_string_equal(ask("stop"), "ok\n");
    assert_true(fixture_broker.stopping);
}

/* A name that is free but a socket that cannot be: nothing is left behind. */
static void a_socket_that_fails_leaves_nothing(void **state)
{
    char deep[CONNECTION_PATH_MAX];

    (void)state;
    assert_int_equal(mkdir("a.sock", 0700), 0);
    assert_non_null(strstr(ask("add a"), "error "));
    assert_null(broker_find(&fixture_broker, "a"));
    assert_int_equal(strncmp(ask("read /nuncio/domain/a"), "error", 5), 0);
    assert_int_equal(rmdir("a.sock"), 0);
    memset(deep, 'd', sizeof(deep));
    deep[sizeof(deep) - 1] = '\0';
    fixture_broker.directory = deep;
    assert_string_equal(ask("add a"),
                        "error the path of its socket would be too long\n");
}

static void values_are_one_line(void **state)
{
    (void)state;
    assert_int_equal(
        store_root_write(fixture_broker.store, "/x/y", "a\n\\\x80z", 5), 0);
    assert_string_equal(ask("read /x/y"), "ok a\\x0a\\x5c\\x80z\n");
    assert_string_equal(ask("ls /x"), "name y\nok\n");
}

static void a_domain_is_reported(void **state)
{
    struct guest a;
    struct guest b;

    (void)state;
    fixture_run(&a, "a");
    fixture_add(&b, "b");
    a.domain->counts.kicks = 1234567;
    (void)ask("list");
    assert_int_equal(
        strncmp(answer, "{\"name\":\"a\",\"domid\":1,\"state\":\"running\",",
                40),
        0);
    assert_non_null(strstr(answer, "\"kicks\":1234567,"));
    assert_non_null(strstr(answer, "{\"name\":\"b\",\"domid\":2,"
                                   "\"state\":\"absent\",\"epoch\":0,"));
    assert_string_equal(strrchr(answer, '}'), "}\nok\n");
    a.domain->watchdog_ns = 1;
    assert_string_equal(report_state(a.domain, a.domain->active_ns + 1),
                        "hung");
    fixture_leave(&a);
    assert_string_equal(report_state(a.domain, 0), "absent");
}

static void a_domain_cannot_flood_the_log(void **state)
{
    struct guest a;
    char text[LOG_LINE_BYTES * 4];
    unsigned lines = 0;
    ssize_t bytes;
    int pipes[2];

    (void)state;
    fixture_add(&a, "a");
    assert_int_equal(pipe2(pipes, O_CLOEXEC | O_NONBLOCK), 0);
    log_open(pipes[1]);
    for (int i = 0; i < 500; i++)
        domain_log(a.domain, "event=noise text=\"a\nb\"");
    while ((bytes = read(pipes[0], text, sizeof(text))) > 0) {
        for (ssize_t i = 0; i < bytes; i++)
            lines += text[i] == '\n';
    }
    assert_in_range(lines, LOG_BURST, LOG_BURST + LOG_PER_SECOND);
    a.domain->log_limit.refilled_ns = 0;
    domain_log(a.domain, "event=after");
    bytes = read(pipes[0], text, sizeof(text) - 1);
    text[bytes > 0 ? bytes : 0] = '\0';
    assert_non_null(strstr(text, "event=after domain=a lines_left_out=4"));
    log_open(-1);
    close(pipes[0]);
    close(pipes[1]);
}

/* How a child ends that does (attempt) in the sandbox: a signal, or 0. */
static int ends_by(void (*attempt)(void))
{
    bool landlock;
    int status;
    pid_t child = fork();

    if (child == 0) {
        if (sandbox_enter(&landlock) != NULL)
            _exit(99);
        attempt();
        syscall(SYS_exit_group, 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status))
        assert_int_equal(WEXITSTATUS(status), 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void listen_here(void)
{
    int file = connection_socket("b.sock");

    if (file < 0 || unlink("b.sock") != 0)
        syscall(SYS_exit_group, 1);
}

static void listen_elsewhere(void)
{
    if (connection_socket("/tmp/broker-elsewhere.sock") >= 0 || errno != EACCES)
        syscall(SYS_exit_group, 1);
}

static void open_file(void)
{
    syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
}

static void run_program(void)
{
    syscall(SYS_execve, "/bin/true", NULL, NULL);
}

static void open_network(void)
{
    syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
}

static void map_code(void)
{
    syscall(SYS_mmap, NULL, 4096, 5 /* read, execute */, 0x22, -1, 0);
}

static void kill_others(void)
{
    syscall(SYS_kill, getppid(), 0);
}

static void a_forbidden_call_ends_the_broker(void **state)
{
    (void)state;
    assert_int_equal(ends_by(listen_here), 0);
    assert_int_equal(ends_by(listen_elsewhere), 0);
    assert_int_equal(ends_by(open_file), SIGSYS);
    assert_int_equal(ends_by(run_program), SIGSYS);
    assert_int_equal(ends_by(open_network), SIGSYS);
    assert_int_equal(ends_by(map_code), SIGSYS);
    assert_int_equal(ends_by(kill_others), SIGSYS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(domains_come_and_go),
        TEST(wrong_lines_are_told),
        TEST(a_socket_that_fails_leaves_nothing),
        TEST(values_are_one_line),
        TEST(a_domain_is_reported),
        TEST(a_domain_cannot_flood_the_log),
        TEST(a_forbidden_call_ends_the_broker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
