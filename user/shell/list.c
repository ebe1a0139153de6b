/* ls and find. */
#include "shell.h"

#include <contract/directory.h>
#include <contract/file.h>
#include <nlib/string.h>
#include <user.h>

/* One line of ls -l. */
static int print_long(const char *name, const char *full)
{
    nu_handle_t fs = user_handle("fs");
    struct file_attributes a;
    char mode[11];
    char modified[17];
    size_t bytes = 0;
    int status = directory_stat(fs, full, strlen(full),
                                DIRECTORY_OPEN_FLAGS_NO_FOLLOW, &a);

    if (status != 0)
        return complain("ls", name, status);
    format_mode(mode, a.kind, a.mode);
    format_time(modified, a.modified_s);
    print("%s %3u %4u %4u %10lu %s %s", mode, a.links, a.uid, a.gid, a.bytes,
          modified, name);
    if (a.kind == FILE_KIND_SYMLINK) {
        static char target[PATH_BYTES];

        status = directory_read_link(fs, full, strlen(full), target,
                                     sizeof(target) - 1, &bytes);
        if (status == 0) {
            print(" -> ");
            print_bytes(target, bytes);
        }
    }
    print("\n");
    return status == 0 ? 0 : complain("ls", name, status);
}

static int list_directory(const char *shown, const char *full, bool is_long)
{
    static char path[PATH_BYTES];
    struct listing listing;
    int status = listing_read(&listing, full);
    int result = 0;

    if (status != 0)
        result = complain("ls", shown, status);
    for (size_t i = 0; status == 0 && i < listing.count; i++) {
        const char *name = listing.entries[i].name;

        if (!is_long)
            print("%s\n", name);
        else if (!path_join(path, full, name))
            result = complain("ls", name, NU_TOOLONG);
        else
            result |= print_long(name, path);
    }
    listing_free(&listing);
    return result;
}

static int list_one(const char *shown, bool is_long, bool is_one_of_several)
{
    struct file_attributes a;
    static char full[PATH_BYTES];
    int status;

    if (!path_resolve(shown, full))
        return complain("ls", shown, NU_TOOLONG);
    status = directory_stat(user_handle("fs"), full, strlen(full),
                            is_long ? DIRECTORY_OPEN_FLAGS_NO_FOLLOW : 0, &a);
    if (status != 0)
        return complain("ls", shown, status);
    if (a.kind != FILE_KIND_DIRECTORY) {
        if (is_long)
            return print_long(shown, full);
        print("%s\n", shown);
        return 0;
    }
    if (is_one_of_several)
        print("%s:\n", shown);
    return list_directory(shown, full, is_long);
}

int command_ls(int argc, char **argv)
{
    bool is_long = argc > 1 && strcmp(argv[1], "-l") == 0;
    int first = is_long ? 2 : 1;
    int result = 0;

    if (argc > first && argv[first][0] == '-')
        return WRONG_USAGE;
    if (argc == first)
        return list_one(path_here(), is_long, false);
    for (int i = first; i < argc; i++)
        result |= list_one(argv[i], is_long, argc > first + 1);
    return result;
}

static int print_path(void *arg, const char *shown, const char *full,
                      uint8_t kind)
{
    const char *wanted = arg;
    const char *name = shown;

    (void)full;
    (void)kind;
    for (const char *p = shown; *p != '\0'; p++) {
        if (*p == '/' && p[1] != '\0')
            name = p + 1;
    }
    if (wanted == NULL || strcmp(name, wanted) == 0)
        print("%s\n", shown);
    return 0;
}

int command_find(int argc, char **argv)
{
    char *wanted = NULL;

    if (argc >= 3 && strcmp(argv[argc - 2], "-name") == 0) {
        wanted = argv[argc - 1];
        argc -= 2;
    }
    if (argc > 2)
        return WRONG_USAGE;
    return walk("find", argc > 1 ? argv[1] : ".", print_path, wanted);
}
