/* One row per setting. */
#include "server/config.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define AT(member) offsetof(struct server_config, member)
#define WORKERS_MAX 64

static const char *const log_levels[] = {"debug", "info", "warning", "error", NULL};

static const struct ov_config_key keys[] = {
    {"server", "capture_address", OV_CONFIG_STRING, "0.0.0.0", 1, 64, NULL, AT(capture_address),
     "Numeric address on which capture clients are accepted; :: is every address of both "
     "families."},
    {"server", "capture_port", OV_CONFIG_INT, "7600", 0, 65535, NULL, AT(capture_port),
     "TCP port for capture clients; 0 takes any free one and logs it."},
    {"server", "api_address", OV_CONFIG_STRING, "127.0.0.1", 1, 64, NULL, AT(api_address),
     "Numeric address of the HTTPS API and the console."},
    {"server", "api_port", OV_CONFIG_INT, "7643", 0, 65535, NULL, AT(api_port),
     "TCP port of the HTTPS API; 0 takes any free one and logs it."},
    {"server", "model_pack", OV_CONFIG_PATH, OVERT_MODEL_INSTALLED, 0, 0, NULL, AT(model_pack),
     "Folder of the model pack (model.ini and its ONNX files)."},
    {"server", "onnxruntime", OV_CONFIG_PATH, "", 0, 0, NULL, AT(onnxruntime),
     "The ONNX Runtime library; empty takes the one that was set when Overt was built."},
    {"server", "vault", OV_CONFIG_PATH, "/var/lib/overt/vault", 0, 0, NULL, AT(vault),
     "Folder of the data keys. Destroying a key destroys what it sealed: keep it out of backups "
     "that outlive the data."},
    {"server", "installation_key", OV_CONFIG_PATH, "/etc/overt/installation.key", 0, 0, NULL,
     AT(installation_key),
     "File of the key that wraps the data keys. Without it nothing sealed can ever be opened."},
    {"server", "ledger_key", OV_CONFIG_PATH, "/etc/overt/ledger.key", 0, 0, NULL, AT(ledger_key),
     "File of the membership ledger's key, which may belong to the data-protection officer's "
     "account "
     "and be readable by the server's group. Keep a copy: without it no list can be erased on "
     "time."},
    {"server", "log_level", OV_CONFIG_ENUM, "info", 0, 0, log_levels, AT(log_level),
     "Lines below this level are not written."},
    {"tls", "ca", OV_CONFIG_PATH, NULL, 0, 0, NULL, AT(tls_ca),
     "Certificate of the authority that sites and people are certified by (PEM)."},
    {"tls", "crl", OV_CONFIG_PATH, NULL, 0, 0, NULL, AT(tls_crl),
     "Its revocation list (PEM). When it is out of date, everyone is refused."},
    {"tls", "cert", OV_CONFIG_PATH, NULL, 0, 0, NULL, AT(tls_cert),
     "This server's certificate (PEM)."},
    {"tls", "key", OV_CONFIG_PATH, NULL, 0, 0, NULL, AT(tls_key),
     "Its private key (PEM), readable by nobody else."},
    {"database", "conninfo", OV_CONFIG_STRING, NULL, 1, 2000, NULL, AT(conninfo),
     "PostgreSQL connection as libpq takes it, without a password: peer, certificate or passfile."},
    {"matching", "matchers", OV_CONFIG_INT, "0", 0, WORKERS_MAX, NULL, AT(matchers),
     "Threads that compare probes; 0 is one per core."},
    {"matching", "alert_workers", OV_CONFIG_INT, "2", 1, WORKERS_MAX, NULL, AT(alert_workers),
     "Threads that store alerts and check their crops; each has a connection and the models."},
    {"matching", "api_workers", OV_CONFIG_INT, "0", 0, WORKERS_MAX, NULL, AT(api_workers),
     "Threads that answer API requests; each has a connection and the models. 0 is one per core, "
     "at "
     "least two: an import keeps all of them busy."},
    {"matching", "desk_workers", OV_CONFIG_INT, "2", 1, WORKERS_MAX, NULL, AT(desk_workers),
     "Threads that ask the database for the capture loop; each has a connection."},
};

const struct ov_config_table *server_config_table(void)
{
    static const struct ov_config_table table = {keys, sizeof(keys) / sizeof(keys[0])};
    return &table;
}

enum ov_status server_config_load(const char *path, struct server_config *ret, struct ov_error *err)
{
    const struct ov_config_table *table = server_config_table();
    struct server_config config;
    memset(&config, 0, sizeof(config));
    enum ov_status status = ov_config_init(table, &config, err);
    if (status == OV_OK)
        status = ov_config_read(table, path, &config, err);
    if (status == OV_OK)
        status = ov_config_check(table, &config, err);
    if (status != OV_OK) {
        ov_config_done(table, &config);
        return status;
    }
    *ret = config;
    return OV_OK;
}

void server_config_done(struct server_config *config)
{
    ov_config_done(server_config_table(), config);
}

struct ov_tls_files server_config_tls(const struct server_config *config)
{
    return (struct ov_tls_files){config->tls_ca, config->tls_crl, config->tls_cert,
                                 config->tls_key};
}

static int cores(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : (count > WORKERS_MAX ? WORKERS_MAX : (int)count);
}

int server_config_matchers(const struct server_config *config)
{
    return config->matchers > 0 ? (int)config->matchers : cores();
}

int server_config_api_workers(const struct server_config *config)
{
    if (config->api_workers > 0)
        return (int)config->api_workers;
    return cores() < 2 ? 2 : cores();
}
