# The service runtime over a kernel that the tests make up.
rt-test-srcs := tests/unit/rt_fake.c tests/unit/rt_test_service.c \
    $(addprefix drivers/rt/,service.c serve.c local.c process.c heap.c \
        local_table.c channel_state.c) guest-kernel/lib/nlib/printf.c \
    $(addprefix $(GEN)/contract/,directory_dispatch.c file_dispatch.c \
        service_dispatch.c)
rt-tests := rt_serve rt_local rt_heap
unit-tests += $(rt-tests)
$(foreach t,$(rt-tests),$(eval unit-$(t)-srcs := tests/unit/test_$(t).c \
    $(rt-test-srcs))$(eval unit-$(t)-cflags := -Idrivers))
