/*
 * A line between overtctl and the server that loses answers: bytes go through both ways, but on
 * some connections the server's last word is held back and the line is cut. TLS is set up, the
 * request arrives and is done, the answer does not come.
 */
#ifndef OVERT_TESTS_CTL_LINE_H
#define OVERT_TESTS_CTL_LINE_H

#include <pthread.h>
#include <stdatomic.h>

#define LINE_CONNECTIONS_MAX 64

struct line_connection {
    struct line *line;
    int client;
    bool lose;
    pthread_t thread;
};

struct line {
    int listener;
    int port;
    int server_port;
    int first_lost; /* connections are counted from 0 */
    int to_lose;
    int connections;    /* read by others after line_stop, like the next */
    atomic_int lost;    /* answers held back */
    atomic_bool broken; /* the line itself failed, not on purpose */
    pthread_t thread;
    struct line_connection each[LINE_CONNECTIONS_MAX];
};

void line_start(struct line *line, int server_port, int first_lost, int to_lose);
void line_stop(struct line *line);

#endif
