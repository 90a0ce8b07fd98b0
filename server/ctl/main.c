/*
 * overtctl: the control room's and the administrator's command line, over the HTTPS API.
 *
 * Reads the command line, opens the connection and runs one command. Exit statuses are in ctl.h.
 */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/secret.h"
#include "server/ctl/api.h"
#include "server/ctl/commands.h"
#include "server/ctl/help.h"
#include "server/ctl/interrupt.h"
#include "server/ctl/options.h"

#define DEFAULT_SERVER "localhost:7643"

/* Option, else environment, else fallback. Empty counts as not given. */
static const char *setting(const struct invocation *given, const char *option, const char *variable,
                           const char *fallback)
{
    const char *value = invocation_option(given, option);
    if (value == NULL)
        value = getenv(variable);
    return value == NULL || *value == '\0' ? fallback : value;
}

/* Text is UTF-8 wherever we run; without such a locale only widths would be wrong. */
static void set_locale(void)
{
    (void)setlocale(LC_TIME, "C");
    if (setlocale(LC_CTYPE, "") == NULL || MB_CUR_MAX < 4)
        (void)setlocale(LC_CTYPE, "C.UTF-8");
    tzset();
}

static enum ctl_exit print_help(const struct invocation *given, struct ov_error *err)
{
    struct ov_buf out = OV_BUF_INIT;
    if (given->command != NULL)
        help_command(given->command, &out);
    else if (given->group != NULL)
        help_group(given->group, &out);
    else
        help_program(&out);
    return ctl_print(&out, err);
}

static enum ctl_exit print_version(struct ov_error *err)
{
    struct ov_buf out = OV_BUF_INIT;
    ov_buf_puts(&out, "overtctl " OVERT_VERSION "\n");
    return ctl_print(&out, err);
}

static enum ov_status open_server(struct ctl *ctl, const struct invocation *given,
                                  struct ov_error *err)
{
    const char *home = getenv("HOME");
    const char *server = setting(given, "--server", "OVERT_SERVER", DEFAULT_SERVER);
    int length = snprintf(ctl->default_identity, sizeof(ctl->default_identity),
                          "%s/.config/overt/identity", home == NULL ? "" : home);
    if (length < 0 || (size_t)length >= sizeof(ctl->default_identity))
        return ov_fail(err, OV_ERR_LIMIT, "identity.path", "the home folder's path is too long");
    if (http_server_parse(server, &ctl->server) != OV_OK)
        return ov_fail(err, OV_ERR_INVALID, "usage.server",
                       "the server is named as HOST, HOST:PORT or [IPV6]:PORT");
    ctl->server.identity_folder =
        setting(given, "--identity", "OVERT_IDENTITY", ctl->default_identity);
    if (given->command->ends_in_order) {
        enum ov_status status = interrupt_watch(&ctl->server.interrupt_fd, err);
        if (status != OV_OK)
            return status;
    }
    return http_new(&ctl->server, &ctl->http, err);
}

static enum ctl_exit run(struct ctl *ctl, const struct invocation *given, struct ov_error *err)
{
    if (invocation_option(given, "--help") != NULL)
        return print_help(given, err);
    if (invocation_option(given, "--version") != NULL)
        return print_version(err);
    if (given->command->needs_server && open_server(ctl, given, err) != OV_OK)
        return CTL_USAGE;
    enum ctl_exit result = given->command->run(ctl, given, err);
    http_free(ctl->http);
    ctl->http = NULL;
    return result;
}

/* What a command left in err, to standard error; may change how the program ends. */
static enum ctl_exit conclude(enum ctl_exit result, const struct ov_error *err)
{
    if (strcmp(err->code, "interrupted") == 0)
        return CTL_OK; /* Ctrl-C in a command that goes on until then */
    if (strcmp(err->code, "output.write") == 0 && err->status == OV_ERR_CLOSED)
        return result == CTL_USAGE ? CTL_OK : result; /* "| head" has seen enough */
    if (err->status != OV_OK)
        terminal_note("overtctl: %s (%s)", err->text, err->code);
    return result;
}

int main(int argc, char **argv)
{
    struct ov_error err = OV_ERROR_INIT;
    struct invocation given;
    struct ctl ctl = {.clock = ov_clock_system(), .server.interrupt_fd = INTERRUPT_NONE};
    enum ctl_exit result = CTL_USAGE;

    set_locale();
    terminal_init(&ctl.terminal);
    (void)signal(SIGPIPE, SIG_IGN);
    if (ov_process_hide_memory() != OV_OK) {
        terminal_note("overtctl: core dumps cannot be switched off: %s (process.hide)",
                      strerror(errno));
        return CTL_USAGE;
    }
    api_library_init();
    if (invocation_parse(argc - 1, argv + 1, &given, &err) == OV_OK &&
        http_library_init(&err) == OV_OK) {
        ctl.json = invocation_option(&given, "--json") != NULL;
        ctl.yes = invocation_option(&given, "--yes") != NULL;
        result = run(&ctl, &given, &err);
        http_library_done();
    }
    return (int)conclude(result, &err);
}
