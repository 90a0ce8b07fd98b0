/*
 * What the tests of the program against a scripted server share: certificates, a video, a picture,
 * a server per test, and the client that is started against it.
 */
#ifndef OVERT_TESTS_CAPTURE_STAGE_H
#define OVERT_TESTS_CAPTURE_STAGE_H

#include <limits.h>
#include <stdbool.h>

#include "common/base/bytes.h"
#include "tests/integration/capture/client.h"
#include "tests/integration/capture/scratch.h"
#include "tests/integration/capture/scripted.h"

#define LIMIT_MS 60000 /* generous: sanitizers and a shared machine */

struct stage {
    struct scratch scratch;
    char pki[PATH_MAX];
    char identity[PATH_MAX];
    char other_identity[PATH_MAX]; /* of another authority than the server's */
    char video[PATH_MAX];          /* twenty seconds */
    struct ov_buf picture;         /* JPEG, 640 px wide */
};
extern struct stage stage; /* made once per program by stage_prepare */

/* For CMocka: the group's, and each test's (its state is the struct scripted). */
int stage_prepare(void **state);
int stage_clean_up(void **state);
int stage_start_server(void **state);
int stage_stop_server(void **state);

#define START(client, server, ...)                                                                 \
    do {                                                                                           \
        const char *const list[] = {__VA_ARGS__, NULL};                                            \
        client_start((client), &stage.scratch, (server)->port, stage.identity, list);              \
    } while (0)

/* Runs the server until the client has ended; returns its exit status. */
int stage_finish(struct scripted *server, struct client *client);
int stage_end_by_signal(struct scripted *server, struct client *client);

/* For scripted_until. */
bool has_probes(const struct scripted *server);
bool has_crop(const struct scripted *server);
bool has_session(const struct scripted *server);
bool has_second_session(const struct scripted *server);
bool has_alert_ack(const struct scripted *server);
bool has_empty_crop(const struct scripted *server);
bool has_error(const struct scripted *server);

#endif
