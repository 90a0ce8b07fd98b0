/* The command line. Pure. */
#include "server/ctl/options.h"

#include <stdio.h>
#include <string.h>

#include "common/base/bytes.h"
#include "server/ctl/when.h"

/* Where parsing has got to. */
struct parser {
    int argc;
    char *const *argv;
    int at;
    bool options_ended; /* after "--" */
    const char *group;
    struct invocation *given;
};

static const struct option *find_in(const struct option *options, const char *name, size_t length)
{
    for (; options->name != NULL; options++) {
        if (strlen(options->name) == length && strncmp(options->name, name, length) == 0)
            return options;
    }
    return NULL;
}

static const char *command_words(const struct invocation *given, char out[64])
{
    const struct command *command = given->command;
    (void)snprintf(out, 64, "%s%s%s", command->group, command->verb == NULL ? "" : " ",
                   command->verb == NULL ? "" : command->verb);
    return out;
}

static enum ov_status unknown_option(const struct parser *parser, const char *word, size_t length,
                                     struct ov_error *err)
{
    char words[64];
    if (parser->given->command == NULL)
        return ov_fail(err, OV_ERR_INVALID, "usage.option",
                       "there is no option %.*s for every command; options of one command come "
                       "after its words",
                       (int)(length > 40 ? 40 : length), word);
    return ov_fail(
        err, OV_ERR_INVALID, "usage.option", "'%s' has no option %.*s; see overtctl %s --help",
        command_words(parser->given, words), (int)(length > 40 ? 40 : length), word, words);
}

/* "--name VALUE", "--name=VALUE" or "--switch". */
static enum ov_status take_option(struct parser *parser, const char *word, struct ov_error *err)
{
    struct invocation *given = parser->given;
    size_t length = strcspn(word, "=");
    const char *value = word[length] == '=' ? word + length + 1 : NULL;
    const struct option *option = find_in(global_options, word, length);
    if (option == NULL && given->command != NULL)
        option = find_in(given->command->options, word, length);
    if (option == NULL)
        return unknown_option(parser, word, length, err);
    if (option->value == NULL && value != NULL)
        return ov_fail(err, OV_ERR_INVALID, "usage.option", "%s takes no value", option->name);
    if (option->value != NULL && value == NULL) {
        if (parser->at == parser->argc)
            return ov_fail(err, OV_ERR_INVALID, "usage.option", "%s needs a value: %s",
                           option->name, option->value);
        value = parser->argv[parser->at++];
    }
    if (!option->repeats && invocation_option(given, option->name) != NULL)
        return ov_fail(err, OV_ERR_INVALID, "usage.option", "%s is given twice", option->name);
    if (given->option_count == INVOCATION_OPTIONS_MAX)
        return ov_fail(err, OV_ERR_LIMIT, "usage.option", "there are too many options");
    given->options[given->option_count].option = option;
    given->options[given->option_count].value = value;
    given->option_count++;
    return OV_OK;
}

/* The words that name the command. */
static enum ov_status take_command_word(struct parser *parser, const char *word,
                                        struct ov_error *err)
{
    struct invocation *given = parser->given;
    if (given->group == NULL) {
        if (!command_group_exists(word))
            return ov_fail(err, OV_ERR_INVALID, "usage.command",
                           "there is no command '%.40s'; see overtctl --help", word);
        given->group = word;
        given->command = command_find(word, NULL);
        return OV_OK;
    }
    given->command = command_find(given->group, word);
    if (given->command == NULL)
        return ov_fail(err, OV_ERR_INVALID, "usage.command",
                       "there is no command '%s %.40s'; see overtctl %s --help", given->group, word,
                       given->group);
    return OV_OK;
}

static enum ov_status take_argument(struct parser *parser, const char *word, struct ov_error *err)
{
    struct invocation *given = parser->given;
    char words[64];
    if (given->command->args[given->arg_count] == NULL)
        return ov_fail(err, OV_ERR_INVALID, "usage.arguments",
                       "there are too many arguments (is something with blanks without quotes?); "
                       "see overtctl %s --help",
                       command_words(given, words));
    if (*word == '\0')
        return ov_fail(err, OV_ERR_INVALID, "usage.arguments", "%s is empty",
                       given->command->args[given->arg_count]);
    given->args[given->arg_count++] = word;
    return OV_OK;
}

/* Names the words that may follow: of "completion" that is 'bash'. */
static enum ov_status verb_missing(const char *group, struct ov_error *err)
{
    struct ov_buf verbs = OV_BUF_INIT;
    ov_buf_puts(&verbs, "");
    const struct command *at = NULL;
    for (size_t i = 0; (at = command_at(i)) != NULL; i++) {
        if (strcmp(at->group, group) == 0)
            ov_buf_printf(&verbs, "%s'%s'", verbs.length == 0 ? "" : ", ", at->verb);
    }
    enum ov_status status =
        verbs.failed ? ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory")
                     : ov_fail(err, OV_ERR_INVALID, "usage.command",
                               "a word is missing after '%s': %s; see overtctl %s --help", group,
                               verbs.data, group);
    ov_buf_free(&verbs);
    return status;
}

static enum ov_status check_complete(const struct invocation *given, struct ov_error *err)
{
    char words[64];
    if (given->command == NULL && given->group != NULL)
        return verb_missing(given->group, err);
    if (given->command == NULL)
        return ov_fail(err, OV_ERR_INVALID, "usage.command",
                       "a command is missing; see overtctl --help");
    const char *missing = given->command->args[given->arg_count];
    if (missing != NULL && missing[0] != '[')
        return ov_fail(err, OV_ERR_INVALID, "usage.arguments",
                       "%s is missing; see overtctl %s --help", missing,
                       command_words(given, words));
    for (const struct option *option = given->command->options; option->name != NULL; option++) {
        if (option->required && invocation_option(given, option->name) == NULL)
            return ov_fail(err, OV_ERR_INVALID, "usage.option",
                           "%s %s is missing; see overtctl %s --help", option->name, option->value,
                           command_words(given, words));
    }
    return OV_OK;
}

enum ov_status invocation_parse(int argc, char *const *argv, struct invocation *ret,
                                struct ov_error *err)
{
    memset(ret, 0, sizeof(*ret));
    struct parser parser = {.argc = argc, .argv = argv, .given = ret};
    enum ov_status status = OV_OK;
    while (status == OV_OK && parser.at < argc) {
        const char *word = argv[parser.at++];
        if (!parser.options_ended && strcmp(word, "--") == 0)
            parser.options_ended = true;
        else if (!parser.options_ended && strcmp(word, "-h") == 0)
            status = take_option(&parser, "--help", err);
        else if (!parser.options_ended && word[0] == '-' && word[1] != '\0')
            status = take_option(&parser, word, err);
        else if (ret->command == NULL)
            status = take_command_word(&parser, word, err);
        else
            status = take_argument(&parser, word, err);
    }
    if (status == OV_OK && invocation_option(ret, "--help") == NULL &&
        invocation_option(ret, "--version") == NULL)
        status = check_complete(ret, err);
    return status;
}

const char *invocation_next(const struct invocation *given, const char *name, size_t *cursor)
{
    while (*cursor < given->option_count) {
        size_t i = (*cursor)++;
        if (strcmp(given->options[i].option->name, name) == 0)
            return given->options[i].value == NULL ? "" : given->options[i].value;
    }
    return NULL;
}

const char *invocation_option(const struct invocation *given, const char *name)
{
    const char *last = NULL;
    const char *value = NULL;
    size_t cursor = 0;
    while ((value = invocation_next(given, name, &cursor)) != NULL)
        last = value;
    return last;
}

enum ov_status invocation_i64(const struct invocation *given, const char *name, int64_t min,
                              int64_t max, int64_t *ret, struct ov_error *err)
{
    const char *text = invocation_option(given, name);
    if (text == NULL || ov_parse_i64(text, min, max, ret) == OV_OK)
        return OV_OK;
    return ov_fail(err, OV_ERR_INVALID, "usage.option", "%s takes a whole number from %lld to %lld",
                   name, (long long)min, (long long)max);
}

enum ov_status invocation_double(const struct invocation *given, const char *name, double min,
                                 double max, double *ret, struct ov_error *err)
{
    const char *text = invocation_option(given, name);
    if (text == NULL || ov_parse_double(text, min, max, ret) == OV_OK)
        return OV_OK;
    return ov_fail(err, OV_ERR_INVALID, "usage.option", "%s takes a number from %g to %g", name,
                   min, max);
}

enum ov_status invocation_time(const struct invocation *given, const char *name,
                               int64_t *ret_utc_us, struct ov_error *err)
{
    const char *text = invocation_option(given, name);
    if (text == NULL || when_parse(text, ret_utc_us) == OV_OK)
        return OV_OK;
    return ov_fail(err, OV_ERR_INVALID, "usage.option",
                   "%s takes a time like 2026-05-01T12:00Z, or '2026-05-01 13:00' in the local "
                   "zone",
                   name);
}
