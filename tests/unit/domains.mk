# Grants, event channels and hypercalls between domains.
unit-tests += grants domains
between-domains-srcs = guest-kernel/event/event.c \
    guest-kernel/grant/grant.c guest-kernel/boot/domain.c \
    guest-kernel/boot/klog.c guest-kernel/lib/nlib/printf.c $(hv-fake-srcs)
unit-grants-srcs = tests/unit/test_grants.c $(between-domains-srcs)
unit-grants-cflags = $(platform-cflags)
unit-domains-srcs = tests/unit/test_domains.c $(between-domains-srcs)
unit-domains-cflags = $(platform-cflags)

# hv/kvm's client of the broker, with a broker that is a model or a thread.
kvm-model-srcs := tests/unit/kvm_model.c \
    $(addprefix hv/kvm/,mailbox.c grant.c multicall.c event.c store.c state.c)
kvm-model-cflags := -Iguest-kernel/arch/fake -Ihv/fake -Iguest-kernel
unit-tests += kvm_mailbox kvm_ports
unit-kvm_mailbox-srcs := tests/unit/test_kvm_mailbox.c $(kvm-model-srcs)
unit-kvm_mailbox-cflags := $(kvm-model-cflags)
unit-kvm_ports-srcs := tests/unit/test_kvm_ports.c $(kvm-model-srcs)
unit-kvm_ports-cflags := $(kvm-model-cflags)
unit-kvm_ports-libs := -lpthread
