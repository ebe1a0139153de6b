/*
 * Complaints about the disk, so many in a time and no more.
 */
#include <fs/fs_internal.h>

#define LOG_INTERVAL_NS    10000000000ull
#define LOG_INTERVAL_LINES 32u

bool fs_may_log(struct fs *fs)
{
    uint64_t now = svc_now_ns();

    if (now - fs->log_since_ns >= LOG_INTERVAL_NS) {
        fs->log_since_ns = now;
        fs->log_count = 0;
    }
    fs->log_count++;
    if (fs->log_count == LOG_INTERVAL_LINES)
        svc_log("fs: more complaints are left out for some seconds");
    return fs->log_count < LOG_INTERVAL_LINES;
}
