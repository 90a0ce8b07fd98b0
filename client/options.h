/* The command line of overt-capture: one table, from which --help is printed as well. */
#ifndef OVERT_CLIENT_OPTIONS_H
#define OVERT_CLIENT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "client/camera/source.h"
#include "common/base/id.h"
#include "common/base/log.h"
#include "common/base/status.h"

#define OPTIONS_PATH_SIZE 1024
#define OPTIONS_HOST_SIZE 256

struct options {
    /* Texts point into argv or the environment. */
    const char *folder;
    const char *image;
    const char *open;
    const char *size;
    const char *camera;
    const char *server;
    const char *identity; /* NULL: ~/.config/overt/identity */
    const char *deployment;
    const char *model;       /* NULL: the one found at build or installation */
    const char *onnxruntime; /* NULL: as built */
    const char *log_level;
    double fps; /* negative: the default of the kind of source */
    int64_t min_face_px;
    double timeout_s;
    double linger_s;
    bool once;
    bool json;
    bool help;
    bool version;

    /* Made from the above by options_parse. */
    struct source_spec source;
    char host[OPTIONS_HOST_SIZE];
    int port;
    struct ov_id deployment_id; /* when deployment is given */
    enum ov_log_level level;
};

/*
 * Reads argv and the environment (OVERT_IDENTITY, OVERT_MODEL). With --help or --version nothing
 * else is checked. Everything wrong is OV_ERR_INVALID "usage" with a sentence.
 */
OV_CHECKED enum ov_status options_parse(struct options *options, int argc, char *const *argv,
                                        struct ov_error *err);

void options_help(FILE *out);

#endif
