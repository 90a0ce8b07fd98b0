/* overtctl deployment ...: what is signed, and what is decided on. */
#include <stdio.h>
#include <string.h>

#include "common/base/file.h"
#include "server/ctl/api.h"
#include "server/ctl/application_file.h"
#include "server/ctl/commands.h"
#include "server/ctl/options.h"
#include "server/ctl/show.h"
#include "server/ctl/sign.h"
#include "server/ctl/text.h"

#define REASONS_MAX_BYTES ((size_t)64 * 1024)

/* --- texts --- */

/* A file, or standard input where none is named. */
static enum ov_status read_text(const char *path, struct ov_buf *ret, struct ov_error *err)
{
    if (path != NULL && strcmp(path, "-") != 0)
        return ov_file_read(path, REASONS_MAX_BYTES, ret, err);
    enum ov_status status = terminal_read_all(REASONS_MAX_BYTES, ret, err);
    if (status != OV_OK || ret->length > 0)
        return status;
    return ov_fail(err, OV_ERR_INVALID, "usage.reasons",
                   "give the reasons in a file (--reasons FILE) or on standard input");
}

static const char *const headings[] = {"necessity", "proportionality", "conditions"};
#define HEADING_COUNT 3

static int heading_of(const char *line)
{
    for (int i = 0; i < HEADING_COUNT; i++) {
        size_t length = strlen(headings[i]);
        if (line[0] == '[' && strncmp(line + 1, headings[i], length) == 0 &&
            line[length + 1] == ']' &&
            line[length + 2 + strspn(line + length + 2, " \t\r")] == '\0')
            return i;
    }
    return -1;
}

/* Texts under [necessity], [proportionality] and [conditions]. */
static enum ov_status split_reasons(char *text, json_t *body, struct ov_error *err)
{
    struct ov_buf parts[HEADING_COUNT] = {OV_BUF_INIT, OV_BUF_INIT, OV_BUF_INIT};
    int current = -1;
    char *rest = text;
    enum ov_status status = OV_OK;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        int heading = heading_of(line);
        if (heading >= 0)
            current = heading;
        else if (current >= 0)
            ov_buf_printf(&parts[current], "%s\n", line);
        else if (line[strspn(line, " \t\r")] != '\0')
            status = ov_fail(err, OV_ERR_INVALID, "usage.reasons",
                             "the reasons are texts under the lines [necessity], "
                             "[proportionality] and, where there are any, [conditions]");
    }
    for (int i = 0; i < HEADING_COUNT; i++) {
        if (status == OV_OK && parts[i].length > 0 &&
            json_object_set_new(body, headings[i], json_string(parts[i].data)) != 0)
            status = ov_fail(err, OV_ERR_INVALID, "usage.text", "the reasons are not UTF-8 text");
        ov_buf_free(&parts[i]);
    }
    return status;
}

/* --- what is signed, for people --- */

static void line(const struct ctl *ctl, struct ov_buf *out, size_t indent, const char *text)
{
    struct ov_buf clean = OV_BUF_INIT;
    text_append_clean(&clean, text);
    ov_buf_printf(out, "%*s", (int)indent, "");
    if (clean.data != NULL)
        text_append_wrapped(out, clean.data, indent, ctl->terminal.columns);
    ov_buf_puts(out, "\n");
    ov_buf_free(&clean);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t tail = strlen(end);
    return length > tail && strcmp(text + length - tail, end) == 0;
}

static void number_text(const char *key, json_int_t number, char *out, size_t size)
{
    char when[OV_TIME_TEXT_SIZE];
    if (ends_with(key, "_at_us"))
        (void)snprintf(out, size, "%s", ov_time_format(number, when));
    else if (ends_with(key, "_millionths"))
        (void)snprintf(out, size, "%.6f", (double)number / 1e6);
    else
        (void)snprintf(out, size, "%lld", (long long)number);
}

static void page_value(const struct ctl *ctl, struct ov_buf *out, const char *key,
                       const json_t *value)
{
    char text[96];
    ov_buf_printf(out, "  %s:", key);
    if (json_is_string(value)) {
        ov_buf_puts(out, " ");
        struct ov_buf clean = OV_BUF_INIT;
        text_append_clean(&clean, json_string_value(value));
        if (clean.data != NULL)
            text_append_wrapped(out, clean.data, strlen(key) + 4, ctl->terminal.columns);
        ov_buf_free(&clean);
        ov_buf_puts(out, "\n");
    } else if (json_is_integer(value)) {
        number_text(key, json_integer_value(value), text, sizeof(text));
        ov_buf_printf(out, " %s\n", text);
    } else {
        ov_buf_puts(out, json_array_size(value) == 0 ? " -\n" : "\n");
        for (size_t i = 0; i < json_array_size(value); i++) {
            const json_t *item = json_array_get(value, i);
            struct ov_buf dumped = OV_BUF_INIT;
            if (!json_is_string(item))
                api_dump(item, false, &dumped);
            if (dumped.length > 0)
                dumped.data[dumped.length - 1] = '\0'; /* its line end */
            line(ctl, out, 4,
                 json_is_string(item)  ? json_string_value(item)
                 : dumped.data != NULL ? dumped.data
                                       : "");
            ov_buf_free(&dumped);
        }
    }
}

static void page(const struct ctl *ctl, const json_t *to_sign, struct ov_buf *out)
{
    const json_t *documents = json_object_get(to_sign, "documents");
    for (size_t i = 0; i < json_array_size(documents); i++) {
        const json_t *document = json_array_get(documents, i);
        const char *key = NULL;
        json_t *value = NULL;
        terminal_paint(&ctl->terminal, PAINT_BOLD, api_text(document, "kind"), out);
        ov_buf_printf(out, "  (SHA-256 %s)\n", api_text(document, "digest"));
        json_object_foreach(json_object_get(document, "json"), key, value)
        {
            if (strcmp(key, "v") != 0 && strcmp(key, "kind") != 0 && strcmp(key, "deployment") != 0)
                page_value(ctl, out, key, value);
        }
        ov_buf_puts(out, "\n");
    }
    terminal_paint(&ctl->terminal, PAINT_BOLD, "You sign:", out);
    ov_buf_puts(out, "\n");
    line(ctl, out, 2, api_text(to_sign, "statement"));
}

/* Shows what is to be signed where people can read it, asks, and signs. */
static enum ctl_exit look_and_sign(struct ctl *ctl, json_t *to_sign, const char *question,
                                   json_t **ret_signature, struct ov_error *err)
{
    if (sign_check_documents(to_sign, err) != OV_OK)
        return CTL_REFUSED;
    if (ctl->terminal.out_is_terminal && !ctl->json) {
        struct ov_buf out = OV_BUF_INIT;
        page(ctl, to_sign, &out);
        enum ctl_exit shown = ctl_print(&out, err);
        if (shown != CTL_OK)
            return shown;
    }
    if (terminal_confirm(&ctl->terminal, ctl->yes, question, err) != OV_OK)
        return CTL_USAGE;
    return sign_statement(http_identity(ctl->http), api_text(to_sign, "statement"), ret_signature,
                          err) == OV_OK
               ? CTL_OK
               : CTL_USAGE;
}

/* Asks for the statement of an act with body's members, has it signed, and sends both. */
static enum ctl_exit signed_act(struct ctl *ctl, const char *deployment, const char *verb,
                                const char *question, json_t *take_body, struct ov_error *err)
{
    char act[64];
    json_t *to_sign = NULL;
    json_t *signature = NULL;
    json_t *asked = json_copy(take_body);
    (void)snprintf(act, sizeof(act), "deployment.%s", verb);
    enum ctl_exit result = CTL_OK;
    if (asked == NULL || json_object_set_new(asked, "act", json_string(act)) != 0) {
        json_decref(asked);
        result = ctl_out_of_memory(err);
    } else {
        const struct api_place statement = {"deployments", deployment, "statement"};
        result = api_post_at(ctl->http, &statement, asked, &to_sign, err);
    }
    if (result == CTL_OK)
        result = look_and_sign(ctl, to_sign, question, &signature, err);
    if (result == CTL_OK && json_object_set_new(take_body, "signature", signature) != 0)
        result = ctl_out_of_memory(err);
    if (result == CTL_OK)
        result = act_on_deployment(ctl, deployment, verb, json_incref(take_body), err);
    json_decref(to_sign);
    json_decref(take_body);
    return result;
}

static enum ctl_exit cmd_apply(struct ctl *ctl, const struct invocation *given,
                               struct ov_error *err)
{
    return signed_act(ctl, given->args[0], "apply",
                      "Apply for this deployment? It does not change any more afterwards.",
                      json_object(), err);
}

static enum ctl_exit cmd_authorise(struct ctl *ctl, const struct invocation *given,
                                   struct ov_error *err)
{
    const char *path = invocation_option(given, "--reasons");
    struct ov_buf text = OV_BUF_INIT;
    json_t *body = json_object();
    enum ov_status status = read_text(path, &text, err);
    if (status == OV_OK)
        status = split_reasons(text.data, body, err);
    ov_buf_free(&text);
    if (status != OV_OK) {
        json_decref(body);
        return CTL_USAGE;
    }
    return signed_act(ctl, given->args[0], "authorise", "Authorise this deployment?", body, err);
}

/* --- decisions --- */

static enum ctl_exit with_reasons(struct ctl *ctl, const struct invocation *given, const char *verb,
                                  const char *officer, struct ov_error *err)
{
    struct ov_buf text = OV_BUF_INIT;
    if (read_text(invocation_option(given, "--reasons"), &text, err) != OV_OK) {
        ov_buf_free(&text);
        return CTL_USAGE;
    }
    json_t *body = officer != NULL ? json_pack("{ss ss}", "reasons", text.data, "officer", officer)
                                   : json_pack("{ss}", "reasons", text.data);
    ov_buf_free(&text);
    return act_on_deployment(ctl, given->args[0], verb, body, err);
}

static enum ctl_exit cmd_refuse(struct ctl *ctl, const struct invocation *given,
                                struct ov_error *err)
{
    return with_reasons(ctl, given, "refuse", NULL, err);
}

static enum ctl_exit cmd_cancel(struct ctl *ctl, const struct invocation *given,
                                struct ov_error *err)
{
    return with_reasons(ctl, given, "cancel", NULL, err);
}

static enum ctl_exit cmd_oral(struct ctl *ctl, const struct invocation *given, struct ov_error *err)
{
    return with_reasons(ctl, given, "oral", invocation_option(given, "--officer"), err);
}

static enum ctl_exit cmd_template(struct ctl *ctl, const struct invocation *given,
                                  struct ov_error *err)
{
    (void)ctl;
    (void)given;
    struct ov_buf out = OV_BUF_INIT;
    application_template(&out);
    return ctl_print(&out, err);
}

/* --- the table --- */

#define REASONS_OPTION(text)                                                                       \
    {                                                                                              \
        "--reasons", "FILE", text, NULL, false, false                                              \
    }

const struct command authority_commands[] = {
    {.group = "deployment",
     .verb = "template",
     .summary = "print an application to fill in, with each field explained",
     .help = "  overtctl deployment template > application.ini\n"
             "  overtctl deployment create 'North gate, 1 May' --application application.ini\n",
     .run = cmd_template},
    {.group = "deployment",
     .verb = "apply",
     .args = {"DEPLOYMENT"},
     .summary = "apply for a draft: shows it, then signs it with your key",
     .help =
         "Shows the application and its settings as they are stored, checks their digests, and\n"
         "signs them with the private key of your certificate. From then on nothing of it\n"
         "changes, and the watchlist can be built. On a terminal it asks first; without one,\n"
         "give --yes.\n"
         "\n"
         "  overtctl deployment apply 'North gate, 1 May'\n",
     .needs_server = true,
     .run = cmd_apply},
    {.group = "deployment",
     .verb = "authorise",
     .args = {"DEPLOYMENT"},
     .summary = "authorise an application: shows it, then signs it (never the applicant)",
     .options = {REASONS_OPTION("the reasons; default: standard input")},
     .help =
         "Shows the application, its settings, how the watchlist is made up and your reasons, and\n"
         "signs their digests with the private key of your certificate. The reasons are a text\n"
         "with headings:\n"
         "\n"
         "  [necessity]\n"
         "  Why it is necessary, here and then.\n"
         "  [proportionality]\n"
         "  Why what it does to everybody who passes is in proportion.\n"
         "  [conditions]\n"
         "  What has to be kept to; may be left out.\n"
         "\n"
         "Where the policy asks for the higher authority (a flag of the place, a second urgent\n"
         "use, long use, listed people under age), one of them has to authorise. After an oral\n"
         "authorisation this puts it in writing. To ask on a terminal, name a file.\n"
         "\n"
         "  overtctl deployment authorise 'North gate, 1 May' --reasons reasons.txt\n",
     .needs_server = true,
     .run = cmd_authorise},
    {.group = "deployment",
     .verb = "refuse",
     .args = {"DEPLOYMENT"},
     .summary = "refuse an application, or to put an oral authorisation in writing",
     .options = {REASONS_OPTION("why; default: standard input")},
     .help =
         "An application that is refused ends; its watchlist is erased. Refusing to put an oral\n"
         "authorisation in writing closes the deployment at once, and its list and its alerts\n"
         "are erased at once.\n"
         "\n"
         "  overtctl deployment refuse 'North gate, 1 May' --reasons why.txt\n",
     .needs_server = true,
     .run = cmd_refuse},
    {.group = "deployment",
     .verb = "cancel",
     .args = {"DEPLOYMENT"},
     .summary = "withdraw a deployment before it has been live",
     .options = {REASONS_OPTION("why; default: standard input")},
     .help =
         "  echo 'The event was called off.' | overtctl deployment cancel 'North gate, 1 May'\n",
     .needs_server = true,
     .run = cmd_cancel},
    {.group = "deployment",
     .verb = "oral",
     .args = {"DEPLOYMENT"},
     .summary = "record an officer's oral authorisation (urgent; by the deployment lead)",
     .options = {{"--officer", "NAME", "who authorised, by the name in their certificate", NULL,
                  true, false},
                 REASONS_OPTION("what was said, and why it is urgent; default: standard input")},
     .help =
         "Where there is no time for a signature: the officer authorises by telephone or radio\n"
         "and you record it. You are neither the officer nor the applicant. The deployment may\n"
         "then be started. The officer puts it in writing ('deployment authorise') within the\n"
         "policy's urgent period, or it is closed and its list and alerts are erased at once.\n"
         "\n"
         "  overtctl deployment oral 'North gate, 1 May' --officer officer-17 --reasons call.txt\n",
     .needs_server = true,
     .run = cmd_oral},
    {.group = NULL},
};
