unit-tests += nuncio_archive
unit-nuncio_archive-srcs := tests/unit/test_nuncio_archive.c \
    $(addprefix tools/nuncio/,boot_archive.c manifest.c system.c words.c report.c pool.c) \
    guest-kernel/lib/nlib/cpio.c
unit-nuncio_archive-libs := -larchive
