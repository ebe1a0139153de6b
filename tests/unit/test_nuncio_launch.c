/*
 * What surrounds a run: QEMU's command line, the exit status, the words of
 * --exec, the terminal's keys.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/nuncio/host.h"
#include "tools/nuncio/qemu.h"
#include "tools/nuncio/status.h"
#include "tools/nuncio/terminal.h"
#include "tools/nuncio/words.h"

/* All of a command in one line. */
static void join(const struct strings *argv, struct text *out)
{
    text_clear(out);
    for (size_t i = 0; i < argv->count; i++)
        text_printf(out, "%s%s", i == 0 ? "" : " ", argv->items[i]);
    assert_null(argv->items[argv->count]);
}

static struct qemu_plan make_plan(struct system *sys)
{
    memset(sys, 0, sizeof(*sys));
    sys->memory_mib = 64;
    sys->disks[0] = (struct disk){.name = "disk", .image = "a,b.img"};
    sys->disks[1] = (struct disk){
        .name = "two", .image = "c", .format = DISK_QCOW2, .writable = true};
    sys->disk_count = 2;
    return (struct qemu_plan){.sys = sys,
                              .kernel = "K",
                              .archive = "A",
                              .terminal = "socket,fd=5",
                              .log = "socket,fd=6"};
}

static void q35_command_is_complete(void **state)
{
    struct pool pool = {0};
    struct strings argv = {0};
    struct text line = {0};
    static struct system sys;
    struct qemu_plan plan = make_plan(&sys);

    (void)state;
    qemu_command(&pool, &plan, &argv);
    join(&argv, &line);
    assert_string_equal(
        text_string(&line),
        "qemu-system-x86_64 -M q35 -accel tcg -cpu max -smp 1 -m 64M "
        "-nodefaults -no-user-config -no-reboot -display none "
        "-chardev socket,id=terminal,fd=5 -serial chardev:terminal "
        "-chardev socket,id=log,fd=6 "
        "-device isa-debugcon,iobase=0xe9,chardev=log "
        "-device isa-debug-exit,iobase=0xf4,iosize=4 "
        "-drive if=none,id=disk0,format=raw,readonly=on,file=a,,b.img "
        "-device virtio-blk-pci,drive=disk0,serial=disk "
        "-drive if=none,id=disk1,format=qcow2,readonly=off,file=c "
        "-device virtio-blk-pci,drive=disk1,serial=two "
        "-kernel K -initrd A -append log=e9 exit=0xf4");
    text_free(&line);
    pool_free(&pool);
}

static void variants_change_their_words_only(void **state)
{
    struct pool pool = {0};
    struct strings argv = {0};
    struct strings more = {0};
    struct text line = {0};
    static struct system sys;
    struct qemu_plan plan = make_plan(&sys);

    (void)state;
    assert_true(machine_parse("microvm", &plan.machine));
    plan.accel = ACCEL_KVM;
    plan.trace = "file,path=T";
    plan.append = "x=1 y";
    strings_add(&pool, &more, "-S");
    plan.more = &more;
    qemu_command(&pool, &plan, &argv);
    join(&argv, &line);
    assert_non_null(strstr(text_string(&line),
                           " -M microvm,acpi=off -accel kvm -cpu host -global "
                           "virtio-mmio.force-legacy=false -smp"));
    assert_non_null(strstr(text_string(&line),
                           " -chardev file,id=trace,path=T -device "
                           "isa-debugcon,iobase=0x4e9,chardev=trace "));
    assert_non_null(
        strstr(text_string(&line), " -device virtio-blk-device,drive=disk1,"));
    assert_non_null(strstr(text_string(&line), " -append log=e9 exit=0xf4 "
                                               "trace=0x4e9 x=1 y -S"));
    assert_null(strstr(text_string(&line), "-icount"));
    argv = (struct strings){0};
    plan.icount = true;
    plan.accel = ACCEL_TCG;
    qemu_command(&pool, &plan, &argv);
    join(&argv, &line);
    assert_non_null(strstr(text_string(&line),
                           " -accel tcg -cpu max -global "
                           "virtio-mmio.force-legacy=false -icount "
                           "shift=0,sleep=off "));
    assert_false(machine_parse("virt", &plan.machine));
    text_free(&line);
    pool_free(&pool);
}

static void joined_domain_shares_its_memory_with_the_broker(void **state)
{
    static const struct {
        enum machine_kind machine;
        const char *begin;
    } cases[] = {
        {MACHINE_Q35, "-M q35,memory-backend=mem -accel tcg -cpu max -smp 1"},
        {MACHINE_PC, "-M pc,memory-backend=mem -accel tcg -cpu max -smp 1"},
        /* No virtio-mmio: nobody would name the devices. */
        {MACHINE_MICROVM, "-M microvm,acpi=on,pcie=on,memory-backend=mem "
                          "-accel tcg -cpu max -smp 1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pool pool = {0};
        struct strings argv = {0};
        struct text line = {0};
        static struct system sys;
        struct qemu_plan plan = make_plan(&sys);

        plan.machine = cases[i].machine;
        plan.broker = "/run/a,b/t.sock";
        qemu_command(&pool, &plan, &argv);
        join(&argv, &line);
        assert_non_null(strstr(text_string(&line), cases[i].begin));
        assert_non_null(
            strstr(text_string(&line),
                   "-device virtio-blk-pci,drive=disk1,serial=two "
                   "-object memory-backend-memfd,id=mem,size=64M,share=on "
                   "-chardev socket,id=nuncio,path=/run/a,,b/t.sock "
                   "-device vhost-user-fs-pci,chardev=nuncio,tag=nuncio,"
                   "queue-size=1024 -kernel K"));
        text_free(&line);
        pool_free(&pool);
    }
}

static void printed_command_is_quoted_for_a_shell(void **state)
{
    struct pool pool = {0};
    struct strings argv = {0};
    struct text out = {0};

    (void)state;
    strings_add(&pool, &argv, "q");
    strings_add(&pool, &argv, "-append");
    strings_add(&pool, &argv, "a b");
    strings_add(&pool, &argv, "it's");
    strings_add(&pool, &argv, "");
    qemu_print(&argv, &out);
    assert_string_equal(text_string(&out),
                        "q \\\n    -append 'a b' 'it'\\''s' ''\n");
    text_free(&out);
    pool_free(&pool);
}

/* The status for (log), given in pieces of (piece) bytes, and (machine). */
static int status_for(const char *text, size_t piece,
                      struct status_machine machine)
{
    struct status_log log = {0};
    const char *reason;

    for (size_t left = strlen(text); left != 0;) {
        size_t bytes = left < piece ? left : piece;

        status_log_add(&log, text, bytes);
        text += bytes;
        left -= bytes;
    }
    return status_of(&log, &machine, &reason);
}

static void log_decides_the_status(void **state)
{
    static const struct {
        const char *log;
        struct status_machine machine;
        int status;
    } cases[] = {
        {"nuncio: exit 0\n", {.qemu_code = 1}, 0},
        {"boot\r\nnuncio: exit 7\r\n", {.qemu_code = 15}, 7},
        {"nuncio: exit 99\n", {.qemu_code = 0}, 99},
        {"nuncio: exit 100\n", {.qemu_code = 0}, STATUS_OUTSIDE},
        {"nuncio: exit -41\n", {.qemu_code = 1}, STATUS_OUTSIDE},
        {"nuncio: exit 125\n", {.qemu_code = 1}, 125},
        {"nuncio: exit 139\n", {.qemu_code = 1}, 139},
        {"nuncio: exit 5\n", {.timed_out = true}, 5},
        /* Not the kernel's words. */
        {"shell: nuncio: exit 3\n", {.qemu_code = 7}, STATUS_SILENT},
        {"nuncio: exit 3 x\n", {.qemu_code = 7}, STATUS_SILENT},
        {"nuncio: exit 99999999999999999999\n",
         {.qemu_code = 7},
         STATUS_SILENT},
        {"nuncio: exit 3", {.qemu_code = 7}, STATUS_SILENT},
        {"", {.qemu_code = 1}, STATUS_LAUNCHER},
        {"", {.qemu_code = 0}, STATUS_SILENT},
        {"", {.qemu_code = -1}, STATUS_SILENT},
        {"", {.timed_out = true, .qemu_code = 0}, STATUS_TIMEOUT},
        {"", {.quit = true, .qemu_code = 0}, 0},
        {"", {.signal = 15, .qemu_code = 0}, STATUS_SIGNAL + 15},
        {"a\npanic: no\nmore", {.timed_out = true}, STATUS_PANIC},
        {"nuncio: exit 0\npanic:", {.qemu_code = 1}, STATUS_PANIC},
        {"no panic: here\nnuncio: exit 0\n", {.qemu_code = 1}, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t piece = 1; piece < 40; piece += 7)
            assert_int_equal(status_for(cases[i].log, piece, cases[i].machine),
                             cases[i].status);
    }
}

static void long_log_lines_are_bounded(void **state)
{
    struct status_log log = {0};

    (void)state;
    for (int i = 0; i < 5000; i++)
        status_log_add(&log, "nuncio: exit ", 13);
    status_log_add(&log, "\nnuncio: exit 4\n", 16);
    assert_true(log.has_exit);
    assert_int_equal(log.exit_status, 4);
}

static void words_are_split_as_by_a_shell(void **state)
{
    static const struct {
        const char *command;
        const char *joined; /* "a|b", or NULL when (command) is refused */
    } cases[] = {
        {"sum -r /", "sum|-r|/"},
        {"  a\t b\n", "a|b"},
        {"a 'b  c' d", "a|b  c|d"},
        {"\"a \\\" \\\\ \\n\"", "a \" \\ \\n"},
        {"a\\ b", "a b"},
        {"x'y'\"z\"w", "xyzw"},
        {"'' \"\"", "|"},
        {"$HOME *", "$HOME|*"},
        {"", ""},
        {"a 'b", NULL},
        {"a \"b", NULL},
        {"a \\", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pool pool = {0};
        struct strings words = {0};
        struct text joined = {0};
        const char *wrong = words_split(&pool, cases[i].command, &words);

        for (size_t k = 0; k < words.count; k++)
            text_printf(&joined, "%s%s", k == 0 ? "" : "|", words.items[k]);
        if (cases[i].joined == NULL)
            assert_non_null(wrong);
        else
            assert_string_equal(text_string(&joined), cases[i].joined);
        assert_true((cases[i].joined == NULL) == (wrong != NULL));
        text_free(&joined);
        pool_free(&pool);
    }
}

static void keys_after_ctrl_a_are_ours(void **state)
{
    struct terminal_keys keys = {0};
    char out[16];
    size_t bytes;

    (void)state;
    assert_int_equal(terminal_filter(&keys, "a\x03z", 3, out, &bytes),
                     TERMINAL_NONE);
    assert_int_equal(bytes, 3);
    assert_memory_equal(out, "a\x03z", 3);
    assert_int_equal(terminal_filter(&keys, "b\x01", 2, out, &bytes),
                     TERMINAL_NONE);
    assert_int_equal(bytes, 1);
    assert_int_equal(terminal_filter(&keys, "xq", 2, out, &bytes),
                     TERMINAL_QUIT);
    assert_int_equal(bytes, 0);
    assert_int_equal(terminal_filter(&keys, "\x01\x01\x01q", 4, out, &bytes),
                     TERMINAL_NONE);
    assert_int_equal(bytes, 1);
    assert_memory_equal(out, "\x01", 1);
    assert_int_equal(terminal_filter(&keys, "x\x01h", 3, out, &bytes),
                     TERMINAL_HELP);
    assert_int_equal(bytes, 1);
}

static void only_real_virtualization_counts(void **state)
{
    (void)state;
    assert_true(host_cpu_virtualizes("flags\t\t: fpu vmx sse\n"));
    assert_true(host_cpu_virtualizes("flags\t\t: fpu svm\n"));
    assert_false(host_cpu_virtualizes("flags\t\t: fpu svme xvmx vmxnet\n"));
    assert_false(host_cpu_virtualizes(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(q35_command_is_complete),
        cmocka_unit_test(variants_change_their_words_only),
        cmocka_unit_test(joined_domain_shares_its_memory_with_the_broker),
        cmocka_unit_test(printed_command_is_quoted_for_a_shell),
        cmocka_unit_test(log_decides_the_status),
        cmocka_unit_test(long_log_lines_are_bounded),
        cmocka_unit_test(words_are_split_as_by_a_shell),
        cmocka_unit_test(keys_after_ctrl_a_are_ours),
        cmocka_unit_test(only_real_virtualization_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
