/* overtctl watchlist add, list, approve, remove. The table has import too (cmd_import.c). */
#include <stdio.h>
#include <string.h>

#include "server/ctl/api.h"
#include "server/ctl/cmd_approve.h"
#include "server/ctl/commands.h"
#include "server/ctl/image.h"
#include "server/ctl/import_codes.h"
#include "server/ctl/options.h"
#include "server/ctl/redact.h"
#include "server/ctl/show.h"
#include "server/ctl/subject.h"
#include "server/ctl/table.h"
#include "server/ctl/text.h"
#include "server/ctl/when.h"

#define PAGE_ENTRIES 200

/* --- add --- */

/* Adds what the option of this command is for. */
static void explain_refusal(struct ov_error *err)
{
    struct ov_error said = *err;
    if (strcmp(said.code, "watchlist.several_faces") != 0)
        return;
    ov_error_clear(err);
    (void)ov_fail(err, said.status, said.code, "%s; use --region X,Y,WIDTH,HEIGHT to say which",
                  said.text);
}

/* An option, or what the subject file says of it; both only when they agree. */
static const char *said(const struct invocation *given, const char *option,
                        const struct subject *subject, enum subject_field field,
                        struct ov_error *err)
{
    const char *typed = invocation_option(given, option);
    const char *read = subject->fields[field];
    if (typed == NULL && read == NULL)
        (void)ov_fail(err, OV_ERR_INVALID, "usage.option",
                      "%s is missing; give it, or a line '%s: ...' in the subject file", option,
                      subject_field_name(field));
    else if (typed != NULL && read != NULL && strcmp(typed, read) != 0)
        (void)ov_fail(err, OV_ERR_INVALID, "usage.option",
                      "%s and the subject file say different things", option);
    return typed != NULL ? typed : read;
}

static enum ctl_exit add(struct ctl *ctl, const struct invocation *given,
                         const struct subject *subject, const struct ov_secret *image,
                         struct ov_error *err)
{
    char id[OV_ID_TEXT_SIZE];
    json_t *answer = NULL;
    struct ov_buf out = OV_BUF_INIT;
    const char *override = invocation_option(given, "--override");
    const char *const *fields = subject->fields;
    struct api_entry entry = {.category = said(given, "--category", subject, SUBJECT_CATEGORY, err),
                              .response = said(given, "--response", subject, SUBJECT_RESPONSE, err),
                              .name = fields[SUBJECT_NAME],
                              .reference = fields[SUBJECT_REFERENCE],
                              .jpeg = image->data,
                              .jpeg_bytes = image->size,
                              .key = ov_id_new(),
                              .priority = fields[SUBJECT_PRIORITY],
                              .justification = fields[SUBJECT_JUSTIFICATION],
                              .legal_basis = fields[SUBJECT_LEGAL_BASIS],
                              .image_source = fields[SUBJECT_IMAGE_SOURCE],
                              .image_date = fields[SUBJECT_IMAGE_DATE],
                              .birth_date = fields[SUBJECT_BIRTH_DATE],
                              .expiry = fields[SUBJECT_EXPIRY],
                              .consent_digest = fields[SUBJECT_CONSENT_DIGEST],
                              .override = override != NULL ? override : fields[SUBJECT_OVERRIDE]};
    if (err->status != OV_OK)
        return CTL_USAGE;
    enum ctl_exit result = ctl_find_deployment(ctl, given->args[0], id, err);
    if (result == CTL_OK)
        result = api_add_entry(ctl->http, id, &entry, &answer, err);
    if (result == CTL_REFUSED)
        explain_refusal(err);
    if (result != CTL_OK)
        return result;
    if (ctl->json)
        api_dump(answer, ctl->terminal.out_is_terminal, &out);
    else
        ov_buf_printf(&out, "entry %.36s is %.20s, with %lld image%s%s\n", api_text(answer, "id"),
                      api_text(answer, "state"), api_int(answer, "images"),
                      api_int(answer, "images") == 1 ? "" : "s",
                      json_is_true(json_object_get(answer, "image_pending"))
                          ? "; this one waits for a second person's decision"
                          : "");
    json_decref(answer);
    return ctl_print(&out, err);
}

static enum ctl_exit cmd_watchlist_add(struct ctl *ctl, const struct invocation *given,
                                       struct ov_error *err)
{
    const char *region_text = invocation_option(given, "--region");
    struct image_region region = {0, 0, 0, 0};
    struct ov_secret image = OV_SECRET_INIT;
    struct subject subject = {.text = OV_SECRET_INIT};
    enum ctl_exit result = CTL_USAGE;
    if (region_text != NULL && image_region_parse(region_text, &region, err) != OV_OK)
        return CTL_USAGE;
    if (image_read(given->args[1], &region, &image, err) == OV_OK &&
        subject_read(&ctl->terminal, invocation_option(given, "--subject"),
                     invocation_option(given, "--all-fields") != NULL, &subject, err) == OV_OK)
        result = add(ctl, given, &subject, &image, err);
    subject_free(&subject);
    ov_secret_free(&image);
    return result;
}

/* --- going through the list --- */

typedef enum ctl_exit (*on_page)(void *ctx, const json_t *entries, struct ov_error *err);

static enum ctl_exit each_page(struct ctl *ctl, const char *deployment_id, on_page handle,
                               void *ctx, struct ov_error *err)
{
    char path[160];
    char after[OV_ID_TEXT_SIZE] = "";
    enum ctl_exit result = CTL_OK;
    bool more = true;
    while (result == CTL_OK && more) {
        json_t *page = NULL;
        struct ov_id next;
        (void)snprintf(path, sizeof(path), "/v1/deployments/%s/watchlist?limit=%d%s%s",
                       deployment_id, PAGE_ENTRIES, *after == '\0' ? "" : "&after=", after);
        result = api_get(ctl->http, path, &page, err);
        if (result != CTL_OK)
            break;
        result = handle(ctx, json_object_get(page, "entries"), err);
        more = ov_id_parse(api_text(page, "next"), &next) == OV_OK &&
               json_array_size(json_object_get(page, "entries")) > 0;
        if (more)
            (void)ov_id_format(&next, after);
        json_decref(page);
    }
    return result;
}

/* --- list --- */

struct listing {
    struct ctl *ctl;
    const char *state; /* NULL: all */
    struct table table;
    json_t *entries; /* with --json; NULL when memory is out */
    bool may_show_names;
};

static void list_entry(struct listing *listing, const json_t *entry)
{
    char when[WHEN_TEXT_SIZE];
    struct table *table = &listing->table;
    const char *state = api_text(entry, "state");
    table_cell(table, PAINT_NONE, api_text(entry, "id"));
    table_cell(table, PAINT_NONE, api_text(entry, "category"));
    table_cell(table, PAINT_NONE, api_text(entry, "response"));
    if (!listing->may_show_names)
        return;
    table_cell(table, show_state_paint(state), state);
    table_number(table, api_int(entry, "images"));
    table_cell(table, PAINT_BOLD, api_text(entry, "name"));
    table_cell(table, PAINT_NONE, api_text(entry, "reference"));
    table_cell(table, PAINT_DIM,
               when_show(api_text(entry, "added_at"), ov_clock_utc_us(listing->ctl->clock), when));
}

static enum ctl_exit list_page(void *ctx, const json_t *entries, struct ov_error *err)
{
    struct listing *listing = ctx;
    struct ov_buf out = OV_BUF_INIT;
    json_t *entry = NULL;
    size_t i = 0;
    json_array_foreach(entries, i, entry)
    {
        if (listing->state != NULL && strcmp(listing->state, api_text(entry, "state")) != 0)
            continue;
        if (!listing->ctl->json)
            list_entry(listing, entry);
        else if (json_array_append_new(listing->entries,
                                       redact_entry(entry, listing->may_show_names)) != 0)
            return ctl_out_of_memory(err);
    }
    if (listing->ctl->json)
        return CTL_OK;
    table_render(&listing->table, &listing->ctl->terminal, &out);
    return ctl_print(&out, err);
}

static enum ctl_exit print_json_list(struct ctl *ctl, json_t *entries, struct ov_error *err)
{
    struct ov_buf out = OV_BUF_INIT;
    json_t *answer = json_pack("{sO}", "entries", entries);
    api_dump(answer, ctl->terminal.out_is_terminal, &out);
    json_decref(answer);
    return ctl_print(&out, err);
}

/* A misspelt state would look like an empty list. */
static enum ctl_exit check_state(const char *state, struct ov_error *err)
{
    static const char *const states[] = {"proposed", "approved", "withdrawn", "expired"};
    if (state == NULL)
        return CTL_OK;
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        if (strcmp(state, states[i]) == 0)
            return CTL_OK;
    (void)ov_fail(err, OV_ERR_INVALID, "usage.option",
                  "--state has to be one of: proposed, approved, withdrawn, expired");
    return CTL_USAGE;
}

static enum ctl_exit cmd_watchlist_list(struct ctl *ctl, const struct invocation *given,
                                        struct ov_error *err)
{
    static const char *const all[] = {"ENTRY", "CATEGORY",   "RESPONSE", "STATE", ">IMAGES",
                                      "*NAME", "*REFERENCE", "ADDED",    NULL};
    static const char *const few[] = {"ENTRY", "CATEGORY", "RESPONSE", NULL};
    char id[OV_ID_TEXT_SIZE];
    struct listing listing = {.ctl = ctl,
                              .state = invocation_option(given, "--state"),
                              .may_show_names = terminal_may_show_names(&ctl->terminal)};
    enum ctl_exit result = check_state(listing.state, err);
    if (result == CTL_OK)
        result = ctl_find_deployment(ctl, given->args[0], id, err);
    if (result != CTL_OK)
        return result;
    table_init(&listing.table, listing.may_show_names ? all : few);
    listing.entries = json_array();
    result = each_page(ctl, id, list_page, &listing, err);
    if (result == CTL_OK && ctl->json)
        result = print_json_list(ctl, listing.entries, err);
    json_decref(listing.entries);
    table_done(&listing.table);
    return result;
}

/* --- remove --- */

enum ctl_exit ctl_check_entry(const char *text, char ret_id[OV_ID_TEXT_SIZE], struct ov_error *err)
{
    struct ov_id id;
    if (ov_id_parse(text, &id) != OV_OK) {
        (void)ov_fail(err, OV_ERR_INVALID, "usage.entry",
                      "ENTRY is an id, as 'overtctl watchlist list' shows it");
        return CTL_USAGE;
    }
    (void)ov_id_format(&id, ret_id);
    return CTL_OK;
}

static enum ctl_exit cmd_watchlist_remove(struct ctl *ctl, const struct invocation *given,
                                          struct ov_error *err)
{
    char id[OV_ID_TEXT_SIZE];
    char entry[OV_ID_TEXT_SIZE];
    char path[160];
    struct ov_buf out = OV_BUF_INIT;
    enum ctl_exit result = ctl_check_entry(given->args[1], entry, err);
    if (result == CTL_OK)
        result = ctl_find_deployment(ctl, given->args[0], id, err);
    if (result != CTL_OK)
        return result;
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/watchlist/%s", id, entry);
    result = api_delete(ctl->http, path, err);
    if (result != CTL_OK)
        return result;
    if (ctl->json)
        ov_buf_printf(&out, "{\"id\":\"%s\",\"state\":\"withdrawn\"}\n", entry);
    else
        ov_buf_printf(&out, "entry %s is withdrawn\n", entry);
    return ctl_print(&out, err);
}

/* --- the table --- */

#define CATEGORIES                                                                                 \
    "wanted_by_court suspected_offence court_conditions missing_at_risk risk_of_harm blue_list"
#define RESPONSES "immediate arrest identify safeguarding none"
#define OVERRIDES "no_better_image risk_to_life years_between appearance_changed identity_confirmed"

const struct command watchlist_commands[] = {
    {.group = "watchlist",
     .verb = "add",
     .args = {"DEPLOYMENT", "IMAGE"},
     .summary = "propose an entry: one subject, one photograph (JPEG)",
     .options = {{"--category", "CODE", "why the subject is sought", CATEGORIES, false, false},
                 {"--response", "CODE", "what an alert asks for", RESPONSES, false, false},
                 {"--override", "CODE", "why the image is taken against a check", OVERRIDES, false,
                  false},
                 {"--all-fields", NULL, "ask for everything, as operational deployments need", NULL,
                  false, false},
                 {"--region", "X,Y,W,H", "send only this part of the photograph, in pixels", NULL,
                  false, false},
                 {"--subject", "FILE", "who it is: 'key: value' lines", NULL, false, false}},
     .help =
         "The subject's name and your reference for them are asked for on the terminal, or read\n"
         "from standard input or FILE. They are never given on the command line, where other\n"
         "users of the computer see them. FILE is two lines, name and reference, or one\n"
         "'key: value' a line:\n"
         "\n"
         "  name, reference, category, response\n"
         "  priority        high, normal or low\n"
         "  justification   why it is necessary to look for this person\n"
         "  legal_basis     court_warrant, court_conditions, arrest_power, missing_person,\n"
         "                  prevention_of_harm, consent, published_images\n"
         "  image_source    custody, police_record, other_force, identity_document,\n"
         "                  family_or_public, open_source, video_still, volunteer, test_set\n"
         "  image_date, birth_date   YYYY-MM-DD, or unknown\n"
         "  expiry          YYYY-MM-DD: until when there is a reason to look\n"
         "  consent_digest  blue list: SHA-256 of the volunteer's signed consent\n"
         "  override        as --override\n"
         "\n"
         "An operational deployment needs all but the last two; an exercise the first line only.\n"
         "\n"
         "Another photograph under the same reference joins the entry that is there, five at\n"
         "most; one that does not look like the others needs a reason (years_between,\n"
         "appearance_changed, identity_confirmed) and then waits for a second person. A poor\n"
         "photograph needs one too (no_better_image, risk_to_life). The entry is searched once\n"
         "another person has approved it. Of a photograph of several people, cut out one with\n"
         "--region: the others never leave this computer.\n"
         "\n"
         "  overtctl watchlist add 'North gate, 1 May' photo.jpg \\\n"
         "      --category wanted_by_court --response arrest\n",
     .needs_server = true,
     .run = cmd_watchlist_add},
    {.group = "watchlist",
     .verb = "import",
     .args = {"DEPLOYMENT", "FOLDER|CSV"},
     .summary = "propose many entries from a CSV file",
     .options = {{"--report", "FILE", "write each row's outcome; keep FILE.state to go on", NULL,
                  false, false}},
     .help =
         "The file's first row names its columns, in any order: image,category,response,name,\n"
         "reference, and where they are needed priority,justification,legal_basis,image_source,\n"
         "image_date,birth_date,expiry,consent_digest,override. It is UTF-8 with commas. Images\n"
         "are named relative to the file and lie in or below its folder. For a FOLDER the file\n"
         "is FOLDER/subjects.csv.\n"
         "A bad row never holds up a good one. Outcomes carry the row's number, as a\n"
         "spreadsheet counts (the first row is 1), and a code: never a name or a file name.\n"
         "Exit status 3 means that some rows failed. Ctrl-C ends in good order.\n"
         "With --report the import keeps its state in FILE.state: after Ctrl-C, a crash or a full\n"
         "disk, the same command goes on where it was, and tries the failed rows again. Nothing\n"
         "is ever added twice: the server knows a photograph that comes again.\n"
         "\n"
         "  overtctl watchlist import 'North gate, 1 May' list/ --report list-outcome.csv\n",
     .codes = import_codes,
     .needs_server = true,
     .ends_in_order = true,
     .run = cmd_watchlist_import},
    {.group = "watchlist",
     .verb = "list",
     .args = {"DEPLOYMENT"},
     .summary = "show a deployment's entries",
     .options = {{"--state", "STATE", "only those in this state",
                  "proposed approved withdrawn expired", false, false}},
     .help =
         "Names and references are shown on an interactive terminal only. Anything else, --json\n"
         "included, gets ids, category and response.\n",
     .needs_server = true,
     .run = cmd_watchlist_list},
    {.group = "watchlist",
     .verb = "open",
     .args = {"DEPLOYMENT", "ENTRY"},
     .summary = "look at one entry: names, fields and faces",
     .help = "On an interactive terminal only: faces and names are written nowhere else, and no\n"
             "command writes an image. Each opening is on record.\n",
     .needs_server = true,
     .run = cmd_watchlist_open},
    {.group = "watchlist",
     .verb = "approve",
     .args = {"DEPLOYMENT", "[ENTRY]"},
     .summary = "open and approve one entry, or a round of all that others proposed",
     .help =
         "On an interactive terminal. The list is first compared with itself, so that people\n"
         "who look alike are known. Of a round you open every entry that is flagged (under 18,\n"
         "age unknown, an old image, a check overridden, a look-alike) and a part that the\n"
         "server draws at random, then approve all of it. Enter goes on, r withdraws the entry\n"
         "you look at, q ends without approving. What you proposed yourself stays for another\n"
         "person; those under 18 take a higher authority.\n"
         "\n"
         "  overtctl watchlist approve 'North gate, 1 May'\n",
     .needs_server = true,
     .run = cmd_watchlist_approve},
    {.group = "watchlist",
     .verb = "decide",
     .args = {"DEPLOYMENT", "ENTRY"},
     .summary = "decide, as a second person, on an image that does not look like the others",
     .options = {{"--image", "ID", "the image, as 'watchlist open' shows it", NULL, true, false},
                 {"--decision", "WORD", "what becomes of it", "accept reject", true, false}},
     .help = "Whoever added it gave a reason why it shows the same person all the same. Open the\n"
             "entry and look before you decide. Until then the entry cannot be approved.\n",
     .needs_server = true,
     .run = cmd_watchlist_decide},
    {.group = "watchlist",
     .verb = "review",
     .args = {"DEPLOYMENT"},
     .summary = "see what changed since the last review, and confirm the list",
     .options = {{"--look", NULL, "show only, confirm nothing", NULL, false, false}},
     .help = "Needed within the time before going live that the policy sets (24 hours), and again\n"
             "after an approval. Shows how many were added, removed and expired since the last\n"
             "review, and how many of those added were on the list of another deployment of the\n"
             "same kind, erased or not: with the very same pictures, or with new ones. A picture\n"
             "that was on a list under another reference is marked: it may be the wrong person's.\n"
             "Pictures are compared as files; faces are not.\n"
             "\n"
             "  overtctl watchlist review 'North gate, 1 May'\n",
     .needs_server = true,
     .run = cmd_watchlist_review},
    {.group = "watchlist",
     .verb = "remove",
     .args = {"DEPLOYMENT", "ENTRY"},
     .summary = "withdraw an entry; it is no longer searched",
     .help = "Works at once and asks nothing. The entry can be proposed again.\n",
     .needs_server = true,
     .run = cmd_watchlist_remove},
    {.group = NULL},
};
