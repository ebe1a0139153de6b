# The kernel core over arch/fake and hv/fake.
kernel-core-srcs = tests/unit/kernel_fixture.c \
    $(filter-out guest-kernel/proc/trap.c guest-kernel/init/% guest-kernel/arch/% \
        guest-kernel/boot/% guest-kernel/event/% guest-kernel/lib/% \
        guest-kernel/obj/obj_device.c guest-kernel/obj/obj_system.c hv/% hypercall/%, \
        $(filter guest-kernel/%.c,$(kernel-srcs))) \
    guest-kernel/event/event.c guest-kernel/grant/grant.c guest-kernel/boot/domain.c \
    guest-kernel/lib/nlib/printf.c $(hv-fake-srcs) \
    $(kernel-gen:%=$(GEN)/contract/%_dispatch.c)
kernel-core-cflags := -DNU_SERVER_ONLY -Ihv/fake -Iguest-kernel/arch/fake -Iguest-kernel \
    -Iguest-kernel/arch/x86

unit-pools += kernel-core
pool-kernel-core-srcs = $(kernel-core-srcs)
pool-kernel-core-cflags := $(kernel-core-cflags)

kernel-tests := kernel_mm kernel_message kernel_transfer kernel_ends kernel_random
unit-tests += $(kernel-tests)
$(foreach t,$(kernel-tests),\
    $(eval unit-$(t)-srcs := tests/unit/test_$(t).c) \
    $(eval unit-$(t)-cflags := $$(kernel-core-cflags)) \
    $(eval unit-$(t)-pools := kernel-core))
kernel-pair-tests := kernel_message kernel_transfer kernel_ends
$(foreach t,$(kernel-pair-tests),$(eval unit-$(t)-srcs += tests/unit/kernel_pair.c))
