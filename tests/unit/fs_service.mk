unit-tests += fs_service
unit-fs_service-srcs := tests/unit/test_fs_service.c \
    tests/unit/fs_service_host.c tests/unit/ext4_host.c \
    drivers/fs/service.c $(fs-core-srcs) $(addprefix $(GEN)/contract/, \
    block_dispatch.c directory_dispatch.c file_dispatch.c)
unit-fs_service-cflags := -Idrivers
