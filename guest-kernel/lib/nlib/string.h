/*
 * Memory and strings, as in ISO C11 7.24; strlcpy as in BSD.
 */
#ifndef NLIB_STRING_H
#define NLIB_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);

/* Copies (from) with its NUL, cut to fit (bytes) > 0; returns strlen(from). */
size_t strlcpy(char *to, const char *from, size_t bytes);

#endif /* NLIB_STRING_H */
