/* The notice: checks, then one of the three parts. Pure; any thread. */
#include "server/notice/notice.h"

#include <string.h>

#include "server/notice/html.h"
#include "server/notice/parts.h"

const char *notice_part_name(enum notice_part part)
{
    switch (part) {
    case NOTICE_PAGE:
        return "page";
    case NOTICE_SIGN:
        return "sign";
    case NOTICE_LEAFLET:
        return "leaflet";
    }
    return "unknown";
}

bool notice_url_valid(const char *url)
{
    static const char scheme[] = "https://";
    size_t length = strnlen(url, NOTICE_URL_MAX + 1);
    if (length <= strlen(scheme) || length > NOTICE_URL_MAX ||
        strncmp(url, scheme, strlen(scheme)) != 0)
        return false;
    for (size_t i = 0; i < length; i++)
        if (url[i] <= ' ' || url[i] > '~' || strchr("\"'<>\\^`{|}", url[i]) != NULL)
            return false;
    return true;
}

static enum ov_status put_part(enum notice_part part, const struct notice_facts *facts,
                               struct ov_buf *out, struct ov_error *err)
{
    switch (part) {
    case NOTICE_PAGE:
        return page_put(out, facts, err);
    case NOTICE_SIGN:
        return sign_put(out, facts, err);
    case NOTICE_LEAFLET:
        return leaflet_put(out, facts, err);
    }
    return ov_fail(err, OV_ERR_INVALID, "notice.part", "there is no such part of a notice");
}

enum ov_status notice_render(enum notice_part part, const struct notice_facts *facts,
                             struct ov_buf *out, struct ov_error *err)
{
    if (html_given(facts->url) && !notice_url_valid(facts->url))
        return ov_fail(err, OV_ERR_INVALID, "notice.url",
                       "the address of the page has to begin with https:// and to have at most "
                       "300 characters, without blanks and quotes");
    enum ov_status status = put_part(part, facts, out, err);
    if (status == OV_OK && out->failed)
        status = ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    return status;
}
