fuzz-targets += link
fuzz-link-srcs = tests/fuzz/fuzz_link.c $(link-test-srcs)
fuzz-link-cflags = $(kernel-core-cflags)
fuzz-link-libs := -lcmocka
fuzz-link-seconds := 60
