unit-tests += fs_cache
unit-fs_cache-srcs := tests/unit/test_fs_cache.c tests/unit/ext4_host.c \
    drivers/fs/cache.c
unit-fs_cache-cflags := -Idrivers
