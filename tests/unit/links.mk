# The connector in a world of the tests' making.
links-test-srcs := $(addprefix tests/unit/,links_host.c \
        links_kernel.c links_store.c) \
    $(addprefix user/links/,here.c import.c export.c line.c gate.c names.c handshake.c \
        nodes.c text.c limit.c) guest-kernel/lib/nlib/printf.c \
    $(addprefix $(GEN)/contract/,$(addsuffix _dispatch.c,domain link process \
        purse service store watch gate))
links-tests := links_import links_export links_gate
unit-tests += links_text $(links-tests)
unit-links_text-srcs := tests/unit/test_links_text.c user/links/text.c \
    user/links/limit.c guest-kernel/lib/nlib/printf.c
unit-links_text-cflags := -Iuser -Idrivers
$(foreach t,$(links-tests),$(eval unit-$(t)-srcs := tests/unit/test_$(t).c \
    $(links-test-srcs))$(eval unit-$(t)-cflags := -Iuser -Iuser/lib -Idrivers))
