/* overtctl watchlist import: reads the list, shows how far it is, and accounts for every row. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/ctl/api.h"
#include "server/ctl/commands.h"
#include "server/ctl/import_codes.h"
#include "server/ctl/import_run.h"
#include "server/ctl/options.h"
#include "server/ctl/table.h"
#include "server/ctl/when.h"

#define PROGRESS_TERMINAL_MS 250
#define PROGRESS_ELSEWHERE_MS 10000

struct progress {
    struct ctl *ctl;
    size_t total;
    size_t added;
    size_t failed;
    size_t not_tried;
    int64_t started_us; /* monotonic, like the next */
    int64_t shown_us;
    int report_fd; /* -1: none */
    bool report_failed;
};

static void show_progress(struct progress *progress, bool last)
{
    bool on_terminal = progress->ctl->terminal.err_is_terminal;
    int64_t now_us = ov_clock_mono_us(progress->ctl->clock);
    int64_t every_ms = on_terminal ? PROGRESS_TERMINAL_MS : PROGRESS_ELSEWHERE_MS;
    if (!last && now_us - progress->shown_us < every_ms * OV_US_PER_MS)
        return;
    progress->shown_us = now_us;
    char left[WHEN_TEXT_SIZE] = "";
    char left_text[WHEN_TEXT_SIZE];
    size_t done = progress->added + progress->failed;
    double elapsed_s = (double)(now_us - progress->started_us) / (double)OV_US_PER_S;
    double rate = elapsed_s > 0 ? (double)done / elapsed_s : 0;
    size_t open = progress->total - done - progress->not_tried;
    if (rate > 0 && open > 0)
        (void)snprintf(left, sizeof(left), ", %.60s left",
                       when_duration((int64_t)((double)open / rate), left_text));
    terminal_status("%s%zu of %zu rows, %zu failed, %.1f rows/s%s%s", on_terminal ? "\r" : "", done,
                    progress->total, progress->failed, rate, left, on_terminal ? "\033[K" : "\n");
    if (last && on_terminal)
        terminal_status("\n");
}

static enum ov_status open_report(const char *path, int *ret_fd, struct ov_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return ov_fail(err, OV_ERR_IO, "report.open", "cannot make the report %s: %s", path,
                       strerror(errno));
    *ret_fd = fd;
    return OV_OK;
}

/* Line by line as rows are done, so that an import that is cut off leaves what it did. */
static void report(struct progress *progress, const char *line, int length)
{
    if (progress->report_fd >= 0 && write(progress->report_fd, line, (size_t)length) != length)
        progress->report_failed = true;
}

static void account(struct progress *progress, const struct import_row *row)
{
    char line[IMPORT_OUTCOME_SIZE + 32];
    if (strcmp(row->outcome, IMPORT_ADDED) == 0)
        progress->added++;
    else if (strcmp(row->outcome, IMPORT_NOT_TRIED) == 0)
        progress->not_tried++;
    else
        progress->failed++;
    report(progress, line, snprintf(line, sizeof(line), "%zu,%s\n", row->number, row->outcome));
}

/* Never the sentences of this computer's own errors: they have file names in them. */
static const char *meaning(const struct import_row *row)
{
    return row->reason[0] != '\0' ? row->reason : import_code_meaning(row->outcome);
}

static void print_rows(const struct progress *progress, const struct import_list *list,
                       struct ov_buf *out)
{
    static const char *const few[] = {">ROW", "OUTCOME", NULL};
    static const char *const all[] = {">ROW", "OUTCOME", "MEANING", NULL};
    bool on_terminal = progress->ctl->terminal.out_is_terminal;
    struct table table;
    if (progress->failed > 0) {
        table_init(&table, on_terminal ? all : few);
        for (size_t i = 0; i < list->count; i++) {
            const char *outcome = list->rows[i].outcome;
            if (strcmp(outcome, IMPORT_ADDED) == 0 || strcmp(outcome, IMPORT_NOT_TRIED) == 0)
                continue;
            table_number(&table, (long long)list->rows[i].number);
            table_cell(&table, PAINT_BAD, outcome);
            if (on_terminal)
                table_cell(&table, PAINT_NONE, meaning(&list->rows[i]));
        }
        table_render(&table, &progress->ctl->terminal, out);
        table_done(&table);
    }
    ov_buf_printf(out, "%zu added, %zu failed, %zu not tried\n", progress->added, progress->failed,
                  progress->not_tried);
}

static void print_json(const struct progress *progress, const struct import_list *list,
                       struct ov_buf *out)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < list->count; i++) {
        json_t *row = json_pack("{sI ss}", "row", (json_int_t)list->rows[i].number, "outcome",
                                list->rows[i].outcome);
        if (json_array_append_new(rows, row) != 0)
            out->failed = true;
    }
    json_t *answer = json_pack("{sI sI sI so}", "added", (json_int_t)progress->added, "failed",
                               (json_int_t)progress->failed, "not_tried",
                               (json_int_t)progress->not_tried, "rows", rows);
    api_dump(answer, progress->ctl->terminal.out_is_terminal, out);
    json_decref(answer);
}

static enum ctl_exit run_import(struct progress *progress, struct import_list *list,
                                const char *deployment_id, struct ov_error *err)
{
    struct import_run *run = NULL;
    struct ov_buf out = OV_BUF_INIT;
    if (import_run_start(progress->ctl, list, deployment_id, &run, err) != OV_OK)
        return CTL_USAGE;
    for (size_t done = 0; done < list->count;) {
        const struct import_row *row = import_run_next(run, PROGRESS_TERMINAL_MS);
        if (row != NULL) {
            account(progress, row);
            done++;
        }
        show_progress(progress, false);
    }
    show_progress(progress, true);
    enum ctl_exit gave_up = import_run_finish(run, err);
    if (progress->ctl->json)
        print_json(progress, list, &out);
    else
        print_rows(progress, list, &out);
    enum ctl_exit printed = ctl_print(&out, err);
    if (gave_up != CTL_OK && progress->added == 0)
        return gave_up;
    if (progress->failed > 0 || progress->not_tried > 0)
        return CTL_PARTLY;
    return printed;
}

enum ctl_exit cmd_watchlist_import(struct ctl *ctl, const struct invocation *given,
                                   struct ov_error *err)
{
    static const char header[] = "row,outcome\n";
    char id[OV_ID_TEXT_SIZE];
    const char *report_path = invocation_option(given, "--report");
    struct import_list list;
    struct progress progress = {
        .ctl = ctl, .started_us = ov_clock_mono_us(ctl->clock), .report_fd = -1};
    memset(&list, 0, sizeof(list));
    if (import_list_read(given->args[1], &list, err) != OV_OK)
        return CTL_USAGE;
    enum ctl_exit result = ctl_find_deployment(ctl, given->args[0], id, err);
    if (result == CTL_OK && report_path != NULL &&
        open_report(report_path, &progress.report_fd, err) != OV_OK)
        result = CTL_USAGE;
    if (result == CTL_OK) {
        progress.total = list.count;
        progress.shown_us = progress.started_us;
        report(&progress, header, (int)strlen(header));
        result = run_import(&progress, &list, id, err);
    }
    if (progress.report_fd >= 0 && (close(progress.report_fd) != 0 || progress.report_failed)) {
        terminal_note("overtctl: the report could not be written in full (report.write)");
        result = result == CTL_OK ? CTL_PARTLY : result;
    }
    import_list_free(&list);
    return result;
}
