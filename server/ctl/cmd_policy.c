/* overtctl policy ... */
#include <stdio.h>
#include <string.h>

#include "common/base/file.h"
#include "server/ctl/api.h"
#include "server/ctl/commands.h"
#include "server/ctl/options.h"
#include "server/ctl/show.h"
#include "server/ctl/sign.h"
#include "server/ctl/sign_act.h"
#include "server/ctl/table.h"
#include "server/ctl/text.h"
#include "server/ctl/when.h"

#define FILE_MAX_BYTES ((size_t)64 * 1024)

/* What a version is about besides the policy itself: not part of a proposal. */
static bool is_of_the_record(const char *key)
{
    static const char *const keys[] = {"version",     "state",       "document_digest",
                                       "proposed_by", "proposed_at", "decided_by",
                                       "decided_at",  NULL};
    for (size_t i = 0; keys[i] != NULL; i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

/* "a, b" for a list of codes, "<digest>: 0.6" for a model's floor, else as JSON has it. */
static void put_value(const json_t *value, struct ov_buf *out)
{
    const json_t *item = NULL;
    size_t i = 0;
    if (json_is_string(value)) {
        ov_buf_puts(out, json_string_value(value));
    } else if (json_is_boolean(value)) {
        ov_buf_puts(out, json_is_true(value) ? "yes" : "no");
    } else if (json_is_integer(value)) {
        ov_buf_printf(out, "%lld", (long long)json_integer_value(value));
    } else if (json_is_real(value)) {
        ov_buf_printf(out, "%.6g", json_real_value(value));
    } else if (json_is_object(value)) {
        ov_buf_printf(out, "%s: ", api_text(value, "model_digest"));
        put_value(json_object_get(value, "threshold_floor"), out);
    } else if (json_array_size(value) == 0) {
        ov_buf_puts(out, "none");
    }
    json_array_foreach(value, i, item)
    {
        if (i > 0)
            ov_buf_puts(out, ", ");
        put_value(item, out);
    }
}

static void put_line(const char *key, const json_t *value, const json_t *before, struct ov_buf *out)
{
    ov_buf_printf(out, "  %-27s ", key);
    if (before != NULL && !json_equal(before, value)) {
        put_value(before, out);
        ov_buf_puts(out, "  ->  ");
    }
    put_value(value, out);
    ov_buf_puts(out, "\n");
}

static void show_policy(const struct ctl *ctl, json_t *policy, struct ov_buf *out)
{
    const char *key = NULL;
    json_t *value = NULL;
    char when[WHEN_TEXT_SIZE];
    int64_t now_us = ov_clock_utc_us(ctl->clock);
    ov_buf_printf(out, "policy version %lld, %s; proposed by %s, %s", api_int(policy, "version"),
                  api_text(policy, "state"), api_text(policy, "proposed_by"),
                  when_show(api_text(policy, "proposed_at"), now_us, when));
    if (*api_text(policy, "decided_by") != '\0')
        ov_buf_printf(out, "; decided by %s, %s", api_text(policy, "decided_by"),
                      when_show(api_text(policy, "decided_at"), now_us, when));
    ov_buf_puts(out, "\n\n");
    json_object_foreach(policy, key, value)
    {
        if (!is_of_the_record(key))
            put_line(key, value, NULL, out);
    }
}

/* The members of a proposal, from a version. */
static json_t *proposal_from(json_t *policy)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_t *proposal = json_object();
    json_object_foreach(policy, key, value)
    {
        if (!is_of_the_record(key) && json_object_set(proposal, key, value) != 0) {
            json_decref(proposal);
            return NULL;
        }
    }
    json_t *base = json_incref(json_object_get(policy, "version"));
    if (json_object_set_new(proposal, "base_version", base) != 0) {
        json_decref(proposal);
        return NULL;
    }
    return proposal;
}

static enum ctl_exit get_version(struct ctl *ctl, const char *version, json_t **ret_policy,
                                 struct ov_error *err)
{
    const struct api_place place = {"policies", version != NULL ? version : "in-force", NULL};
    return api_get_at(ctl->http, &place, ret_policy, err);
}

static enum ctl_exit print_policy(struct ctl *ctl, json_t *policy, struct ov_error *err)
{
    struct ov_buf out = OV_BUF_INIT;
    if (ctl->json)
        api_dump(policy, ctl->terminal.out_is_terminal, &out);
    else
        show_policy(ctl, policy, &out);
    return ctl_print(&out, err);
}

static enum ctl_exit cmd_policy_show(struct ctl *ctl, const struct invocation *given,
                                     struct ov_error *err)
{
    json_t *policy = NULL;
    enum ctl_exit result = get_version(ctl, given->args[0], &policy, err);
    if (result != CTL_OK)
        return result;
    if (invocation_option(given, "--file") == NULL) {
        result = print_policy(ctl, policy, err);
    } else {
        struct ov_buf out = OV_BUF_INIT;
        json_t *proposal = proposal_from(policy);
        api_dump(proposal, true, &out);
        json_decref(proposal);
        result = ctl_print(&out, err);
    }
    json_decref(policy);
    return result;
}

static enum ctl_exit cmd_policy_history(struct ctl *ctl, const struct invocation *given,
                                        struct ov_error *err)
{
    static const char *const titles[] = {">VERSION",   "STATE", "PROPOSED BY", "WHEN",
                                         "DECIDED BY", "WHEN",  "DOCUMENT",    NULL};
    json_t *answer = NULL;
    const json_t *policy = NULL;
    size_t i = 0;
    char when[WHEN_TEXT_SIZE];
    struct ov_buf out = OV_BUF_INIT;
    (void)given;
    enum ctl_exit result = api_get(ctl->http, "/v1/policies", &answer, err);
    if (result != CTL_OK)
        return result;
    if (ctl->json) {
        api_dump(answer, ctl->terminal.out_is_terminal, &out);
    } else {
        int64_t now_us = ov_clock_utc_us(ctl->clock);
        struct table table;
        table_init(&table, titles);
        json_array_foreach(json_object_get(answer, "policies"), i, policy)
        {
            table_number(&table, api_int(policy, "version"));
            table_cell(&table, show_state_paint(api_text(policy, "state")),
                       api_text(policy, "state"));
            table_cell(&table, PAINT_NONE, api_text(policy, "proposed_by"));
            table_cell(&table, PAINT_NONE,
                       when_show(api_text(policy, "proposed_at"), now_us, when));
            table_cell(&table, PAINT_NONE, api_text(policy, "decided_by"));
            table_cell(&table, PAINT_NONE,
                       *api_text(policy, "decided_at") == '\0'
                           ? ""
                           : when_show(api_text(policy, "decided_at"), now_us, when));
            table_cell(&table, PAINT_DIM, api_text(policy, "document_digest"));
        }
        table_render(&table, &ctl->terminal, &out);
        table_done(&table);
    }
    json_decref(answer);
    return ctl_print(&out, err);
}

/* --- signed acts --------------------------------------------------------------------------- */

/* A document's numbers as the API shows them: thresholds there are cosines, here millionths. */
static json_t *as_shown(const char *key, json_t *value, const json_t *before)
{
    if (strcmp(key, "threshold_floor") == 0)
        return json_real((double)json_integer_value(value) / 1e6);
    if (json_is_boolean(before))
        return json_boolean(json_integer_value(value) != 0);
    if (strcmp(key, "threshold_floors") == 0) {
        json_t *array = json_array();
        const json_t *floor = NULL;
        size_t i = 0;
        json_array_foreach(value, i, floor)
        {
            double cosine = (double)api_int(floor, "threshold_floor") / 1e6;
            json_t *shown = json_pack("{ss sf}", "model_digest", api_text(floor, "model_digest"),
                                      "threshold_floor", cosine);
            if (json_array_append_new(array, shown) != 0)
                break;
        }
        return array;
    }
    return json_incref(value);
}

/* What the document that is signed changes of the policy in force: from the document itself, not
 * from what was sent. */
static void note_changes(json_t *document, const json_t *in_force)
{
    const char *key = NULL;
    json_t *value = NULL;
    struct ov_buf out = OV_BUF_INIT;
    json_object_foreach(document, key, value)
    {
        json_t *before = json_object_get(in_force, key);
        if (before == NULL || strcmp(key, "base_version") == 0)
            continue;
        json_t *after = as_shown(key, value, before);
        if (!json_equal(before, after))
            put_line(key, after, before, &out);
        json_decref(after);
    }
    if (!out.failed)
        terminal_note("Changes to version %lld, which is in force:\n%s",
                      api_int(in_force, "version"), out.length > 0 ? out.data : "  none\n");
    ov_buf_free(&out);
}

static enum ctl_exit look_and_sign(struct ctl *ctl, json_t *to_sign, const char *question,
                                   json_t **ret_signature, struct ov_error *err)
{
    json_t *in_force = NULL;
    if (sign_check_documents(to_sign, err) != OV_OK)
        return CTL_REFUSED;
    enum ctl_exit result = get_version(ctl, NULL, &in_force, err);
    if (result != CTL_OK)
        return result;
    note_changes(sign_document(to_sign, "policy"), in_force);
    json_decref(in_force);
    return sign_act(ctl, to_sign, question, ret_signature, err);
}

static enum ov_status read_proposal(const char *path, json_t **ret, struct ov_error *err)
{
    struct ov_buf text = OV_BUF_INIT;
    json_error_t where;
    enum ov_status status = ov_file_read(path, FILE_MAX_BYTES, &text, err);
    if (status != OV_OK)
        return status;
    *ret = json_loadb(text.data, text.length, JSON_REJECT_DUPLICATES, &where);
    ov_buf_free(&text);
    if (json_is_object(*ret))
        return OV_OK;
    json_decref(*ret);
    return ov_fail(err, OV_ERR_INVALID, "policy.file",
                   "line %d of the file is not as 'overtctl policy show --file' writes it",
                   *ret == NULL ? where.line : 1);
}

static enum ctl_exit cmd_policy_propose(struct ctl *ctl, const struct invocation *given,
                                        struct ov_error *err)
{
    json_t *proposal = NULL;
    json_t *to_sign = NULL;
    json_t *signature = NULL;
    json_t *policy = NULL;
    if (read_proposal(given->args[0], &proposal, err) != OV_OK)
        return CTL_USAGE;
    enum ctl_exit result = api_post(ctl->http, "/v1/policies/draft",
                                    json_pack("{sO}", "policy", proposal), &to_sign, err);
    if (result == CTL_OK)
        result = look_and_sign(ctl, to_sign, "Propose this policy?", &signature, err);
    if (result == CTL_OK)
        result = api_create(ctl->http, "/v1/policies",
                            json_pack("{sO so}", "policy", proposal, "signature", signature),
                            &policy, err);
    if (result == CTL_OK)
        result = print_policy(ctl, policy, err);
    json_decref(proposal);
    json_decref(to_sign);
    json_decref(policy);
    return result;
}

static enum ctl_exit post_decision(struct ctl *ctl, const char *version, const char *verb,
                                   json_t *take_body, struct ov_error *err)
{
    const struct api_place place = {"policies", version, verb};
    json_t *policy = NULL;
    enum ctl_exit result = api_post_at(ctl->http, &place, take_body, &policy, err);
    if (result == CTL_OK)
        result = print_policy(ctl, policy, err);
    json_decref(policy);
    return result;
}

static enum ctl_exit cmd_policy_approve(struct ctl *ctl, const struct invocation *given,
                                        struct ov_error *err)
{
    const struct api_place statement = {"policies", given->args[0], "statement"};
    json_t *to_sign = NULL;
    json_t *signature = NULL;
    enum ctl_exit result = api_get_at(ctl->http, &statement, &to_sign, err);
    if (result == CTL_OK)
        result = look_and_sign(ctl, to_sign, "Approve this policy?", &signature, err);
    if (result == CTL_OK)
        result = post_decision(ctl, given->args[0], "approve",
                               json_pack("{so}", "signature", signature), err);
    json_decref(to_sign);
    return result;
}

static enum ctl_exit cmd_policy_refuse(struct ctl *ctl, const struct invocation *given,
                                       struct ov_error *err)
{
    return post_decision(ctl, given->args[0], "refuse", json_object(), err);
}

const struct command policy_commands[] = {
    {.group = "policy",
     .verb = "show",
     .args = {"[VERSION]"},
     .summary = "show the policy in force, or another version",
     .options = {{"--file", NULL, "write it as a proposal to be edited", NULL, false, false}},
     .help = "The policy says who may be listed and where, how many, how long, and when it takes\n"
             "the higher authority. Every rule that is broken is refused by its name, for\n"
             "example policy.window.\n"
             "\n"
             "  overtctl policy show\n"
             "  overtctl policy show --file > policy.json\n",
     .needs_server = true,
     .run = cmd_policy_show},
    {.group = "policy",
     .verb = "propose",
     .args = {"FILE"},
     .summary = "propose a change of the policy (signed)",
     .help = "FILE is as 'policy show --file' writes it. What changes is shown and asked about,\n"
             "then signed with the key of your certificate. Another person, of the higher\n"
             "authority, approves it; until then, and for deployments that were applied for\n"
             "before, nothing changes.\n"
             "\n"
             "  overtctl policy show --file > policy.json\n"
             "  $EDITOR policy.json\n"
             "  overtctl policy propose policy.json\n",
     .needs_server = true,
     .run = cmd_policy_propose},
    {.group = "policy",
     .verb = "approve",
     .args = {"VERSION"},
     .summary = "put a proposed policy in force (signed, by another person)",
     .help = "Shows what it changes, asks, and signs.\n\n  overtctl policy approve 2\n",
     .needs_server = true,
     .run = cmd_policy_approve},
    {.group = "policy",
     .verb = "refuse",
     .args = {"VERSION"},
     .summary = "refuse a proposed policy, or take your own proposal back",
     .help = "",
     .needs_server = true,
     .run = cmd_policy_refuse},
    {.group = "policy",
     .verb = "history",
     .summary = "show all versions, and who proposed and decided",
     .help = "",
     .needs_server = true,
     .run = cmd_policy_history},
    {.group = NULL},
};
