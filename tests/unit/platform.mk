# What the kernel core stands on, on the build machine over hv/fake.
hv-fake-srcs := $(addprefix hv/fake/,start.c domain.c page.c multicall.c console.c \
    event.c grant.c peer.c store.c \
    physdev.c time.c info.c power.c)
platform-cflags := -Ihv/fake -Iguest-kernel -Iguest-kernel/arch/x86

# Kernel sources call the C library's functions by their usual names, so only
# the tests of nlib itself rename them.
unit-tests += event
unit-event-srcs := tests/unit/test_event.c guest-kernel/event/event.c \
    guest-kernel/boot/klog.c guest-kernel/lib/nlib/printf.c $(hv-fake-srcs)
unit-event-cflags := $(platform-cflags)

unit-tests += nlib_string
unit-nlib_string-srcs := tests/unit/test_nlib_string.c \
    guest-kernel/lib/nlib/string.c
unit-nlib_string-cflags := $(foreach f,memcpy memmove memset memcmp strlen \
    strcmp strncmp strchr strlcpy,-D$(f)=nl_$(f)) -fno-builtin

unit-tests += nlib_printf
unit-nlib_printf-srcs := tests/unit/test_nlib_printf.c \
    guest-kernel/lib/nlib/printf.c

boot-parser-srcs := tests/unit/boot_image.c $(addprefix guest-kernel/boot/, \
    boot_info.c boot_take.c boot_pvh.c boot_multiboot2.c boot_ranges.c acpi.c cmdline.c) \
    guest-kernel/lib/nlib/printf.c
boot-parser-cflags := -Itests/unit $(platform-cflags)

unit-tests += boot_info boot_lists
unit-boot_info-srcs := tests/unit/test_boot_info.c $(boot-parser-srcs)
unit-boot_info-cflags := $(boot-parser-cflags)
unit-boot_lists-srcs := tests/unit/test_boot_lists.c $(boot-parser-srcs)
unit-boot_lists-cflags := -Iguest-kernel/arch/fake $(boot-parser-cflags)
