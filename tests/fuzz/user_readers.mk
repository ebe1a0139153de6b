# What is read from the boot archive: images, the archive, the manifest.
fuzz-targets += elf cpio manifest
fuzz-elf-srcs := tests/fuzz/fuzz_elf.c guest-kernel/lib/nlib/elf.c
fuzz-cpio-srcs := tests/fuzz/fuzz_cpio.c guest-kernel/lib/nlib/cpio.c
fuzz-manifest-srcs := tests/fuzz/fuzz_manifest.c user/init/manifest.c user/init/manifest_check.c \
    guest-kernel/lib/nlib/printf.c
fuzz-manifest-cflags := -Iuser
