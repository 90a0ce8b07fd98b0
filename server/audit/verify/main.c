/*
 * overt-verify: the oversight body's verifier. It needs the record and a public key, nothing of the
 * server. One thread.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "server/audit/verify/kept.h"
#include "server/audit/verify/log_check.h"

#define EXIT_FOUND 1
#define EXIT_USAGE 2
#define EXIT_UNREADABLE 3
#define SINCE_MAX 16

struct arguments {
    const char *conninfo;
    const char *key;
    const char *since[SINCE_MAX];
    size_t since_count;
    const char *keep;
    bool no_keep;
    bool json;
    bool quiet;
    bool help;
    bool version;
    const char *error;
};

static void print_help(void)
{
    (void)printf(
        "overt-verify " OVERT_VERSION
        ": checks Overt's record: that it is whole, in order and unaltered.\n"
        "\n"
        "usage: overt-verify db CONNINFO --key KEY [--since FILE] ... [--keep FILE | --no-keep]\n"
        "                    [--json] [--quiet]\n"
        "       overt-verify --version | --help\n"
        "\n"
        "db         reads the record from PostgreSQL (for example as overt_oversight, or from\n"
        "           your own replica): hashes every event, builds the tree, compares it with "
        "every\n"
        "           signed checkpoint\n"
        "\n"
        "--key      the log's public key, name+id+base64, or a file with it; ask for it on paper\n"
        "           when the log begins, not the server you verify\n"
        "--since    a checkpoint that you kept or were given by a witness: the record has to "
        "begin\n"
        "           with exactly what it covers. May be given up to %d times\n"
        "--keep     where to keep the newest checkpoint that held, which every later run is then\n"
        "           compared with (default: ~/.local/state/overt-verify/ID, ID being the key's)\n"
        "--no-keep  neither compare nor keep\n"
        "--json     findings and summary as one JSON object a line\n"
        "--quiet    findings only\n"
        "\n"
        "Exits with 0 when nothing is wrong, 1 when something is, 3 when the record could not be\n"
        "read. It cannot show what was never written, nor what was changed in the moment before\n"
        "the next checkpoint (two seconds).\n"
        "\n"
        "  overt-verify db 'host=record.example dbname=overt user=overt_oversight' --key log.pub\n",
        SINCE_MAX);
}

static int usage(const char *what)
{
    (void)fprintf(stderr, "overt-verify: %s; 'overt-verify --help' shows how it is used\n", what);
    return EXIT_USAGE;
}

static int fail(const struct ov_error *err)
{
    (void)fprintf(stderr, "overt-verify: %s (%s)\n", err->text, err->code);
    return EXIT_UNREADABLE;
}

/* --- one run --- */

struct run {
    const struct arguments *arguments;
    struct note_key key;
    char keep[KEPT_PATH_SIZE]; /* "": no file */
    struct source source;
    struct findings *findings;
    struct log_check *check;
    uint64_t total;
    bool shows_progress;
};

static void on_progress(void *ctx, uint64_t done)
{
    const struct run *run = ctx;
    if (run->total > 0)
        (void)fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " events (%u%%)", done, run->total,
                      (unsigned)(done * 100 / (done > run->total ? done : run->total)));
}

static enum ov_status read_key(struct run *run, struct ov_error *err)
{
    const char *given = run->arguments->key;
    struct ov_buf file = OV_BUF_INIT;
    enum ov_status status = OV_OK;
    if (strchr(given, '+') == NULL || access(given, F_OK) == 0)
        status = ov_file_read(given, NOTE_SIZE_MAX, &file, err);
    if (status == OV_OK)
        status = note_key_parse(file.data != NULL ? file.data : given, &run->key, err);
    ov_buf_free(&file);
    return status;
}

static enum ov_status compare_with_file(struct run *run, const char *whence, const char *path,
                                        struct ov_error *err)
{
    struct ov_buf note = OV_BUF_INIT;
    enum ov_status status = ov_file_read(path, NOTE_SIZE_MAX, &note, err);
    if (status == OV_OK)
        status = log_check_since(run->check, whence, note.data, note.length, err);
    ov_buf_free(&note);
    return status;
}

static enum ov_status add_earlier(struct run *run, struct ov_error *err)
{
    const struct arguments *arguments = run->arguments;
    enum ov_status status = OV_OK;
    for (size_t i = 0; i < arguments->since_count && status == OV_OK; i++)
        status = compare_with_file(run, "given", arguments->since[i], err);
    if (status == OV_OK && run->keep[0] != '\0' && access(run->keep, F_OK) == 0)
        status = compare_with_file(run, "kept", run->keep, err);
    return status;
}

static void summarise(const struct run *run, const struct log_check_result *result)
{
    uint64_t found = findings_count(run->findings);
    if (run->arguments->json) {
        json_t *json = json_pack("{ss sI sI sI sI}", "log", run->key.name, "events",
                                 (json_int_t)result->events, "unsealed",
                                 (json_int_t)result->unsealed, "checkpoints",
                                 (json_int_t)result->checkpoints, "findings", (json_int_t)found);
        (void)json_dumpf(json, stdout, JSON_COMPACT);
        (void)putchar('\n');
        json_decref(json);
        return;
    }
    if (run->arguments->quiet)
        return;
    (void)printf("%s: %" PRIu64 " events, %" PRIu64 " checkpoints, %" PRIu64
                 " events not sealed yet\n",
                 run->key.name, result->events, result->checkpoints, result->unsealed);
    if (found == 0)
        (void)printf("whole, in order and unaltered%s\n",
                     run->keep[0] != '\0' ? "; the newest checkpoint is kept" : "");
    else
        (void)printf("%" PRIu64 " findings\n", found);
}

static enum ov_status verify(struct run *run, struct ov_error *err)
{
    struct log_check_result result = {.events = 0};
    enum ov_status status = add_earlier(run, err);
    if (status == OV_OK)
        status = log_check_run(run->check, &result, err);
    if (run->shows_progress)
        (void)fputs("\r\033[K", stderr);
    if (status == OV_OK)
        status = findings_end(run->findings, err);
    /* Also where something else is wrong: else one bad event would end all keeping. */
    if (status == OV_OK && result.holds && run->keep[0] != '\0')
        status = ov_file_replace(run->keep, 0600, result.newest.data, result.newest.length, err);
    if (status == OV_OK)
        summarise(run, &result);
    ov_buf_free(&result.newest);
    return status;
}

static enum ov_status prepare(struct run *run, struct ov_error *err)
{
    const struct arguments *arguments = run->arguments;
    enum ov_status status = read_key(run, err);
    if (status == OV_OK && !arguments->no_keep)
        status = kept_path(arguments->keep, run->key.id, run->keep, err);
    if (status == OV_OK)
        status = source_open_database(arguments->conninfo, &run->source, err);
    if (status != OV_OK)
        return status;
    run->total = run->source.count(run->source.ctx);
    run->shows_progress = !arguments->quiet && isatty(STDERR_FILENO) == 1;
    run->findings = findings_new(stdout, arguments->json);
    if (run->findings == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    const struct log_check_options options = {.source = &run->source,
                                              .key = &run->key,
                                              .findings = run->findings,
                                              .now_us = ov_clock_utc_us(ov_clock_system()),
                                              .on_progress =
                                                  run->shows_progress ? on_progress : NULL,
                                              .ctx = run};
    return log_check_new(&options, &run->check, err);
}

static int verify_database(const struct arguments *arguments)
{
    struct run run = {.arguments = arguments};
    struct ov_error err = OV_ERROR_INIT;
    enum ov_status status = prepare(&run, &err);
    if (status == OV_OK)
        status = verify(&run, &err);
    int result = status != OV_OK ? fail(&err) : findings_count(run.findings) > 0 ? EXIT_FOUND : 0;
    log_check_free(run.check);
    findings_free(run.findings);
    if (run.source.close != NULL)
        run.source.close(run.source.ctx);
    return result;
}

/* --- the command line --- */

static void parse(int argc, char **argv, struct arguments *arguments)
{
    static const struct option options[] = {{"key", required_argument, NULL, 'k'},
                                            {"since", required_argument, NULL, 's'},
                                            {"keep", required_argument, NULL, 'f'},
                                            {"no-keep", no_argument, NULL, 'n'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"quiet", no_argument, NULL, 'q'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'v'},
                                            {NULL, 0, NULL, 0}};
    int letter;
    while ((letter = getopt_long(argc, argv, "hv", options, NULL)) != -1) {
        switch (letter) {
        case 'k':
            arguments->key = optarg;
            break;
        case 's':
            if (arguments->since_count == SINCE_MAX)
                arguments->error = "--since was given too often";
            else
                arguments->since[arguments->since_count++] = optarg;
            break;
        case 'f':
            arguments->keep = optarg;
            break;
        case 'n':
            arguments->no_keep = true;
            break;
        case 'j':
            arguments->json = true;
            break;
        case 'q':
            arguments->quiet = true;
            break;
        case 'h':
            arguments->help = true;
            break;
        case 'v':
            arguments->version = true;
            break;
        default:
            arguments->error = "an option is not known or lacks its value";
            break;
        }
    }
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.key = NULL};
    (void)umask(077);
    parse(argc, argv, &arguments);
    if (arguments.error != NULL)
        return usage(arguments.error);
    if (arguments.help) {
        print_help();
        return 0;
    }
    if (arguments.version) {
        (void)printf("overt-verify %s\n", OVERT_VERSION);
        return 0;
    }
    if (argc - optind != 2 || strcmp(argv[optind], "db") != 0)
        return usage("say what to verify: db CONNINFO");
    if (arguments.key == NULL)
        return usage("--key is needed: without the log's public key nothing can be verified");
    if (arguments.keep != NULL && arguments.no_keep)
        return usage("--keep and --no-keep exclude each other");
    arguments.conninfo = argv[optind + 1];
    return verify_database(&arguments);
}
