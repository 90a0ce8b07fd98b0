/* overtctl watchlist open, approve, decide, review. Faces and names go to an interactive terminal
 * only, one entry at a time. */
#include <stdio.h>
#include <string.h>

#include "server/ctl/api.h"
#include "server/ctl/cmd_approve.h"
#include "server/ctl/commands.h"
#include "server/ctl/options.h"
#include "server/ctl/picture.h"
#include "server/ctl/show.h"
#include "server/ctl/table.h"
#include "server/ctl/text.h"
#include "server/ctl/when.h"

/* --- one entry --- */

static enum ctl_exit need_terminal(const struct ctl *ctl, struct ov_error *err)
{
    if (terminal_may_show_names(&ctl->terminal) && ctl->terminal.in_is_terminal && !ctl->json)
        return CTL_OK;
    (void)ov_fail(err, OV_ERR_DENIED, "output.terminal",
                  "entries are opened on an interactive terminal only: names and faces are written "
                  "nowhere else");
    return CTL_USAGE;
}

static enum ctl_exit draw_picture(struct ctl *ctl, const json_t *picture, struct ov_error *err)
{
    struct ov_secret jpeg = OV_SECRET_INIT;
    struct ov_secret text = OV_SECRET_INIT;
    size_t length = 0;
    enum ov_status status = picture_decode(api_text(picture, "jpeg"), &jpeg, err);
    if (status == OV_OK)
        status =
            picture_render(&jpeg, ctl->terminal.columns, ctl->terminal.colour, &text, &length, err);
    if (status == OV_OK)
        status = terminal_write(text.data, length, err);
    ov_secret_free(&text);
    ov_secret_free(&jpeg);
    return status == OV_OK ? CTL_OK : CTL_USAGE;
}

static void picture_line(const struct ctl *ctl, const json_t *picture, struct ov_buf *out)
{
    char text[200];
    const char *state = api_text(picture, "state");
    (void)snprintf(text, sizeof(text), "%.36s  from %.40s, taken %.10s%s%s%.40s%s",
                   api_text(picture, "id"), api_text(picture, "source"),
                   *api_text(picture, "taken_at") != '\0' ? api_text(picture, "taken_at")
                                                          : "unknown",
                   json_is_true(json_object_get(picture, "old")) ? ", old" : "",
                   *api_text(picture, "override") != '\0' ? ", taken against a check: " : "",
                   api_text(picture, "override"),
                   strcmp(state, "pending") == 0 ? "; WAITS FOR A SECOND PERSON" : "");
    show_line(ctl, out, "image", strcmp(state, "pending") == 0 ? PAINT_WARN : PAINT_NONE, text);
}

static void flags_line(const struct ctl *ctl, const json_t *flags, struct ov_buf *out)
{
    const json_t *flag = NULL;
    size_t i = 0;
    struct ov_buf text = OV_BUF_INIT;
    json_array_foreach(flags, i, flag)
        ov_buf_printf(&text, "%s%s", i == 0 ? "" : ", ", json_string_value(flag));
    if (i > 0 && !text.failed)
        show_line(ctl, out, "flags", PAINT_WARN, text.data);
    ov_buf_free(&text);
}

static void entry_lines(const struct ctl *ctl, const json_t *entry, struct ov_buf *out)
{
    static const char *const priorities[] = {"", "high", "normal", "low"};
    long long priority = api_int(entry, "priority");
    bool blue = strcmp(api_text(entry, "category"), "blue_list") == 0;
    show_line(ctl, out, "entry", PAINT_DIM, api_text(entry, "id"));
    show_line(ctl, out, "name", PAINT_BOLD, api_text(entry, "name"));
    show_line(ctl, out, "reference", PAINT_NONE, api_text(entry, "reference"));
    show_line(ctl, out, "category", blue ? PAINT_WARN : PAINT_NONE,
              blue ? "blue_list: do not engage" : api_text(entry, "category"));
    show_line(ctl, out, "response", PAINT_NONE, api_text(entry, "response"));
    show_line(ctl, out, "state", PAINT_NONE, api_text(entry, "state"));
    show_line(ctl, out, "priority", PAINT_NONE,
              priority >= 1 && priority <= 3 ? priorities[priority] : "");
    show_line(ctl, out, "legal basis", PAINT_NONE, api_text(entry, "legal_basis"));
    show_line(ctl, out, "justification", PAINT_NONE, api_text(entry, "justification"));
    show_line(ctl, out, "born", PAINT_NONE, api_text(entry, "birth_date"));
    show_line(ctl, out, "look until", PAINT_NONE, api_text(entry, "expires_at"));
    flags_line(ctl, json_object_get(entry, "flags"), out);
}

static enum ctl_exit show_opened(struct ctl *ctl, const json_t *opened, struct ov_error *err)
{
    const json_t *item = NULL;
    size_t i = 0;
    struct ov_buf out = OV_BUF_INIT;
    entry_lines(ctl, json_object_get(opened, "entry"), &out);
    json_array_foreach(json_object_get(opened, "look_alikes"), i, item)
    {
        char text[80];
        (void)snprintf(text, sizeof(text), "%.36s (score %.2f)", api_text(item, "entry"),
                       api_number(item, "score"));
        show_line(ctl, &out, "looks like", PAINT_WARN, text);
    }
    enum ctl_exit result = ctl_print(&out, err);
    json_array_foreach(json_object_get(opened, "pictures"), i, item)
    {
        struct ov_buf line = OV_BUF_INIT;
        picture_line(ctl, item, &line);
        if (result == CTL_OK)
            result = ctl_print(&line, err);
        else
            ov_buf_free(&line);
        if (result == CTL_OK)
            result = draw_picture(ctl, item, err);
    }
    return result;
}

static enum ctl_exit open_entry(struct ctl *ctl, const char *deployment_id, const char *entry,
                                struct ov_error *err)
{
    char path[160];
    json_t *opened = NULL;
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/watchlist/%s/open", deployment_id,
                   entry);
    enum ctl_exit result = api_post(ctl->http, path, json_object(), &opened, err);
    if (result == CTL_OK)
        result = show_opened(ctl, opened, err);
    json_decref(opened);
    return result;
}

enum ctl_exit cmd_watchlist_open(struct ctl *ctl, const struct invocation *given,
                                 struct ov_error *err)
{
    char id[OV_ID_TEXT_SIZE];
    char entry[OV_ID_TEXT_SIZE];
    enum ctl_exit result = need_terminal(ctl, err);
    if (result == CTL_OK)
        result = ctl_check_entry(given->args[1], entry, err);
    if (result == CTL_OK)
        result = ctl_find_deployment(ctl, given->args[0], id, err);
    return result == CTL_OK ? open_entry(ctl, id, entry, err) : result;
}

/* --- approving --- */

/* Until every image has been compared with the list. */
static enum ctl_exit compare(struct ctl *ctl, const char *deployment_id, struct ov_error *err)
{
    char path[96];
    long long pairs = 0;
    long long remaining = 1;
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/watchlist/compare", deployment_id);
    while (remaining > 0) {
        json_t *answer = NULL;
        enum ctl_exit result = api_post(ctl->http, path, json_object(), &answer, err);
        if (result != CTL_OK)
            return result;
        remaining = api_int(answer, "remaining");
        pairs += api_int(answer, "pairs");
        json_decref(answer);
        if (remaining > 0)
            terminal_note("comparing the list with itself: %lld images left", remaining);
    }
    if (pairs > 0)
        terminal_note("look-alikes were found; they are among what you open");
    return CTL_OK;
}

enum step { STEP_NEXT, STEP_REJECT, STEP_QUIT };

static enum ctl_exit ask_step(const char *prompt, enum step *ret, struct ov_error *err)
{
    for (;;) {
        struct ov_secret answer = OV_SECRET_INIT;
        if (terminal_ask(prompt, &answer, err) != OV_OK)
            return CTL_USAGE;
        char key = (char)answer.data[0];
        bool one = answer.size <= 2;
        ov_secret_free(&answer);
        if (one && (key == '\0' || key == 'n'))
            *ret = STEP_NEXT;
        else if (one && key == 'r')
            *ret = STEP_REJECT;
        else if (one && key == 'q')
            *ret = STEP_QUIT;
        else
            continue;
        return CTL_OK;
    }
}

static enum ctl_exit quit(struct ov_error *err)
{
    (void)ov_fail(err, OV_ERR_DENIED, "confirm.no", "stopped; nothing was approved");
    return CTL_USAGE;
}

static enum ctl_exit reject(struct ctl *ctl, const char *deployment_id, const char *entry,
                            struct ov_error *err)
{
    char path[160];
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/watchlist/%s", deployment_id, entry);
    enum ctl_exit result = api_delete(ctl->http, path, err);
    if (result == CTL_OK)
        terminal_note("entry %s is withdrawn", entry);
    return result;
}

static enum ctl_exit walk(struct ctl *ctl, const char *deployment_id, const json_t *to_open,
                          struct ov_error *err)
{
    const json_t *item = NULL;
    size_t i = 0;
    size_t count = json_array_size(to_open);
    enum ctl_exit result = CTL_OK;
    json_array_foreach(to_open, i, item)
    {
        char prompt[96];
        char entry[OV_ID_TEXT_SIZE];
        enum step step = STEP_NEXT;
        result = ctl_check_entry(json_string_value(item), entry, err);
        if (result == CTL_OK)
            result = open_entry(ctl, deployment_id, entry, err);
        (void)snprintf(prompt, sizeof(prompt),
                       "%zu of %zu. Enter: next, r: reject, q: quit: ", i + 1, count);
        if (result == CTL_OK)
            result = ask_step(prompt, &step, err);
        if (result == CTL_OK && step == STEP_REJECT)
            result = reject(ctl, deployment_id, entry, err);
        if (result == CTL_OK && step == STEP_QUIT)
            result = quit(err);
        if (result != CTL_OK)
            break;
    }
    return result;
}

static enum ctl_exit get_round(struct ctl *ctl, const char *deployment_id, const char *round,
                               json_t **ret, struct ov_error *err)
{
    char path[160];
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/watchlist/rounds/%.36s", deployment_id,
                   round);
    return api_get(ctl->http, path, ret, err);
}

static enum ctl_exit print_approved(struct ctl *ctl, const json_t *answer, struct ov_error *err)
{
    struct ov_buf out = OV_BUF_INIT;
    if (ctl->json)
        api_dump(answer, ctl->terminal.out_is_terminal, &out);
    else
        ov_buf_printf(&out, "approved: %lld\n", api_int(answer, "approved"));
    return ctl_print(&out, err);
}

static enum ctl_exit finish_round(struct ctl *ctl, const char *deployment_id, const json_t *round,
                                  struct ov_error *err)
{
    char path[160];
    char question[200];
    json_t *answer = NULL;
    (void)snprintf(question, sizeof(question),
                   "Approve %lld proposed entr%s, of which you opened %lld? They are searched for "
                   "from then on.",
                   api_int(round, "entries"), api_int(round, "entries") == 1 ? "y" : "ies",
                   api_int(round, "opened"));
    if (terminal_confirm(&ctl->terminal, ctl->yes, question, err) != OV_OK)
        return CTL_USAGE;
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/watchlist/rounds/%.36s/approve",
                   deployment_id, api_text(round, "id"));
    enum ctl_exit result = api_post(ctl->http, path, json_object(), &answer, err);
    if (result == CTL_OK)
        result = print_approved(ctl, answer, err);
    json_decref(answer);
    return result;
}

/* Draws, walks through what was drawn, and approves all of it. */
static enum ctl_exit approve_round(struct ctl *ctl, const char *deployment_id, struct ov_error *err)
{
    char path[96];
    json_t *drawn = NULL;
    json_t *round = NULL;
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/watchlist/rounds", deployment_id);
    enum ctl_exit result = api_post(ctl->http, path, json_object(), &drawn, err);
    if (result != CTL_OK)
        return result;
    terminal_note(
        "%lld entries to approve; you open %lld that are flagged and %lld drawn at random",
        api_int(drawn, "entries"), api_int(drawn, "flagged"), api_int(drawn, "sampled"));
    result = get_round(ctl, deployment_id, api_text(drawn, "id"), &round, err);
    if (result == CTL_OK)
        result = walk(ctl, deployment_id, json_object_get(round, "to_open"), err);
    json_decref(round);
    round = NULL;
    if (result == CTL_OK)
        result = get_round(ctl, deployment_id, api_text(drawn, "id"), &round, err);
    if (result == CTL_OK)
        result = finish_round(ctl, deployment_id, round, err);
    json_decref(round);
    json_decref(drawn);
    return result;
}

static enum ctl_exit approve_entry(struct ctl *ctl, const char *deployment_id, const char *entry,
                                   struct ov_error *err)
{
    char path[128];
    json_t *answer = NULL;
    enum ctl_exit result = open_entry(ctl, deployment_id, entry, err);
    if (result != CTL_OK)
        return result;
    if (terminal_confirm(&ctl->terminal, ctl->yes, "Approve this entry? It is searched for then.",
                         err) != OV_OK)
        return CTL_USAGE;
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/watchlist/approve", deployment_id);
    result = api_post(ctl->http, path, json_pack("{ss}", "entry", entry), &answer, err);
    if (result == CTL_OK)
        result = print_approved(ctl, answer, err);
    json_decref(answer);
    return result;
}

enum ctl_exit cmd_watchlist_approve(struct ctl *ctl, const struct invocation *given,
                                    struct ov_error *err)
{
    char id[OV_ID_TEXT_SIZE];
    char entry[OV_ID_TEXT_SIZE];
    bool one = given->arg_count > 1;
    enum ctl_exit result = one ? ctl_check_entry(given->args[1], entry, err) : CTL_OK;
    if (result == CTL_OK)
        result = need_terminal(ctl, err);
    if (result == CTL_OK)
        result = ctl_find_deployment(ctl, given->args[0], id, err);
    if (result == CTL_OK)
        result = compare(ctl, id, err);
    if (result != CTL_OK)
        return result;
    return one ? approve_entry(ctl, id, entry, err) : approve_round(ctl, id, err);
}

/* --- an image that waits --- */

enum ctl_exit cmd_watchlist_decide(struct ctl *ctl, const struct invocation *given,
                                   struct ov_error *err)
{
    char id[OV_ID_TEXT_SIZE];
    char entry[OV_ID_TEXT_SIZE];
    char image[OV_ID_TEXT_SIZE];
    char path[200];
    json_t *answer = NULL;
    struct ov_buf out = OV_BUF_INIT;
    enum ctl_exit result = ctl_check_entry(given->args[1], entry, err);
    if (result == CTL_OK)
        result = ctl_check_entry(invocation_option(given, "--image"), image, err);
    if (result == CTL_OK)
        result = ctl_find_deployment(ctl, given->args[0], id, err);
    if (result != CTL_OK)
        return result;
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/watchlist/%s/images/%s", id, entry,
                   image);
    result = api_post(ctl->http, path,
                      json_pack("{ss}", "decision", invocation_option(given, "--decision")),
                      &answer, err);
    if (result != CTL_OK)
        return result;
    if (ctl->json)
        api_dump(answer, ctl->terminal.out_is_terminal, &out);
    else
        ov_buf_printf(&out, "image %s is %.20s\n", image, api_text(answer, "state"));
    json_decref(answer);
    return ctl_print(&out, err);
}

/* --- review --- */

static void review_figures(const struct ctl *ctl, const json_t *review, struct ov_buf *out)
{
    char when[WHEN_TEXT_SIZE];
    const char *last = api_text(review, "last_review_at");
    ov_buf_printf(out, "%lld entries are searched for, and %lld of the blue list\n",
                  api_int(review, "approved"), api_int(review, "blue_list"));
    ov_buf_printf(out, "since the last review (%s): %lld added, %lld removed, %lld expired\n",
                  *last == '\0' ? "there was none"
                                : when_show(last, ov_clock_utc_us(ctl->clock), when),
                  api_int(review, "added"), api_int(review, "removed"), api_int(review, "expired"));
    ov_buf_printf(out,
                  "of those added, %lld were on the list of another deployment (%lld compared): "
                  "%lld with the very same pictures, %lld with a new one",
                  api_int(review, "relisted"), api_int(review, "lists_compared"),
                  api_int(review, "relisted_same_images"), api_int(review, "relisted_new_images"));
    if (api_int(review, "relisted_images_unknown") > 0)
        ov_buf_printf(out, ", %lld not known", api_int(review, "relisted_images_unknown"));
    ov_buf_puts(out, "\n");
    if (api_int(review, "other_reference") > 0)
        ov_buf_printf(out,
                      "of those added, %lld have a picture that was on a list under another "
                      "reference: look whether it is the right person\n",
                      api_int(review, "other_reference"));
    if (api_int(review, "lists_not_compared") > 0)
        ov_buf_printf(
            out,
            "%lld lists that are still there could not be opened, or not wholly, and were "
            "not compared: tell the administrator\n",
            api_int(review, "lists_not_compared"));
}

static const char *images_word(const json_t *row)
{
    const char *images = api_text(row, "images");
    if (strcmp(images, "same") == 0)
        return "same";
    if (strcmp(images, "new") == 0)
        return "new";
    return *images != '\0' ? "not known" : "";
}

static void review_lines(const struct ctl *ctl, const json_t *review, struct ov_buf *out)
{
    static const char *const titles[] = {"ENTRY",    "CATEGORY",  "CHANGE", "BEFORE",
                                         "PICTURES", "REFERENCE", NULL};
    const json_t *changes = json_object_get(review, "changes");
    const json_t *row = NULL;
    size_t i = 0;
    struct table table;
    review_figures(ctl, review, out);
    if (json_array_size(changes) == 0)
        return;
    table_init(&table, titles);
    json_array_foreach(changes, i, row)
    {
        bool relisted = json_is_true(json_object_get(row, "relisted"));
        bool other = json_is_true(json_object_get(row, "other_reference"));
        table_cell(&table, PAINT_NONE, api_text(row, "id"));
        table_cell(&table, PAINT_NONE, api_text(row, "category"));
        table_cell(&table, PAINT_NONE, api_text(row, "change"));
        table_cell(&table, PAINT_WARN, relisted ? "re-listed" : "");
        table_cell(&table, PAINT_NONE, images_word(row));
        table_cell(&table, PAINT_WARN, other ? "was another" : "");
    }
    table_render(&table, &ctl->terminal, out);
    table_done(&table);
    if (api_int(review, "not_shown") > 0)
        ov_buf_printf(out, "%lld further changes are not shown; those with marks come first\n",
                      api_int(review, "not_shown"));
}

static enum ctl_exit show_review(struct ctl *ctl, const json_t *review, struct ov_error *err)
{
    struct ov_buf out = OV_BUF_INIT;
    if (ctl->json)
        api_dump(review, ctl->terminal.out_is_terminal, &out);
    else
        review_lines(ctl, review, &out);
    return ctl_print(&out, err);
}

enum ctl_exit cmd_watchlist_review(struct ctl *ctl, const struct invocation *given,
                                   struct ov_error *err)
{
    char id[OV_ID_TEXT_SIZE];
    char path[96];
    json_t *review = NULL;
    json_t *answer = NULL;
    enum ctl_exit result = ctl_find_deployment(ctl, given->args[0], id, err);
    if (result != CTL_OK)
        return result;
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s/watchlist/review", id);
    result = api_get(ctl->http, path, &review, err);
    if (result == CTL_OK)
        result = show_review(ctl, review, err);
    if (result == CTL_OK && invocation_option(given, "--look") == NULL) {
        if (terminal_confirm(&ctl->terminal, ctl->yes,
                             "Confirm that this list is necessary and current?", err) != OV_OK)
            result = CTL_USAGE;
        if (result == CTL_OK)
            result = api_post(
                ctl->http, path,
                json_pack("{sI}", "list_version", (json_int_t)api_int(review, "list_version")),
                &answer, err);
        if (result == CTL_OK && !ctl->json)
            terminal_note("the review is on record");
    }
    json_decref(answer);
    json_decref(review);
    return result;
}
