/*
 * Formatted text into a bounded buffer: printf.h.
 */
#include <nlib/printf.h>

#include <stdbool.h>
#include <stdint.h>

#include <nlib/string.h>

/* Where the text goes, and how long it would be. */
struct sink {
    char *buf;
    size_t room; /* with the NUL */
    size_t length;
};

enum size { SIZE_CHAR, SIZE_SHORT, SIZE_INT, SIZE_LONG, SIZE_LLONG, SIZE_Z };

/* One conversion as it is read from the format. */
struct spec {
    bool left;
    bool zero;
    bool plus;
    bool space;
    bool alternate;
    bool has_precision;
    size_t width;
    size_t precision;
    enum size size;
};

#define DIGITS_MAX 24
/* Widths beyond this are cut: a format is ours, not worth an overflow. */
#define WIDTH_MAX 4096u

static void put(struct sink *sink, char c)
{
    if (sink->length + 1 < sink->room) {
        sink->buf[sink->length] = c;
    }
    sink->length++;
}

static void put_text(struct sink *sink, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        put(sink, text[i]);
    }
}

static void put_many(struct sink *sink, char c, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put(sink, c);
    }
}

/* Text of known length, padded to the width. */
static void put_padded(struct sink *sink, const struct spec *spec,
                       const char *text, size_t bytes)
{
    size_t pad = spec->width > bytes ? spec->width - bytes : 0;

    if (!spec->left) {
        put_many(sink, ' ', pad);
    }
    put_text(sink, text, bytes);
    if (spec->left) {
        put_many(sink, ' ', pad);
    }
}

static void put_string(struct sink *sink, const struct spec *spec,
                       const char *text)
{
    size_t bytes = 0;

    if (text == NULL) {
        text = "(null)";
    }
    while ((!spec->has_precision || bytes < spec->precision) &&
           text[bytes] != '\0') {
        bytes++;
    }
    put_padded(sink, spec, text, bytes);
}

/* Sign or prefix, zeros, digits, padded to the width. */
static void put_digits(struct sink *sink, const struct spec *spec,
                       const char *prefix, const char *digits, size_t count)
{
    size_t prefix_bytes = strlen(prefix);
    size_t zeros = 0;
    size_t bytes;

    if (spec->has_precision && spec->precision > count) {
        zeros = spec->precision - count;
    }
    bytes = prefix_bytes + zeros + count;
    if (spec->zero && !spec->left && !spec->has_precision &&
        spec->width > bytes) {
        zeros += spec->width - bytes;
        bytes = spec->width;
    }
    if (!spec->left && spec->width > bytes) {
        put_many(sink, ' ', spec->width - bytes);
    }
    put_text(sink, prefix, prefix_bytes);
    put_many(sink, '0', zeros);
    put_text(sink, digits, count);
    if (spec->left && spec->width > bytes) {
        put_many(sink, ' ', spec->width - bytes);
    }
}

static void put_number(struct sink *sink, const struct spec *spec,
                       const char *prefix, uint64_t value, unsigned base,
                       bool upper)
{
    const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char digits[DIGITS_MAX];
    size_t at = DIGITS_MAX;

    for (; value != 0; value /= base) {
        digits[--at] = set[value % base];
    }
    if (at == DIGITS_MAX && !(spec->has_precision && spec->precision == 0)) {
        digits[--at] = '0';
    }
    /* The alternate form of octal begins with a zero, once. */
    if (base == 8 && spec->alternate &&
        (at == DIGITS_MAX || digits[at] != '0') &&
        !(spec->has_precision && spec->precision > DIGITS_MAX - at)) {
        digits[--at] = '0';
    }
    put_digits(sink, spec, prefix, digits + at, DIGITS_MAX - at);
}

static void put_signed(struct sink *sink, const struct spec *spec,
                       int64_t value)
{
    uint64_t magnitude = (uint64_t)value;
    const char *sign = "";

    if (value < 0) {
        magnitude = 0 - magnitude;
        sign = "-";
    } else if (spec->plus) {
        sign = "+";
    } else if (spec->space) {
        sign = " ";
    }
    put_number(sink, spec, sign, magnitude, 10, false);
}

static int64_t take_signed(enum size size, va_list *args)
{
    switch (size) {
    case SIZE_CHAR:
        return (signed char)va_arg(*args, int);
    case SIZE_SHORT:
        return (short)va_arg(*args, int);
    case SIZE_LONG:
        return va_arg(*args, long);
    case SIZE_LLONG:
        return va_arg(*args, long long);
    case SIZE_Z:
        return va_arg(*args, ptrdiff_t);
    case SIZE_INT:
    default:
        return va_arg(*args, int);
    }
}

static uint64_t take_unsigned(enum size size, va_list *args)
{
    switch (size) {
    case SIZE_CHAR:
        return (unsigned char)va_arg(*args, unsigned);
    case SIZE_SHORT:
        return (unsigned short)va_arg(*args, unsigned);
    case SIZE_LONG:
        return va_arg(*args, unsigned long);
    case SIZE_LLONG:
        return va_arg(*args, unsigned long long);
    case SIZE_Z:
        return va_arg(*args, size_t);
    case SIZE_INT:
    default:
        return va_arg(*args, unsigned);
    }
}

static const char *read_flags(const char *at, struct spec *spec)
{
    for (;; at++) {
        switch (*at) {
        case '-':
            spec->left = true;
            break;
        case '0':
            spec->zero = true;
            break;
        case '+':
            spec->plus = true;
            break;
        case ' ':
            spec->space = true;
            break;
        case '#':
            spec->alternate = true;
            break;
        default:
            return at;
        }
    }
}

/* Digits or `*`; (*negative) says that the argument for `*` was below 0. */
static const char *read_count(const char *at, va_list *args, size_t *count,
                              bool *negative)
{
    size_t value = 0;

    *negative = false;
    if (*at == '*') {
        int given = va_arg(*args, int);

        *negative = given < 0;
        value = given < 0 ? 0u - (unsigned)given : (unsigned)given;
        at++;
    } else {
        for (; *at >= '0' && *at <= '9'; at++) {
            value = value * 10 + (size_t)(*at - '0');
            value = value > WIDTH_MAX ? WIDTH_MAX : value;
        }
    }
    *count = value > WIDTH_MAX ? WIDTH_MAX : value;
    return at;
}

static const char *read_size(const char *at, enum size *size)
{
    *size = SIZE_INT;
    switch (*at) {
    case 'h':
        *size = at[1] == 'h' ? SIZE_CHAR : SIZE_SHORT;
        return at + (at[1] == 'h' ? 2 : 1);
    case 'l':
        *size = at[1] == 'l' ? SIZE_LLONG : SIZE_LONG;
        return at + (at[1] == 'l' ? 2 : 1);
    case 'j':
        *size = SIZE_LONG;
        return at + 1;
    case 'z':
    case 't':
        *size = SIZE_Z;
        return at + 1;
    default:
        return at;
    }
}

static const char *read_spec(const char *at, struct spec *spec, va_list *args)
{
    bool negative;

    memset(spec, 0, sizeof(*spec));
    at = read_flags(at, spec);
    at = read_count(at, args, &spec->width, &negative);
    spec->left = spec->left || negative;
    if (*at == '.') {
        at = read_count(at + 1, args, &spec->precision, &negative);
        spec->has_precision = !negative;
    }
    return read_size(at, &spec->size);
}

static void put_hex(struct sink *sink, const struct spec *spec, uint64_t value,
                    bool upper)
{
    const char *prefix = "";

    if (spec->alternate && value != 0) {
        prefix = upper ? "0X" : "0x";
    }
    put_number(sink, spec, prefix, value, 16, upper);
}

/* Converts one argument as (type) says; false if it is no known type. */
static bool convert(struct sink *sink, const struct spec *spec, char type,
                    va_list *args)
{
    char c;

    switch (type) {
    case 'd':
    case 'i':
        put_signed(sink, spec, take_signed(spec->size, args));
        return true;
    case 'u':
        put_number(sink, spec, "", take_unsigned(spec->size, args), 10, false);
        return true;
    case 'o':
        put_number(sink, spec, "", take_unsigned(spec->size, args), 8, false);
        return true;
    case 'x':
    case 'X':
        put_hex(sink, spec, take_unsigned(spec->size, args), type == 'X');
        return true;
    case 'p':
        put_number(sink, spec, "0x", (uintptr_t)va_arg(*args, void *), 16,
                   false);
        return true;
    case 's':
        put_string(sink, spec, va_arg(*args, const char *));
        return true;
    case 'c':
        c = (char)va_arg(*args, int);
        put_padded(sink, spec, &c, 1);
        return true;
    case '%':
        put(sink, '%');
        return true;
    default:
        return false;
    }
}

int nl_vsnprintf(char *buf, size_t n, const char *format, va_list args)
{
    struct sink sink = {buf, n, 0};
    va_list rest;

    va_copy(rest, args);
    while (*format != '\0') {
        struct spec spec;
        const char *end;

        if (*format != '%') {
            put(&sink, *format++);
            continue;
        }
        end = read_spec(format + 1, &spec, &rest);
        if (*end != '\0' && convert(&sink, &spec, *end, &rest)) {
            format = end + 1;
        } else {
            put(&sink, *format++);
        }
    }
    va_end(rest);
    if (n > 0) {
        buf[sink.length < n ? sink.length : n - 1] = '\0';
    }
    return (int)sink.length;
}

int nl_snprintf(char *buf, size_t n, const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = nl_vsnprintf(buf, n, format, args);
    va_end(args);
    return length;
}
