/*
 * The CMOS clock, for the wall clock at boot.
 *
 * Spec: Motorola MC146818A data sheet.
 */
#include <hv/kvm/kvm_internal.h>

#include <io.h>
#include <nlib/string.h>

#define PORT_INDEX 0x70u
#define PORT_DATA  0x71u
#define NMI_OFF    0x80u

#define REG_SECOND   0x00u
#define REG_MINUTE   0x02u
#define REG_HOUR     0x04u
#define REG_DAY      0x07u
#define REG_MONTH    0x08u
#define REG_YEAR     0x09u
#define REG_STATUS_A 0x0au
#define REG_STATUS_B 0x0bu
#define REG_STATUS_D 0x0du

#define STATUS_A_UPDATING 0x80u
#define STATUS_B_24_HOURS 0x02u
#define STATUS_B_BINARY   0x04u
#define STATUS_D_VALID    0x80u
#define HOUR_PM           0x80u

/* Two equal readings come at the first or second try, or never. */
#define TRIES 1000

struct reading {
    uint8_t second, minute, hour, day, month, year, format;
};

static uint8_t read_cmos(uint8_t reg)
{
    io_write8(PORT_INDEX, (uint8_t)(reg | NMI_OFF));
    return io_read8(PORT_DATA);
}

static void read_all(struct reading *r)
{
    r->second = read_cmos(REG_SECOND);
    r->minute = read_cmos(REG_MINUTE);
    r->hour = read_cmos(REG_HOUR);
    r->day = read_cmos(REG_DAY);
    r->month = read_cmos(REG_MONTH);
    r->year = read_cmos(REG_YEAR);
    r->format = read_cmos(REG_STATUS_B);
}

static bool read_stable(struct reading *r)
{
    struct reading again;

    for (int tries = 0; tries < TRIES; tries++) {
        if (read_cmos(REG_STATUS_A) & STATUS_A_UPDATING) {
            continue;
        }
        read_all(r);
        read_all(&again);
        if (memcmp(r, &again, sizeof(again)) == 0) {
            return true;
        }
    }
    return false;
}

static unsigned decode(const struct reading *r, uint8_t value)
{
    if (r->format & STATUS_B_BINARY) {
        return value;
    }
    return (value >> 4) * 10u + (value & 0xfu);
}

static unsigned decode_hour(const struct reading *r)
{
    unsigned hour = decode(r, r->hour & (uint8_t)~HOUR_PM);

    if (r->format & STATUS_B_24_HOURS) {
        return decode(r, r->hour);
    }
    return hour % 12 + (r->hour & HOUR_PM ? 12 : 0);
}

/* Days from 1970-01-01 to a date of 2000..2099. */
static uint64_t days_since_1970(unsigned year, unsigned month, unsigned day)
{
    static const uint16_t before[12] = {0,   31,  59,  90,  120, 151,
                                        181, 212, 243, 273, 304, 334};
    uint64_t days = 10957u + year * 365u + (year + 3) / 4;

    days += before[month - 1] + day - 1;
    if (month > 2 && year % 4 == 0) {
        days++;
    }
    return days;
}

uint64_t kvm_rtc_read(void)
{
    struct reading r;
    unsigned month;
    unsigned day;

    if (!(read_cmos(REG_STATUS_D) & STATUS_D_VALID) ||
        read_cmos(REG_STATUS_D) == 0xff || !read_stable(&r)) {
        return 0;
    }
    month = decode(&r, r.month);
    day = decode(&r, r.day);
    if (month < 1 || month > 12 || day < 1 || day > 31) {
        return 0;
    }
    return days_since_1970(decode(&r, r.year), month, day) * 86400u +
           decode_hour(&r) * 3600u + decode(&r, r.minute) * 60u +
           decode(&r, r.second);
}
