/*
 * overt-capture: starts the threads, shows what they say, ends them.
 *
 * The main thread owns the terminal. README.md in this folder has the map of threads.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "client/camera/camera.h"
#include "client/camera/frame.h"
#include "client/keys.h"
#include "client/link/link.h"
#include "client/options.h"
#include "client/preview/preview.h"
#include "client/track/recogniser.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "common/base/program.h"
#include "common/base/secret.h"
#include "common/net/init.h"

#define EVENTS_MAX 1024
#define POLL_MS 50 /* the pause key acts within this time */
#define EXIT_INTERNAL 1
#define FPS_OF_RECORDINGS 5.0

struct identity {
    char cert[OPTIONS_PATH_SIZE];
    char key[OPTIONS_PATH_SIZE];
    char ca[OPTIONS_PATH_SIZE];
};

struct program {
    struct options options;
    struct identity identity;
    enum ov_source_kind kind;
    struct ov_face_engine *engine; /* until the recogniser takes it */
    struct permit *permit;
    struct ov_queue *frames;
    struct ov_queue *events;
    struct link *link;
    struct camera *camera;
    struct recogniser *recogniser;
    struct preview preview;
    struct keys keys;
    int exit_status;
    bool is_over; /* EVENT_DONE has come */
    bool output_is_gone;
};

/* --- preparations ----------------------------------------------------------------------------- */

static enum ov_status harden(struct ov_error *err)
{
    (void)umask(077);
    /* Before anything has been allocated by these libraries. */
    json_set_alloc_funcs(ov_wiping_malloc, ov_wiping_free);
    enum ov_status status = ov_process_hide_memory();
    if (status == OV_OK)
        status = ov_net_init();
    if (status != OV_OK)
        return ov_fail(err, status, "start", "this process cannot be protected (core dumps off)");
    return OV_OK;
}

static enum ov_status find_identity(struct program *program, struct ov_error *err)
{
    char folder[OPTIONS_PATH_SIZE - 16];
    const char *home = getenv("HOME");
    int length = 0;
    if (program->options.identity != NULL)
        length = snprintf(folder, sizeof(folder), "%s", program->options.identity);
    else
        length =
            snprintf(folder, sizeof(folder), "%s/.config/overt/identity", home != NULL ? home : "");
    if (length < 0 || (size_t)length >= sizeof(folder))
        return ov_fail(err, OV_ERR_INVALID, "usage", "the path of the identity is too long");
    struct identity *identity = &program->identity;
    (void)snprintf(identity->cert, sizeof(identity->cert), "%s/cert.pem", folder);
    (void)snprintf(identity->key, sizeof(identity->key), "%s/key.pem", folder);
    (void)snprintf(identity->ca, sizeof(identity->ca), "%s/ca.pem", folder);
    if (access(identity->key, R_OK) == 0)
        return OV_OK;
    return ov_fail(err, OV_ERR_NOT_FOUND, "identity",
                   "%s holds no identity that can be read (%s); give --identity DIR with the "
                   "site's cert.pem, key.pem and ca.pem",
                   folder, strerror(errno));
}

static const char *model_folder(const struct options *options)
{
    if (options->model != NULL)
        return options->model;
    bool has_built = ov_program_is_in_build() && access(OVERT_MODEL_BUILT "/model.ini", R_OK) == 0;
    return has_built ? OVERT_MODEL_BUILT : OVERT_MODEL_INSTALLED;
}

/* Everything that can be wrong with what the user gave, before the server is asked. */
static enum ov_status prepare(struct program *program, struct ov_error *err, int *ret_exit)
{
    struct options *options = &program->options;
    *ret_exit = CLIENT_EXIT_SOURCE;
    enum ov_status status = source_inspect(&options->source, &program->kind, err);
    if (status != OV_OK)
        return status;
    if (options->fps < 0)
        options->source.fps = program->kind == OV_SOURCE_FILE ? FPS_OF_RECORDINGS : 0;
    *ret_exit = CLIENT_EXIT_USAGE;
    status = find_identity(program, err);
    if (status != OV_OK)
        return status;
    return ov_face_engine_new(model_folder(options), options->onnxruntime, &program->engine, err);
}

/* --- threads ---------------------------------------------------------------------------------- */

static void on_trouble(void *ctx, const struct ov_error *err, int retry_ms)
{
    struct program *program = ctx;
    struct client_event *event = client_event_new(EVENT_ERROR);
    if (event == NULL)
        return;
    trouble_from_error(&event->trouble, err, retry_ms);
    if (ov_queue_push(program->events, event, 0) != OV_OK)
        client_event_free(event);
}

static enum ov_status start_link(struct program *program, struct ov_error *err)
{
    const struct options *options = &program->options;
    struct link_options link = {
        .host = options->host,
        .port = options->port,
        .tls = {program->identity.ca, NULL, program->identity.cert, program->identity.key},
        .names_deployment = options->deployment != NULL,
        .deployment_id = options->deployment_id,
        .dimension = (uint32_t)ov_face_engine_dimension(program->engine),
        .source_kind = program->kind,
        .camera = options->camera,
        .once = options->once,
        .timeout_ms = (int)(options->timeout_s * 1000),
        .linger_ms = (int)(options->linger_s * 1000),
        .wants_status = program->preview.is_terminal && !program->preview.is_json,
        .permit = program->permit,
        .events = program->events,
        .clock = ov_clock_system(),
    };
    memcpy(link.model_digest, ov_face_engine_digest(program->engine), sizeof(link.model_digest));
    return link_start(&link, &program->link, err);
}

static enum ov_status start_camera(struct program *program, struct ov_error *err)
{
    const struct camera_options camera = {
        .spec = program->options.source,
        .kind = program->kind,
        .permit = program->permit,
        .frames = program->frames,
        .clock = ov_clock_system(),
        .on_trouble = on_trouble,
        .ctx = program,
    };
    return camera_start(&camera, &program->camera, err);
}

static enum ov_status start_recogniser(struct program *program, struct ov_error *err)
{
    const struct recogniser_options recogniser = {
        .kind = program->kind,
        .min_face_px = (int)program->options.min_face_px,
        .permit = program->permit,
        .frames = program->frames,
        .camera = program->camera,
        .sink = {link_post_report, link_has_room, program->link},
    };
    struct ov_face_engine *engine = program->engine;
    program->engine = NULL;
    return recogniser_start(&recogniser, engine, &program->recogniser, err);
}

static enum ov_status start_threads(struct program *program, struct ov_error *err)
{
    program->permit = permit_new(ov_clock_system());
    program->frames = ov_queue_new(camera_queue_capacity(program->kind));
    program->events = ov_queue_new(EVENTS_MAX);
    if (program->permit == NULL || program->frames == NULL || program->events == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    enum ov_status status = start_link(program, err);
    if (status == OV_OK)
        status = start_camera(program, err);
    if (status == OV_OK)
        status = start_recogniser(program, err);
    return status;
}

/* Each is freed when nobody is left who would use it. */
static void end_threads(struct program *program)
{
    if (program->permit != NULL)
        permit_stop(program->permit);
    recogniser_free(program->recogniser); /* it asks the camera for its outcome */
    camera_free(program->camera);
    link_free(program->link);
    ov_queue_free(program->frames, frame_free);
    ov_queue_free(program->events, client_event_free);
    permit_free(program->permit);
    ov_face_engine_free(program->engine);
}

/* --- main loop -------------------------------------------------------------------------------- */

static void show(struct program *program, const struct client_event *event)
{
    struct ov_error err = OV_ERROR_INIT;
    if (!program->output_is_gone && preview_show(&program->preview, event, &err) != OV_OK) {
        /* Alerts that nobody sees would be worse than none: end, with the reason in the log. */
        ov_log_error(OV_LOG_ERROR, "preview", "output_gone", &err);
        program->output_is_gone = true;
        program->exit_status = EXIT_INTERNAL;
        permit_stop(program->permit);
    }
    if (event->kind == EVENT_ALERT && !program->output_is_gone)
        link_alert_shown(program->link, &event->alert.alert.alert_id);
    if (event->kind == EVENT_DONE) {
        program->is_over = true;
        if (!program->output_is_gone)
            program->exit_status = (int)event->done.exit;
    }
}

/*
 * Not blocked and waited for, as would be tidier: libraries that FFmpeg brings along start threads
 * before main, and those leave every signal open. The handler's flag is global because it has to
 * be.
 */
static volatile sig_atomic_t signal_count;
static volatile sig_atomic_t pause_count; /* SIGUSR1: the pause key where there is no keyboard */

/* The first signal ends the run in good order, the second at once. */
static void on_signal(int signal_number)
{
    if (signal_count++ > 0) {
        keys_restore();
        _exit(128 + signal_number);
    }
}

static void on_pause_signal(int signal_number)
{
    (void)signal_number;
    pause_count++;
}

static void catch_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        (void)sigaction(signals[i], &action, NULL);
    action.sa_handler = on_pause_signal;
    (void)sigaction(SIGUSR1, &action, NULL);
}

static void look_for_pause(struct program *program, sig_atomic_t *seen)
{
    sig_atomic_t now = pause_count;
    bool pressed = keys_pause_pressed(&program->keys);
    if (now == *seen && !pressed)
        return;
    *seen = now;
    link_pause(program->link);
}

static void loop(struct program *program)
{
    bool is_stopping = false;
    sig_atomic_t pauses_seen = 0;
    while (!program->is_over) {
        look_for_pause(program, &pauses_seen);
        void *event = NULL;
        if (ov_queue_pop(program->events, POLL_MS, &event) == OV_OK) {
            show(program, event);
            client_event_free(event);
        }
        if (signal_count > 0 && !is_stopping) {
            is_stopping = true;
            ov_log(OV_LOG_INFO, "main", "stopping", "reason=signal");
            permit_stop(program->permit);
        }
    }
}

static int run(struct program *program)
{
    struct ov_error err = OV_ERROR_INIT;
    int exit_status = EXIT_INTERNAL;
    if (harden(&err) == OV_OK && prepare(program, &err, &exit_status) == OV_OK) {
        exit_status = CLIENT_EXIT_USAGE;
        preview_init(&program->preview, STDOUT_FILENO, isatty(STDOUT_FILENO) == 1,
                     program->options.json, ov_clock_system());
        catch_signals();
        keys_start(&program->keys, program->preview.is_terminal);
        if (start_threads(program, &err) == OV_OK) {
            loop(program);
            exit_status = program->exit_status;
        }
    }
    end_threads(program);
    keys_restore();
    if (err.status != OV_OK)
        (void)fprintf(stderr, "overt-capture: %s\n", err.text);
    return exit_status;
}

int main(int argc, char **argv)
{
    static struct program program; /* too large for comfort on the stack */
    struct ov_error err = OV_ERROR_INIT;
    ov_process_bind_now(argv);
    if (options_parse(&program.options, argc, argv, &err) != OV_OK) {
        (void)fprintf(stderr, "overt-capture: %s\n", err.text);
        return CLIENT_EXIT_USAGE;
    }
    if (program.options.help) {
        options_help(stdout);
        return CLIENT_EXIT_OK;
    }
    if (program.options.version) {
        (void)puts("overt-capture " OVERT_VERSION);
        return CLIENT_EXIT_OK;
    }
    ov_log_set_level(program.options.level);
    return run(&program);
}
