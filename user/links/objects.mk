# The connector: keeps the links to other domains.
programs += links
program-links-srcs := $(addprefix user/links/,main.c here.c import.c export.c line.c \
    gate.c names.c handshake.c nodes.c text.c limit.c)
program-links-gen := gate
