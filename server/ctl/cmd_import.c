/* overtctl watchlist import: reads the list, shows how far it is, and accounts for every row. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/ctl/commands.h"
#include "server/ctl/import_run.h"
#include "server/ctl/import_tally.h"
#include "server/ctl/options.h"
#include "server/ctl/when.h"

#define PROGRESS_TERMINAL_MS 250
#define PROGRESS_ELSEWHERE_MS 10000

struct progress {
    struct ctl *ctl;
    struct import_run *run;
    size_t total;
    struct import_tally tally;
    int64_t started_us; /* monotonic, like the next */
    int64_t shown_us;
    int report_fd; /* -1: none */
    bool report_failed;
};

/* How long the rest takes, from the rows that were sent: those that were there already say little.
 */
static void show_left(const struct progress *progress, double rate, char out[WHEN_TEXT_SIZE + 16])
{
    char text[WHEN_TEXT_SIZE];
    const struct import_tally *tally = &progress->tally;
    size_t open = progress->total > tally->count ? progress->total - tally->count : 0;
    out[0] = '\0';
    if (rate > 0 && open > 0)
        (void)snprintf(out, WHEN_TEXT_SIZE + 16, ", %.60s left",
                       when_duration((int64_t)((double)open / rate), text));
}

static void show_progress(struct progress *progress, bool last)
{
    const struct import_tally *tally = &progress->tally;
    bool on_terminal = progress->ctl->terminal.err_is_terminal;
    int64_t now_us = ov_clock_mono_us(progress->ctl->clock);
    int64_t every_ms = on_terminal ? PROGRESS_TERMINAL_MS : PROGRESS_ELSEWHERE_MS;
    if (!last && now_us - progress->shown_us < every_ms * OV_US_PER_MS)
        return;
    progress->shown_us = now_us;
    char left[WHEN_TEXT_SIZE + 16];
    double elapsed_s = (double)(now_us - progress->started_us) / (double)OV_US_PER_S;
    double rate = elapsed_s > 0 ? (double)(tally->added + tally->failed) / elapsed_s : 0;
    const char *waits_for = last ? NULL : import_run_waits_for(progress->run);
    show_left(progress, rate, left);
    terminal_status("%s%zu of %zu rows, %zu failed, %.1f rows/s%s%s%s%s", on_terminal ? "\r" : "",
                    tally->count - tally->not_tried, progress->total, tally->failed, rate, left,
                    waits_for != NULL ? ", waiting: " : "", waits_for != NULL ? waits_for : "",
                    on_terminal ? "\033[K" : "\n");
    if (last && on_terminal)
        terminal_status("\n");
}

/* --- the report and the state --- */

static enum ov_status open_report(const char *path, bool resumed, int *ret_fd, struct ov_error *err)
{
    int flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | (resumed ? O_TRUNC : O_EXCL);
    int fd = open(path, flags, 0600);
    if (fd < 0)
        return ov_fail(err, OV_ERR_IO, "report.open", "cannot make the report %s: %s", path,
                       strerror(errno));
    *ret_fd = fd;
    return OV_OK;
}

/* A report is only written over by the import that it is of, which has its state beside it. */
static enum ov_status open_files(struct progress *progress, const char *path,
                                 const char *deployment_id, struct import_state **ret_state,
                                 struct ov_error *err)
{
    char state_path[PATH_MAX];
    bool resumed = false;
    int length = snprintf(state_path, sizeof(state_path), "%s.state", path);
    if (length < 0 || (size_t)length >= sizeof(state_path))
        return ov_fail(err, OV_ERR_LIMIT, "file.path", "the report's path is too long");
    enum ov_status status = import_state_open(state_path, deployment_id, ret_state, &resumed, err);
    if (status == OV_OK)
        status = open_report(path, resumed, &progress->report_fd, err);
    if (status != OV_OK && *ret_state != NULL && !resumed)
        (void)unlink(state_path);
    return status;
}

/*
 * Line by line as rows are done, so that an import that is cut off leaves what it did. One that
 * cannot be written ends the import: what it did must not go unreported.
 */
static void report(struct progress *progress, const char *line, int length)
{
    struct ov_error err = OV_ERROR_INIT;
    if (progress->report_fd < 0 || progress->report_failed ||
        write(progress->report_fd, line, (size_t)length) == length)
        return;
    progress->report_failed = true;
    (void)ov_fail(
        &err, OV_ERR_IO, "report.write",
        "the report cannot be written (%s); make room and give the same command again: it "
        "goes on where it was",
        strerror(errno));
    if (progress->run != NULL)
        import_run_give_up(progress->run, CTL_USAGE, &err);
}

static void account(struct progress *progress, const struct import_row *row)
{
    char line[IMPORT_OUTCOME_SIZE + 32];
    struct ov_error err = OV_ERROR_INIT;
    enum ov_status status = import_tally_add(&progress->tally, row);
    if (status != OV_OK) {
        (void)ov_fail(&err, status, "memory", "out of memory");
        import_run_give_up(progress->run, CTL_USAGE, &err);
    }
    report(progress, line, snprintf(line, sizeof(line), "%zu,%s\n", row->number, row->outcome));
}

/* --- running --- */

static void follow(struct progress *progress)
{
    enum ov_status status = OV_OK;
    while (status != OV_ERR_CLOSED) {
        struct import_row *row = NULL;
        status = import_run_next(progress->run, PROGRESS_TERMINAL_MS, &row);
        if (status == OV_OK) {
            account(progress, row);
            import_row_free(row);
        }
        show_progress(progress, false);
    }
    show_progress(progress, true);
}

static enum ctl_exit run_import(struct progress *progress, const struct import_job *job,
                                struct ov_error *err)
{
    static const char header[] = "row,outcome\n";
    const struct import_tally *tally = &progress->tally;
    struct ov_buf out = OV_BUF_INIT;
    if (import_run_start(job, &progress->run, err) != OV_OK)
        return CTL_USAGE;
    report(progress, header, (int)strlen(header));
    follow(progress);
    enum ctl_exit gave_up = import_run_finish(progress->run, err);
    if (progress->ctl->json)
        import_tally_print_json(tally, &out);
    else
        import_tally_print(tally, &progress->ctl->terminal, &out);
    enum ctl_exit printed = ctl_print(&out, err);
    if (tally->not_tried > 0 && job->state != NULL)
        terminal_note("overtctl: to go on, give the same command again");
    if (gave_up != CTL_OK && tally->added + tally->there == 0)
        return gave_up;
    if (tally->failed > 0 || tally->not_tried > 0 || gave_up != CTL_OK)
        return CTL_PARTLY;
    return printed;
}

enum ctl_exit cmd_watchlist_import(struct ctl *ctl, const struct invocation *given,
                                   struct ov_error *err)
{
    char id[OV_ID_TEXT_SIZE];
    const char *report_path = invocation_option(given, "--report");
    struct import_job job = {.ctl = ctl, .deployment_id = id};
    struct progress progress = {.ctl = ctl, .report_fd = -1};
    (void)signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like a full disk */
    if (import_source_open(given->args[1], &job.source, err) != OV_OK)
        return CTL_USAGE;
    enum ctl_exit result = ctl_find_deployment(ctl, given->args[0], id, err);
    if (result == CTL_OK && report_path != NULL &&
        open_files(&progress, report_path, id, &job.state, err) != OV_OK)
        result = CTL_USAGE;
    if (result == CTL_OK) {
        progress.total = import_source_rows(job.source);
        progress.started_us = progress.shown_us = ov_clock_mono_us(ctl->clock);
        result = run_import(&progress, &job, err);
    }
    if (progress.report_fd >= 0 && close(progress.report_fd) != 0 && result == CTL_OK) {
        (void)ov_fail(err, OV_ERR_IO, "report.write", "the report could not be written in full");
        result = CTL_PARTLY;
    }
    import_state_close(job.state);
    import_source_close(job.source);
    import_tally_free(&progress.tally);
    return result;
}
