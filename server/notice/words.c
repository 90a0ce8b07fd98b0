/* Words, dates and times. Pure; any thread. */
#include "server/notice/words.h"

#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "server/notice/html.h"

/* What a category means to somebody who is not of the police; NULL for a code that is not known. */
static const char *category_words(const char *code)
{
    static const struct {
        const char *code;
        const char *words;
    } table[] = {
        {"wanted_by_court", "people for whom a court has issued a warrant"},
        {"suspected_offence", "people suspected of an offence"},
        {"court_conditions",
         "people under conditions of a court or of release that they may be breaking"},
        {"missing_at_risk", "people who are missing and at risk of harm"},
        {"risk_of_harm", "people who may be a danger to themselves or to others"},
        {"blue_list", "volunteers who have agreed to be looked for, to measure how well it works"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (strcmp(table[i].code, code) == 0)
            return table[i].words;
    return NULL;
}

void words_put_category(struct ov_buf *out, const char *code)
{
    const char *words = category_words(code);
    if (words != NULL) {
        ov_buf_puts(out, words);
        return;
    }
    for (; *code != '\0'; code++) {
        char one[2] = {*code == '_' ? ' ' : *code, '\0'};
        html_text(out, one);
    }
}

static struct tm local_parts(int64_t at_us, int offset_s)
{
    struct tm parts;
    time_t seconds = (time_t)(at_us / OV_US_PER_S + offset_s);
    memset(&parts, 0, sizeof(parts));
    (void)gmtime_r(&seconds, &parts);
    return parts;
}

/* "Friday 1 May 2026" */
static void put_date(struct ov_buf *out, int64_t at_us, int offset_s)
{
    static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    struct tm parts = local_parts(at_us, offset_s);
    ov_buf_printf(out, "%s %d %s %d", days[parts.tm_wday % 7], parts.tm_mday,
                  months[parts.tm_mon % 12], parts.tm_year + 1900);
}

/* "14:00" */
static void put_clock(struct ov_buf *out, int64_t at_us, int offset_s)
{
    struct tm parts = local_parts(at_us, offset_s);
    ov_buf_printf(out, "%02d:%02d", parts.tm_hour, parts.tm_min);
}

void words_put_zone(struct ov_buf *out, int offset_s)
{
    int minutes = (offset_s < 0 ? -offset_s : offset_s) / 60;
    if (minutes == 0)
        ov_buf_puts(out, "UTC");
    else
        ov_buf_printf(out, "UTC%c%02d:%02d", offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

static void begin_time(struct ov_buf *out, int64_t at_us)
{
    char text[OV_TIME_TEXT_SIZE];
    ov_buf_printf(out, "<time datetime=\"%s\">", ov_time_format(at_us, text));
}

void words_put_window(struct ov_buf *out, const struct notice_facts *facts)
{
    struct tm from = local_parts(facts->starts_at_us, facts->starts_offset_s);
    struct tm to = local_parts(facts->ends_at_us, facts->ends_offset_s);
    bool one_day = from.tm_yday == to.tm_yday && from.tm_year == to.tm_year;
    begin_time(out, facts->starts_at_us);
    put_date(out, facts->starts_at_us, facts->starts_offset_s);
    ov_buf_puts(out, ", ");
    put_clock(out, facts->starts_at_us, facts->starts_offset_s);
    ov_buf_puts(out, "</time> to ");
    begin_time(out, facts->ends_at_us);
    if (!one_day) {
        put_date(out, facts->ends_at_us, facts->ends_offset_s);
        ov_buf_puts(out, ", ");
    }
    put_clock(out, facts->ends_at_us, facts->ends_offset_s);
    ov_buf_puts(out, "</time>");
}

void words_put_hours(struct ov_buf *out, int hours)
{
    if (hours >= 48 && hours % 24 == 0)
        ov_buf_printf(out, "%d days", hours / 24);
    else
        ov_buf_printf(out, "%d hour%s", hours, hours == 1 ? "" : "s");
}
