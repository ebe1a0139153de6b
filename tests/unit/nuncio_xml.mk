unit-tests += nuncio_xml
unit-nuncio_xml-srcs := tests/unit/test_nuncio_xml.c \
    $(addprefix tools/nuncio/,xml.c xml_build.c xml_plan.c report.c pool.c)
# The library's headers are not ours to lint.
unit-nuncio_xml-cflags := $(patsubst -I%,-isystem %,\
    $(shell pkg-config --cflags libxml-2.0))
unit-nuncio_xml-libs := -lxml2
