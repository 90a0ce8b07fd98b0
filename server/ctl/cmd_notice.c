/* overtctl deployment notice: the public notice, from the server to files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "common/base/file.h"
#include "server/ctl/api.h"
#include "server/ctl/commands.h"
#include "server/ctl/options.h"
#include "server/ctl/show.h"
#include "server/ctl/sign_act.h"
#include "server/ctl/text.h"
#include "server/ctl/when.h"

#define PAGE_MAX_BYTES ((size_t)4 * 1024 * 1024)
#define REASON_MAX_BYTES ((size_t)8001) /* with its line end */

static enum ctl_exit get_part(struct ctl *ctl, const char *deployment, const char *part,
                              json_t **ret, struct ov_error *err)
{
    char act[64];
    const struct api_place place = {"deployments", deployment, act};
    (void)snprintf(act, sizeof(act), "notice?part=%s", part);
    return api_get_at(ctl->http, &place, ret, err);
}

/* Replaces the file: a notice is public. */
static enum ov_status write_file(const char *path, const char *text, struct ov_error *err)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    size_t left = strlen(text);
    while (file >= 0 && left > 0) {
        ssize_t wrote = write(file, text, left);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            break;
        text += wrote;
        left -= (size_t)wrote;
    }
    if (file >= 0 && close(file) == 0 && left == 0)
        return OV_OK;
    return ov_fail(err, OV_ERR_IO, "notice.file", "%s cannot be written: %s", path,
                   strerror(errno));
}

static enum ctl_exit save(struct ctl *ctl, const char *deployment, const char *folder,
                          json_t **ret_page, struct ov_error *err)
{
    static const char *const parts[] = {"leaflet", "sign", "page"};
    enum ctl_exit result = CTL_OK;
    if (mkdir(folder, 0755) != 0 && errno != EEXIST) {
        (void)ov_fail(err, OV_ERR_IO, "notice.folder", "%s cannot be made: %s", folder,
                      strerror(errno));
        return CTL_USAGE;
    }
    for (size_t i = 0; i < 3 && result == CTL_OK; i++) {
        char path[PATH_MAX];
        json_t *part = NULL;
        result = get_part(ctl, deployment, parts[i], &part, err);
        if (result != CTL_OK)
            break;
        int length = snprintf(path, sizeof(path), "%s/%s.html", folder, parts[i]);
        if (length < 0 || (size_t)length >= sizeof(path)) {
            (void)ov_fail(err, OV_ERR_LIMIT, "notice.folder", "the folder's path is too long");
            result = CTL_USAGE;
        } else if (write_file(path, api_text(part, "html"), err) != OV_OK) {
            result = CTL_USAGE;
        }
        json_decref(*ret_page);
        *ret_page = part;
    }
    return result;
}

static enum ov_status digest_of_file(const char *path, char ret_hex[65], struct ov_error *err)
{
    struct ov_buf bytes = OV_BUF_INIT;
    unsigned char digest[32];
    enum ov_status status = ov_file_read(path, PAGE_MAX_BYTES, &bytes, err);
    if (status == OV_OK &&
        EVP_Digest(bytes.data, bytes.length, digest, NULL, EVP_sha256(), NULL) != 1)
        status = ov_fail(err, OV_ERR_CRYPTO, "notice.digest", "the digest cannot be made");
    ov_buf_free(&bytes);
    if (status == OV_OK)
        (void)ov_hex_encode(digest, sizeof(digest), ret_hex);
    return status;
}

static enum ctl_exit publish(struct ctl *ctl, const struct invocation *given, json_t **ret,
                             struct ov_error *err)
{
    char hex[65];
    const char *file = invocation_option(given, "--page");
    if (file != NULL) {
        if (digest_of_file(file, hex, err) != OV_OK)
            return CTL_USAGE;
    } else {
        json_t *page = NULL;
        enum ctl_exit result = get_part(ctl, given->args[0], "page", &page, err);
        if (result != CTL_OK)
            return result;
        (void)snprintf(hex, sizeof(hex), "%s", api_text(page, "page_digest"));
        json_decref(page);
    }
    const struct api_place place = {"deployments", given->args[0], "notice"};
    return api_post_at(
        ctl->http, &place,
        json_pack("{ss ss}", "page_digest", hex, "url", invocation_option(given, "--published")),
        ret, err);
}

/* Standard input, as one text. */
static enum ov_status read_reason(const struct ctl *ctl, struct ov_buf *ret, struct ov_error *err)
{
    if (ctl->terminal.in_is_terminal)
        terminal_note("Why can there be no prior notice? End with Ctrl-D.");
    enum ov_status status = terminal_read_all(REASON_MAX_BYTES, ret, err);
    if (ret->length > 0 && ret->data[ret->length - 1] == '\n')
        ret->data[--ret->length] = '\0';
    return status;
}

static enum ctl_exit sign_waiver(struct ctl *ctl, const char *deployment, const char *reason,
                                 json_t **ret, struct ov_error *err)
{
    const struct api_place statement = {"deployments", deployment, "statement"};
    const struct api_place act = {"deployments", deployment, "notice/waive"};
    json_t *to_sign = NULL;
    json_t *signature = NULL;
    enum ctl_exit result =
        api_post_at(ctl->http, &statement,
                    json_pack("{ss ss}", "act", "notice.waive", "reason", reason), &to_sign, err);
    if (result == CTL_OK)
        result = sign_act(ctl, to_sign, "Waive prior notice of this deployment?", &signature, err);
    if (result == CTL_OK)
        result =
            api_post_at(ctl->http, &act,
                        json_pack("{ss so}", "reason", reason, "signature", signature), ret, err);
    json_decref(to_sign);
    return result;
}

static enum ctl_exit waive(struct ctl *ctl, const struct invocation *given, json_t **ret,
                           struct ov_error *err)
{
    struct ov_buf reason = OV_BUF_INIT;
    enum ctl_exit result = CTL_USAGE;
    if (read_reason(ctl, &reason, err) == OV_OK)
        result = sign_waiver(ctl, given->args[0], reason.length > 0 ? reason.data : "", ret, err);
    ov_buf_free(&reason);
    return result;
}

static void show_notice(const struct ctl *ctl, const json_t *notice, struct ov_buf *out)
{
    char when[WHEN_TEXT_SIZE];
    int64_t now_us = ov_clock_utc_us(ctl->clock);
    const char *published = api_text(notice, "published_at");
    const char *waived = api_text(notice, "waived_at");
    show_line(ctl, out, "page", PAINT_NONE, api_text(notice, "page_digest"));
    show_line(ctl, out, "published", *published != '\0' ? PAINT_GOOD : PAINT_WARN,
              *published != '\0' ? when_show(published, now_us, when) : "not yet");
    if (*waived != '\0') {
        show_line(ctl, out, "waived", PAINT_WARN, when_show(waived, now_us, when));
        show_line(ctl, out, "waived by", PAINT_NONE, api_text(notice, "waived_by"));
        show_line(ctl, out, "reason", PAINT_NONE, api_text(notice, "waiver_digest"));
    }
}

enum ctl_exit cmd_deployment_notice(struct ctl *ctl, const struct invocation *given,
                                    struct ov_error *err)
{
    const char *folder = invocation_option(given, "--out");
    bool publishes = invocation_option(given, "--published") != NULL;
    bool waives = invocation_option(given, "--waive") != NULL;
    json_t *notice = NULL;
    struct ov_buf out = OV_BUF_INIT;
    if ((folder != NULL) + publishes + waives > 1) {
        (void)ov_fail(err, OV_ERR_INVALID, "usage.option",
                      "--out, --published and --waive exclude each other");
        return CTL_USAGE;
    }
    enum ctl_exit result = CTL_OK;
    if (publishes)
        result = publish(ctl, given, &notice, err);
    else if (waives)
        result = waive(ctl, given, &notice, err);
    else if (folder != NULL)
        result = save(ctl, given->args[0], folder, &notice, err);
    else
        result = get_part(ctl, given->args[0], "page", &notice, err);
    if (result != CTL_OK) {
        json_decref(notice);
        return result;
    }
    (void)json_object_del(notice, "html");
    if (ctl->json)
        api_dump(notice, ctl->terminal.out_is_terminal, &out);
    else
        show_notice(ctl, notice, &out);
    json_decref(notice);
    return ctl_print(&out, err);
}
