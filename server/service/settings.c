/* The settings as a document. Pure; any thread. */
#include "server/service/settings.h"

#include "server/audit/event.h"

static void add_camera(struct audit_document *document, const struct deployment_camera *camera)
{
    audit_document_object(document, NULL);
    audit_document_id(document, "site", &camera->site_id);
    audit_document_text(document, "camera", camera->camera);
    audit_document_array(document, "zone");
    for (size_t i = 0; i < camera->zone.count; i++) {
        audit_document_int(document, NULL, camera->zone.points[i].x);
        audit_document_int(document, NULL, camera->zone.points[i].y);
    }
    audit_document_end(document);
    audit_document_end(document);
}

/* Millionths, as scores are. */
static void add_gate(struct audit_document *document, const struct ov_quality_gate *gate)
{
    audit_document_object(document, "gate_millionths");
    audit_document_int(document, "eye_distance_px", audit_score(gate->min_eye_distance_px));
    audit_document_int(document, "sharpness", audit_score(gate->min_sharpness));
    audit_document_int(document, "yaw_deg", audit_score(gate->max_yaw_deg));
    audit_document_int(document, "pitch_deg", audit_score(gate->max_pitch_deg));
    audit_document_int(document, "roll_deg", audit_score(gate->max_roll_deg));
    audit_document_int(document, "brightness_min", audit_score(gate->min_brightness));
    audit_document_int(document, "brightness_max", audit_score(gate->max_brightness));
    audit_document_end(document);
}

struct audit_document *settings_document(const struct deployment *deployment,
                                         const struct deployment_camera *cameras,
                                         size_t camera_count)
{
    struct audit_document *document = audit_document_new("settings", &deployment->id);
    audit_document_digest(document, "model_digest", deployment->model_digest, OV_DIGEST_BYTES);
    audit_document_int(document, "threshold_millionths", audit_score(deployment->threshold));
    audit_document_text(document, "pooling", "max"); /* over an entry's templates */
    audit_document_int(document, "cool_down_s", deployment->cool_down_s);
    audit_document_int(document, "min_face_px", deployment->min_face_px);
    /* A draft that was not read from the database yet has the defaults. */
    add_gate(document,
             deployment->gate.max_brightness > 0 ? &deployment->gate : ov_quality_gate_probe());
    audit_document_array(document, "cameras");
    for (size_t i = 0; i < camera_count; i++)
        add_camera(document, &cameras[i]);
    audit_document_end(document);
    return document;
}
