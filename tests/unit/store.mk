# The service `store` against servers good and bad.
store-test-srcs := tests/unit/store_host.c \
    $(addprefix drivers/store/,service.c request.c watches.c xs.c) \
    guest-kernel/lib/nlib/printf.c \
    $(addprefix $(GEN)/contract/,store_dispatch.c watch_dispatch.c \
        domain_dispatch.c interrupt_dispatch.c signal_dispatch.c)
store-tests := store store_hostile
unit-tests += $(store-tests)
$(foreach t,$(store-tests),$(eval unit-$(t)-srcs := tests/unit/test_$(t).c \
    $(store-test-srcs))$(eval unit-$(t)-cflags := -Idrivers))
