/* Deployments for people. */
#include "server/ctl/show.h"

#include <stdio.h>
#include <string.h>

#include "server/ctl/api.h"
#include "server/ctl/table.h"
#include "server/ctl/text.h"
#include "server/ctl/when.h"

#define LABEL_COLUMNS 14

enum paint show_state_paint(const char *state)
{
    static const struct {
        const char *state;
        enum paint paint;
    } paints[] = {{"live", PAINT_GOOD},       {"approved", PAINT_GOOD}, {"applied", PAINT_WARN},
                  {"authorised", PAINT_WARN}, {"paused", PAINT_WARN},   {"proposed", PAINT_WARN},
                  {"refused", PAINT_BAD},     {"cancelled", PAINT_BAD}, {"closed", PAINT_DIM},
                  {"erased", PAINT_DIM},      {"withdrawn", PAINT_DIM}, {"expired", PAINT_DIM}};
    for (size_t i = 0; i < sizeof(paints) / sizeof(paints[0]); i++) {
        if (strcmp(paints[i].state, state) == 0)
            return paints[i].paint;
    }
    return PAINT_NONE;
}

void show_line(const struct ctl *ctl, struct ov_buf *out, const char *label, enum paint paint,
               const char *value)
{
    struct ov_buf clean = OV_BUF_INIT;
    struct ov_buf lines = OV_BUF_INIT;
    text_append_clean(&clean, *value == '\0' ? "-" : value);
    ov_buf_printf(out, "%-*s ", LABEL_COLUMNS, label);
    if (!clean.failed)
        text_append_wrapped(&lines, clean.data, LABEL_COLUMNS + 1, ctl->terminal.columns);
    if (clean.failed || lines.failed)
        out->failed = true;
    else
        terminal_paint(&ctl->terminal, paint, lines.data, out);
    ov_buf_puts(out, "\n");
    ov_buf_free(&clean);
    ov_buf_free(&lines);
}

static void time_line(const struct ctl *ctl, struct ov_buf *out, const char *label,
                      const json_t *deployment, const char *key)
{
    char when[WHEN_TEXT_SIZE];
    const char *iso = api_text(deployment, key);
    if (*iso != '\0')
        show_line(ctl, out, label, PAINT_NONE, when_show(iso, ov_clock_utc_us(ctl->clock), when));
}

static void sites_line(const struct ctl *ctl, const json_t *sites, struct ov_buf *out)
{
    const json_t *site = NULL;
    size_t i = 0;
    struct ov_buf names = OV_BUF_INIT;
    ov_buf_puts(&names, "");
    json_array_foreach(sites, i, site)
    {
        const char *name = json_is_string(site) ? json_string_value(site) : api_text(site, "name");
        ov_buf_printf(&names, "%s%s", i == 0 ? "" : ", ", name);
    }
    if (!names.failed)
        show_line(ctl, out, "sites", PAINT_NONE, names.data);
    ov_buf_free(&names);
}

static void settings_lines(const struct ctl *ctl, const json_t *deployment, struct ov_buf *out)
{
    char text[128];
    const json_t *counts = json_object_get(deployment, "watchlist");
    (void)snprintf(text, sizeof(text), "%.4f", api_number(deployment, "threshold"));
    show_line(ctl, out, "threshold", PAINT_NONE, text);
    (void)snprintf(text, sizeof(text), "%lld s", api_int(deployment, "cool_down_s"));
    show_line(ctl, out, "cool-down", PAINT_NONE, text);
    (void)snprintf(text, sizeof(text), "%lld px", api_int(deployment, "min_face_px"));
    show_line(ctl, out, "smallest face", PAINT_NONE, text);
    show_line(ctl, out, "model", PAINT_NONE, api_text(deployment, "model_digest"));
    (void)snprintf(text, sizeof(text), "%lld approved, %lld proposed, %lld withdrawn, %lld expired",
                   api_int(counts, "approved"), api_int(counts, "proposed"),
                   api_int(counts, "withdrawn"), api_int(counts, "expired"));
    show_line(ctl, out, "watchlist", PAINT_NONE, text);
    (void)snprintf(text, sizeof(text), "%lld", api_int(counts, "blue_list"));
    show_line(ctl, out, "blue list", PAINT_NONE, text);
}

static void authority_lines(const struct ctl *ctl, const json_t *lifecycle, struct ov_buf *out)
{
    char text[64];
    const char *authority = api_text(lifecycle, "authority");
    const char *end = api_text(lifecycle, "end_reason");
    (void)snprintf(text, sizeof(text), "%lld", api_int(lifecycle, "revision"));
    show_line(ctl, out, "revision", PAINT_NONE, text);
    show_line(ctl, out, "edited by", PAINT_NONE, api_text(lifecycle, "edited_by"));
    if (strcmp(authority, "oral") == 0) {
        show_line(ctl, out, "authority", PAINT_WARN, "oral; the written one is due");
        show_line(ctl, out, "given by", PAINT_NONE, api_text(lifecycle, "oral_by"));
        time_line(ctl, out, "due", lifecycle, "written_due_at");
    }
    if (strcmp(end, "none") != 0 && *end != '\0')
        show_line(ctl, out, "ended", PAINT_NONE, end);
}

static void describe(const struct ctl *ctl, const json_t *deployment, struct ov_buf *out)
{
    const char *state = api_text(deployment, "state");
    const char *kind = api_text(deployment, "kind");
    show_line(ctl, out, "deployment", PAINT_BOLD, api_text(deployment, "name"));
    show_line(ctl, out, "id", PAINT_NONE, api_text(deployment, "id"));
    show_line(ctl, out, "state", show_state_paint(state), state);
    show_line(ctl, out, "kind", strcmp(kind, "operational") == 0 ? PAINT_WARN : PAINT_NONE, kind);
    show_line(ctl, out, "purpose", PAINT_NONE, api_text(deployment, "purpose"));
    sites_line(ctl, json_object_get(deployment, "sites"), out);
    time_line(ctl, out, "starts", deployment, "starts_at");
    time_line(ctl, out, "ends", deployment, "ends_at");
    settings_lines(ctl, deployment, out);
    show_line(ctl, out, "applied by", PAINT_NONE, api_text(deployment, "applied_by"));
    time_line(ctl, out, "applied", deployment, "applied_at");
    show_line(ctl, out, "authorised by", PAINT_NONE, api_text(deployment, "authorised_by"));
    time_line(ctl, out, "authorised", deployment, "authorised_at");
    authority_lines(ctl, json_object_get(deployment, "lifecycle"), out);
    time_line(ctl, out, "went live", deployment, "went_live_at");
    time_line(ctl, out, "closed", deployment, "closed_at");
}

enum ctl_exit show_deployment(struct ctl *ctl, const json_t *deployment, struct ov_error *err)
{
    struct ov_buf out = OV_BUF_INIT;
    if (ctl->json)
        api_dump(deployment, ctl->terminal.out_is_terminal, &out);
    else
        describe(ctl, deployment, &out);
    return ctl_print(&out, err);
}

enum ctl_exit act_on_deployment(struct ctl *ctl, const char *deployment, const char *act,
                                json_t *take_body, struct ov_error *err)
{
    const struct api_place place = {"deployments", deployment, act};
    json_t *changed = NULL;
    enum ctl_exit result = api_post_at(ctl->http, &place, take_body, &changed, err);
    if (result == CTL_OK)
        result = show_deployment(ctl, changed, err);
    json_decref(changed);
    return result;
}

void show_deployments(const struct ctl *ctl, const json_t *deployments, struct ov_buf *out)
{
    static const char *const titles[] = {"NAME",      "STATE",     "KIND", "ENDS",
                                         ">APPROVED", ">PROPOSED", "ID",   NULL};
    const json_t *deployment = NULL;
    size_t i = 0;
    char when[WHEN_TEXT_SIZE];
    struct table table;
    table_init(&table, titles);
    json_array_foreach(deployments, i, deployment)
    {
        const char *state = api_text(deployment, "state");
        const char *kind = api_text(deployment, "kind");
        const json_t *counts = json_object_get(deployment, "watchlist");
        table_cell(&table, PAINT_NONE, api_text(deployment, "name"));
        table_cell(&table, show_state_paint(state), state);
        table_cell(&table, strcmp(kind, "operational") == 0 ? PAINT_WARN : PAINT_NONE, kind);
        table_cell(&table, PAINT_NONE,
                   when_show(api_text(deployment, "ends_at"), ov_clock_utc_us(ctl->clock), when));
        table_number(&table, api_int(counts, "approved"));
        table_number(&table, api_int(counts, "proposed"));
        table_cell(&table, PAINT_DIM, api_text(deployment, "id"));
    }
    table_render(&table, &ctl->terminal, out);
    table_done(&table);
}
