/* Applications as rows and documents. */
#include "server/service/application.h"

#include <stdio.h>
#include <string.h>

#include "server/audit/event.h"
#include "server/service/service.h"
#include "server/store/people.h"

const char *application_text_name(enum application_text text)
{
    switch (text) {
    case APPLICATION_LEGAL_BASIS:
        return "legal_basis";
    case APPLICATION_NECESSITY:
        return "necessity";
    case APPLICATION_MEANS_CONSIDERED:
        return "means_considered";
    case APPLICATION_PLACE:
        return "place";
    case APPLICATION_CRITERIA:
        return "criteria";
    case APPLICATION_OPERATOR:
        return "operator";
    case APPLICATION_CONTACT:
        return "contact";
    case APPLICATION_COMPLAINTS:
        return "complaints";
    case APPLICATION_NOTICE_PLAN:
        return "notice_plan";
    case APPLICATION_NOTICE_URL:
        return "notice_url";
    case APPLICATION_TEXT_COUNT:
        break;
    }
    return "unknown";
}

const char *application_digest_name(enum application_digest digest)
{
    switch (digest) {
    case APPLICATION_DATA_PROTECTION_ASSESSMENT:
        return "data_protection_assessment";
    case APPLICATION_EQUALITY_ASSESSMENT:
        return "equality_assessment";
    case APPLICATION_POLICY_DOCUMENT:
        return "policy_document";
    case APPLICATION_DIGEST_COUNT:
        break;
    }
    return "unknown";
}

const char *application_missing(const struct deployment_application *application)
{
    switch (application->kind) {
    case DEPLOYMENT_EXERCISE:
        return NULL;
    case DEPLOYMENT_OPERATIONAL:
        break;
    }
    for (int i = 0; i < APPLICATION_TEXT_COUNT; i++)
        if (application->texts[i] == NULL || application->texts[i][0] == '\0')
            return application_text_name((enum application_text)i);
    for (int i = 0; i < APPLICATION_DIGEST_COUNT; i++)
        if (!application->has_digest[i])
            return application_digest_name((enum application_digest)i);
    if (application->location_type == NULL)
        return "location_type";
    if (!application->has_place)
        return "latitude";
    if (application->camera_count == 0)
        return "cameras";
    if (application->category_count == 0)
        return "categories";
    if (application->expected_footfall == 0)
        return "expected_footfall";
    return application->expected_entries == 0 ? "expected_entries" : NULL;
}

/* --- a row --------------------------------------------------------------------------------- */

static enum ov_status find_site(struct service *service, const char *name, struct site *ret,
                                struct ov_error *err)
{
    struct ov_error inner = OV_ERROR_INIT;
    enum ov_status status = store_site_by_name(service->store, name, ret, &inner);
    if (status == OV_ERR_NOT_FOUND)
        return ov_fail(err, OV_ERR_INVALID, "deployment.site_unknown",
                       "there is no site called %s; add it first or correct the name", name);
    return status == OV_OK ? OV_OK : ov_fail(err, inner.status, inner.code, "%s", inner.text);
}

static enum ov_status find_cameras(const struct deployment_application *application,
                                   const struct deployment *row, struct deployment_camera *cameras,
                                   struct ov_error *err)
{
    for (size_t i = 0; i < application->camera_count; i++) {
        size_t site = 0;
        while (site < application->site_count &&
               strcmp(application->site_names[site], application->cameras[i].site) != 0)
            site++;
        if (site == application->site_count)
            return ov_fail(err, OV_ERR_INVALID, "deployment.cameras",
                           "a camera belongs to a site that the application does not name; name "
                           "the site, or correct the camera");
        cameras[i].site_id = row->sites[site];
        cameras[i].zone = application->cameras[i].zone;
        (void)snprintf(cameras[i].camera, sizeof(cameras[i].camera), "%s",
                       application->cameras[i].camera);
    }
    return OV_OK;
}

static size_t copy_codes(const char *const *codes, size_t count, char (*out)[DEPLOYMENT_CODE_SIZE])
{
    for (size_t i = 0; i < count; i++)
        (void)snprintf(out[i], DEPLOYMENT_CODE_SIZE, "%s", codes[i]);
    return count;
}

enum ov_status application_to_row(struct service *service,
                                  const struct deployment_application *application,
                                  struct deployment *row, struct deployment_camera *cameras,
                                  struct ov_error *err)
{
    (void)snprintf(row->name, sizeof(row->name), "%s", application->name);
    (void)snprintf(row->purpose, sizeof(row->purpose), "%s", application->purpose);
    row->kind = application->kind;
    row->starts_at_us = application->starts_at_us;
    row->ends_at_us = application->ends_at_us;
    row->threshold = application->threshold;
    row->cool_down_s = application->cool_down_s;
    row->min_face_px = application->min_face_px;
    (void)snprintf(row->location_type, sizeof(row->location_type), "%s",
                   application->location_type != NULL ? application->location_type : "");
    row->has_place = application->has_place;
    row->latitude_e6 = application->latitude_e6;
    row->longitude_e6 = application->longitude_e6;
    row->expected_footfall = application->expected_footfall;
    row->expected_entries = application->expected_entries;
    row->retention_watchlist_h = application->retention_watchlist_h;
    row->retention_alert_h = application->retention_alert_h;
    row->retention_true_alert_h = application->retention_true_alert_h;
    row->flag_count = copy_codes(application->flags, application->flag_count, row->flags);
    row->category_count =
        copy_codes(application->categories, application->category_count, row->categories);
    row->site_count = 0;
    for (size_t i = 0; i < application->site_count; i++) {
        struct site site;
        enum ov_status status = find_site(service, application->site_names[i], &site, err);
        if (status != OV_OK)
            return status;
        row->sites[row->site_count++] = site.id;
    }
    return find_cameras(application, row, cameras, err);
}

/* --- the document -------------------------------------------------------------------------- */

static void add_codes(struct audit_document *document, const char *key, const char *const *codes,
                      size_t count)
{
    audit_document_array(document, key);
    for (size_t i = 0; i < count; i++)
        audit_document_text(document, NULL, codes[i]);
    audit_document_end(document);
}

static void add_sites(struct audit_document *document,
                      const struct deployment_application *application,
                      const struct deployment *row)
{
    audit_document_array(document, "sites");
    for (size_t i = 0; i < application->site_count; i++) {
        audit_document_object(document, NULL);
        audit_document_id(document, "id", &row->sites[i]);
        audit_document_text(document, "name", application->site_names[i]);
        audit_document_end(document);
    }
    audit_document_end(document);
    audit_document_array(document, "cameras");
    for (size_t i = 0; i < application->camera_count; i++) {
        const struct application_camera *camera = &application->cameras[i];
        audit_document_object(document, NULL);
        audit_document_text(document, "camera", camera->camera);
        audit_document_text(document, "site", camera->site);
        audit_document_array(document, "zone");
        for (size_t j = 0; j < camera->zone.count; j++) {
            audit_document_int(document, NULL, camera->zone.points[j].x);
            audit_document_int(document, NULL, camera->zone.points[j].y);
        }
        audit_document_end(document);
        audit_document_end(document);
    }
    audit_document_end(document);
}

static void add_place(struct audit_document *document,
                      const struct deployment_application *application)
{
    if (application->location_type != NULL)
        audit_document_text(document, "location_type", application->location_type);
    if (application->has_place) {
        audit_document_int(document, "latitude_millionths", application->latitude_e6);
        audit_document_int(document, "longitude_millionths", application->longitude_e6);
    }
    if (application->expected_footfall > 0)
        audit_document_int(document, "expected_footfall", application->expected_footfall);
    if (application->expected_entries > 0)
        audit_document_int(document, "expected_entries", application->expected_entries);
}

static void add_texts(struct audit_document *document,
                      const struct deployment_application *application)
{
    for (int i = 0; i < APPLICATION_TEXT_COUNT; i++)
        if (application->texts[i] != NULL && application->texts[i][0] != '\0')
            audit_document_lines(document, application_text_name((enum application_text)i),
                                 application->texts[i]);
    for (int i = 0; i < APPLICATION_DIGEST_COUNT; i++)
        if (application->has_digest[i])
            audit_document_digest(document, application_digest_name((enum application_digest)i),
                                  application->digests[i], OV_DIGEST_BYTES);
}

struct notice_facts application_notice_facts(const struct deployment_application *application,
                                             const struct ov_id *deployment_id)
{
    return (struct notice_facts){.deployment_id = *deployment_id,
                                 .name = application->name,
                                 .exercise = application->kind == DEPLOYMENT_EXERCISE,
                                 .operator_name = application->texts[APPLICATION_OPERATOR],
                                 .place = application->texts[APPLICATION_PLACE],
                                 .purpose = application->purpose,
                                 .legal_basis = application->texts[APPLICATION_LEGAL_BASIS],
                                 .necessity = application->texts[APPLICATION_NECESSITY],
                                 .criteria = application->texts[APPLICATION_CRITERIA],
                                 .contact = application->texts[APPLICATION_CONTACT],
                                 .complaints = application->texts[APPLICATION_COMPLAINTS],
                                 .url = application->texts[APPLICATION_NOTICE_URL],
                                 .starts_at_us = application->starts_at_us,
                                 .ends_at_us = application->ends_at_us,
                                 .category_count = application->category_count,
                                 .categories = application->categories,
                                 .cameras = (int)application->camera_count,
                                 .expected_entries = application->expected_entries,
                                 .retention_watchlist_h = application->retention_watchlist_h,
                                 .retention_alert_h = application->retention_alert_h,
                                 .retention_true_alert_h = application->retention_true_alert_h};
}

struct audit_document *application_document(const struct deployment_application *application,
                                            const struct deployment *row,
                                            const struct notice *notice)
{
    struct audit_document *document = audit_document_new("application", &row->id);
    audit_document_text(document, "name", application->name);
    audit_document_text(document, "purpose", application->purpose);
    audit_document_text(document, "deployment_kind", deployment_kind_name(application->kind));
    audit_document_int(document, "starts_at_us", application->starts_at_us);
    audit_document_int(document, "ends_at_us", application->ends_at_us);
    audit_document_digest(document, "settings", row->settings_digest, OV_DIGEST_BYTES);
    audit_document_digest(document, "notice", notice->document_digest, OV_DIGEST_BYTES);
    audit_document_digest(document, "notice_page", notice->page_digest, OV_DIGEST_BYTES);
    audit_document_int(document, "retention_watchlist_h", application->retention_watchlist_h);
    audit_document_int(document, "retention_alert_h", application->retention_alert_h);
    audit_document_int(document, "retention_true_alert_h", application->retention_true_alert_h);
    add_sites(document, application, row);
    add_place(document, application);
    add_codes(document, "categories", application->categories, application->category_count);
    add_codes(document, "flags", application->flags, application->flag_count);
    add_texts(document, application);
    return document;
}
