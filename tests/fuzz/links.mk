fuzz-targets += links
fuzz-links-srcs := tests/fuzz/fuzz_links.c $(links-test-srcs)
fuzz-links-cflags := -Iuser -Iuser/lib -Idrivers -Itests
