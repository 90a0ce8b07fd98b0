/*
 * overt-sealer: the command line, and the loop. One thread. It knows neither watchlists nor faces,
 * only the bytes of events.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/secret.h"
#include "server/audit/log/note.h"
#include "server/audit/sealer/sealer.h"

#define EXIT_FAILED 1
#define EXIT_USAGE 2
#define ROUND_MS 500 /* an event is in a checkpoint within two seconds */
#define RECONNECT_MS 1000

static void print_help(void)
{
    (void)printf(
        "overt-sealer " OVERT_VERSION ": seals Overt's record. Every event gets its place in a "
        "Merkle tree,\n"
        "and what the tree then is gets signed, so that nobody can change what is on the record\n"
        "without everybody noticing who kept one of the signed checkpoints.\n"
        "\n"
        "usage: overt-sealer run --database CONNINFO --key FILE --name LOG --state FILE [--once]\n"
        "       overt-sealer keygen --key FILE --name LOG\n"
        "       overt-sealer key --key FILE --name LOG\n"
        "       overt-sealer --version | --help\n"
        "\n"
        "run      seals until SIGTERM; with --once, what there is now\n"
        "keygen   makes the log's private key, and prints its public key\n"
        "key      prints the public key again: give it to the oversight body, on paper too\n"
        "\n"
        "--database  PostgreSQL connection of the role overt_sealer, without a password\n"
        "--key       the private key's file; it belongs to the sealer's own account, which is not\n"
        "            the match server's\n"
        "--name      the log's name, for ever the same: force.example/overt\n"
        "--state     file in which the last checkpoint is kept; a database that was set back or\n"
        "            changed before it gets no other signature\n"
        "\n"
        "A first installation, as the sealer's own account:\n"
        "  overt-sealer keygen --key /etc/overt-sealer/log.key --name force.example/overt\n"
        "  overt-sealer run --database 'dbname=overt user=overt_sealer' \\\n"
        "      --key /etc/overt-sealer/log.key --name force.example/overt \\\n"
        "      --state /var/lib/overt-sealer/checkpoint\n");
}

static int usage(const char *what)
{
    (void)fprintf(stderr, "overt-sealer: %s; 'overt-sealer --help' shows how it is used\n", what);
    return EXIT_USAGE;
}

static int fail(const struct ov_error *err)
{
    ov_log_error(OV_LOG_ERROR, "sealer", "stopped", err);
    return EXIT_FAILED;
}

/* --- run --- */

static bool wait_ms(const sigset_t *signals, int ms)
{
    const struct timespec pause = {ms / 1000, ms % 1000 * 1000000L};
    return sigtimedwait(signals, NULL, &pause) < 0;
}

/* Whether trying again may help. */
static bool is_passing(enum ov_status status)
{
    return status == OV_ERR_UNAVAILABLE;
}

/* Rounds until a signal, an error, or, once, until nothing is left. */
static enum ov_status seal_on(struct sealer *sealer, const sigset_t *signals, bool once,
                              bool *ret_ended, struct ov_error *err)
{
    enum ov_status status = OV_OK;
    while (status == OV_OK && !*ret_ended) {
        size_t sealed = 0;
        bool more = false;
        status = sealer_round(sealer, &sealed, &more, err);
        if (status == OV_OK && sealed > 0)
            ov_log(OV_LOG_DEBUG, "sealer", "sealed", "events=%zu", sealed);
        if (status == OV_OK && !more)
            *ret_ended = once || !wait_ms(signals, ROUND_MS);
    }
    return status;
}

static enum ov_status run(const struct sealer_options *options, bool once, struct ov_error *err)
{
    struct sealer *sealer = NULL;
    sigset_t signals;
    bool ended = false;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    enum ov_status status = sealer_new(options, &sealer, err);
    while (status == OV_OK && !ended) {
        status = sealer_connect(sealer, err);
        if (status == OV_OK)
            status = seal_on(sealer, &signals, once, &ended, err);
        if (!is_passing(status) || once)
            break;
        ov_log_error(OV_LOG_WARNING, "sealer", "database_down", err);
        ov_error_clear(err);
        ended = !wait_ms(&signals, RECONNECT_MS);
        status = OV_OK;
    }
    sealer_free(sealer);
    return status;
}

/* --- keys --- */

static enum ov_status print_key(const struct sealer_options *options, struct ov_error *err)
{
    struct note_signer *signer = NULL;
    struct ov_buf text = OV_BUF_INIT;
    enum ov_status status =
        note_signer_load(options->key, options->origin, NOTE_KEY_SIGNER, &signer, err);
    if (status != OV_OK)
        return status;
    note_key_print(note_signer_key(signer), &text);
    if (text.failed || puts(text.data) == EOF || fflush(stdout) != 0)
        status = ov_fail(err, OV_ERR_IO, "sealer.output", "the key could not be printed");
    ov_buf_free(&text);
    note_signer_free(signer);
    return status;
}

/* --- the command line --- */

struct arguments {
    struct sealer_options options;
    bool once;
    bool help;
    bool version;
    const char *error;
};

static void parse(int argc, char **argv, struct arguments *arguments)
{
    static const struct option options[] = {
        {"database", required_argument, NULL, 'd'}, {"key", required_argument, NULL, 'k'},
        {"name", required_argument, NULL, 'n'},     {"state", required_argument, NULL, 's'},
        {"once", no_argument, NULL, 'o'},           {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},        {NULL, 0, NULL, 0}};
    int letter;
    while ((letter = getopt_long(argc, argv, "hv", options, NULL)) != -1) {
        switch (letter) {
        case 'd':
            arguments->options.conninfo = optarg;
            break;
        case 'k':
            arguments->options.key = optarg;
            break;
        case 'n':
            arguments->options.origin = optarg;
            break;
        case 's':
            arguments->options.state = optarg;
            break;
        case 'o':
            arguments->once = true;
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

static int act(const struct arguments *arguments, const char *command)
{
    const struct sealer_options *options = &arguments->options;
    struct ov_error err = OV_ERROR_INIT;
    enum ov_status status = OV_OK;
    bool runs = strcmp(command, "run") == 0;
    bool makes = strcmp(command, "keygen") == 0;
    if (!runs && !makes && strcmp(command, "key") != 0)
        return usage("that is not a command");
    if (options->key == NULL || options->origin == NULL)
        return usage("--key and --name are needed");
    if (runs && (options->conninfo == NULL || options->state == NULL))
        return usage("run needs --database and --state too");
    if (makes)
        status = note_signer_make(options->key, &err);
    if (status == OV_OK)
        status = runs ? run(options, arguments->once, &err) : print_key(options, &err);
    return status == OV_OK ? 0 : fail(&err);
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.once = false};
    (void)umask(077);
    if (ov_process_hide_memory() != OV_OK) {
        (void)fputs("overt-sealer: cannot switch core dumps off\n", stderr);
        return EXIT_FAILED;
    }
    parse(argc, argv, &arguments);
    if (arguments.error != NULL)
        return usage(arguments.error);
    if (arguments.help) {
        print_help();
        return 0;
    }
    if (arguments.version) {
        (void)printf("overt-sealer %s\n", OVERT_VERSION);
        return 0;
    }
    if (optind + 1 != argc)
        return usage("say what to do: run, keygen or key");
    return act(&arguments, argv[optind]);
}
