fuzz-targets += message
fuzz-message-srcs := tests/fuzz/fuzz_message.c $(kernel-core-srcs)
fuzz-message-cflags := $(kernel-core-cflags)
fuzz-message-libs := -lcmocka
