/* overtctl evidence ... */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "server/ctl/api.h"
#include "server/ctl/commands.h"
#include "server/ctl/options.h"
#include "server/ctl/table.h"
#include "server/ctl/text.h"
#include "server/ctl/when.h"

#define RECIPIENT_MAX_BYTES ((size_t)16 * 1024)

/* --- showing --- */

static void add_row(const struct ctl *ctl, struct table *table, const json_t *hold)
{
    char until[WHEN_TEXT_SIZE];
    bool in_force = json_is_true(json_object_get(hold, "in_force"));
    bool ended = !json_is_null(json_object_get(hold, "ended_at"));
    const json_t *open = json_object_get(hold, "open");
    const char *state = in_force ? "held" : ended ? api_text(hold, "end_reason") : "proposed";
    const char *review = api_text(in_force || ended ? hold : open, "review_at");
    table_cell(table, PAINT_NONE, api_text(hold, "id"));
    table_cell(table, PAINT_NONE, api_text(hold, "alert"));
    table_cell(table, in_force ? PAINT_GOOD : PAINT_DIM, state);
    table_cell(table, PAINT_NONE, api_text(hold, "kind"));
    table_cell(table, PAINT_NONE,
               *review == '\0' ? "" : when_show(review, ov_clock_utc_us(ctl->clock), until));
    table_cell(table, PAINT_NONE,
               json_is_object(open) ? api_text(open, "proposed_by")
                                    : api_text(hold, "confirmed_by"));
    if (ctl->terminal.out_is_terminal)
        table_cell(table, PAINT_NONE, api_text(hold, "number"));
}

static enum ctl_exit cmd_evidence_list(struct ctl *ctl, const struct invocation *given,
                                       struct ov_error *err)
{
    static const char *const all[] = {"HOLD",  "ALERT", "STATE",  "FOR",
                                      "UNTIL", "BY",    "NUMBER", NULL};
    static const char *const few[] = {"HOLD", "ALERT", "STATE", "FOR", "UNTIL", "BY", NULL};
    json_t *answer = NULL;
    json_t *hold = NULL;
    size_t i = 0;
    struct table table;
    struct ov_buf out = OV_BUF_INIT;
    (void)given;
    enum ctl_exit result = api_get_all(ctl->http, "/v1/evidence", "holds", &answer, err);
    if (result != CTL_OK)
        return result;
    table_init(&table, ctl->terminal.out_is_terminal ? all : few);
    json_array_foreach(json_object_get(answer, "holds"), i, hold)
    {
        /* The number leads to a person: as names, it is for people's eyes. */
        if (!ctl->terminal.out_is_terminal)
            (void)json_object_del(hold, "number");
        add_row(ctl, &table, hold);
    }
    if (ctl->json)
        api_dump(answer, ctl->terminal.out_is_terminal, &out);
    else
        table_render(&table, &ctl->terminal, &out);
    table_done(&table);
    json_decref(answer);
    return ctl_print(&out, err);
}

/* Shows what an act made of a hold, and its id either way. */
static enum ctl_exit show(struct ctl *ctl, const json_t *hold, const char *what,
                          struct ov_error *err)
{
    struct ov_buf out = OV_BUF_INIT;
    if (ctl->json)
        api_dump(hold, ctl->terminal.out_is_terminal, &out);
    else
        ov_buf_printf(&out, "%s %s\n", api_text(hold, "id"), what);
    return ctl_print(&out, err);
}

/* --- acts --- */

static enum ctl_exit review_of(const struct invocation *given, char out[OV_TIME_TEXT_SIZE],
                               struct ov_error *err)
{
    int64_t at_us = 0;
    if (invocation_time(given, "--review", &at_us, err) != OV_OK)
        return CTL_USAGE;
    (void)ov_time_format(at_us, out);
    return CTL_OK;
}

/* From the terminal, or the first line of standard input: not from the command line. */
static enum ctl_exit read_number(const struct ctl *ctl, struct ov_secret *ret, struct ov_error *err)
{
    static const char prompt[] = "Number of the case or complaint: ";
    return terminal_read_line(&ctl->terminal, prompt, ret, err) == OV_OK ? CTL_OK : CTL_USAGE;
}

static enum ctl_exit cmd_evidence_propose(struct ctl *ctl, const struct invocation *given,
                                          struct ov_error *err)
{
    char review[OV_TIME_TEXT_SIZE];
    struct ov_secret number = OV_SECRET_INIT;
    json_t *hold = NULL;
    enum ctl_exit result = review_of(given, review, err);
    if (result == CTL_OK)
        result = read_number(ctl, &number, err);
    if (result == CTL_OK)
        result = api_create(ctl->http, "/v1/evidence",
                            json_pack("{ss ss ss ss ss}", "alert", given->args[0], "kind",
                                      invocation_option(given, "--for"), "brought_by",
                                      invocation_option(given, "--brought-by"), "number",
                                      (const char *)number.data, "review_at", review),
                            &hold, err);
    ov_secret_free(&number);
    if (result == CTL_OK)
        result = show(ctl, hold, "proposed; another person confirms it", err);
    json_decref(hold);
    return result;
}

static enum ctl_exit act(struct ctl *ctl, const struct invocation *given, const char *verb,
                         json_t *take_body, const char *what, struct ov_error *err)
{
    const struct api_place place = {"evidence", given->args[0], verb};
    json_t *hold = NULL;
    enum ctl_exit result = api_post_at(ctl->http, &place, take_body, &hold, err);
    if (result == CTL_OK)
        result = show(ctl, hold, what, err);
    json_decref(hold);
    return result;
}

static enum ctl_exit cmd_evidence_renew(struct ctl *ctl, const struct invocation *given,
                                        struct ov_error *err)
{
    char review[OV_TIME_TEXT_SIZE];
    enum ctl_exit result = review_of(given, review, err);
    return result != CTL_OK ? result
                            : act(ctl, given, "renew", json_pack("{ss}", "review_at", review),
                                  "renewal proposed; another person confirms it", err);
}

static enum ctl_exit cmd_evidence_confirm(struct ctl *ctl, const struct invocation *given,
                                          struct ov_error *err)
{
    return act(ctl, given, "confirm", json_object(), "confirmed: the alert is held", err);
}

static enum ctl_exit cmd_evidence_release(struct ctl *ctl, const struct invocation *given,
                                          struct ov_error *err)
{
    return act(ctl, given, "release", json_object(), "released: the alert's own time applies", err);
}

/* --- export --- */

static enum ctl_exit cmd_evidence_export(struct ctl *ctl, const struct invocation *given,
                                         struct ov_error *err)
{
    const char *out = invocation_option(given, "--out");
    struct ov_buf path = OV_BUF_INIT;
    struct ov_buf pem = OV_BUF_INIT;
    struct ov_buf file = OV_BUF_INIT;
    enum ctl_exit result = CTL_OK;
    ov_buf_puts(&path, "/v1/evidence/");
    text_percent_encode(&path, given->args[0]);
    ov_buf_puts(&path, "/export");
    if (path.failed)
        result = ctl_out_of_memory(err);
    if (result == CTL_OK && access(out, F_OK) == 0) {
        (void)ov_fail(err, OV_ERR_EXISTS, "file.exists", "%s is there already", out);
        result = CTL_USAGE;
    }
    if (result == CTL_OK && ov_file_read(invocation_option(given, "--recipient"),
                                         RECIPIENT_MAX_BYTES, &pem, err) != OV_OK)
        result = CTL_USAGE;
    if (result == CTL_OK)
        result = api_post_for_file(ctl->http, path.data,
                                   json_pack("{ss}", "recipient", pem.data != NULL ? pem.data : ""),
                                   &file, err);
    if (result == CTL_OK && ov_file_write_new(out, 0600, file.data, file.length, err) != OV_OK)
        result = CTL_USAGE;
    if (result == CTL_OK && ctl->terminal.err_is_terminal)
        terminal_note(
            "%s: sealed to the recipient. They open it with\n"
            "  openssl cms -decrypt -inform DER -in FILE -recip CERT.pem -inkey KEY.pem | "
            "tar -x",
            out);
    ov_buf_free(&file);
    ov_buf_free(&pem);
    ov_buf_free(&path);
    return result;
}

/* --- the table --- */

const struct command evidence_commands[] = {
    {.group = "evidence",
     .verb = "propose",
     .args = {"ALERT"},
     .summary = "propose to keep one alert past its time, for a case or complaint",
     .options = {{"--for", "WHAT", "what it is kept for", "proceedings complaint", true, false},
                 {"--brought-by", "WHO", "the person the alert is about, or somebody else",
                  "subject other", true, false},
                 {"--review", "TIME", "until when: 90 days ahead at most", NULL, true, false}},
     .help =
         "An alert is erased when its time is over, unless an authorising officer proposes to\n"
         "keep it and another person confirms that. A false alert is kept only for a complaint\n"
         "or proceedings by the person concerned. The number of the case is asked for, or read\n"
         "from standard input. It lapses at its review date unless it is renewed.\n"
         "\n"
         "  echo 'CC 2026/118' | overtctl evidence propose ALERT --for complaint \\\n"
         "      --brought-by subject --review '2026-06-01 12:00'\n",
     .needs_server = true,
     .run = cmd_evidence_propose},
    {.group = "evidence",
     .verb = "confirm",
     .args = {"HOLD"},
     .summary = "confirm a hold or its renewal (not by who proposed it)",
     .help =
         "HOLD is the id that 'overtctl evidence list' shows. Until it is confirmed nothing is\n"
         "held.\n",
     .needs_server = true,
     .run = cmd_evidence_confirm},
    {.group = "evidence",
     .verb = "renew",
     .args = {"HOLD"},
     .summary = "propose a later review date for a hold in force",
     .options = {{"--review", "TIME", "until when: 90 days ahead at most", NULL, true, false}},
     .help = "Another person confirms it, before the hold lapses.\n",
     .needs_server = true,
     .run = cmd_evidence_renew},
    {.group = "evidence",
     .verb = "list",
     .summary = "show what is and was held, newest first",
     .help = "Numbers of cases are shown on a terminal only.\n",
     .needs_server = true,
     .run = cmd_evidence_list},
    {.group = "evidence",
     .verb = "release",
     .args = {"HOLD"},
     .summary = "end a hold: the alert's own time applies again",
     .help = "Where that is over, the alert is erased within a minute.\n",
     .needs_server = true,
     .run = cmd_evidence_release},
    {.group = "evidence",
     .verb = "export",
     .args = {"HOLD"},
     .summary = "take a held alert out, sealed to one recipient",
     .options = {{"--recipient", "FILE", "the recipient's certificate (PEM)", NULL, true, false},
                 {"--out", "FILE", "the file to make", NULL, true, false}},
     .help =
         "The only export there is: pictures, name and reference, and a manifest, for the one\n"
         "who has the certificate's key. Make sure whose certificate it is. The export is\n"
         "recorded with the digests of the file and of the certificate. That certificate is one "
         "for\n"
         "encryption: its key usage has keyAgreement (P-256 or larger) or keyEncipherment (RSA). "
         "One\n"
         "is made, where the recipient sits, with\n"
         "\n"
         "  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 \\\n"
         "      -subj /CN=tribunal -addext keyUsage=critical,keyAgreement \\\n"
         "      -keyout key.pem -out cert.pem\n"
         "\n"
         "The recipient opens the file:\n"
         "\n"
         "  openssl cms -decrypt -inform DER -in FILE -recip CERT.pem -inkey KEY.pem | tar -x\n",
     .needs_server = true,
     .run = cmd_evidence_export},
    {.group = NULL},
};
