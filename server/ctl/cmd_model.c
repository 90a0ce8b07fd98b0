/* overtctl model ... */
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/base/file.h"
#include "server/ctl/api.h"
#include "server/ctl/commands.h"
#include "server/ctl/options.h"
#include "server/ctl/show.h"
#include "server/ctl/sign_act.h"
#include "server/ctl/table.h"
#include "server/ctl/text.h"
#include "server/ctl/when.h"

#define REPORT_MAX_BYTES ((size_t)256 * 1024 * 1024)

static enum ctl_exit print_model(struct ctl *ctl, const json_t *model, struct ov_error *err)
{
    struct ov_buf out = OV_BUF_INIT;
    if (ctl->json)
        api_dump(model, ctl->terminal.out_is_terminal, &out);
    else
        ov_buf_printf(&out, "model %s: %s (%s), lowest threshold %.3f\n",
                      api_text(model, "model_digest"), api_text(model, "state"),
                      api_text(model, "id"), api_number(model, "threshold_floor"));
    return ctl_print(&out, err);
}

static enum ctl_exit cmd_model_list(struct ctl *ctl, const struct invocation *given,
                                    struct ov_error *err)
{
    static const char *const titles[] = {"*STATE", "FLOOR",  "PROPOSED BY", "WHEN", "DECIDED BY",
                                         "MODEL",  "REPORT", "ID",          NULL};
    json_t *answer = NULL;
    const json_t *model = NULL;
    size_t i = 0;
    char text[WHEN_TEXT_SIZE];
    char floor[16];
    struct ov_buf out = OV_BUF_INIT;
    (void)given;
    enum ctl_exit result = api_get(ctl->http, "/v1/models", &answer, err);
    if (result != CTL_OK)
        return result;
    if (ctl->json) {
        api_dump(answer, ctl->terminal.out_is_terminal, &out);
    } else if (json_array_size(json_object_get(answer, "models")) == 0) {
        ov_buf_puts(&out, "no model has been proposed for operational use\n");
    } else {
        struct table table;
        table_init(&table, titles);
        json_array_foreach(json_object_get(answer, "models"), i, model)
        {
            (void)snprintf(floor, sizeof(floor), "%.3f", api_number(model, "threshold_floor"));
            table_cell(&table, show_state_paint(api_text(model, "state")),
                       api_text(model, "state"));
            table_cell(&table, PAINT_NONE, floor);
            table_cell(&table, PAINT_NONE, api_text(model, "proposed_by"));
            table_cell(
                &table, PAINT_NONE,
                when_show(api_text(model, "proposed_at"), ov_clock_utc_us(ctl->clock), text));
            table_cell(&table, PAINT_NONE, api_text(model, "decided_by"));
            table_cell(&table, PAINT_DIM, api_text(model, "model_digest"));
            table_cell(&table, PAINT_DIM, api_text(model, "report_digest"));
            table_cell(&table, PAINT_DIM, api_text(model, "id"));
        }
        table_render(&table, &ctl->terminal, &out);
        table_done(&table);
    }
    json_decref(answer);
    return ctl_print(&out, err);
}

static enum ov_status digest_file(const char *path, char ret_hex[65], struct ov_error *err)
{
    struct ov_buf bytes = OV_BUF_INIT;
    unsigned char digest[32];
    enum ov_status status = ov_file_read(path, REPORT_MAX_BYTES, &bytes, err);
    if (status == OV_OK &&
        EVP_Digest(bytes.data, bytes.length, digest, NULL, EVP_sha256(), NULL) != 1)
        status = ov_fail(err, OV_ERR_CRYPTO, "model.report", "the report's digest cannot be made");
    ov_buf_free(&bytes);
    if (status == OV_OK)
        (void)ov_hex_encode(digest, sizeof(digest), ret_hex);
    return status;
}

/* The model that the server runs, unless another is named. */
static enum ctl_exit model_digest(struct ctl *ctl, const struct invocation *given, char out[65],
                                  struct ov_error *err)
{
    const char *named = invocation_option(given, "--model");
    json_t *answer = NULL;
    if (named != NULL) {
        (void)snprintf(out, 65, "%s", named);
        return CTL_OK;
    }
    enum ctl_exit result = api_get(ctl->http, "/v1/status", &answer, err);
    if (result == CTL_OK)
        (void)snprintf(out, 65, "%s", api_text(json_object_get(answer, "model"), "digest"));
    json_decref(answer);
    return result;
}

static enum ctl_exit cmd_model_propose(struct ctl *ctl, const struct invocation *given,
                                       struct ov_error *err)
{
    char model_hex[65];
    char report_hex[65];
    char id_text[OV_ID_TEXT_SIZE];
    double floor = 0;
    json_t *to_sign = NULL;
    json_t *signature = NULL;
    json_t *model = NULL;
    struct ov_id id = ov_id_new();
    if (invocation_double(given, "--threshold-floor", 0.0, 1.0, &floor, err) != OV_OK ||
        digest_file(invocation_option(given, "--report"), report_hex, err) != OV_OK)
        return CTL_USAGE;
    enum ctl_exit result = model_digest(ctl, given, model_hex, err);
    if (result != CTL_OK)
        return result;
    json_t *body = json_pack("{ss ss ss sf}", "id", ov_id_format(&id, id_text), "model_digest",
                             model_hex, "report_digest", report_hex, "threshold_floor", floor);
    result = api_post(ctl->http, "/v1/models/draft", json_incref(body), &to_sign, err);
    if (result == CTL_OK)
        result = sign_act(ctl, to_sign, "Propose this model for operational use?", &signature, err);
    if (result == CTL_OK && json_object_set_new(body, "signature", signature) != 0)
        result = ctl_out_of_memory(err);
    if (result == CTL_OK)
        result = api_create(ctl->http, "/v1/models", json_incref(body), &model, err);
    if (result == CTL_OK)
        result = print_model(ctl, model, err);
    json_decref(body);
    json_decref(to_sign);
    json_decref(model);
    return result;
}

static enum ctl_exit post_decision(struct ctl *ctl, const char *id, const char *verb,
                                   json_t *take_body, struct ov_error *err)
{
    const struct api_place place = {"models", id, verb};
    json_t *model = NULL;
    enum ctl_exit result = api_post_at(ctl->http, &place, take_body, &model, err);
    if (result == CTL_OK)
        result = print_model(ctl, model, err);
    json_decref(model);
    return result;
}

static enum ctl_exit cmd_model_approve(struct ctl *ctl, const struct invocation *given,
                                       struct ov_error *err)
{
    const struct api_place statement = {"models", given->args[0], "statement"};
    json_t *to_sign = NULL;
    json_t *signature = NULL;
    enum ctl_exit result = api_get_at(ctl->http, &statement, &to_sign, err);
    if (result == CTL_OK)
        result = sign_act(ctl, to_sign, "Accept this model for operational use?", &signature, err);
    if (result == CTL_OK)
        result = post_decision(ctl, given->args[0], "approve",
                               json_pack("{so}", "signature", signature), err);
    json_decref(to_sign);
    return result;
}

static enum ctl_exit cmd_model_refuse(struct ctl *ctl, const struct invocation *given,
                                      struct ov_error *err)
{
    return post_decision(ctl, given->args[0], "refuse", json_object(), err);
}

static enum ctl_exit cmd_model_withdraw(struct ctl *ctl, const struct invocation *given,
                                        struct ov_error *err)
{
    return post_decision(ctl, given->args[0], "withdraw", json_object(), err);
}

const struct command model_commands[] = {
    {.group = "model",
     .verb = "list",
     .summary = "show which models were proposed and accepted for operational use",
     .help = "",
     .needs_server = true,
     .run = cmd_model_list},
    {.group = "model",
     .verb = "propose",
     .summary = "propose a model for operational use (signed)",
     .options = {{"--report", "FILE", "the evaluation report; its SHA-256 is recorded", NULL, true,
                  false},
                 {"--threshold-floor", "COSINE",
                  "lowest threshold of an operational deployment, by that report", NULL, true,
                  false},
                 {"--model", "DIGEST", "the model pack (default: the one the server runs)", NULL,
                  false, false}},
     .help = "Operational deployments run only with a model that two people have accepted for\n"
             "this installation. The report says how often it is wrong, for whom, at which\n"
             "threshold; it stays with you, its digest is in the decision.\n"
             "\n"
             "  overtctl model propose --report evaluation.pdf --threshold-floor 0.58\n",
     .needs_server = true,
     .run = cmd_model_propose},
    {.group = "model",
     .verb = "approve",
     .args = {"ID"},
     .summary = "accept a proposed model (signed, by another person)",
     .help = "",
     .needs_server = true,
     .run = cmd_model_approve},
    {.group = "model",
     .verb = "refuse",
     .args = {"ID"},
     .summary = "refuse a proposed model",
     .help = "",
     .needs_server = true,
     .run = cmd_model_refuse},
    {.group = "model",
     .verb = "withdraw",
     .args = {"ID"},
     .summary = "withdraw an accepted model, at once and by yourself",
     .help = "No operational deployment goes live with it from then on. One that is live goes\n"
             "on until it is stopped: 'overtctl deployment stop'.\n",
     .needs_server = true,
     .run = cmd_model_withdraw},
    {.group = NULL},
};
