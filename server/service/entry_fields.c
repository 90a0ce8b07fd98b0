/* Pure checks of what is said of an entry. Texts never quote a value: it may be about a person. */
#include "server/service/entry_fields.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/bytes.h"
#include "server/service/check.h"
#include "server/service/watchlist.h"

#define DAY_US (INT64_C(24) * 3600 * OV_US_PER_S)
#define UNKNOWN "unknown"

static const char *const legal_bases[] = {
    "court_warrant",      /* a court has ordered the arrest */
    "court_conditions",   /* of a court or of release, to be kept */
    "arrest_power",       /* a statutory power of arrest on suspicion */
    "missing_person",     /* the duty to find a missing person at risk */
    "prevention_of_harm", /* the duty to protect life and limb */
    "consent",            /* signed: volunteers, on the blue list and in exercises */
    "published_images",   /* exercises with published test images */
    NULL,
};

static const char *const image_sources[] = {
    "custody",           /* taken in custody */
    "police_record",     /* another lawfully held police record */
    "other_force",       /* given by another force or agency */
    "identity_document", /* passport, licence, identity card */
    "family_or_public",  /* given by family, friends or a member of the public */
    "open_source",       /* published by the subject or others */
    "video_still",       /* cut from a recording */
    "volunteer",         /* taken of a volunteer with consent */
    "test_set",          /* published test images */
    NULL,
};

static const char *const quality_overrides[] = {
    "no_better_image", /* searched for, and there is none */
    "risk_to_life",    /* somebody's life depends on it */
    NULL,
};

static const char *const likeness_overrides[] = {
    "years_between",      /* the images are years apart */
    "appearance_changed", /* the same person, much changed */
    "identity_confirmed", /* by fingerprints, a document or an officer who knows them */
    NULL,
};

const char *const *service_quality_overrides(void)
{
    return quality_overrides;
}

const char *const *service_likeness_overrides(void)
{
    return likeness_overrides;
}

bool entry_code_is(const char *const *codes, const char *text)
{
    for (; text != NULL && *codes != NULL; codes++) {
        if (strcmp(*codes, text) == 0)
            return true;
    }
    return false;
}

/* --- days ---------------------------------------------------------------------------------- */

/* ov_time_parse knows no time before 1970. */
enum ov_status entry_date_parse(const char *text, int64_t *ret_utc_us)
{
    int numbers[3] = {0, 0, 0};
    size_t part = 0;
    if (strlen(text) != strlen("YYYY-MM-DD"))
        return OV_ERR_INVALID;
    for (size_t i = 0; text[i] != '\0'; i++) {
        bool is_dash = i == 4 || i == 7;
        if (is_dash != (text[i] == '-') || (!is_dash && (text[i] < '0' || text[i] > '9')))
            return OV_ERR_INVALID;
        if (is_dash)
            part++;
        else
            numbers[part] = numbers[part] * 10 + (text[i] - '0');
    }
    struct tm day = {.tm_year = numbers[0] - 1900, .tm_mon = numbers[1] - 1, .tm_mday = numbers[2]};
    struct tm asked = day;
    time_t seconds = timegm(&day);
    if (numbers[0] < 1900 || day.tm_year != asked.tm_year || day.tm_mon != asked.tm_mon ||
        day.tm_mday != asked.tm_mday)
        return OV_ERR_INVALID;
    *ret_utc_us = (int64_t)seconds * OV_US_PER_S;
    return OV_OK;
}

/* The same day so many years later; 29 February becomes 1 March. */
static int64_t years_later(int64_t utc_us, int years)
{
    time_t seconds = (time_t)(utc_us / OV_US_PER_S);
    struct tm day;
    if (utc_us % OV_US_PER_S < 0)
        seconds--;
    if (gmtime_r(&seconds, &day) == NULL)
        return utc_us;
    day.tm_year += years;
    return (int64_t)timegm(&day) * OV_US_PER_S;
}

/* --- the fields ---------------------------------------------------------------------------- */

static enum ov_status missing(const char *code, const char *what, struct ov_error *err)
{
    return ov_fail(err, OV_ERR_INVALID, code, "an operational deployment asks for %s", what);
}

/* A code of a list, or its default where one may be left out. */
static enum ov_status read_code(const char *text, const char *const *codes, bool required,
                                const char *code, const char *what, char *out, struct ov_error *err)
{
    if (text == NULL && required)
        return missing(code, what, err);
    if (text != NULL && !entry_code_is(codes, text))
        return ov_fail(err, OV_ERR_INVALID, code,
                       "%s is not one of the codes; see the list in the "
                       "API's description or 'watchlist add --help'",
                       what);
    (void)snprintf(out, WATCHLIST_CODE_SIZE, "%s", text != NULL ? text : "not_stated");
    return OV_OK;
}

static enum ov_status read_priority(const char *text, struct entry_fields *ret,
                                    struct ov_error *err)
{
    static const char *const words[] = {"", "high", "normal", "low"};
    ret->priority = 2;
    if (text == NULL)
        return OV_OK;
    for (int i = 1; i <= 3; i++) {
        if (strcmp(text, words[i]) == 0 || (text[0] == '0' + i && text[1] == '\0')) {
            ret->priority = i;
            return OV_OK;
        }
    }
    return ov_fail(err, OV_ERR_INVALID, "watchlist.priority",
                   "the priority has to be high, normal or low (or 1, 2, 3)");
}

static enum ov_status read_justification(const struct watchlist_proposal *proposal, bool required,
                                         struct ov_error *err)
{
    const char *text = proposal->justification;
    if (text == NULL)
        return required
                   ? missing("watchlist.justification",
                             "a justification: why it is necessary to look for this person", err)
                   : OV_OK;
    size_t length = strnlen(text, WATCHLIST_JUSTIFICATION_MAX_BYTES + 1);
    if (length >= 1 && length <= WATCHLIST_JUSTIFICATION_MAX_BYTES &&
        ov_text_is_clean_utf8(text, length))
        return OV_OK;
    return ov_fail(err, OV_ERR_INVALID, "watchlist.justification",
                   "the justification has to be 1 to %d bytes of text without control characters",
                   WATCHLIST_JUSTIFICATION_MAX_BYTES);
}

static enum ov_status read_image_date(const char *text, const struct entry_rules *rules,
                                      struct entry_fields *ret, struct ov_error *err)
{
    bool required = rules->kind == DEPLOYMENT_OPERATIONAL;
    int64_t now_us = rules->now_us;
    ret->image_age_days = -1;
    if (text == NULL)
        return required ? missing("watchlist.image_date",
                                  "the date of the image (YYYY-MM-DD, or 'unknown')", err)
                        : OV_OK;
    if (strcmp(text, UNKNOWN) == 0) {
        ret->old_image = true;
        return OV_OK;
    }
    int64_t taken_us = 0;
    if (entry_date_parse(text, &taken_us) != OV_OK || taken_us > now_us + DAY_US)
        return ov_fail(err, OV_ERR_INVALID, "watchlist.image_date",
                       "the image's date has to be a day that has been, like 2026-05-01, or "
                       "'unknown'");
    ret->image_taken_at_us = taken_us;
    ret->image_age_days = now_us > taken_us ? (int)((now_us - taken_us) / DAY_US) : 0;
    ret->old_image = years_later(taken_us, rules->old_image_years) < now_us;
    return OV_OK;
}

static enum ov_status read_birth_date(const char *text, const struct entry_rules *rules,
                                      struct entry_fields *ret, struct ov_error *err)
{
    bool required = rules->kind == DEPLOYMENT_OPERATIONAL;
    if (text == NULL)
        return required ? missing("watchlist.birth_date",
                                  "the date of birth (YYYY-MM-DD, or 'unknown')", err)
                        : OV_OK;
    if (strcmp(text, UNKNOWN) == 0) {
        ret->birth_unknown = true;
        return OV_OK;
    }
    int64_t born_us = 0;
    if (entry_date_parse(text, &born_us) != OV_OK || born_us > rules->now_us)
        return ov_fail(err, OV_ERR_INVALID, "watchlist.birth_date",
                       "the date of birth has to be a day that has been, like 1990-05-01, or "
                       "'unknown'");
    ret->has_birth_date = true;
    ret->under_18 = years_later(born_us, rules->minor_below_years) > rules->now_us;
    return OV_OK;
}

/* A day means its end. */
static enum ov_status read_expiry(const char *text, bool required, int64_t now_us,
                                  struct entry_fields *ret, struct ov_error *err)
{
    if (text == NULL)
        return required ? missing("watchlist.expiry",
                                  "the expiry: until when there is a reason to look", err)
                        : OV_OK;
    int64_t expires_us = 0;
    if (entry_date_parse(text, &expires_us) == OV_OK)
        expires_us += DAY_US;
    else if (ov_time_parse(text, &expires_us) != OV_OK)
        return ov_fail(err, OV_ERR_INVALID, "watchlist.expiry",
                       "the expiry has to be a day like 2026-05-01 or a time like "
                       "2026-05-01T18:00:00Z");
    if (expires_us <= now_us)
        return ov_fail(err, OV_ERR_INVALID, "watchlist.expiry",
                       "the expiry has passed already: there is no reason left to look");
    ret->expires_at_us = expires_us;
    return OV_OK;
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/* Volunteers only, with their signed consent; nothing is ever done to them. */
static enum ov_status read_blue_list(const struct watchlist_proposal *proposal,
                                     struct entry_fields *ret, struct ov_error *err)
{
    const char *digest = proposal->consent_digest;
    ret->is_blue_list = strcmp(proposal->category, WATCHLIST_BLUE_LIST) == 0;
    if (!ret->is_blue_list)
        return digest == NULL
                   ? OV_OK
                   : ov_fail(err, OV_ERR_INVALID, "watchlist.consent_digest",
                             "a consent belongs to the blue list; anybody else is listed without "
                             "one");
    if (digest == NULL || strlen(digest) != (size_t)2 * OV_DIGEST_BYTES)
        return ov_fail(err, OV_ERR_INVALID, "watchlist.consent_digest",
                       "the blue list asks for the SHA-256 of the volunteer's signed consent: 64 "
                       "hexadecimal digits");
    for (size_t i = 0; i < OV_DIGEST_BYTES; i++) {
        int high = hex_digit(digest[2 * i]);
        int low = hex_digit(digest[2 * i + 1]);
        if (high < 0 || low < 0)
            return ov_fail(err, OV_ERR_INVALID, "watchlist.consent_digest",
                           "the consent's SHA-256 has to be 64 of 0-9 and a-f");
        ret->consent_digest[i] = (uint8_t)(high << 4 | low);
    }
    return OV_OK;
}

enum ov_status entry_fields_read(const struct watchlist_proposal *proposal,
                                 const struct entry_rules *rules, struct entry_fields *ret,
                                 struct ov_error *err)
{
    bool all = rules->kind == DEPLOYMENT_OPERATIONAL;
    struct entry_fields fields = {.priority = 2};
    enum ov_status status = read_blue_list(proposal, &fields, err);
    if (status == OV_OK && all && proposal->priority == NULL)
        status = missing("watchlist.priority", "the priority: high, normal or low", err);
    if (status == OV_OK)
        status = read_priority(proposal->priority, &fields, err);
    if (status == OV_OK)
        status = read_justification(proposal, all, err);
    if (status == OV_OK)
        status = read_code(proposal->legal_basis, legal_bases, all, "watchlist.legal_basis",
                           "the legal basis", fields.legal_basis, err);
    if (status == OV_OK)
        status = read_code(proposal->image_source, image_sources, all, "watchlist.image_source",
                           "the image's source", fields.image_source, err);
    if (status == OV_OK)
        status = read_image_date(proposal->image_date, rules, &fields, err);
    if (status == OV_OK)
        status = read_birth_date(proposal->birth_date, rules, &fields, err);
    if (status == OV_OK)
        status = read_expiry(proposal->expiry, all, rules->now_us, &fields, err);
    if (status == OV_OK)
        *ret = fields;
    return status;
}
