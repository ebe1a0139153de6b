/* How attributes of files are written. */
#include "shell.h"

#include <nlib/printf.h>

const char *kind_name(uint32_t kind)
{
    static const char *const names[] = {
        "unknown",          "regular file", "directory", "symbolic link",
        "character device", "block device", "fifo",      "socket"};

    return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : names[0];
}

void format_mode(char *to, uint32_t kind, uint32_t mode)
{
    static const char kinds[] = "?-dlcbps";
    static const char bits[] = "rwxrwxrwx";

    to[0] = kind < sizeof(kinds) - 1 ? kinds[kind] : '?';
    for (uint32_t i = 0; i < 9; i++)
        to[1 + i] = (mode >> (8 - i)) & 1u ? bits[i] : '-';
    if (mode & 04000u)
        to[3] = to[3] == 'x' ? 's' : 'S';
    if (mode & 02000u)
        to[6] = to[6] == 'x' ? 's' : 'S';
    if (mode & 01000u)
        to[9] = to[9] == 'x' ? 't' : 'T';
    to[10] = '\0';
}

/* Days since 1970 to a date of the Gregorian calendar; in a year that begins
 * in March leap days come last, and 400 years have 146,097 days. */
void format_time(char *to, int64_t seconds)
{
    int64_t days = seconds / 86400;
    int64_t rest = seconds % 86400;
    int64_t era;
    int64_t day;
    int64_t year;
    int64_t month;

    if (rest < 0) {
        rest += 86400;
        days--;
    }
    days += 719468; /* from 0000-03-01 */
    era = (days >= 0 ? days : days - 146096) / 146097;
    day = days - era * 146097;
    year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    month = (5 * day + 2) / 153;
    day = day - (153 * month + 2) / 5 + 1;
    month = month < 10 ? month + 3 : month - 9;
    year = year + era * 400 + (month <= 2 ? 1 : 0);
    nl_snprintf(to, 17, "%04d-%02d-%02d %02d:%02d", (int)year, (int)month,
                (int)day, (int)(rest / 3600), (int)(rest / 60 % 60));
}
