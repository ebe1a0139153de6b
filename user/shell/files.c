/* cat, cd, pwd, stat. */
#include "shell.h"

#include <contract/directory.h>
#include <contract/file.h>
#include <contract/handle.h>
#include <nlib/string.h>
#include <rt/heap.h>
#include <user.h>

#define CAT_BYTES 16384u

static int print_file(const char *shown, void *data)
{
    static char full[PATH_BYTES];
    nu_handle_t file;
    uint64_t offset = 0;
    size_t got = 1;
    int status;

    if (!path_resolve(shown, full))
        return complain("cat", shown, NU_TOOLONG);
    status = directory_open(user_handle("fs"), full, strlen(full), 0, &file,
                            NULL, NULL);
    if (status != 0)
        return complain("cat", shown, status);
    while (status == 0 && got > 0) {
        status = file_read(file, offset, CAT_BYTES, data, CAT_BYTES, &got);
        if (status == 0)
            print_bytes(data, got);
        offset += got;
    }
    (void)handle_close(file);
    return status == 0 ? 0 : complain("cat", shown, status);
}

int command_cat(int argc, char **argv)
{
    void *data;
    int result = 0;

    if (argc < 2)
        return WRONG_USAGE;
    data = rt_alloc(CAT_BYTES);
    if (data == NULL)
        return complain("cat", argv[1], NU_NOMEM);
    for (int i = 1; i < argc; i++)
        result |= print_file(argv[i], data);
    rt_free(data);
    return result;
}

int command_cd(int argc, char **argv)
{
    const char *to = argc > 1 ? argv[1] : "/";
    static char full[PATH_BYTES];
    nu_handle_t directory;
    int status;

    if (argc > 2)
        return WRONG_USAGE;
    if (!path_resolve(to, full))
        return complain("cd", to, NU_TOOLONG);
    status = directory_open_directory(user_handle("fs"), full, strlen(full), 0,
                                      &directory, NULL);
    if (status != 0)
        return complain("cd", to, status);
    (void)handle_close(directory);
    path_set_here(full);
    return 0;
}

int command_pwd(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return WRONG_USAGE;
    print("%s\n", path_here());
    return 0;
}

static int stat_one(const char *shown)
{
    struct file_attributes a;
    static char full[PATH_BYTES];
    char mode[11];
    char modified[17];
    char changed[17];
    int status;

    if (!path_resolve(shown, full))
        return complain("stat", shown, NU_TOOLONG);
    status = directory_stat(user_handle("fs"), full, strlen(full),
                            DIRECTORY_OPEN_FLAGS_NO_FOLLOW, &a);
    if (status != 0)
        return complain("stat", shown, status);
    format_mode(mode, a.kind, a.mode);
    format_time(modified, a.modified_s);
    format_time(changed, a.changed_s);
    print("  File: %s\n", shown);
    print("  Size: %lu\tBlocks: %lu\t%s\n", a.bytes, a.blocks_512,
          kind_name(a.kind));
    print(" Inode: %lu\tLinks: %u\n", a.inode, a.links);
    print("Access: (%04o/%s)\tUid: %u\tGid: %u\n", a.mode & 07777u, mode, a.uid,
          a.gid);
    print("Modify: %s\nChange: %s\n", modified, changed);
    return 0;
}

int command_stat(int argc, char **argv)
{
    int result = 0;

    if (argc < 2)
        return WRONG_USAGE;
    for (int i = 1; i < argc; i++)
        result |= stat_one(argv[i]);
    return result;
}
