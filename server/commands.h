/* What overtd can be told to do. Each returns the program's exit status. */
#ifndef OVERT_SERVER_COMMANDS_H
#define OVERT_SERVER_COMMANDS_H

#define OVERTD_CONFIG_DEFAULT "/etc/overt/overtd.conf"

struct command_options {
    const char *config; /* path */
    int wait_for_database_s;
    const char *first; /* staff ids, for bootstrap */
    const char *second;
    const char *new_key; /* path, for vault rotate */
};

int command_serve(const struct command_options *options);
int command_bootstrap(const struct command_options *options);
int command_ledger_key(const struct command_options *options);
int command_vault_rotate(const struct command_options *options);
int command_check(const struct command_options *options);
int command_sample(void);

#endif
