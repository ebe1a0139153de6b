unit-tests += nuncio_libvirt
unit-nuncio_libvirt-srcs := tests/unit/test_nuncio_libvirt.c \
    $(addprefix tools/nuncio/,libvirt_pump.c libvirt_files.c)
unit-nuncio_libvirt-libs := $(shell pkg-config --libs libvirt)
