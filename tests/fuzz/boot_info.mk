fuzz-targets += boot_info
fuzz-boot_info-srcs := tests/fuzz/fuzz_boot_info.c $(boot-parser-srcs)
fuzz-boot_info-cflags := $(boot-parser-cflags)
