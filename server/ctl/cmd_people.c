/* overtctl people ..., and suspending a site: who may act. */
#include <stdio.h>
#include <string.h>

#include "server/ctl/api.h"
#include "server/ctl/cmd_people.h"
#include "server/ctl/commands.h"
#include "server/ctl/options.h"
#include "server/ctl/table.h"
#include "server/ctl/text.h"
#include "server/ctl/when.h"

#define ROLES                                                                                      \
    "administrator applicant watchlist_manager authorising_officer higher_authority "              \
    "deployment_lead adjudicator engagement_officer data_protection oversight"

static void join(const json_t *words, const char *prefix, struct ov_buf *out)
{
    const json_t *word = NULL;
    size_t i = 0;
    ov_buf_puts(out, "");
    json_array_foreach(words, i, word)
    {
        const char *text = json_string_value(word);
        size_t skip =
            text != NULL && strncmp(text, prefix, strlen(prefix)) == 0 ? strlen(prefix) : 0;
        ov_buf_printf(out, "%s%s", i == 0 ? "" : ", ", text == NULL ? "" : text + skip);
    }
}

static void cell_of_words(struct table *table, const json_t *words, const char *prefix)
{
    struct ov_buf text = OV_BUF_INIT;
    join(words, prefix, &text);
    table_cell(table, PAINT_NONE, text.failed ? "" : text.data);
    ov_buf_free(&text);
}

/* --- seeing --- */

static void show_people(const struct ctl *ctl, const json_t *people, struct ov_buf *out)
{
    static const char *const titles[] = {"*NAME", "STATE", "ROLES", "CERTIFICATES", NULL};
    const json_t *person = NULL;
    struct table table;
    size_t i = 0;
    table_init(&table, titles);
    json_array_foreach(people, i, person)
    {
        bool active = json_is_true(json_object_get(person, "active"));
        table_cell(&table, PAINT_BOLD, api_text(person, "name"));
        table_cell(&table, active ? PAINT_GOOD : PAINT_BAD, active ? "active" : "suspended");
        cell_of_words(&table, json_object_get(person, "roles"), "");
        cell_of_words(&table, json_object_get(person, "identities"), "overt://person/");
    }
    table_render(&table, &ctl->terminal, out);
    table_done(&table);
}

/* "add the person carl with the roles applicant" */
static void describe(const json_t *decision, struct ov_buf *out)
{
    const char *kind = api_text(decision, "kind");
    const char *about = api_text(decision, "about");
    const char *name = api_text(decision, "name");
    struct ov_buf roles = OV_BUF_INIT;
    join(json_object_get(decision, "roles"), "", &roles);
    const char *role_names = roles.failed || roles.data == NULL ? "" : roles.data;
    if (strcmp(kind, "add_person") == 0)
        ov_buf_printf(out, "add the person %s with the roles %s", name, role_names);
    else if (strcmp(kind, "grant_role") == 0)
        ov_buf_printf(out, "give %s the roles %s", name, role_names);
    else if (strcmp(kind, "add_identity") == 0)
        ov_buf_printf(out, "let the certificate %s stand for the %s %s",
                      api_text(decision, "identity"), about, name);
    else
        ov_buf_printf(out, "reactivate the %s %s", about, name);
    ov_buf_free(&roles);
}

static void show_decisions(const struct ctl *ctl, const json_t *decisions, struct ov_buf *out)
{
    static const char *const titles[] = {"*PROPOSAL", "WHAT", "BY", "UNTIL", NULL};
    const json_t *decision = NULL;
    struct table table;
    size_t i = 0;
    table_init(&table, titles);
    json_array_foreach(decisions, i, decision)
    {
        char when[WHEN_TEXT_SIZE];
        struct ov_buf what = OV_BUF_INIT;
        describe(decision, &what);
        table_cell(&table, PAINT_BOLD, api_text(decision, "id"));
        table_cell(&table, PAINT_NONE, what.failed ? "" : what.data);
        table_cell(&table, PAINT_NONE, api_text(decision, "proposed_by"));
        table_cell(&table, PAINT_NONE,
                   when_show(api_text(decision, "expires_at"), ov_clock_utc_us(ctl->clock), when));
        ov_buf_free(&what);
    }
    table_render(&table, &ctl->terminal, out);
    table_done(&table);
}

static enum ctl_exit cmd_people_list(struct ctl *ctl, const struct invocation *given,
                                     struct ov_error *err)
{
    struct ov_buf out = OV_BUF_INIT;
    json_t *people = NULL;
    json_t *waiting = NULL;
    (void)given;
    enum ctl_exit result = api_get_all(ctl->http, "/v1/people", "people", &people, err);
    if (result == CTL_OK)
        result = api_get_all(ctl->http, "/v1/people/decisions", "decisions", &waiting, err);
    if (result != CTL_OK) {
        json_decref(people);
        return result;
    }
    json_t *decisions = json_object_get(waiting, "decisions");
    if (ctl->json) {
        (void)json_object_set(people, "decisions", decisions);
        api_dump(people, ctl->terminal.out_is_terminal, &out);
    } else {
        show_people(ctl, json_object_get(people, "people"), &out);
        if (json_array_size(decisions) > 0) {
            ov_buf_puts(&out, "\nwaiting for another administrator "
                              "('overtctl people confirm PROPOSAL'):\n\n");
            show_decisions(ctl, decisions, &out);
        }
    }
    json_decref(waiting);
    json_decref(people);
    return ctl_print(&out, err);
}

/* --- proposing --- */

static json_t *roles_of(const struct invocation *given)
{
    json_t *roles = json_array();
    size_t cursor = 0;
    const char *role = NULL;
    while ((role = invocation_next(given, "--role", &cursor)) != NULL)
        (void)json_array_append_new(roles, json_string(role));
    return roles;
}

static enum ctl_exit propose(struct ctl *ctl, json_t *take_body, struct ov_error *err)
{
    struct ov_buf out = OV_BUF_INIT;
    json_t *decision = NULL;
    enum ctl_exit result = api_create(ctl->http, "/v1/people/decisions", take_body, &decision, err);
    if (result != CTL_OK)
        return result;
    if (ctl->json) {
        api_dump(decision, ctl->terminal.out_is_terminal, &out);
    } else {
        ov_buf_puts(&out, "proposed: ");
        describe(decision, &out);
        ov_buf_printf(&out,
                      "\nanother administrator confirms it within seven days:\n"
                      "  overtctl people confirm %s\n",
                      api_text(decision, "id"));
    }
    json_decref(decision);
    return ctl_print(&out, err);
}

static enum ctl_exit cmd_people_add(struct ctl *ctl, const struct invocation *given,
                                    struct ov_error *err)
{
    return propose(ctl,
                   json_pack("{ss ss so}", "kind", "add_person", "person", given->args[0], "roles",
                             roles_of(given)),
                   err);
}

static enum ctl_exit cmd_people_grant(struct ctl *ctl, const struct invocation *given,
                                      struct ov_error *err)
{
    return propose(ctl,
                   json_pack("{ss ss so}", "kind", "grant_role", "person", given->args[0], "roles",
                             roles_of(given)),
                   err);
}

static enum ctl_exit cmd_people_identity(struct ctl *ctl, const struct invocation *given,
                                         struct ov_error *err)
{
    return propose(ctl,
                   json_pack("{ss ss ss}", "kind", "add_identity", "person", given->args[0],
                             "identity", given->args[1]),
                   err);
}

static enum ctl_exit cmd_people_reactivate(struct ctl *ctl, const struct invocation *given,
                                           struct ov_error *err)
{
    return propose(ctl, json_pack("{ss ss}", "kind", "reactivate", "person", given->args[0]), err);
}

enum ctl_exit cmd_site_reactivate(struct ctl *ctl, const struct invocation *given,
                                  struct ov_error *err)
{
    return propose(ctl, json_pack("{ss ss}", "kind", "reactivate", "site", given->args[0]), err);
}

/* --- deciding --- */

static json_t *find_decision(const json_t *waiting, const char *id)
{
    json_t *decision = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(waiting, "decisions"), i, decision)
    {
        if (strcmp(api_text(decision, "id"), id) == 0)
            return decision;
    }
    return NULL;
}

/* Nobody confirms by an id alone: what it does is shown, and asked about. */
static enum ctl_exit ask_about(struct ctl *ctl, const char *id, struct ov_error *err)
{
    json_t *waiting = NULL;
    struct ov_buf what = OV_BUF_INIT;
    struct ov_buf question = OV_BUF_INIT;
    enum ctl_exit result =
        api_get_all(ctl->http, "/v1/people/decisions?state=all", "decisions", &waiting, err);
    if (result != CTL_OK)
        return result;
    const json_t *decision = find_decision(waiting, id);
    if (decision == NULL) {
        json_decref(waiting);
        (void)ov_fail(err, OV_ERR_NOT_FOUND, "people.no_proposal",
                      "there is no such proposal; 'overtctl people list' shows those that wait");
        return CTL_REFUSED;
    }
    describe(decision, &what);
    ov_buf_puts(&question, api_text(decision, "proposed_by"));
    ov_buf_puts(&question, " proposes to ");
    text_append_clean(&question, what.failed ? "" : what.data);
    ov_buf_puts(&question, "; confirm it?");
    enum ov_status status = question.failed
                                ? OV_ERR_NOMEM
                                : terminal_confirm(&ctl->terminal, ctl->yes, question.data, err);
    ov_buf_free(&what);
    ov_buf_free(&question);
    json_decref(waiting);
    if (status == OV_ERR_NOMEM)
        return ctl_out_of_memory(err);
    return status == OV_OK ? CTL_OK : CTL_USAGE;
}

static enum ctl_exit decide(struct ctl *ctl, const char *id, const char *verb, const char *done,
                            struct ov_error *err)
{
    const struct api_place place = {"people/decisions", id, verb};
    struct ov_buf out = OV_BUF_INIT;
    json_t *decision = NULL;
    enum ctl_exit result = api_post_at(ctl->http, &place, json_object(), &decision, err);
    if (result != CTL_OK)
        return result;
    if (ctl->json) {
        api_dump(decision, ctl->terminal.out_is_terminal, &out);
    } else {
        ov_buf_puts(&out, done);
        describe(decision, &out);
        ov_buf_puts(&out, "\n");
    }
    json_decref(decision);
    return ctl_print(&out, err);
}

static enum ctl_exit cmd_people_confirm(struct ctl *ctl, const struct invocation *given,
                                        struct ov_error *err)
{
    enum ctl_exit result = ask_about(ctl, given->args[0], err);
    if (result != CTL_OK)
        return result;
    return decide(ctl, given->args[0], "confirm", "done: ", err);
}

static enum ctl_exit cmd_people_withdraw(struct ctl *ctl, const struct invocation *given,
                                         struct ov_error *err)
{
    return decide(ctl, given->args[0], "withdraw", "withdrawn: ", err);
}

/* --- narrowing --- */

/* Posts and says what was done; the server answers with nothing. */
static enum ctl_exit narrow(struct ctl *ctl, const struct api_place *place, json_t *take_body,
                            const char *done, struct ov_error *err)
{
    struct ov_buf out = OV_BUF_INIT;
    enum ctl_exit result = api_post_at(ctl->http, place, take_body, NULL, err);
    if (result != CTL_OK)
        return result;
    if (ctl->json)
        ov_buf_puts(&out, "{}\n");
    else
        ov_buf_printf(&out, "%s %s\n", place->id, done);
    return ctl_print(&out, err);
}

static const char *reason_of(const struct invocation *given)
{
    const char *reason = invocation_option(given, "--reason");
    return reason != NULL ? reason : "manual";
}

static enum ctl_exit suspend(struct ctl *ctl, const struct invocation *given,
                             const char *collection, struct ov_error *err)
{
    const struct api_place place = {collection, given->args[0], "suspend"};
    return narrow(ctl, &place, json_pack("{ss}", "reason", reason_of(given)), "is suspended", err);
}

static enum ctl_exit cmd_people_suspend(struct ctl *ctl, const struct invocation *given,
                                        struct ov_error *err)
{
    return suspend(ctl, given, "people", err);
}

enum ctl_exit cmd_site_suspend(struct ctl *ctl, const struct invocation *given,
                               struct ov_error *err)
{
    return suspend(ctl, given, "sites", err);
}

static enum ctl_exit cmd_people_revoke(struct ctl *ctl, const struct invocation *given,
                                       struct ov_error *err)
{
    const struct api_place place = {"people", given->args[0], "revoke"};
    return narrow(ctl, &place,
                  json_pack("{ss ss}", "role", invocation_option(given, "--role"), "reason",
                            reason_of(given)),
                  "no longer holds the role", err);
}

#define TAKES_TWO                                                                                  \
    "This is a proposal: another administrator confirms it within seven days, with\n"              \
    "'overtctl people confirm PROPOSAL'. Until then nothing changes.\n"

const struct command people_commands[] = {
    {.group = "people",
     .verb = "list",
     .summary = "show who may act, and what waits to be confirmed",
     .help = "",
     .needs_server = true,
     .run = cmd_people_list},
    {.group = "people",
     .verb = "add",
     .args = {"NAME"},
     .summary = "propose another person",
     .options = {{"--role", "ROLE", "what the person may do", ROLES, true, true}},
     .help = TAKES_TWO
     "\n"
     "NAME is the name in the person's certificate (overt://person/NAME), a staff id:\n"
     "a-z, 0-9 and '-'. Names of people do not belong here.\n"
     "\n"
     "  ada$ overtctl people add carl --role adjudicator\n"
     "  ben$ overtctl people list\n"
     "  ben$ overtctl people confirm 8f14e45f-...\n",
     .needs_server = true,
     .run = cmd_people_add},
    {.group = "people",
     .verb = "grant",
     .args = {"NAME"},
     .summary = "propose further roles for somebody",
     .options = {{"--role", "ROLE", "what the person may do besides", ROLES, true, true}},
     .help = TAKES_TWO,
     .needs_server = true,
     .run = cmd_people_grant},
    {.group = "people",
     .verb = "identity",
     .args = {"NAME", "CERTIFICATE"},
     .summary = "propose a further certificate for somebody",
     .help = TAKES_TWO
     "\n"
     "CERTIFICATE is the name in it. Rules that take two people compare persons: with two\n"
     "certificates somebody is still one.\n",
     .needs_server = true,
     .run = cmd_people_identity},
    {.group = "people",
     .verb = "reactivate",
     .args = {"NAME"},
     .summary = "propose to let somebody in again who was suspended",
     .help = TAKES_TWO,
     .needs_server = true,
     .run = cmd_people_reactivate},
    {.group = "people",
     .verb = "confirm",
     .args = {"PROPOSAL"},
     .summary = "confirm what another administrator proposed",
     .help = "PROPOSAL is the id that 'overtctl people list' shows. What it does is shown, and\n"
             "done at once after a yes.\n",
     .needs_server = true,
     .run = cmd_people_confirm},
    {.group = "people",
     .verb = "withdraw",
     .args = {"PROPOSAL"},
     .summary = "take a proposal back, or turn it down",
     .help = "",
     .needs_server = true,
     .run = cmd_people_withdraw},
    {.group = "people",
     .verb = "suspend",
     .args = {"NAME"},
     .summary = "lock somebody out, at once",
     .options = {{"--reason", "CODE", "a-z and _; on the record (default: manual)", NULL, false,
                  false}},
     .help = "Takes one administrator. Every certificate of the person is refused from here on;\n"
             "what they are doing ends within a second. Letting them in again takes two. The\n"
             "last administrator stays: keep three, because adding one takes two. Suspending\n"
             "somebody of oversight raises an alarm.\n",
     .needs_server = true,
     .run = cmd_people_suspend},
    {.group = "people",
     .verb = "revoke",
     .args = {"NAME"},
     .summary = "take a role from somebody, at once",
     .options = {{"--role", "ROLE", "the role", ROLES, true, false},
                 {"--reason", "CODE", "a-z and _; on the record (default: manual)", NULL, false,
                  false}},
     .help = "Takes one administrator; giving it back takes two.\n",
     .needs_server = true,
     .run = cmd_people_revoke},
    {.group = NULL},
};
