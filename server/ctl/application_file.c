/* Applications as files. */
#include "server/ctl/application_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "server/ctl/api.h"
#include "server/ctl/when.h"

#define FILE_MAX_BYTES ((size_t)256 * 1024)
#define DIGEST_BYTES 32
#define DOCUMENT_MAX_BYTES ((size_t)64 * 1024 * 1024)

enum field_kind {
    FIELD_TEXT,
    FIELD_LINES,
    FIELD_LIST,
    FIELD_NUMBER,
    FIELD_INT,
    FIELD_TIME,
    FIELD_DIGEST,
    FIELD_CAMERA
};

struct field {
    const char *name;
    enum field_kind kind;
    const char *example; /* in the template; commented out where optional */
    bool optional;       /* for an operational deployment; an exercise needs the first four only */
    const char *help;    /* lines, each begun with "# " */
};

static const struct field fields[] = {
    {"name", FIELD_TEXT, "North gate, 1 May", true,
     "# What people call the deployment. 'create NAME' on the command line says it too."},
    {"kind", FIELD_TEXT, "operational", false,
     "# operational, or exercise (consenting volunteers or published test images only). An\n"
     "# exercise needs kind, purpose and sites; an operational deployment everything that is not\n"
     "# commented out here."},
    {"purpose", FIELD_TEXT, "Find people wanted by the courts who are known to come here", false,
     "# Why, in a sentence. It is published."},
    {"sites", FIELD_LIST, "north-gate", false,
     "# The sites that send probes, separated by commas."},
    {"starts_at", FIELD_TIME, "2026-05-01T12:00Z", true,
     "# The window in which it may be live, 12 hours at most. '2026-05-01 13:00' is this\n"
     "# computer's time zone. Default: from now on, for eight hours."},
    {"ends_at", FIELD_TIME, "2026-05-01T18:00Z", true, NULL},
    {"legal_basis", FIELD_LINES, "Which law or common-law power permits it, and how.", false,
     "# Longer texts go on in the next lines, indented by a blank or more."},
    {"necessity", FIELD_LINES, "What makes it necessary, here and then.", false, NULL},
    {"means_considered", FIELD_LINES,
     "Less intrusive means that were considered, and why they are not enough.", false, NULL},
    {"criteria", FIELD_LINES,
     "wanted_by_court: warrants of the last two years for violent offences", false,
     "# For each category, who may be listed under it."},
    {"categories", FIELD_LIST, "wanted_by_court, missing_at_risk", false,
     "# Codes of the policy ('overtctl policy show'), separated by commas."},
    {"location_type", FIELD_TEXT, "hotspot", false,
     "# A type of location that the policy permits."},
    {"place", FIELD_LINES, "High Street between station and market", false, "# Where, in words."},
    {"latitude", FIELD_NUMBER, "51.500000", false, "# Where, in degrees (WGS 84)."},
    {"longitude", FIELD_NUMBER, "-0.120000", false, NULL},
    {"flags", FIELD_LIST, "protest_or_assembly", true,
     "# What makes the place sensitive, and needs the higher authority: protest_or_assembly,\n"
     "# worship, health, school, journalism."},
    {"camera", FIELD_CAMERA, "north-gate/gate-1 0,2000 10000,2000 10000,10000 0,10000", false,
     "# A camera: SITE/CAMERA, then the corners of its zone of recognition, x,y in "
     "ten-thousandths\n"
     "# of the picture from its top left; without corners all of the picture. One line each."},
    {"expected_footfall", FIELD_INT, "20000", false, "# How many people are expected to pass."},
    {"expected_entries", FIELD_INT, "1500", false,
     "# How many subjects are expected to be listed."},
    {"data_protection_assessment", FIELD_DIGEST, "file:dpia.pdf", false,
     "# Documents that you keep: their SHA-256 (64 hex digits), or file:PATH to compute it."},
    {"equality_assessment", FIELD_DIGEST, "file:equality.pdf", false, NULL},
    {"policy_document", FIELD_DIGEST, "file:policy.pdf", false, NULL},
    {"operator", FIELD_LINES, "Who runs it, as the notice names them.", false,
     "# What the public is told ('overtctl deployment notice')."},
    {"contact", FIELD_LINES, "How to ask about it.", false, NULL},
    {"complaints", FIELD_LINES, "How to object and complain, and to whom else one can.", false,
     NULL},
    {"notice_plan", FIELD_LINES,
     "Where and when the notice is published, and where the signs stand.", false, NULL},
    {"notice_url", FIELD_LINES, "https://police.example/lfr/north-gate", false,
     "# Where the notice's page will be: https://..."},
    {"threshold", FIELD_NUMBER, "0.53", true,
     "# Operating settings; the defaults are the model's and the server's."},
    {"cool_down_s", FIELD_INT, "60", true, NULL},
    {"min_face_px", FIELD_INT, "40", true, NULL},
    {"retention_watchlist_h", FIELD_INT, "24", true,
     "# Hours: of the list after the end, of an alert, of a true alert. The defaults are the\n"
     "# longest there are."},
    {"retention_alert_h", FIELD_INT, "24", true, NULL},
    {"retention_true_alert_h", FIELD_INT, "744", true, NULL},
};
#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

void application_template(struct ov_buf *out)
{
    ov_buf_puts(out,
                "# An application for a deployment: 'overtctl deployment create NAME "
                "--application FILE'.\n# Lines that begin with # are not read. Texts end up in "
                "the public record: no names of people.\n");
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (fields[i].help != NULL)
            ov_buf_printf(out, "\n%s\n", fields[i].help);
        ov_buf_printf(out, "%s%s = %s\n", fields[i].optional ? "# " : "", fields[i].name,
                      fields[i].example);
    }
}

/* --- values -------------------------------------------------------------------------------- */

static const struct field *field_named(const char *name)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

static char *trim(char *text)
{
    text += strspn(text, " \t\r");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r", text[length - 1]) != NULL)
        text[--length] = '\0';
    return text;
}

static json_t *list_of(char *value)
{
    json_t *list = json_array();
    char *rest = value;
    for (char *item = strsep(&rest, ","); item != NULL; item = strsep(&rest, ",")) {
        item = trim(item);
        if (*item != '\0' && json_array_append_new(list, json_string(item)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *digest_of(const char *value, struct ov_error *err)
{
    struct ov_buf content = OV_BUF_INIT;
    unsigned char digest[DIGEST_BYTES];
    char hex[2 * DIGEST_BYTES + 1];
    if (strncmp(value, "file:", 5) != 0)
        return json_string(value);
    bool done = ov_file_read(value + 5, DOCUMENT_MAX_BYTES, &content, err) == OV_OK &&
                EVP_Digest(content.data != NULL ? content.data : "", content.length, digest, NULL,
                           EVP_sha256(), NULL) == 1;
    ov_buf_free(&content);
    return done ? json_string(ov_hex_encode(digest, sizeof(digest), hex)) : NULL;
}

static json_t *point_of(const char *text)
{
    char copy[32];
    int64_t x = 0;
    int64_t y = 0;
    (void)snprintf(copy, sizeof(copy), "%s", text);
    char *comma = strchr(copy, ',');
    if (comma == NULL)
        return NULL;
    *comma = '\0';
    if (ov_parse_i64(copy, 0, 10000, &x) != OV_OK || ov_parse_i64(comma + 1, 0, 10000, &y) != OV_OK)
        return NULL;
    return json_pack("[I,I]", (json_int_t)x, (json_int_t)y);
}

/* SITE/CAMERA x,y x,y ... */
static json_t *camera_of(char *value)
{
    char *rest = value;
    char *name = strsep(&rest, " \t\n");
    char *slash = strchr(name, '/');
    json_t *zone = json_array();
    bool good = slash != NULL;
    for (char *point = strsep(&rest, " \t\n"); good && point != NULL;
         point = strsep(&rest, " \t\n"))
        good = *point == '\0' || json_array_append_new(zone, point_of(point)) == 0;
    if (!good) {
        json_decref(zone);
        return NULL;
    }
    *slash = '\0';
    return json_pack("{ss ss so}", "site", name, "camera", slash + 1, "zone", zone);
}

static json_t *time_of(const char *value)
{
    int64_t utc_us = 0;
    char text[OV_TIME_TEXT_SIZE];
    return when_parse(value, &utc_us) == OV_OK ? json_string(ov_time_format(utc_us, text)) : NULL;
}

static json_t *number_of(const char *value)
{
    double number = 0;
    return ov_parse_double(value, -1e9, 1e9, &number) == OV_OK ? json_real(number) : NULL;
}

static json_t *int_of(const char *value)
{
    int64_t number = 0;
    return ov_parse_i64(value, -1000000000, 1000000000, &number) == OV_OK ? json_integer(number)
                                                                          : NULL;
}

static json_t *value_of(const struct field *field, char *value, struct ov_error *err)
{
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_LINES:
        return json_string(value);
    case FIELD_LIST:
        return list_of(value);
    case FIELD_NUMBER:
        return number_of(value);
    case FIELD_INT:
        return int_of(value);
    case FIELD_TIME:
        return time_of(value);
    case FIELD_DIGEST:
        return digest_of(value, err);
    case FIELD_CAMERA:
        return camera_of(value);
    }
    return NULL;
}

/* --- reading ------------------------------------------------------------------------------- */

static enum ov_status store_value(json_t *body, const struct field *field, char *value, int line,
                                  struct ov_error *err)
{
    bool is_camera = field->kind == FIELD_CAMERA;
    if (!is_camera && json_object_get(body, field->name) != NULL)
        return ov_fail(err, OV_ERR_INVALID, "application.file", "line %d: %s is there twice", line,
                       field->name);
    json_t *json = value_of(field, value, err);
    if (json == NULL)
        return ov_fail(err, OV_ERR_INVALID, "application.file",
                       "line %d: %s cannot be read; 'overtctl deployment template' shows its form",
                       line, field->name);
    if (!is_camera)
        return json_object_set_new(body, field->name, json) == 0 ? OV_OK : OV_ERR_NOMEM;
    json_t *cameras = json_object_get(body, "cameras");
    if (cameras == NULL) {
        cameras = json_array();
        if (json_object_set_new(body, "cameras", cameras) != 0) {
            json_decref(json);
            return OV_ERR_NOMEM;
        }
    }
    return json_array_append_new(cameras, json) == 0 ? OV_OK : OV_ERR_NOMEM;
}

/* The value with the indented lines that follow it; *at is moved behind them. */
static void take_value(char **at, int *line, struct ov_buf *value)
{
    while (**at == ' ' || **at == '\t') {
        char *next = strsep(at, "\n");
        (*line)++;
        ov_buf_printf(value, "\n%s", trim(next));
        if (*at == NULL)
            return;
    }
}

static enum ov_status read_line(json_t *body, char *text, char **rest, int *line,
                                struct ov_error *err)
{
    int first = *line;
    char *equals = strchr(text, '=');
    if (equals == NULL)
        return ov_fail(err, OV_ERR_INVALID, "application.file",
                       "line %d is no 'key = value', and not indented as the next line of a text",
                       first);
    *equals = '\0';
    const struct field *field = field_named(trim(text));
    if (field == NULL)
        return ov_fail(err, OV_ERR_INVALID, "application.file",
                       "line %d: there is no such field; 'overtctl deployment template' shows all",
                       first);
    struct ov_buf value = OV_BUF_INIT;
    ov_buf_puts(&value, trim(equals + 1));
    if (*rest != NULL)
        take_value(rest, line, &value);
    enum ov_status status =
        value.failed ? OV_ERR_NOMEM : store_value(body, field, value.data, first, err);
    ov_buf_free(&value);
    return status;
}

enum ov_status application_text_read(const char *text, json_t **ret_body, struct ov_error *err)
{
    json_t *body = json_object();
    char *copy = strdup(strncmp(text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text);
    char *rest = copy;
    int line = 0;
    enum ov_status status = copy != NULL ? OV_OK : OV_ERR_NOMEM;
    while (status == OV_OK && rest != NULL) {
        char *at = strsep(&rest, "\n");
        line++;
        if (*trim(at) != '\0' && *trim(at) != '#')
            status = read_line(body, at, &rest, &line, err);
    }
    free(copy);
    if (status != OV_OK)
        json_decref(body);
    else
        *ret_body = body;
    return status == OV_ERR_NOMEM ? ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory") : status;
}

enum ov_status application_file_read(const char *path, json_t **ret_body, struct ov_error *err)
{
    struct ov_buf content = OV_BUF_INIT;
    enum ov_status status = ov_file_read(path, FILE_MAX_BYTES, &content, err);
    if (status == OV_OK)
        status = application_text_read(content.data != NULL ? content.data : "", ret_body, err);
    ov_buf_free(&content);
    return status;
}

/* --- the way back -------------------------------------------------------------------------- */

static json_t *joined(const json_t *lines)
{
    struct ov_buf text = OV_BUF_INIT;
    ov_buf_puts(&text, "");
    for (size_t i = 0; i < json_array_size(lines); i++)
        ov_buf_printf(&text, "%s%s", i > 0 ? "\n" : "",
                      json_string_value(json_array_get(lines, i)));
    json_t *json = text.failed ? NULL : json_string(text.data);
    ov_buf_free(&text);
    return json;
}

static json_t *time_back(const json_t *value)
{
    char text[OV_TIME_TEXT_SIZE];
    return json_string(ov_time_format(json_integer_value(value), text));
}

static json_t *names_of(const json_t *sites)
{
    json_t *names = json_array();
    for (size_t i = 0; i < json_array_size(sites); i++)
        (void)json_array_append_new(names, json_string(api_text(json_array_get(sites, i), "name")));
    return names;
}

static json_t *cameras_back(const json_t *cameras)
{
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(cameras); i++) {
        const json_t *camera = json_array_get(cameras, i);
        const json_t *flat = json_object_get(camera, "zone");
        json_t *zone = json_array();
        for (size_t j = 0; j + 1 < json_array_size(flat); j += 2)
            (void)json_array_append_new(
                zone, json_pack("[O,O]", json_array_get(flat, j), json_array_get(flat, j + 1)));
        (void)json_array_append_new(list,
                                    json_pack("{ss ss so}", "site", api_text(camera, "site"),
                                              "camera", api_text(camera, "camera"), "zone", zone));
    }
    return list;
}

static void copy(json_t *body, const char *key, const json_t *from, const char *from_key)
{
    json_t *value = json_object_get(from, from_key);
    if (value != NULL)
        (void)json_object_set(body, key, value);
}

static void degrees_back(json_t *body, const char *key, const json_t *document,
                         const char *from_key)
{
    const json_t *value = json_object_get(document, from_key);
    if (value != NULL)
        (void)json_object_set_new(body, key, json_real((double)json_integer_value(value) / 1e6));
}

json_t *application_of_document(const json_t *document, const json_t *deployment)
{
    json_t *body = json_object();
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const json_t *value = json_object_get(document, fields[i].name);
        if (value == NULL || strcmp(fields[i].name, "kind") == 0)
            continue;
        if (fields[i].kind == FIELD_LINES)
            (void)json_object_set_new(body, fields[i].name, joined(value));
        else
            copy(body, fields[i].name, document, fields[i].name);
    }
    copy(body, "kind", document, "deployment_kind");
    copy(body, "threshold", deployment, "threshold");
    copy(body, "cool_down_s", deployment, "cool_down_s");
    copy(body, "min_face_px", deployment, "min_face_px");
    (void)json_object_set_new(body, "starts_at",
                              time_back(json_object_get(document, "starts_at_us")));
    (void)json_object_set_new(body, "ends_at", time_back(json_object_get(document, "ends_at_us")));
    degrees_back(body, "latitude", document, "latitude_millionths");
    degrees_back(body, "longitude", document, "longitude_millionths");
    (void)json_object_set_new(body, "sites", names_of(json_object_get(document, "sites")));
    (void)json_object_set_new(body, "cameras", cameras_back(json_object_get(document, "cameras")));
    return body;
}
