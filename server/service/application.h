/*
 * What an application says: read from a request, checked, put into a row and into the document that
 * is signed. Free text is in the document only.
 */
#ifndef OVERT_SERVER_SERVICE_APPLICATION_H
#define OVERT_SERVER_SERVICE_APPLICATION_H

#include "server/audit/document.h"
#include "server/notice/notice.h"
#include "server/store/deployments.h"
#include "server/store/notices.h"

struct service;

/* Texts of one or more lines, by the name that they have in documents and in the API. */
enum application_text {
    APPLICATION_LEGAL_BASIS,
    APPLICATION_NECESSITY,
    APPLICATION_MEANS_CONSIDERED,
    APPLICATION_PLACE,
    APPLICATION_CRITERIA,
    APPLICATION_OPERATOR,
    APPLICATION_CONTACT,
    APPLICATION_COMPLAINTS,
    APPLICATION_NOTICE_PLAN,
    APPLICATION_NOTICE_URL,
    APPLICATION_TEXT_COUNT
};
/* Documents that the force keeps itself, by their SHA-256. */
enum application_digest {
    APPLICATION_DATA_PROTECTION_ASSESSMENT,
    APPLICATION_EQUALITY_ASSESSMENT,
    APPLICATION_POLICY_DOCUMENT,
    APPLICATION_DIGEST_COUNT
};
const char *application_text_name(enum application_text text);
const char *application_digest_name(enum application_digest digest);

#define APPLICATION_TEXT_MAX ((size_t)8000) /* bytes */

struct application_camera {
    const char *site;
    const char *camera;
    struct ov_zone zone;
};

struct deployment_application {
    const char *name;
    const char *purpose;
    enum deployment_kind kind;
    int64_t starts_at_us; /* 0: now */
    int64_t ends_at_us;   /* 0: eight hours after the start */
    float threshold;      /* 0: the default */
    int cool_down_s;      /* -1: the default */
    int min_face_px;      /* 0: the default */
    size_t site_count;    /* 1 .. DEPLOYMENT_SITES_MAX */
    const char *const *site_names;
    size_t camera_count; /* 0: any camera of the sites (exercises only) */
    const struct application_camera *cameras;
    size_t category_count; /* 0: any that the policy permits (exercises only) */
    const char *const *categories;
    size_t flag_count;
    const char *const *flags;
    const char *location_type; /* NULL: not said, like the next ones */
    bool has_place;
    int latitude_e6; /* degrees x 1,000,000 */
    int longitude_e6;
    int expected_footfall;     /* 0 */
    int expected_entries;      /* 0 */
    int retention_watchlist_h; /* -1: the default */
    int retention_alert_h;     /* 0: the default, like the next */
    int retention_true_alert_h;
    const char *texts[APPLICATION_TEXT_COUNT]; /* NULL: not said */
    bool has_digest[APPLICATION_DIGEST_COUNT];
    uint8_t digests[APPLICATION_DIGEST_COUNT][OV_DIGEST_BYTES];
};

/* The first member that an operational deployment needs and this application lacks; NULL when it is
 * complete, or for an exercise. */
const char *application_missing(const struct deployment_application *application);

/* --- private to service/ --- */

/* A filled and checked application as a row and its cameras: sites are looked up. Leaves id,
 * people, times and digests alone. "deployment.site_unknown", "deployment.cameras". */
OV_CHECKED enum ov_status
application_to_row(struct service *service, const struct deployment_application *application,
                   struct deployment *row, struct deployment_camera *cameras, struct ov_error *err);

/* What the public is told of it. Borrows from both. */
struct notice_facts application_notice_facts(const struct deployment_application *application,
                                             const struct ov_id *deployment_id);

/* The document that is signed. row: with its digests of model and settings. */
struct audit_document *application_document(const struct deployment_application *application,
                                            const struct deployment *row,
                                            const struct notice *notice);

#endif
