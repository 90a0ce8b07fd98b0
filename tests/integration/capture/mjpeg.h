/*
 * A tiny web server on loopback that a thread runs: an endless (or broken-off) stream of JPEGs as
 * cameras send it, or a file.
 */
#ifndef OVERT_TESTS_CAPTURE_MJPEG_H
#define OVERT_TESTS_CAPTURE_MJPEG_H

#include <stddef.h>

struct mjpeg;

struct mjpeg_behaviour {
    const void *jpeg; /* borrowed: each part of the stream, or the file */
    size_t jpeg_size;
    const char *file_type; /* not NULL: serve a file of this Content-Type instead */
    int every_ms;          /* between pictures */
    int pictures;          /* then the connection is cut; 0: never */
    const char *status;    /* not NULL: answer with this instead ("404 Not Found") */
};

/* Fails the running test on trouble. */
struct mjpeg *mjpeg_start(const struct mjpeg_behaviour *behaviour);
int mjpeg_port(const struct mjpeg *mjpeg);
/* Connections so far. */
int mjpeg_connections(const struct mjpeg *mjpeg);
/* Pictures sent so far. */
int mjpeg_pictures(const struct mjpeg *mjpeg);
void mjpeg_stop(struct mjpeg *mjpeg);

#endif
