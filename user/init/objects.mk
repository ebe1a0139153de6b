programs += init
program-init-srcs := $(addprefix user/init/,main.c end.c build.c image.c devices.c \
    manifest.c manifest_check.c) guest-kernel/lib/nlib/elf.c guest-kernel/lib/nlib/cpio.c
