# The file-system service: ext4, read-only.
services += fs
fs-core-srcs := $(addprefix drivers/fs/,blockmap.c cache.c csum.c dir.c \
    dirblock.c extent.c file.c group.c hash.c htree.c inode.c log.c map.c \
    mount.c path.c super.c)
service-fs-srcs := drivers/fs/service.c $(fs-core-srcs)
service-fs-gen := directory file
