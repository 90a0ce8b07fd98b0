/* Times for people. Reads the local zone's rules; otherwise pure. */
#include "server/ctl/when.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"

const char *when_duration(int64_t seconds, char *out)
{
    long long s = seconds;
    if (s < 60)
        (void)snprintf(out, WHEN_TEXT_SIZE, "%lld s", s);
    else if (s < 3600)
        (void)snprintf(out, WHEN_TEXT_SIZE, "%lld min %lld s", s / 60, s % 60);
    else if (s < 86400)
        (void)snprintf(out, WHEN_TEXT_SIZE, "%lld h %lld min", s / 3600, s % 3600 / 60);
    else
        (void)snprintf(out, WHEN_TEXT_SIZE, "%lld d %lld h", s / 86400, s % 86400 / 3600);
    return out;
}

const char *when_age(int64_t utc_us, int64_t now_us, char *out)
{
    int64_t seconds = (now_us - utc_us) / OV_US_PER_S;
    int64_t distance = seconds < 0 ? -seconds : seconds;
    if (distance == 0) {
        (void)snprintf(out, WHEN_TEXT_SIZE, "now");
        return out;
    }
    struct {
        int64_t seconds;
        const char *name;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    size_t i = 0;
    while (distance < 2 * units[i].seconds && units[i].seconds > 1)
        i++;
    (void)snprintf(out, WHEN_TEXT_SIZE, "%s%lld %s%s", seconds < 0 ? "in " : "",
                   (long long)(distance / units[i].seconds), units[i].name,
                   seconds < 0 ? "" : " ago");
    return out;
}

#define DATE_LENGTH 11 /* of "2026-05-01 " */

static size_t format_local(int64_t utc_us, char *out)
{
    time_t seconds = (time_t)(utc_us / OV_US_PER_S);
    struct tm parts;
    if (localtime_r(&seconds, &parts) == NULL)
        return 0;
    return strftime(out, WHEN_TEXT_SIZE, "%Y-%m-%d %H:%M:%S %Z", &parts);
}

const char *when_show(const char *iso, int64_t now_us, char *out)
{
    int64_t utc_us = 0;
    char local[WHEN_TEXT_SIZE];
    char age[WHEN_TEXT_SIZE];
    if (iso == NULL || ov_time_parse(iso, &utc_us) != OV_OK || format_local(utc_us, local) == 0) {
        (void)snprintf(out, WHEN_TEXT_SIZE, "-");
        return out;
    }
    (void)snprintf(out, WHEN_TEXT_SIZE, "%.40s (%.40s)", local, when_age(utc_us, now_us, age));
    return out;
}

const char *when_clock(const char *iso, char *out)
{
    int64_t utc_us = 0;
    char local[WHEN_TEXT_SIZE];
    bool good = iso != NULL && ov_time_parse(iso, &utc_us) == OV_OK &&
                format_local(utc_us, local) > DATE_LENGTH;
    (void)snprintf(out, WHEN_TEXT_SIZE, "%s", good ? local + DATE_LENGTH : "-");
    return out;
}

/* Two spellings that differ only in the T are one. */
static bool read_parts(const char *text, struct tm *parts)
{
    static const char *const formats[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M",
                                          "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"};
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        memset(parts, 0, sizeof(*parts));
        const char *end = strptime(text, formats[i], parts);
        if (end != NULL && *end == '\0')
            return true;
    }
    return false;
}

enum ov_status when_parse(const char *text, int64_t *ret_utc_us)
{
    if (ov_time_parse(text, ret_utc_us) == OV_OK)
        return OV_OK;
    struct tm parts;
    if (!read_parts(text, &parts))
        return OV_ERR_INVALID;
    struct tm wanted = parts;
    parts.tm_isdst = -1;
    time_t seconds = mktime(&parts);
    /* mktime moves what does not exist: the 31st of June, an hour that the clocks skip. */
    if (seconds < 0 || parts.tm_mday != wanted.tm_mday || parts.tm_hour != wanted.tm_hour ||
        parts.tm_min != wanted.tm_min)
        return OV_ERR_INVALID;
    *ret_utc_us = (int64_t)seconds * OV_US_PER_S;
    return OV_OK;
}
