# Readers of the freestanding library, and what init reads with them.
unit-tests += nlib_elf nlib_cpio nlib_sha256 init_manifest shell_text
unit-nlib_elf-srcs := tests/unit/test_nlib_elf.c tests/unit/elf_image.c \
    guest-kernel/lib/nlib/elf.c
unit-nlib_cpio-srcs := tests/unit/test_nlib_cpio.c guest-kernel/lib/nlib/cpio.c
unit-nlib_sha256-srcs := tests/unit/test_nlib_sha256.c \
    guest-kernel/lib/nlib/sha256.c
unit-init_manifest-srcs := tests/unit/test_init_manifest.c \
    user/init/manifest.c user/init/manifest_check.c guest-kernel/lib/nlib/printf.c
unit-init_manifest-cflags := -Iuser
unit-shell_text-srcs := tests/unit/test_shell_text.c user/shell/path.c \
    user/shell/format.c guest-kernel/lib/nlib/printf.c
unit-shell_text-cflags := -Iuser
