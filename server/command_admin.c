/* "overtd bootstrap", "overtd ledger-key", "overtd check" and "overtd config": for the
 * administrator, at a terminal. */
#include <stdio.h>
#include <sys/stat.h>

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/face/face.h"
#include "common/net/tls.h"
#include "common/wire/frame.h"
#include "server/commands.h"
#include "server/config.h"
#include "server/service/ledger.h"
#include "server/service/people.h"
#include "server/service/service.h"
#include "server/vault/vault.h"

static int complain(const struct ov_error *err)
{
    (void)fprintf(stderr, "overtd: %s (%s)\n", err->text, err->code);
    return 1;
}

static enum ov_status bootstrap(const struct command_options *options,
                                const struct server_config *config, struct ov_error *err)
{
    struct vault *vault = NULL;
    struct store *store = NULL;
    enum ov_status status = vault_init(config->vault, config->installation_key, err);
    if (status == OV_OK)
        status = vault_open(config->vault, config->installation_key, &vault, err);
    if (status == OV_OK)
        status = store_open(config->conninfo, &store, err);
    if (status == OV_OK) {
        struct service service = {.store = store,
                                  .vault = vault,
                                  .clock = ov_clock_system(),
                                  .ledger_key = config->ledger_key};
        status = service_ledger_init(&service, err);
        if (status == OV_OK)
            status = service_bootstrap(&service, options->first, options->second, err);
    }
    store_close(store);
    vault_close(vault);
    return status;
}

int command_bootstrap(const struct command_options *options)
{
    struct ov_error err = OV_ERROR_INIT;
    struct server_config config;
    (void)umask(077);
    if (server_config_load(options->config, &config, &err) != OV_OK)
        return complain(&err);
    enum ov_status status = bootstrap(options, &config, &err);
    server_config_done(&config);
    if (status != OV_OK)
        return complain(&err);
    (void)printf("overtd: %s and %s are administrators. Next: their certificates "
                 "(deploy/pki person), then 'overtd serve'.\n",
                 options->first, options->second);
    return 0;
}

static enum ov_status with_ledger(const struct server_config *config,
                                  enum ov_status (*act)(struct service *service,
                                                        struct ov_error *err),
                                  struct ov_error *err)
{
    struct store *store = NULL;
    enum ov_status status = store_open(config->conninfo, &store, err);
    struct service service = {
        .store = store, .clock = ov_clock_system(), .ledger_key = config->ledger_key};
    if (status == OV_OK)
        status = act(&service, err);
    store_close(store);
    return status;
}

int command_ledger_key(const struct command_options *options)
{
    struct ov_error err = OV_ERROR_INIT;
    struct server_config config;
    (void)umask(077);
    if (server_config_load(options->config, &config, &err) != OV_OK)
        return complain(&err);
    if (with_ledger(&config, service_ledger_init, &err) == OV_OK)
        (void)printf("overtd: %s is the key of the membership ledger. Keep a copy where the data-"
                     "protection officer keeps things: without it no list can be erased on time.\n",
                     config.ledger_key);
    server_config_done(&config);
    return err.status == OV_OK ? 0 : complain(&err);
}

static void show_rewrapped(void *ctx, const struct vault_rewrapped *counts)
{
    int64_t done = counts->now + counts->before;
    (void)ctx;
    if (done % 1000 == 0)
        (void)printf("overtd: %lld keys\n", (long long)done);
}

int command_vault_rotate(const struct command_options *options)
{
    struct ov_error err = OV_ERROR_INIT;
    struct vault_rewrapped counts = {0, 0};
    struct server_config config;
    (void)umask(077);
    if (ov_process_hide_memory() != OV_OK) {
        (void)ov_fail(&err, OV_ERR_IO, "server.core_dumps", "cannot switch core dumps off");
        return complain(&err);
    }
    if (server_config_load(options->config, &config, &err) != OV_OK)
        return complain(&err);
    enum ov_status status = vault_rewrap(config.vault, config.installation_key, options->new_key,
                                         show_rewrapped, NULL, &counts, &err);
    int64_t all = counts.now + counts.before;
    if (status == OV_OK)
        (void)printf("overtd: %lld keys are wrapped with %s (%lld of them by an earlier run). Now "
                     "set installation_key to it, start overtd, and destroy %s: it opens nothing "
                     "but old copies of the vault.\n",
                     (long long)all, options->new_key, (long long)counts.before,
                     config.installation_key);
    server_config_done(&config);
    return status == OV_OK ? 0 : complain(&err);
}

static enum ov_status prove_ledger_key(struct service *service, struct ov_error *err)
{
    struct ledger_key *key = NULL;
    enum ov_status status = ledger_open(service, &key, err);
    ledger_key_free(key);
    return status;
}

static enum ov_status check_ledger(const struct server_config *config, struct ov_error *err)
{
    return with_ledger(config, prove_ledger_key, err);
}

static enum ov_status check_tls(const struct server_config *config, struct ov_error *err)
{
    SSL_CTX *ctx = NULL;
    struct ov_tls_files files = server_config_tls(config);
    enum ov_status status = ov_tls_server_new(&files, OV_ALPN_CAPTURE, &ctx, err);
    SSL_CTX_free(ctx);
    return status;
}

static enum ov_status check_model(const struct server_config *config, struct ov_error *err)
{
    struct ov_face_engine *engine = NULL;
    enum ov_status status =
        ov_face_engine_new(config->model_pack, config->onnxruntime, &engine, err);
    ov_face_engine_free(engine);
    return status;
}

static enum ov_status check_vault(const struct server_config *config, struct ov_error *err)
{
    struct vault *vault = NULL;
    enum ov_status status = vault_open(config->vault, config->installation_key, &vault, err);
    vault_close(vault);
    return status;
}

/* The connection, the role's rights and the schema's version, all by opening it. */
static enum ov_status check_database(const struct server_config *config, struct ov_error *err)
{
    struct store *store = NULL;
    enum ov_status status = store_open(config->conninfo, &store, err);
    store_close(store);
    return status;
}

int command_check(const struct command_options *options)
{
    static const struct {
        const char *what;
        enum ov_status (*check)(const struct server_config *config, struct ov_error *err);
    } checks[] = {{"certificates and revocation list", check_tls},
                  {"model pack", check_model},
                  {"vault and installation key", check_vault},
                  {"database and schema", check_database},
                  {"membership ledger's key", check_ledger}};
    struct ov_error err = OV_ERROR_INIT;
    struct server_config config;
    int wrong = 0;
    if (server_config_load(options->config, &config, &err) != OV_OK) {
        (void)printf("wrong  configuration: %s (%s)\n", err.text, err.code);
        return 1;
    }
    (void)printf("ok     configuration\n");
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        ov_error_clear(&err);
        if (checks[i].check(&config, &err) == OV_OK) {
            (void)printf("ok     %s\n", checks[i].what);
        } else {
            (void)printf("wrong  %s: %s (%s)\n", checks[i].what, err.text, err.code);
            wrong++;
        }
    }
    server_config_done(&config);
    return wrong == 0 ? 0 : 1;
}

int command_sample(void)
{
    ov_config_print_sample(server_config_table(), stdout);
    return 0;
}
