# Grants, event channels and hypercalls between domains.
unit-tests += domains
unit-domains-srcs = tests/unit/test_domains.c guest-kernel/event/event.c \
    guest-kernel/grant/grant.c guest-kernel/boot/domain.c \
    guest-kernel/boot/klog.c guest-kernel/lib/nlib/printf.c $(hv-fake-srcs)
unit-domains-cflags = $(platform-cflags)
