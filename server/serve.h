/* The parts of a running server: started in order, stopped in the reverse one. */
#ifndef OVERT_SERVER_SERVE_H
#define OVERT_SERVER_SERVE_H

#include "common/base/status.h"
#include "server/config.h"

struct server;

/* Everything is checked and running when it returns OV_OK. config is borrowed. */
OV_CHECKED enum ov_status server_start(const struct server_config *config,
                                       struct server **ret_server, struct ov_error *err);
/* Certificates and revocation lists of both listeners. */
void server_reload(struct server *server);
/* Stops accepting, finishes what is under way, stores the counts. Takes NULL. */
void server_stop(struct server *server);

int server_capture_port(const struct server *server);
int server_api_port(const struct server *server);

#endif
