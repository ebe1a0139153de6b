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

unit-tests += kernel_mm kernel_message kernel_transfer kernel_ends kernel_random
unit-kernel_mm-srcs = tests/unit/test_kernel_mm.c $(kernel-core-srcs)
unit-kernel_mm-cflags := $(kernel-core-cflags)
unit-kernel_message-srcs = tests/unit/test_kernel_message.c \
    tests/unit/kernel_pair.c $(kernel-core-srcs)
unit-kernel_transfer-srcs = tests/unit/test_kernel_transfer.c \
    tests/unit/kernel_pair.c $(kernel-core-srcs)
unit-kernel_transfer-cflags := $(kernel-core-cflags)
unit-kernel_message-cflags := $(kernel-core-cflags)
unit-kernel_random-srcs = tests/unit/test_kernel_random.c $(kernel-core-srcs)
unit-kernel_random-cflags := $(kernel-core-cflags)
unit-kernel_ends-srcs = tests/unit/test_kernel_ends.c \
    tests/unit/kernel_pair.c $(kernel-core-srcs)
unit-kernel_ends-cflags := $(kernel-core-cflags)
