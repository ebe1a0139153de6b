fuzz-targets += store
fuzz-store-srcs := tests/fuzz/fuzz_store.c $(store-test-srcs)
fuzz-store-cflags := -Idrivers -Itests
