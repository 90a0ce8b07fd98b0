/* The system clock, and times as text. Pure but for reading the clock; any thread. */
#include "common/base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    (void)clock_gettime(id, &now);
    return (int64_t)now.tv_sec * OV_US_PER_S + now.tv_nsec / 1000;
}

static int64_t system_utc_us(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_REALTIME);
}

/* Not CLOCK_MONOTONIC, which stands still while the machine is suspended: a lease, and a face kept
 * for seconds, must not outlive the night in a closed laptop. */
static int64_t system_mono_us(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_BOOTTIME);
}

const struct ov_clock *ov_clock_system(void)
{
    static const struct ov_clock clock = {system_utc_us, system_mono_us, NULL};
    return &clock;
}

int64_t ov_clock_utc_us(const struct ov_clock *clock)
{
    return clock->utc_us(clock->ctx);
}

int64_t ov_clock_mono_us(const struct ov_clock *clock)
{
    return clock->mono_us(clock->ctx);
}

const char *ov_time_format(int64_t utc_us, char *out)
{
    int64_t seconds = utc_us / OV_US_PER_S;
    int64_t rest = utc_us % OV_US_PER_S;
    if (rest < 0) {
        rest += OV_US_PER_S;
        seconds--;
    }
    time_t when = (time_t)seconds;
    struct tm parts;
    char date[24];
    if (gmtime_r(&when, &parts) == NULL ||
        strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts) == 0)
        (void)snprintf(out, OV_TIME_TEXT_SIZE, "invalid");
    else
        (void)snprintf(out, OV_TIME_TEXT_SIZE, "%s.%03dZ", date, (int)(rest / 1000));
    return out;
}

/* Reads exactly count digits. */
static const char *read_digits(const char *at, int count, int *ret_value)
{
    int value = 0;
    for (int i = 0; i < count; i++, at++) {
        if (*at < '0' || *at > '9')
            return NULL;
        value = value * 10 + (*at - '0');
    }
    *ret_value = value;
    return at;
}

static const char *read_after(const char *at, char separator, int *ret_value)
{
    if (at == NULL || *at != separator)
        return NULL;
    return read_digits(at + 1, 2, ret_value);
}

static const char *read_fraction(const char *at, int64_t *ret_us)
{
    int64_t unit = OV_US_PER_S / 10;
    if (*at < '0' || *at > '9')
        return NULL;
    for (; *at >= '0' && *at <= '9'; at++, unit /= 10)
        *ret_us += (*at - '0') * unit;
    return at;
}

static const char *read_zone(const char *at, int64_t *ret_offset_s)
{
    if (*at == 'Z')
        return at + 1;
    if (*at != '+' && *at != '-')
        return NULL;
    int sign = *at == '+' ? 1 : -1;
    int hours = 0;
    int minutes = 0;
    at = read_digits(at + 1, 2, &hours);
    at = read_after(at, ':', &minutes);
    if (at == NULL || hours > 14 || minutes > 59)
        return NULL;
    *ret_offset_s = (int64_t)sign * (hours * 3600 + minutes * 60);
    return at;
}

enum ov_status ov_time_parse(const char *text, int64_t *ret_utc_us)
{
    struct tm parts;
    memset(&parts, 0, sizeof(parts));
    int year = 0;
    int64_t fraction_us = 0;
    int64_t offset_s = 0;
    const char *at = read_digits(text, 4, &year);
    at = read_after(at, '-', &parts.tm_mon);
    at = read_after(at, '-', &parts.tm_mday);
    at = read_after(at, 'T', &parts.tm_hour);
    at = read_after(at, ':', &parts.tm_min);
    if (at != NULL && *at == ':')
        at = read_after(at, ':', &parts.tm_sec);
    if (at != NULL && *at == '.')
        at = read_fraction(at + 1, &fraction_us);
    if (at != NULL)
        at = read_zone(at, &offset_s);
    if (at == NULL || *at != '\0')
        return OV_ERR_INVALID;
    if (parts.tm_mon < 1 || parts.tm_mon > 12 || parts.tm_mday < 1 || parts.tm_mday > 31 ||
        parts.tm_hour > 23 || parts.tm_min > 59 || parts.tm_sec > 59 || year < 1970)
        return OV_ERR_INVALID;
    parts.tm_year = year - 1900;
    parts.tm_mon -= 1;
    int day = parts.tm_mday;
    time_t when = timegm(&parts);
    if (parts.tm_mday != day) /* the 31st of a shorter month */
        return OV_ERR_INVALID;
    *ret_utc_us = ((int64_t)when - offset_s) * OV_US_PER_S + fraction_us;
    return OV_OK;
}
