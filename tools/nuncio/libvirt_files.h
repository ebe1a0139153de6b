/* The directory that a launcher and its nuncio-libvirt share: what is in it. */
#ifndef NUNCIO_TOOL_LIBVIRT_FILES_H
#define NUNCIO_TOOL_LIBVIRT_FILES_H

#define LIBVIRT_FILE_XML     "domain.xml"
#define LIBVIRT_FILE_ARCHIVE "archive.cpio"
/* The sockets that the domain's ports connect to. */
#define LIBVIRT_FILE_TERMINAL "terminal"
#define LIBVIRT_FILE_LOG      "log"
#define LIBVIRT_FILE_TRACE    "trace"

/* Removes these and (directory); it may be gone already. */
void libvirt_files_remove(const char *directory);

#endif /* NUNCIO_TOOL_LIBVIRT_FILES_H */
