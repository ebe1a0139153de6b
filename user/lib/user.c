#include <user.h>

#include <contract/console.h>
#include <nlib/printf.h>
#include <nlib/string.h>

#define ARGS_MAX   64
#define OUT_BYTES  4096u
#define LINE_BYTES 512u

_Noreturn void user_start(const struct nu_start *start);

static struct {
    char data[OUT_BYTES];
    size_t bytes;
    bool is_terminal;
} out;

void print_flush(void)
{
    nu_handle_t console = user_handle("console");
    size_t at = 0;

    while (console != NU_HANDLE_NONE && at < out.bytes) {
        uint32_t done = 0;

        if (console_write(console, out.data + at, out.bytes - at, &done) != 0 ||
            done == 0)
            break;
        at += done;
    }
    out.bytes = 0;
}

static void print_raw(const char *from, size_t bytes)
{
    while (bytes > 0) {
        size_t room = OUT_BYTES - out.bytes;
        size_t take = bytes < room ? bytes : room;

        memcpy(out.data + out.bytes, from, take);
        out.bytes += take;
        from += take;
        bytes -= take;
        if (out.bytes == OUT_BYTES)
            print_flush();
    }
}

void print_to_terminal(void)
{
    out.is_terminal = true;
}

void print_bytes(const void *data, size_t bytes)
{
    const char *from = data;
    size_t line = 0;

    for (size_t i = 0; out.is_terminal && i < bytes; i++) {
        if (from[i] != '\n')
            continue;
        print_raw(from + line, i - line);
        print_raw("\r", 1);
        line = i;
    }
    print_raw(from + line, bytes - line);
}

void print(const char *format, ...)
{
    char line[LINE_BYTES];
    __builtin_va_list args;
    int length;

    __builtin_va_start(args, format);
    length = nl_vsnprintf(line, sizeof(line), format, args);
    __builtin_va_end(args);
    if (length > 0)
        print_bytes(line, (size_t)length < sizeof(line) ? (size_t)length
                                                        : sizeof(line) - 1);
}

size_t read_bytes(void *data, size_t bytes)
{
    nu_handle_t console = user_handle("console");
    uint32_t most = bytes < 4096 ? (uint32_t)bytes : 4096;
    size_t got = 0;

    print_flush();
    if (console == NU_HANDLE_NONE ||
        console_read(console, most, data, bytes, &got) != 0)
        return 0;
    return got;
}

void user_exit(int status)
{
    print_flush();
    rt_exit(status);
}

bool parse_number(const char *text, uint64_t *number)
{
    uint64_t v = 0;

    if (*text == '\0')
        return false;
    for (; *text >= '0' && *text <= '9'; text++) {
        uint64_t digit = (uint64_t)(*text - '0');

        if (v > (UINT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *number = v;
    return *text == '\0';
}

void user_start(const struct nu_start *start)
{
    /* The start block is read-only; the vector points into a copy. */
    static char words[NU_START_ARGS_BYTES];
    static char *argv[ARGS_MAX + 1];
    int status = rt_process_begin(start);
    char *word = words;
    int argc = 0;

    if (status != 0) {
        rt_log("a service in this process does not start: %s",
               nu_error_text(status));
        user_exit(125);
    }
    memcpy(words, start->args, sizeof(words));
    words[sizeof(words) - 1] = '\0';
    for (uint32_t i = 0; i < start->arg_count && argc < ARGS_MAX; i++) {
        if (word >= words + sizeof(words))
            break;
        argv[argc++] = word;
        word += strlen(word) + 1;
    }
    user_exit(main(argc, argv));
}
