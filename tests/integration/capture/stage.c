/* See stage.h. */
#include "tests/integration/capture/stage.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/integration/capture/video.h"
#include "tests/integration/harness/process.h"

struct stage stage = {.picture = OV_BUF_INIT};

static void run_pki(const char *folder, const char *verb, const char *name)
{
    char program[PATH_MAX];
    struct ov_buf said = OV_BUF_INIT;
    (void)snprintf(program, sizeof(program), "%s/deploy/pki", getenv("OVERT_SOURCE_DIR"));
    const char *argv[] = {program, verb, folder, name, NULL};
    if (process_run(argv, NULL, &said, &said, 60) != 0)
        fail_msg("deploy/pki %s: %s", verb, said.data);
    ov_buf_free(&said);
}

int stage_prepare(void **state)
{
    (void)state;
    if (sample_photo(1) == NULL) {
        print_message("skipped: the sample photos are not there; run deploy/setup\n");
        exit(77);
    }
    scratch_new(&stage.scratch);
    (void)snprintf(stage.pki, sizeof(stage.pki), "%s", scratch_path(&stage.scratch, "pki"));
    (void)snprintf(stage.identity, sizeof(stage.identity), "%s",
                   scratch_path(&stage.scratch, "pki/site-north"));
    (void)snprintf(stage.video, sizeof(stage.video), "%s",
                   scratch_path(&stage.scratch, "long.mkv"));
    (void)snprintf(stage.other_identity, sizeof(stage.other_identity), "%s",
                   scratch_path(&stage.scratch, "other/site-north"));
    char other[PATH_MAX];
    (void)snprintf(other, sizeof(other), "%s", scratch_path(&stage.scratch, "other"));
    run_pki(stage.pki, "init", NULL);
    run_pki(stage.pki, "server", "localhost");
    run_pki(stage.pki, "site", "north");
    run_pki(other, "init", NULL);
    run_pki(other, "site", "north");
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_secret jpeg = OV_SECRET_INIT;
    const struct video_shape shape = {"mpeg4", 600, 400, 25, 500};
    video_picture(sample_photo(1), 640, &image);
    assert_true(video_make(stage.video, &image, &shape));
    assert_int_equal(ov_jpeg_encode(&jpeg, &image, 90, NULL), OV_OK);
    ov_buf_append(&stage.picture, jpeg.data, jpeg.size);
    ov_secret_free(&jpeg);
    ov_image_free(&image);
    return 0;
}

int stage_clean_up(void **state)
{
    (void)state;
    ov_buf_free(&stage.picture);
    if (getenv("OVERT_KEEP") == NULL)
        scratch_free(&stage.scratch);
    return 0;
}

int stage_start_server(void **state)
{
    static struct scripted server;
    scripted_new(&server, stage.pki);
    *state = &server;
    return 0;
}

int stage_stop_server(void **state)
{
    scripted_free(*state);
    return 0;
}

int stage_finish(struct scripted *server, struct client *client)
{
    int status = -1;
    for (int i = 0; i < LIMIT_MS / 10; i++) {
        if (client_has_ended(client, &status))
            return status;
        scripted_spin(server, 10);
    }
    return client_wait(client, 1);
}

int stage_end_by_signal(struct scripted *server, struct client *client)
{
    assert_int_equal(kill(client->pid, SIGTERM), 0);
    return stage_finish(server, client);
}

bool has_probes(const struct scripted *server)
{
    return server->probes > 0;
}

bool has_crop(const struct scripted *server)
{
    return server->crops > 0;
}

bool has_session(const struct scripted *server)
{
    return server->sessions > 0 && server->is_open;
}

bool has_second_session(const struct scripted *server)
{
    return server->sessions > 1 && server->is_open;
}

bool has_alert_ack(const struct scripted *server)
{
    return server->alert_acks > 0;
}

bool has_empty_crop(const struct scripted *server)
{
    return server->empty_crops > 0;
}

bool has_error(const struct scripted *server)
{
    return server->error_code[0] != '\0';
}
