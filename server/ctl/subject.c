/* Who an entry is about. Everything stays in secret memory; errors never repeat the text. */
#include "server/ctl/subject.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/bytes.h"
#include "common/base/file.h"

#define SUBJECT_INPUT_MAX ((size_t)8192)

static const struct {
    const char *name;
    const char *prompt;
    bool required;
} fields[SUBJECT_FIELDS] = {
    [SUBJECT_NAME] = {"name", "Name of the subject: ", true},
    [SUBJECT_REFERENCE] = {"reference", "Your reference for the subject: ", true},
    [SUBJECT_CATEGORY] = {"category", NULL, false},
    [SUBJECT_RESPONSE] = {"response", NULL, false},
    [SUBJECT_PRIORITY] = {"priority", "Priority (high, normal, low): ", false},
    [SUBJECT_JUSTIFICATION] = {"justification", "Why it is necessary to look for them: ", false},
    [SUBJECT_LEGAL_BASIS] = {"legal_basis", "Legal basis, as a code: ", false},
    [SUBJECT_IMAGE_SOURCE] = {"image_source", "Source of the image, as a code: ", false},
    [SUBJECT_IMAGE_DATE] = {"image_date", "Date of the image (YYYY-MM-DD or unknown): ", false},
    [SUBJECT_BIRTH_DATE] = {"birth_date", "Date of birth (YYYY-MM-DD or unknown): ", false},
    [SUBJECT_EXPIRY] = {"expiry", "Look until (YYYY-MM-DD): ", false},
    [SUBJECT_CONSENT_DIGEST] = {"consent_digest", NULL, false},
    [SUBJECT_OVERRIDE] = {"override", NULL, false},
};

const char *subject_field_name(enum subject_field field)
{
    return fields[field].name;
}

void subject_free(struct subject *subject)
{
    ov_secret_free(&subject->text);
    memset(subject->fields, 0, sizeof(subject->fields));
}

bool subject_field_is_good(enum subject_field field, const char *text)
{
    size_t size = strlen(text);
    size_t max = field == SUBJECT_JUSTIFICATION ? SUBJECT_JUSTIFICATION_MAX : SUBJECT_TEXT_MAX;
    return size > 0 && size <= max && ov_text_is_clean_utf8(text, size);
}

bool subject_text_is_good(const char *text)
{
    return subject_field_is_good(SUBJECT_NAME, text);
}

/* --- lines --- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts the line at *at off with a NUL, trims it, and moves *at behind it. */
static char *take_line(char **at, char *end)
{
    char *from = *at;
    char *to = memchr(from, '\n', (size_t)(end - from));
    *at = to == NULL ? end : to + 1;
    if (to == NULL)
        to = end;
    while (to > from && is_blank(to[-1]))
        to--;
    while (from < to && is_blank(*from))
        from++;
    *to = '\0';
    return from;
}

static int field_of(const char *line, size_t length)
{
    for (int field = 0; field < SUBJECT_FIELDS; field++) {
        if (strlen(fields[field].name) == length && strncmp(fields[field].name, line, length) == 0)
            return field;
    }
    return -1;
}

/* "key: value", value being what follows the colon and blanks; -1 when it has no known key. */
static int split(char *line, char **ret_value)
{
    char *colon = strchr(line, ':');
    int field = colon != NULL ? field_of(line, (size_t)(colon - line)) : -1;
    if (field < 0)
        return -1;
    char *value = colon + 1;
    while (is_blank(*value))
        value++;
    *ret_value = value;
    return field;
}

static enum ov_status bad_lines(struct ov_error *err)
{
    return ov_fail(err, OV_ERR_INVALID, "subject.lines",
                   "two lines are expected, the subject's name and its reference, or lines of "
                   "'key: value', each key once; 'overtctl watchlist add --help' has the keys");
}

static enum ov_status take_keyed(struct subject *subject, char *line, struct ov_error *err)
{
    char *value = NULL;
    int field = split(line, &value);
    if (field < 0 || subject->fields[field] != NULL)
        return bad_lines(err);
    subject->fields[field] = value;
    return OV_OK;
}

static enum ov_status take_lines(struct subject *subject, struct ov_error *err)
{
    char *at = (char *)subject->text.data;
    char *end = at + subject->text.size - 1;
    size_t plain = 0;
    bool keyed = false;
    enum ov_status status = OV_OK;
    while (at < end && status == OV_OK) {
        char *line = take_line(&at, end);
        char *colon = strchr(line, ':');
        if (*line == '\0' && (keyed || plain != 1))
            continue; /* an empty second line is a missing reference */
        if (keyed && *line == '#')
            continue;
        if (plain == 0 && !keyed)
            keyed = *line == '#' || (colon != NULL && field_of(line, (size_t)(colon - line)) >= 0);
        if (keyed)
            status = *line == '#' ? OV_OK : take_keyed(subject, line, err);
        else if (plain < 2)
            subject->fields[plain++ == 0 ? SUBJECT_NAME : SUBJECT_REFERENCE] = line;
        else
            status = bad_lines(err);
    }
    return status;
}

static enum ov_status check_subject(const struct subject *subject, struct ov_error *err)
{
    for (int field = 0; field < SUBJECT_FIELDS; field++) {
        const char *text = subject->fields[field];
        if (text == NULL && !fields[field].required)
            continue;
        if (text != NULL && subject_field_is_good((enum subject_field)field, text))
            continue;
        if (fields[field].required)
            return ov_fail(err, OV_ERR_INVALID, "subject.text",
                           "name and reference are needed, of at most %d bytes of UTF-8 text each",
                           SUBJECT_TEXT_MAX);
        return ov_fail(err, OV_ERR_INVALID, "subject.text",
                       "%s is empty, too long or not UTF-8 text; leave the line out if there is "
                       "nothing to say",
                       fields[field].name);
    }
    return OV_OK;
}

enum ov_status subject_parse(const char *text, size_t size, struct subject *ret,
                             struct ov_error *err)
{
    struct subject subject = {.text = OV_SECRET_INIT};
    if (memchr(text, '\0', size) != NULL)
        return ov_fail(err, OV_ERR_INVALID, "subject.text", "the subject is not text");
    if (ov_secret_new(&subject.text, size + 1) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    memcpy(subject.text.data, text, size);
    enum ov_status status = take_lines(&subject, err);
    if (status == OV_OK)
        status = check_subject(&subject, err);
    if (status == OV_OK)
        *ret = subject;
    else
        subject_free(&subject);
    return status;
}

/* --- where it comes from --- */

/* The answers become a subject file, so that both go one way. */
static enum ov_status ask_subject(bool ask_all, struct subject *ret, struct ov_error *err)
{
    struct ov_secret file = OV_SECRET_INIT;
    size_t length = 0;
    if (ov_secret_new(&file, SUBJECT_INPUT_MAX) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    enum ov_status status = OV_OK;
    for (int field = 0; field < SUBJECT_FIELDS && status == OV_OK; field++) {
        struct ov_secret answer = OV_SECRET_INIT;
        if (fields[field].prompt == NULL || (!fields[field].required && !ask_all))
            continue;
        status = terminal_ask(fields[field].prompt, &answer, err);
        size_t name = strlen(fields[field].name);
        size_t text = status == OV_OK ? strlen((const char *)answer.data) : 0;
        if (status == OV_OK && length + name + text + 3 > file.size)
            status = ov_fail(err, OV_ERR_LIMIT, "subject.text", "the answers are too long");
        if (status == OV_OK && (text > 0 || fields[field].required)) {
            memcpy(file.data + length, fields[field].name, name);
            memcpy(file.data + length + name, ": ", 2);
            memcpy(file.data + length + name + 2, answer.data, text);
            length += name + 2 + text;
            file.data[length++] = '\n';
        }
        ov_secret_free(&answer);
    }
    if (status == OV_OK)
        status = subject_parse((const char *)file.data, length, ret, err);
    ov_secret_free(&file);
    return status;
}

static enum ov_status read_input(struct subject *ret, struct ov_error *err)
{
    struct ov_secret text = OV_SECRET_INIT;
    size_t length = 0;
    if (ov_secret_new(&text, SUBJECT_INPUT_MAX) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    enum ov_status status = OV_OK;
    while (status == OV_OK) {
        ssize_t got = read(STDIN_FILENO, text.data + length, text.size - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        length += (size_t)got;
        if (length == text.size)
            status =
                ov_fail(err, OV_ERR_LIMIT, "subject.lines",
                        "the subject on standard input has more than %zu bytes", SUBJECT_INPUT_MAX);
    }
    if (status == OV_OK)
        status = subject_parse((const char *)text.data, length, ret, err);
    ov_secret_free(&text);
    return status;
}

enum ov_status subject_read(const struct terminal *terminal, const char *file, bool ask_all,
                            struct subject *ret, struct ov_error *err)
{
    struct ov_secret text = OV_SECRET_INIT;
    if (file == NULL)
        return terminal->in_is_terminal ? ask_subject(ask_all, ret, err) : read_input(ret, err);
    enum ov_status status = ov_file_read_secret(file, SUBJECT_INPUT_MAX, &text, err);
    if (status == OV_OK)
        status = subject_parse((const char *)text.data, text.size, ret, err);
    ov_secret_free(&text);
    return status;
}
