/*
 * Memory and strings: string.h.
 *
 * Long copies are `rep movsq`: fast on today's processors, and one counted
 * instruction for 8 bytes where instructions are counted. The empty asm in the
 * byte loops keeps a compiler from making a call of this same function of them.
 */
#include <nlib/string.h>

#include <stdint.h>

#define LONG_BYTES 32
#define BARRIER()  __asm__ volatile("")

/* From low addresses to high ones: right also when (d) lies below (s) and the
 * two overlap. */
static void copy_forwards(uint8_t *d, const uint8_t *s, size_t bytes)
{
    if (bytes >= LONG_BYTES) {
        size_t words = bytes / 8;

        __asm__ volatile("rep movsq"
                         : "+D"(d), "+S"(s), "+c"(words)
                         :
                         : "memory");
        bytes %= 8;
    }
    for (; bytes >= 8; bytes -= 8, d += 8, s += 8) {
        uint64_t word;

        __builtin_memcpy(&word, s, 8);
        __builtin_memcpy(d, &word, 8);
        BARRIER();
    }
    while (bytes-- > 0) {
        *d++ = *s++;
        BARRIER();
    }
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    copy_forwards(to, from, bytes);
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    uint8_t *d = to;
    const uint8_t *s = from;

    /* Forwards is safe unless (to) lies inside the source. */
    if ((uintptr_t)d - (uintptr_t)s >= bytes) {
        copy_forwards(d, s, bytes);
        return to;
    }
    while (bytes >= 8) {
        uint64_t word;

        bytes -= 8;
        __builtin_memcpy(&word, s + bytes, 8);
        __builtin_memcpy(d + bytes, &word, 8);
        BARRIER();
    }
    while (bytes-- > 0) {
        d[bytes] = s[bytes];
        BARRIER();
    }
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    uint8_t *d = to;
    uint64_t word = 0x0101010101010101ull * (uint8_t)value;

    if (bytes >= LONG_BYTES) {
        size_t words = bytes / 8;

        __asm__ volatile("rep stosq"
                         : "+D"(d), "+c"(words)
                         : "a"(word)
                         : "memory");
        bytes %= 8;
    }
    while (bytes-- > 0) {
        *d++ = (uint8_t)value;
        BARRIER();
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const uint8_t *x = a;
    const uint8_t *y = b;

    for (; bytes > 0; bytes--, x++, y++) {
        if (*x != *y) {
            return *x - *y;
        }
    }
    return 0;
}

size_t strlen(const char *s)
{
    size_t length = 0;

    while (s[length] != '\0') {
        length++;
        BARRIER();
    }
    return length;
}

int strcmp(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return (uint8_t)*a - (uint8_t)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n > 0; n--, a++, b++) {
        if (*a != *b || *a == '\0') {
            return (uint8_t)*a - (uint8_t)*b;
        }
    }
    return 0;
}

char *strchr(const char *s, int c)
{
    for (; *s != (char)c; s++) {
        if (*s == '\0') {
            return NULL;
        }
    }
    return (char *)(uintptr_t)s;
}

size_t strlcpy(char *to, const char *from, size_t bytes)
{
    size_t length = strlen(from);
    size_t copied = length < bytes ? length : bytes - 1;

    memcpy(to, from, copied);
    to[copied] = '\0';
    return length;
}
