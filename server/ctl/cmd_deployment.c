/* overtctl deployment ... */
#include <stdio.h>
#include <string.h>

#include "server/ctl/api.h"
#include "server/ctl/application_file.h"
#include "server/ctl/commands.h"
#include "server/ctl/options.h"
#include "server/ctl/show.h"
#include "server/ctl/text.h"

/* --- create --- */

#define HOURS_MAX 12.0 /* as the server has it */
#define HOURS_READ_MAX 1e6

/* Adds value under key; a failure shows as a NULL body later on. */
static void set(json_t **body, const char *key, json_t *take_value)
{
    if (*body == NULL || json_object_set_new(*body, key, take_value) != 0) {
        json_decref(*body == NULL ? take_value : NULL);
        json_decref(*body);
        *body = NULL;
    }
}

static enum ov_status set_window(const struct ctl *ctl, const struct invocation *given,
                                 json_t **body, struct ov_error *err)
{
    char text[OV_TIME_TEXT_SIZE];
    int64_t start_us = 0;
    int64_t end_us = 0;
    double hours = 0;
    enum ov_status status = invocation_time(given, "--start", &start_us, err);
    if (status == OV_OK)
        status = invocation_time(given, "--end", &end_us, err);
    if (status == OV_OK)
        status = invocation_double(given, "--hours", 0.01, HOURS_READ_MAX, &hours, err);
    if (status != OV_OK)
        return status;
    if (hours > HOURS_MAX)
        return ov_fail(err, OV_ERR_INVALID, "usage.option",
                       "--hours is %g at most: a deployment lasts no longer; apply for several "
                       "instead",
                       HOURS_MAX);
    if (end_us != 0 && hours > 0)
        return ov_fail(err, OV_ERR_INVALID, "usage.option", "--end and --hours exclude each other");
    if (start_us != 0)
        set(body, "starts_at", json_string(ov_time_format(start_us, text)));
    if (hours > 0)
        end_us = (start_us != 0 ? start_us : ov_clock_utc_us(ctl->clock)) +
                 (int64_t)(hours * 3600.0 * (double)OV_US_PER_S);
    if (end_us != 0)
        set(body, "ends_at", json_string(ov_time_format(end_us, text)));
    return OV_OK;
}

static enum ov_status set_settings(const struct invocation *given, json_t **body,
                                   struct ov_error *err)
{
    double threshold = 0;
    int64_t cool_down_s = -1;
    int64_t min_face_px = 0;
    enum ov_status status = invocation_double(given, "--threshold", 0.0001, 1.0, &threshold, err);
    if (status == OV_OK)
        status = invocation_i64(given, "--cool-down", 0, 86400, &cool_down_s, err);
    if (status == OV_OK)
        status = invocation_i64(given, "--min-face", 1, 10000, &min_face_px, err);
    if (status != OV_OK)
        return status;
    if (threshold > 0)
        set(body, "threshold", json_real(threshold));
    if (cool_down_s >= 0)
        set(body, "cool_down_s", json_integer(cool_down_s));
    if (min_face_px > 0)
        set(body, "min_face_px", json_integer(min_face_px));
    return OV_OK;
}

static enum ov_status set_sites(const struct invocation *given, json_t **body, struct ov_error *err)
{
    const char *name = NULL;
    size_t cursor = 0;
    json_t *sites = json_array();
    while ((name = invocation_next(given, "--site", &cursor)) != NULL)
        (void)json_array_append_new(sites, json_string(name));
    if (json_array_size(sites) == 0 || *body == NULL) {
        json_decref(sites);
        return OV_OK;
    }
    set(body, "sites", sites);
    return *body != NULL ? OV_OK
                         : ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for the sites");
}

/* What the options say, over what the file said. */
static enum ov_status set_options(const struct ctl *ctl, const struct invocation *given,
                                  json_t **body, struct ov_error *err)
{
    const char *purpose = invocation_option(given, "--purpose");
    const char *kind = invocation_option(given, "--kind");
    if (purpose != NULL)
        set(body, "purpose", json_string(purpose));
    if (kind != NULL)
        set(body, "kind", json_string(kind));
    enum ov_status status = set_sites(given, body, err);
    if (status == OV_OK)
        status = set_window(ctl, given, body, err);
    if (status == OV_OK)
        status = set_settings(given, body, err);
    if (status == OV_OK && *body == NULL)
        status = ov_fail(err, OV_ERR_INVALID, "usage.text",
                         "the application cannot be made: is all the text UTF-8?");
    return status;
}

static enum ov_status check_enough(const json_t *body, struct ov_error *err)
{
    static const char *const needed[][2] = {{"purpose", "--purpose"}, {"sites", "--site"}};
    for (size_t i = 0; i < 2; i++)
        if (json_object_get(body, needed[i][0]) == NULL)
            return ov_fail(err, OV_ERR_INVALID, "usage.option",
                           "%s is missing: give it, or --application FILE ('overtctl deployment "
                           "template' prints one to fill in)",
                           needed[i][1]);
    return OV_OK;
}

static enum ov_status build_application(const struct ctl *ctl, const struct invocation *given,
                                        json_t **ret_body, struct ov_error *err)
{
    const char *file = invocation_option(given, "--application");
    json_t *body = NULL;
    enum ov_status status = OV_OK;
    if (file != NULL)
        status = application_file_read(file, &body, err);
    else
        body = json_pack("{ss}", "kind", "exercise");
    if (status == OV_OK)
        set(&body, "name", json_string(given->args[0]));
    if (status == OV_OK)
        status = set_options(ctl, given, &body, err);
    if (status == OV_OK)
        status = check_enough(body, err);
    if (status != OV_OK)
        json_decref(body);
    else
        *ret_body = body;
    return status;
}

static enum ctl_exit cmd_deployment_create(struct ctl *ctl, const struct invocation *given,
                                           struct ov_error *err)
{
    json_t *body = NULL;
    json_t *deployment = NULL;
    if (build_application(ctl, given, &body, err) != OV_OK)
        return CTL_USAGE;
    enum ctl_exit result = api_create(ctl->http, "/v1/deployments", body, &deployment, err);
    if (result != CTL_OK)
        return result;
    result = show_deployment(ctl, deployment, err);
    json_decref(deployment);
    if (result == CTL_OK && ctl->terminal.err_is_terminal && !ctl->json)
        terminal_note(
            "\nA draft. Next: 'overtctl deployment apply' signs it; then the watchlist is "
            "built and another person authorises.");
    return result;
}

/* --- edit --- */

static enum ctl_exit get_deployment(struct ctl *ctl, const char *name, json_t **ret_deployment,
                                    struct ov_error *err);

/* What the draft says now, as the API takes it. */
static enum ctl_exit get_draft(struct ctl *ctl, const json_t *deployment, json_t **ret_body,
                               struct ov_error *err)
{
    json_t *document = NULL;
    char act[128];
    const struct api_place place = {"deployments", api_text(deployment, "id"), act};
    (void)snprintf(act, sizeof(act), "documents/%s",
                   api_text(json_object_get(deployment, "lifecycle"), "application_digest"));
    enum ctl_exit result = api_get_at(ctl->http, &place, &document, err);
    if (result != CTL_OK)
        return result;
    *ret_body = application_of_document(json_object_get(document, "document"), deployment);
    json_decref(document);
    return *ret_body != NULL ? CTL_OK : ctl_out_of_memory(err);
}

static enum ctl_exit build_edit(struct ctl *ctl, const struct invocation *given,
                                const json_t *deployment, json_t **ret_body, struct ov_error *err)
{
    const char *file = invocation_option(given, "--application");
    int64_t revision = api_int(json_object_get(deployment, "lifecycle"), "revision");
    json_t *body = NULL;
    enum ctl_exit result = CTL_OK;
    if (file == NULL)
        result = get_draft(ctl, deployment, &body, err);
    else if (application_file_read(file, &body, err) != OV_OK)
        result = CTL_USAGE;
    if (result != CTL_OK)
        return result;
    if (json_object_get(body, "name") == NULL)
        set(&body, "name", json_string(api_text(deployment, "name")));
    if (invocation_i64(given, "--revision", 1, INT32_MAX, &revision, err) != OV_OK ||
        set_options(ctl, given, &body, err) != OV_OK)
        result = CTL_USAGE;
    if (result == CTL_OK)
        set(&body, "revision", json_integer(revision));
    if (result == CTL_OK)
        *ret_body = body;
    else
        json_decref(body);
    return result;
}

static enum ctl_exit cmd_deployment_edit(struct ctl *ctl, const struct invocation *given,
                                         struct ov_error *err)
{
    json_t *deployment = NULL;
    json_t *body = NULL;
    json_t *changed = NULL;
    char path[128];
    enum ctl_exit result = get_deployment(ctl, given->args[0], &deployment, err);
    if (result == CTL_OK)
        result = build_edit(ctl, given, deployment, &body, err);
    if (result == CTL_OK) {
        (void)snprintf(path, sizeof(path), "/v1/deployments/%s", api_text(deployment, "id"));
        result = api_patch(ctl->http, path, body, &changed, err);
    }
    if (result == CTL_OK)
        result = show_deployment(ctl, changed, err);
    json_decref(changed);
    json_decref(deployment);
    return result;
}

/* --- list, show --- */

static enum ctl_exit cmd_deployment_list(struct ctl *ctl, const struct invocation *given,
                                         struct ov_error *err)
{
    json_t *answer = NULL;
    struct ov_buf out = OV_BUF_INIT;
    (void)given;
    enum ctl_exit result = api_get_all(ctl->http, "/v1/deployments", "deployments", &answer, err);
    if (result != CTL_OK)
        return result;
    if (ctl->json)
        api_dump(answer, ctl->terminal.out_is_terminal, &out);
    else
        show_deployments(ctl, json_object_get(answer, "deployments"), &out);
    json_decref(answer);
    return ctl_print(&out, err);
}

static enum ctl_exit get_deployment(struct ctl *ctl, const char *name, json_t **ret_deployment,
                                    struct ov_error *err)
{
    const struct api_place place = {"deployments", name, NULL};
    return api_get_at(ctl->http, &place, ret_deployment, err);
}

static enum ctl_exit cmd_deployment_show(struct ctl *ctl, const struct invocation *given,
                                         struct ov_error *err)
{
    json_t *deployment = NULL;
    enum ctl_exit result = get_deployment(ctl, given->args[0], &deployment, err);
    if (result == CTL_OK)
        result = show_deployment(ctl, deployment, err);
    json_decref(deployment);
    return result;
}

/* --- start, stop --- */

static enum ctl_exit confirm(const struct ctl *ctl, const json_t *deployment, const char *question,
                             struct ov_error *err)
{
    struct ov_buf text = OV_BUF_INIT;
    text_append_clean(&text, api_text(deployment, "name"));
    ov_buf_puts(&text, question);
    enum ov_status status =
        text.failed ? OV_ERR_NOMEM : terminal_confirm(&ctl->terminal, ctl->yes, text.data, err);
    ov_buf_free(&text);
    if (status == OV_ERR_NOMEM)
        return ctl_out_of_memory(err);
    return status == OV_OK ? CTL_OK : CTL_USAGE;
}

static enum ctl_exit cmd_deployment_start(struct ctl *ctl, const struct invocation *given,
                                          struct ov_error *err)
{
    json_t *deployment = NULL;
    char question[200];
    enum ctl_exit result = get_deployment(ctl, given->args[0], &deployment, err);
    if (result != CTL_OK)
        return result;
    const json_t *counts = json_object_get(deployment, "watchlist");
    (void)snprintf(question, sizeof(question),
                   ": go live and search for %lld approved entries (threshold %.3f, %.20s)?",
                   api_int(counts, "approved"), api_number(deployment, "threshold"),
                   api_text(deployment, "kind"));
    /* Unlike a stop it can be undone (by a stop), so a script need not say --yes. */
    if (ctl->terminal.in_is_terminal && ctl->terminal.err_is_terminal)
        result = confirm(ctl, deployment, question, err);
    if (result == CTL_OK)
        result = act_on_deployment(ctl, api_text(deployment, "id"), "start", json_object(), err);
    json_decref(deployment);
    return result;
}

static enum ctl_exit cmd_deployment_stop(struct ctl *ctl, const struct invocation *given,
                                         struct ov_error *err)
{
    const char *reason = invocation_option(given, "--reason");
    json_t *deployment = NULL;
    enum ctl_exit result = CTL_OK;
    if (!ctl->yes) { /* with --yes the first request is the one that stops */
        result = get_deployment(ctl, given->args[0], &deployment, err);
        if (result == CTL_OK)
            result =
                confirm(ctl, deployment, ": stop it for good? It cannot be started again.", err);
        json_decref(deployment);
    }
    if (result == CTL_OK)
        result = act_on_deployment(
            ctl, given->args[0], "stop",
            json_pack("{ss}", "reason", reason == NULL ? "requested" : reason), err);
    return result;
}

/* --- the table --- */

const struct command deployment_commands[] = {
    {.group = "deployment",
     .verb = "create",
     .args = {"NAME"},
     .summary = "draft a deployment",
     .options = {{"--application", "FILE", "what it says, as 'deployment template' has it", NULL,
                  false, false},
                 {"--purpose", "TEXT", "what it is for; stays in the record", NULL, false, false},
                 {"--site", "NAME", "a site it covers; repeat for more", NULL, false, true},
                 {"--kind", "KIND", "default: exercise", "exercise operational", false, false},
                 {"--start", "TIME", "default: now", NULL, false, false},
                 {"--end", "TIME", "default: the server's, eight hours after the start", NULL,
                  false, false},
                 {"--hours", "N", "instead of --end: so many hours after the start, at most 12",
                  NULL, false, false},
                 {"--threshold", "X", "cosine from which there is an alert (default: the model's)",
                  NULL, false, false},
                 {"--cool-down", "S", "seconds between alerts for one entry (default: 60)", NULL,
                  false, false},
                 {"--min-face", "PX", "smallest face looked for (default: 40)", NULL, false,
                  false}},
     .help =
         "Makes a draft that applicants may change ('deployment edit'); 'deployment apply' signs\n"
         "it. An exercise needs a purpose and a site; an operational deployment says everything\n"
         "about itself: fill in what 'overtctl deployment template' prints. Options go before the\n"
         "file. A deployment lasts 12 hours at most. TIME is like 2026-05-01T12:00Z, or\n"
         "'2026-05-01 13:00' in this computer's time zone.\n"
         "\n"
         "  overtctl deployment create 'North gate, 1 May' --site north-gate \\\n"
         "      --purpose 'Exercise 12 of the trial plan' --start '2026-05-01 13:00' --hours 4\n"
         "  overtctl deployment create 'High Street, 2 May' --application application.ini\n",
     .needs_server = true,
     .run = cmd_deployment_create},
    {.group = "deployment",
     .verb = "edit",
     .args = {"DEPLOYMENT"},
     .summary = "change a draft",
     .options = {{"--application", "FILE", "what it says, as 'deployment template' has it", NULL,
                  false, false},
                 {"--purpose", "TEXT", "what it is for; stays in the record", NULL, false, false},
                 {"--site", "NAME", "a site it covers; repeat for more", NULL, false, true},
                 {"--kind", "KIND", "exercise or operational", "exercise operational", false,
                  false},
                 {"--start", "TIME", "when it starts", NULL, false, false},
                 {"--end", "TIME", "when it ends", NULL, false, false},
                 {"--hours", "N", "instead of --end: so many hours after the start, at most 12",
                  NULL, false, false},
                 {"--threshold", "X", "cosine from which there is an alert", NULL, false, false},
                 {"--cool-down", "S", "seconds between alerts for one entry", NULL, false, false},
                 {"--min-face", "PX", "smallest face looked for", NULL, false, false},
                 {"--revision", "N", "of the draft that you looked at; default: the current one",
                  NULL, false, false}},
     .help =
         "What is not given stays as it is, or as FILE says. When somebody else has changed the\n"
         "draft since revision N ('deployment show'), you are told who and when, and nothing is\n"
         "changed.\n"
         "\n"
         "  overtctl deployment edit 'North gate, 1 May' --hours 2 --revision 3\n",
     .needs_server = true,
     .run = cmd_deployment_edit},
    {.group = "deployment",
     .verb = "list",
     .summary = "show the deployments, newest first",
     .help = "",
     .needs_server = true,
     .run = cmd_deployment_list},
    {.group = "deployment",
     .verb = "show",
     .args = {"DEPLOYMENT"},
     .summary = "show one deployment in full",
     .help = "DEPLOYMENT is its id or its name.\n",
     .needs_server = true,
     .run = cmd_deployment_show},
    {.group = "deployment",
     .verb = "start",
     .args = {"DEPLOYMENT"},
     .summary = "go live (the deployment lead's, or an authorising officer's)",
     .help =
         "Lets the sites of an authorised deployment search from now to the end of its window.\n"
         "Whatever still stands in the way is said. A terminal is asked first.\n"
         "\n"
         "  overtctl deployment show 'North gate, 1 May'\n"
         "  overtctl deployment start 'North gate, 1 May'\n",
     .needs_server = true,
     .run = cmd_deployment_start},
    {.group = "deployment",
     .verb = "stop",
     .args = {"DEPLOYMENT"},
     .summary = "stop a deployment at once and for good: the kill switch",
     .options = {{"--reason", "CODE", "default: requested",
                  "requested finished safety legality technical", false, false}},
     .help =
         "Ends every search of the deployment within a second on live links and within 30 s on\n"
         "cut ones. It cannot be started again, so a terminal is asked for 'yes'; without a\n"
         "terminal, or to lose no time, give --yes. CODE is any word of a-z and '_', 40 letters "
         "at\n"
         "most; those above are the usual ones.\n"
         "\n"
         "  overtctl deployment stop 'North gate, 1 May' --yes\n",
     .needs_server = true,
     .run = cmd_deployment_stop},
    {.group = "deployment",
     .verb = "notice",
     .args = {"DEPLOYMENT"},
     .summary = "get the public notice, record where it was published, or waive it",
     .options =
         {{"--out", "DIR", "write page.html, sign.html and leaflet.html there", NULL, false, false},
          {"--published", "URL", "record that the page is at this address", NULL, false, false},
          {"--page", "FILE", "with --published: the page as it was published", NULL, false, false},
          {"--waive", NULL,
           "waive prior notice, signed, with the reason on standard input (authorising officer)",
           NULL, false, false}},
     .help = "The notice says who looks for whom, where, when and why, and what happens to\n"
             "people's faces. The force hosts the page; sign (A3) and leaflet (A4, both sides,\n"
             "folded once) are printed from a browser. An operational deployment goes live only\n"
             "when the page of its application, unchanged, is published, or an authorising\n"
             "officer who did not apply has signed why there can be no prior notice. The signs\n"
             "at the cameras are never waived.\n"
             "\n"
             "  overtctl deployment notice gate-may --out notice/\n"
             "  overtctl deployment notice gate-may --published https://force.example/lfr/may\n"
             "  overtctl deployment notice gate-may --waive < reason.txt\n",
     .needs_server = true,
     .run = cmd_deployment_notice},
    {.group = NULL},
};
