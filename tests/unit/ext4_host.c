/* The host's side of the ext4 tests: memory, log, images. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <tests/unit/ext4_host.h>

static char log_text[65536];
static size_t log_used;
static char images[256];
const char *images_wanted = "";
uint32_t alloc_fails;
int32_t alloc_count;

static bool fails_now(void)
{
    return alloc_fails != 0 && --alloc_fails == 0;
}

void *svc_alloc(size_t bytes)
{
    if (fails_now())
        return NULL;
    alloc_count++;
    return calloc(1, bytes);
}

void svc_free(void *p)
{
    alloc_count--;
    free(p);
}

void *svc_alloc_pages(size_t pages)
{
    void *p;

    if (fails_now())
        return NULL;
    alloc_count++;
    p = aligned_alloc(NU_PAGE_BYTES, pages * NU_PAGE_BYTES);
    if (p != NULL)
        memset(p, 0, pages * NU_PAGE_BYTES);
    return p;
}

void svc_free_pages(void *p, size_t pages)
{
    (void)pages;
    alloc_count--;
    free(p);
}

uint64_t svc_now_ns(void)
{
    return 0;
}

void svc_log(const char *format, ...)
{
    va_list args;
    int n;

    if (log_used + 512 > sizeof(log_text))
        return;
    va_start(args, format);
    n = vsnprintf(log_text + log_used, 511, format, args);
    va_end(args);
    log_used += (size_t)n < 511 ? (size_t)n : 510;
    log_text[log_used++] = '\n';
    log_text[log_used] = '\0';
}

void log_clear(void)
{
    log_used = 0;
    log_text[0] = '\0';
}

bool log_has(const char *text)
{
    return strstr(log_text, text) != NULL;
}

void log_print(void)
{
    fputs(log_text, stderr);
}

static void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static void remove_images(void)
{
    char command[512];

    snprintf(command, sizeof(command), "rm -rf '%s'", images);
    if (system(command) != 0)
        fprintf(stderr, "could not remove %s\n", images);
}

const char *images_path(void)
{
    const char *base = getenv("TMPDIR");
    char command[1024];

    if (images[0] != '\0')
        return images;
    snprintf(images, sizeof(images), "%s/nuncio-ext4-XXXXXX",
             base != NULL ? base : "/tmp");
    if (mkdtemp(images) == NULL)
        die("mkdtemp");
    atexit(remove_images);
    snprintf(command, sizeof(command), "python3 tests/ext4/images.py '%s' %s",
             images, images_wanted);
    if (system(command) != 0)
        die(command);
    return images;
}

static int image_read(void *ctx, uint64_t sector, uint32_t count, void *to)
{
    struct image *image = ctx;
    uint64_t sectors = image->size / FS_SECTOR_BYTES;

    image->reads++;
    image->read_sectors += count;
    if (sector >= sectors || count > sectors - sector)
        return NU_RANGE;
    if (image->bad_sector >= sector && image->bad_sector < sector + count)
        return NU_IO;
    memcpy(to, image->bytes + sector * FS_SECTOR_BYTES,
           (size_t)count * FS_SECTOR_BYTES);
    return 0;
}

void image_attach(struct image *image)
{
    image->disk.read = image_read;
    image->disk.ctx = image;
    image->disk.sectors = image->size / FS_SECTOR_BYTES;
    image->reads = 0;
    image->read_sectors = 0;
    image->bad_sector = UINT64_MAX;
}

void image_load(struct image *image, const char *name)
{
    char path[512];
    FILE *in;

    snprintf(path, sizeof(path), "%s/%s.img", images_path(), name);
    in = fopen(path, "rb");
    if (in == NULL || fseek(in, 0, SEEK_END) != 0)
        die(path);
    image->size = (size_t)ftell(in);
    image->bytes = malloc(image->size);
    rewind(in);
    if (fread(image->bytes, 1, image->size, in) != image->size)
        die(path);
    fclose(in);
    image_attach(image);
}

void image_free(struct image *image)
{
    free(image->bytes);
    image->bytes = NULL;
}
