/* overtd: the match server's command line. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/secret.h"
#include "server/commands.h"
#include "server/config.h"

#define EXIT_USAGE 2
#define WAIT_MAX_S 86400

static void print_help(void)
{
    (void)printf(
        "overtd " OVERT_VERSION ": Overt's match server. It compares faces from authorised sites\n"
        "with the watchlist of a live deployment, and keeps a record of it that can be checked.\n"
        "\n"
        "usage: overtd serve     [--config FILE] [--wait-for-database SECONDS]\n"
        "       overtd check     [--config FILE]\n"
        "       overtd bootstrap [--config FILE] FIRST SECOND\n"
        "       overtd ledger-key [--config FILE]\n"
        "       overtd vault rotate [--config FILE] --new-key PATH\n"
        "       overtd config --sample\n"
        "       overtd --version | --help\n"
        "\n"
        "serve      runs until SIGTERM; SIGHUP reads certificates and revocation list again\n"
        "check      says what is wrong with configuration, certificates, models, vault, database\n"
        "bootstrap  once, in a new installation: makes the vault and the first two administrators\n"
        "           from their staff ids (as in their certificates). Two, because no one person\n"
        "           can both ask for and authorise a deployment\n"
        "ledger-key makes the membership ledger's key where bootstrap did not, and proves it\n"
        "vault      rotate: wraps every key with a new installation key; overtd has to be stopped\n"
        "config     prints a commented configuration with every setting\n"
        "\n"
        "A first installation:\n"
        "  overtd config --sample > " OVERTD_CONFIG_DEFAULT "   and fill in what is marked\n"
        "  overtd bootstrap ada ben\n"
        "  overtd check\n"
        "  overtd serve\n"
        "\n"
        "--config   default: " OVERTD_CONFIG_DEFAULT "\n"
        "\n"
        "Settings:\n\n");
    ov_config_print_help(server_config_table(), stdout);
}

static const struct command_help {
    const char *name;
    const char *text;
} command_helps[] = {
    {"serve", "usage: overtd serve [--config FILE] [--wait-for-database SECONDS]\n"
              "\n"
              "Runs the match server until SIGTERM; SIGHUP reads certificates and revocation list\n"
              "again. Everything that \"overtd check\" looks at is checked first.\n"
              "\n"
              "--wait-for-database   at the start, wait so long for PostgreSQL (default: 0)\n"},
    {"check", "usage: overtd check [--config FILE]\n"
              "\n"
              "Says what is wrong with configuration, certificates, models, vault and database.\n"
              "Exits with 1 when something is. Changes nothing.\n"},
    {"bootstrap",
     "usage: overtd bootstrap [--config FILE] FIRST SECOND\n"
     "\n"
     "Once, in a new installation: makes the vault and the first two administrators from their\n"
     "staff ids (as in their certificates). Two, because no one person can both ask for and\n"
     "authorise a deployment.\n"},
    {"ledger-key",
     "usage: overtd ledger-key [--config FILE]\n"
     "\n"
     "Makes the key of the membership ledger unless there is one, and notes it in the database;\n"
     "bootstrap does the same. Later it only says whether the file is still the right one: a key\n"
     "that is lost is put back from its copy, never made anew.\n"},
    {"vault",
     "usage: overtd vault rotate [--config FILE] --new-key PATH\n"
     "\n"
     "Wraps every key in the vault with the installation key in PATH (made if it is not there)\n"
     "instead of the configured one. overtd has to be stopped. Interrupted, run it again with the\n"
     "same PATH: it goes on. Afterwards set installation_key to PATH and destroy the old key, "
     "which\n"
     "then opens nothing but old copies of the vault.\n"},
    {"config", "usage: overtd config --sample\n"
               "\n"
               "Prints a commented configuration with every setting.\n"},
};

/* False when there is no such command. */
static bool print_command_help(const char *name)
{
    for (size_t i = 0; i < sizeof(command_helps) / sizeof(command_helps[0]); i++) {
        if (strcmp(command_helps[i].name, name) != 0)
            continue;
        (void)fputs(command_helps[i].text, stdout);
        if (strcmp(name, "config") != 0)
            (void)puts("\n--config   default: " OVERTD_CONFIG_DEFAULT);
        return true;
    }
    return false;
}

static int usage(const char *what)
{
    (void)fprintf(stderr, "overtd: %s; 'overtd --help' shows how it is used\n", what);
    return EXIT_USAGE;
}

struct arguments {
    struct command_options options;
    bool sample;
    bool help;
    bool version;
    const char *error;
};

static void parse(int argc, char **argv, struct arguments *arguments)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"wait-for-database", required_argument, NULL, 'w'},
                                            {"sample", no_argument, NULL, 's'},
                                            {"new-key", required_argument, NULL, 'n'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'v'},
                                            {NULL, 0, NULL, 0}};
    int64_t seconds = 0;
    int letter;
    while ((letter = getopt_long(argc, argv, "hv", options, NULL)) != -1) {
        switch (letter) {
        case 'c':
            arguments->options.config = optarg;
            break;
        case 'w':
            if (ov_parse_i64(optarg, 0, WAIT_MAX_S, &seconds) != OV_OK)
                arguments->error = "--wait-for-database takes a number of seconds";
            arguments->options.wait_for_database_s = (int)seconds;
            break;
        case 'n':
            arguments->options.new_key = optarg;
            break;
        case 's':
            arguments->sample = true;
            break;
        case 'h':
            arguments->help = true;
            break;
        case 'v':
            arguments->version = true;
            break;
        default:
            arguments->error = "an option is not known or lacks its value";
            break;
        }
    }
}

static int run(const struct arguments *arguments, int count, char **words)
{
    struct command_options options = arguments->options;
    if (count == 0)
        return usage("say what to do");
    if (strcmp(words[0], "serve") == 0 && count == 1)
        return command_serve(&options);
    if (strcmp(words[0], "check") == 0 && count == 1)
        return command_check(&options);
    if (strcmp(words[0], "vault") == 0 && count == 2 && strcmp(words[1], "rotate") == 0)
        return options.new_key != NULL ? command_vault_rotate(&options)
                                       : usage("vault rotate takes --new-key PATH");
    if (strcmp(words[0], "ledger-key") == 0 && count == 1)
        return command_ledger_key(&options);
    if (strcmp(words[0], "config") == 0 && count == 1 && arguments->sample)
        return command_sample();
    if (strcmp(words[0], "config") == 0 && count == 1)
        return usage("add --sample: 'overtd config --sample' prints a commented configuration");
    if (strcmp(words[0], "bootstrap") == 0) {
        if (count != 3)
            return usage("bootstrap takes the staff ids of two people");
        options.first = words[1];
        options.second = words[2];
        return command_bootstrap(&options);
    }
    return usage("that is not a command, or not with these arguments");
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.options = {.config = OVERTD_CONFIG_DEFAULT}};
    ov_process_bind_now(argv);
    parse(argc, argv, &arguments);
    if (arguments.error != NULL)
        return usage(arguments.error);
    if (arguments.help) {
        if (optind >= argc || !print_command_help(argv[optind]))
            print_help();
        return 0;
    }
    if (arguments.version) {
        (void)printf("overtd %s\n", OVERT_VERSION);
        return 0;
    }
    return run(&arguments, argc - optind, argv + optind);
}
