unit-tests += console
unit-console-srcs := tests/unit/test_console.c tests/unit/console_model.c \
    tests/unit/block_console_svc.c \
    $(addprefix drivers/console/,service.c uart16550.c) \
    $(addprefix $(GEN)/contract/,console_dispatch.c device_dispatch.c \
    interrupt_dispatch.c)
unit-console-cflags := -Idrivers -Itests/unit
