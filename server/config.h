/* The settings of overtd: one table in config.c, from which file, sample and --help come. */
#ifndef OVERT_SERVER_CONFIG_H
#define OVERT_SERVER_CONFIG_H

#include <stdint.h>

#include "common/base/log.h"
#include "common/base/status.h"
#include "common/config/config.h"
#include "common/net/tls.h"

struct server_config {
    char *capture_address;
    int64_t capture_port;
    char *api_address;
    int64_t api_port;
    char *model_pack;
    char *onnxruntime; /* NULL: as built */
    char *vault;
    char *installation_key;
    char *ledger_key;
    int log_level; /* enum ov_log_level */
    char *tls_ca;
    char *tls_crl;
    char *tls_cert;
    char *tls_key;
    char *conninfo;
    int64_t matchers; /* 0: one per core */
    int64_t alert_workers;
    int64_t api_workers; /* 0: one per core, at least two */
    int64_t desk_workers;
};

const struct ov_config_table *server_config_table(void);

/* Defaults, then the file, then the check. On failure nothing is to be freed. */
OV_CHECKED enum ov_status server_config_load(const char *path, struct server_config *ret,
                                             struct ov_error *err);
void server_config_done(struct server_config *config);

/* Borrowed from config. */
struct ov_tls_files server_config_tls(const struct server_config *config);
int server_config_matchers(const struct server_config *config);
int server_config_api_workers(const struct server_config *config);

#endif
