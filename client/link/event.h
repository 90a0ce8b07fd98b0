/*
 * What the other threads tell the one that owns the terminal. Owned by whoever holds it; an alert's
 * name and reference picture are secret memory and wiped with it.
 */
#ifndef OVERT_CLIENT_LINK_EVENT_H
#define OVERT_CLIENT_LINK_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/wire/messages.h"

/* Exit status of overt-capture. */
enum client_exit {
    CLIENT_EXIT_OK = 0,
    CLIENT_EXIT_USAGE = 2,      /* the command line, the identity or the model pack is wrong */
    CLIENT_EXIT_SOURCE = 3,     /* the camera, recording or image failed */
    CLIENT_EXIT_REFUSED = 4,    /* the server refused, or we refused its terms */
    CLIENT_EXIT_UNREACHABLE = 5 /* not reached in time, or faces could not be delivered */
};

enum client_event_kind {
    EVENT_CONNECTED,    /* TLS is up */
    EVENT_WELCOME,      /* the server's terms */
    EVENT_CAPTURE,      /* capturing has begun or ended */
    EVENT_PAUSE_KEY,    /* the pause key was pressed, or the server has heard of it */
    EVENT_ALERT,        /* to be shown; then link_alert_shown */
    EVENT_DISCONNECTED, /* the connection has ended */
    EVENT_ERROR,        /* something went wrong that people should know */
    EVENT_STATUS,       /* for the status line */
    EVENT_DONE          /* the run is over */
};

struct trouble {
    char code[OV_CODE_SIZE];
    char text[OV_ERROR_TEXT_SIZE];
    int retry_ms; /* the next attempt; 0: none */
};

struct link_status {
    const char *link; /* "connecting", "connected" ...; a constant */
    bool capturing;
    bool is_held;     /* by the pause key */
    bool has_welcome; /* exercise is known */
    bool exercise;
    int64_t lease_ms; /* left; 0: none */
    uint32_t credit;
    uint32_t waiting; /* probes not acknowledged */
    uint64_t faces;   /* probes made since the start */
    uint64_t alerts;
    bool has_offset;
    int64_t offset_us; /* the server's clock minus ours */
};

struct run_totals {
    uint64_t frames;
    uint64_t faces_seen;
    uint64_t probes; /* sent */
    uint64_t acked;
    uint64_t lost; /* made and never acknowledged */
    uint64_t alerts;
    uint64_t rejected[OV_REJECT_COUNT];
};

struct client_event {
    enum client_event_kind kind;
    union {
        struct {
            const char *host; /* lives as long as the program */
            int port;
        } connected;
        struct ov_welcome welcome;
        struct {
            bool on;
            char reason[OV_CODE_SIZE];
        } capture;
        struct {
            bool is_known; /* the server has paused the deployment */
        } pause_key;
        struct {
            struct ov_alert alert;
            bool is_ours; /* of this run: our own clock took captured_at_us */
        } alert;
        struct trouble trouble; /* EVENT_DISCONNECTED, EVENT_ERROR */
        struct link_status status;
        struct {
            enum client_exit exit;
            struct trouble trouble; /* code "" when all went well */
            struct run_totals totals;
        } done;
    };
};

/* NULL when memory is out. */
struct client_event *client_event_new(enum client_event_kind kind);
/* Takes NULL; the signature of ov_queue_free's free_item. */
void client_event_free(void *event);

/* Fills a trouble from an error of ours. */
void trouble_from_error(struct trouble *trouble, const struct ov_error *err, int retry_ms);

#endif
