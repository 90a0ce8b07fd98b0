/* Places. Pure but for stat; any thread. */
#include "client/camera/place.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define VIDEO4LINUX_MAJOR 81 /* admin-guide/devices.txt in the kernel's documentation */

static const struct scheme {
    const char *name;
    enum place_kind kind;
} schemes[] = {
    {"rtsp", PLACE_RTSP},
    {"rtsps", PLACE_RTSP},
    {"http", PLACE_HTTP},
    {"https", PLACE_HTTP},
};

/* Length of "scheme" in "scheme:rest" (RFC 3986, 3.1), 0 when text has none. */
static size_t scheme_length(const char *text)
{
    size_t length = 0;
    if (!isalpha((unsigned char)text[0]))
        return 0;
    while (isalnum((unsigned char)text[length]) ||
           (text[length] != '\0' && strchr("+.-", text[length]) != NULL))
        length++;
    /* FFmpeg also takes options before the colon: "subfile,,start,0,end,9,,:name" */
    return text[length] == ':' || text[length] == ',' ? length : 0;
}

/* user:password@ and ?query stay out of messages. */
static void hide_credentials(const char *url, char *out)
{
    const char *host = strstr(url, "://") + 3;
    size_t authority = strcspn(host, "/?#");
    const char *at = memchr(host, '@', authority);
    for (const char *next = at; next != NULL;) {
        at = next; /* the last one counts: a password may hold an '@' */
        next = memchr(at + 1, '@', authority - (size_t)(at + 1 - host));
    }
    const char *rest = at != NULL ? at + 1 : host;
    (void)snprintf(out, PLACE_URL_SIZE, "%.*s%.*s", (int)(host - url), url,
                   (int)strcspn(rest, "?#"), rest);
}

static enum ov_status parse_url(const char *text, size_t scheme, struct place *ret_place,
                                struct ov_error *err)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (strlen(schemes[i].name) != scheme || strncasecmp(text, schemes[i].name, scheme) != 0)
            continue;
        const char *host = text + scheme + 3;
        if (strncmp(text + scheme, "://", 3) != 0 || strcspn(host, "/?#") == 0)
            return ov_fail(err, OV_ERR_INVALID, "source.address",
                           "an address has the form %s://HOST[:PORT]/PATH", schemes[i].name);
        ret_place->kind = schemes[i].kind;
        (void)snprintf(ret_place->url, sizeof(ret_place->url), "%s", text);
        hide_credentials(text, ret_place->shown);
        return OV_OK;
    }
    return ov_fail(err, OV_ERR_DENIED, "source.protocol",
                   "sources of the form %.*s: are not opened; give a file, /dev/videoN or an "
                   "rtsp:// or http:// address (a file with a colon in its name: write ./NAME)",
                   (int)scheme, text);
}

static enum ov_status parse_path(const char *text, struct place *ret_place, struct ov_error *err)
{
    struct stat info;
    if (stat(text, &info) != 0)
        return ov_fail(err, errno == ENOENT ? OV_ERR_NOT_FOUND : OV_ERR_IO, "source.open",
                       "cannot open %s: %s", text, strerror(errno));
    if (S_ISCHR(info.st_mode) && major(info.st_rdev) == VIDEO4LINUX_MAJOR) {
        ret_place->kind = PLACE_DEVICE;
        (void)snprintf(ret_place->url, sizeof(ret_place->url), "%s", text);
    } else if (S_ISREG(info.st_mode)) {
        ret_place->kind = PLACE_FILE;
        (void)snprintf(ret_place->url, sizeof(ret_place->url), "file:%s", text);
    } else if (S_ISDIR(info.st_mode)) {
        return ov_fail(err, OV_ERR_INVALID, "source.is_folder",
                       "%s is a folder; use --folder for a folder of JPEG images", text);
    } else {
        return ov_fail(err, OV_ERR_INVALID, "source.not_media",
                       "%s is neither a file nor a video device", text);
    }
    (void)snprintf(ret_place->shown, sizeof(ret_place->shown), "%s", text);
    return OV_OK;
}

enum ov_status place_parse(const char *text, struct place *ret_place, struct ov_error *err)
{
    if (text[0] == '\0' || strlen(text) + sizeof("file:") > PLACE_URL_SIZE)
        return ov_fail(err, OV_ERR_INVALID, "source.address", "a source's name has 1 to %d bytes",
                       PLACE_URL_SIZE - (int)sizeof("file:"));
    size_t scheme = scheme_length(text);
    if (scheme > 0)
        return parse_url(text, scheme, ret_place, err);
    return parse_path(text, ret_place, err);
}
