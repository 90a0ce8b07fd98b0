/*
 * PostgreSQL's errors in our words: by the constraint that was hit, else by SQLSTATE. The names of
 * constraints are the schema's interface for this; migrations/ has them.
 */
#include <string.h>

#include "common/base/log.h"
#include "server/store/session.h"

struct meaning {
    const char *key; /* constraint or SQLSTATE (a class when shorter than five) */
    enum ov_status status;
    const char *code;
    const char *text;
};

static const struct meaning constraints[] = {
    {"principal_key", OV_ERR_EXISTS, "principal.exists", "there is such a principal already"},
    {"principal_name_unique", OV_ERR_EXISTS, "principal.exists",
     "there is a principal of this name already"},
    {"principal_identity_key", OV_ERR_EXISTS, "principal.exists",
     "this identity belongs to a principal already"},
    {"principal_role_key", OV_ERR_EXISTS, "principal.exists",
     "the principal has this role already"},
    {"principal_kind", OV_ERR_INVALID, "principal.invalid", "a principal is a person or a site"},
    {"principal_name", OV_ERR_INVALID, "principal.invalid",
     "a principal's name is made of 1 to 64 of a-z, 0-9 and '-'"},
    {"principal_role_name", OV_ERR_INVALID, "principal.invalid", "there is no such role"},
    {"principal_identity_uri", OV_ERR_INVALID, "principal.invalid",
     "an identity is overt://person/NAME or overt://site/NAME"},
    {"principal_role_principal", OV_ERR_INVALID, "principal.kind",
     "sites have the role site, persons all others"},
    {"principal_identity_principal", OV_ERR_INVALID, "principal.kind",
     "persons have overt://person/ identities, sites overt://site/ ones"},
    {"person_required", OV_ERR_DENIED, "principal.not_a_person",
     "this takes a person whose access is not switched off"},

    {"people_decision_key", OV_ERR_EXISTS, "people.exists", "there is such a proposal already"},
    {"people_decision_kind", OV_ERR_INVALID, "people.invalid", "there is no such proposal"},
    {"people_decision_content", OV_ERR_INVALID, "people.invalid",
     "the proposal does not say what it is about, or says too much"},
    {"people_decision_name", OV_ERR_INVALID, "principal.invalid",
     "a principal's name is made of 1 to 64 of a-z, 0-9 and '-'"},
    {"people_decision_uri", OV_ERR_INVALID, "principal.invalid",
     "an identity is overt://person/NAME or overt://site/NAME"},
    {"people_decision_principal", OV_ERR_NOT_FOUND, "principal.unknown",
     "there is no such principal"},
    {"people_decision_proposed_by", OV_ERR_NOT_FOUND, "principal.unknown",
     "there is no such principal"},
    {"people_decision_step", OV_ERR_STATE, "people.decided",
     "the proposal has been confirmed or withdrawn already"},
    {"people_decision_fixed", OV_ERR_DENIED, "people.fixed", "what was proposed does not change"},
    {"people_decision_expired", OV_ERR_STATE, "people.expired",
     "the proposal is older than seven days; propose it again"},
    {"people_decision_undone", OV_ERR_INTERNAL, "store.not_done",
     "what was confirmed was not done, and therefore not confirmed"},
    {"people_two_administrators", OV_ERR_DENIED, "people.same_person",
     "who proposed it does not confirm it; ask another administrator"},
    {"people_not_decided", OV_ERR_DENIED, "people.not_decided",
     "this takes two administrators: one proposes it, another confirms it"},
    {"people_active", OV_ERR_STATE, "people.active", "the person or site is not suspended"},
    {"people_last_administrator", OV_ERR_STATE, "people.last_administrator",
     "without this administrator nobody could act for the installation; add another one first"},
    {"oversight_alarm", OV_ERR_INTERNAL, "people.no_alarm",
     "taking oversight away raises an alarm, and was not done without"},
    {"people_administrator", OV_ERR_DENIED, "people.not_administrator",
     "both have to be administrators whose access is not switched off"},

    {"membership_query_request", OV_ERR_INVALID, "membership.request",
     "the request's number has 1 to 64 of letters, digits and / . _ -"},
    {"membership_query_scope", OV_ERR_INVALID, "membership.scope",
     "ask about either a deployment or a day"},
    {"membership_query_deployment", OV_ERR_NOT_FOUND, "deployment.unknown",
     "there is no such deployment"},
    {"membership_query_step", OV_ERR_STATE, "membership.decided",
     "the query has been answered, withdrawn or has lapsed"},
    {"membership_query_expired", OV_ERR_STATE, "membership.expired",
     "the query is older than a day; ask it again"},
    {"membership_query_fixed", OV_ERR_DENIED, "membership.fixed", "what was asked does not change"},
    {"membership_two_people", OV_ERR_DENIED, "membership.same_person",
     "who asked does not confirm; another person of data protection or the higher authority does"},
    {"membership_role", OV_ERR_DENIED, "membership.role",
     "data protection asks; another person of data protection or the higher authority confirms"},
    {"membership_limit", OV_ERR_LIMIT, "membership.limit",
     "there were as many queries within 24 hours as may be; ask again later"},

    {"alarm_key", OV_ERR_EXISTS, "alarm.exists", "there is such an alarm already"},
    {"alarm_code", OV_ERR_INVALID, "alarm.invalid", "an alarm's code is dotted, of a-z and _"},
    {"alarm_step", OV_ERR_STATE, "alarm.cleared", "the alarm has been cleared already"},
    {"alarm_two_people", OV_ERR_DENIED, "alarm.same_person",
     "whose act raised an alarm does not clear it; ask somebody else"},

    {"request_fixed", OV_ERR_INTERNAL, "request.fixed", "a request is answered once"},
    {"request_unanswered", OV_ERR_INTERNAL, "request.unanswered",
     "an act is committed with the answer to who asked for it"},
    {"request_answer_size", OV_ERR_LIMIT, "server.answer", "the answer is too large to be kept"},

    {"evidence_hold_open_once", OV_ERR_STATE, "evidence.held_already",
     "this alert is held, or about to be, already; confirm or renew that"},
    {"evidence_hold_ground", OV_ERR_DENIED, "evidence.ground",
     "an alert is kept for proceedings or for a complaint by the person concerned, one that is not "
     "true only for proceedings or a complaint by that person"},
    {"evidence_hold_kind", OV_ERR_INVALID, "evidence.kind", "the kind is proceedings or complaint"},
    {"evidence_hold_brought_by", OV_ERR_INVALID, "evidence.brought_by",
     "it was brought by the subject or by other"},
    {"evidence_two_people", OV_ERR_DENIED, "evidence.same_person",
     "you proposed this; another person has to confirm it"},
    {"evidence_review", OV_ERR_INVALID, "evidence.review",
     "the review date is in the future, 90 days ahead at most"},
    {"evidence_alert_gone", OV_ERR_NOT_FOUND, "evidence.alert_gone",
     "there is no such alert, or its time was over and it has been erased"},
    {"evidence_searchable", OV_ERR_STATE, "evidence.searchable",
     "the alert's picture is still awaited; propose it again in a minute"},
    {"evidence_over", OV_ERR_STATE, "evidence.over",
     "this hold, or the term that was proposed, is over; propose the alert anew while it is there"},
    {"evidence_term_open_once", OV_ERR_STATE, "evidence.renewal_open",
     "a renewal waits for its confirmation already"},
    {"evidence_step", OV_ERR_STATE, "evidence.wrong_state",
     "the hold is not in a state from which this is done"},

    {"site_key", OV_ERR_EXISTS, "site.exists", "there is such a site already"},
    {"site_name_unique", OV_ERR_EXISTS, "site.exists", "there is a site of this name already"},
    {"site_principal_unique", OV_ERR_EXISTS, "site.exists", "the principal has a site already"},
    {"site_principal", OV_ERR_INVALID, "site.principal", "a site needs a principal of kind site"},
    {"site_name", OV_ERR_INVALID, "site.invalid", "a site's name has 1 to 64 bytes"},

    {"deployment_key", OV_ERR_EXISTS, "deployment.exists", "there is such a deployment already"},
    {"deployment_name_unique", OV_ERR_EXISTS, "deployment.exists",
     "a deployment of this name has not ended yet"},
    {"deployment_two_people", OV_ERR_DENIED, "deployment.same_person",
     "who applied does not authorise; ask another authorising officer"},
    {"deployment_recorder", OV_ERR_DENIED, "deployment.same_person",
     "who recorded the oral authorisation does not give the written one"},
    {"deployment_higher_authority", OV_ERR_DENIED, "policy.higher_authority",
     "what the application is flagged for takes the higher authority"},
    {"deployment_step", OV_ERR_STATE, "deployment.wrong_state",
     "the deployment is not in a state from which this is done"},
    {"deployment_authority", OV_ERR_STATE, "deployment.wrong_state",
     "this needs an authorisation first"},
    {"deployment_times", OV_ERR_STATE, "deployment.wrong_state",
     "the deployment is not in a state from which this is done"},
    {"watchlist_deployment_state", OV_ERR_STATE, "deployment.wrong_state",
     "the deployment is not in a state in which its watchlist may be changed like this"},
    {"deployment_fixed", OV_ERR_STATE, "deployment.fixed",
     "what was applied for does not change afterwards; make a new application"},
    {"settings_change_open", OV_ERR_STATE, "settings.proposal_open",
     "another change waits for a decision; have it approved or refused first"},
    {"settings_state", OV_ERR_STATE, "settings.state",
     "settings are changed at a deployment that is authorised, live or paused"},
    {"settings_stale", OV_ERR_CONFLICT, "settings.stale",
     "the settings have been changed meanwhile; look at them and propose again"},
    {"settings_same", OV_ERR_INVALID, "settings.same", "this changes nothing"},
    {"settings_fixed", OV_ERR_STATE, "settings.decided", "the change has been decided on already"},
    {"settings_change_two_people", OV_ERR_DENIED, "settings.same_person",
     "who proposed a change does not approve it"},
    {"settings_looser", OV_ERR_DENIED, "settings.looser",
     "this loosens something; another person has to approve it"},
    {"settings_unrecorded", OV_ERR_INTERNAL, "settings.unrecorded",
     "settings change by a recorded change only"},
    {"deployment_camera_taken", OV_ERR_STATE, "deployment.camera_taken",
     "a camera of this deployment feeds another one; stop that one first"},
    {"signs_state", OV_ERR_STATE, "deployment.signs_state",
     "signs are confirmed at a deployment that is authorised, live or paused"},
    {"signs_camera", OV_ERR_NOT_FOUND, "deployment.camera_unknown",
     "the deployment has no such camera"},
    {"signs_missing", OV_ERR_STATE, "deployment.signs_missing",
     "the signs at a camera have not been confirmed"},
    {"duty_once", OV_ERR_EXISTS, "duty.taken", "this person is on duty there already"},
    {"duty_state", OV_ERR_STATE, "duty.state",
     "duty begins at a deployment that has been applied for and has not ended"},
    {"duty_without_role", OV_ERR_DENIED, "duty.without_role", "duty takes the role that it is for"},
    {"duty_missing", OV_ERR_STATE, "duty.missing",
     "an adjudicator and an engagement officer have to be on duty"},
    {"duty_fixed", OV_ERR_STATE, "duty.fixed", "a duty that has ended does not change"},
    {"deployment_window", OV_ERR_INVALID, "deployment.window",
     "the window ends after it starts and lasts 24 hours at most"},
    {"deployment_outside_window", OV_ERR_STATE, "deployment.outside_window",
     "a deployment goes live inside its authorised window only"},
    {"deployment_not_erased", OV_ERR_STATE, "deployment.not_erased",
     "the watchlist of the deployment is still there"},
    {"deployment_name", OV_ERR_INVALID, "deployment.invalid",
     "a deployment's name has 1 to 120 bytes"},
    {"deployment_purpose", OV_ERR_INVALID, "deployment.invalid",
     "a deployment's purpose has 1 to 2000 bytes"},
    {"deployment_threshold", OV_ERR_INVALID, "deployment.invalid",
     "a threshold is between 0 and 1, both excluded"},
    {"deployment_cool_down", OV_ERR_INVALID, "deployment.invalid",
     "a cool-down is between 0 seconds and a day"},
    {"deployment_min_face", OV_ERR_INVALID, "deployment.invalid",
     "the smallest face is 1 to 10000 pixels"},
    {"deployment_applied_by", OV_ERR_NOT_FOUND, "principal.unknown", "there is no such principal"},
    {"deployment_authorised_by", OV_ERR_NOT_FOUND, "principal.unknown",
     "there is no such principal"},
    {"deployment_site_site", OV_ERR_NOT_FOUND, "site.unknown", "there is no such site"},
    {"deployment_site_key", OV_ERR_INVALID, "deployment.invalid", "a site is named twice"},

    {"policy_two_people", OV_ERR_DENIED, "policy.same_person",
     "who proposed a policy does not approve it; ask another person"},
    {"policy_one_proposal", OV_ERR_STATE, "policy.proposal_open",
     "another proposal waits for its decision; have it approved or refused first"},
    {"policy_stale", OV_ERR_CONFLICT, "policy.stale",
     "the policy changed meanwhile; make the proposal from the one in force"},
    {"policy_key", OV_ERR_CONFLICT, "policy.stale",
     "the policy changed meanwhile; make the proposal from the one in force"},
    {"policy_decision_key", OV_ERR_STATE, "policy.decided",
     "this version of the policy was decided on before"},
    {"policy_fixed", OV_ERR_STATE, "policy.fixed", "a policy does not change once proposed"},
    {"policy_code", OV_ERR_INVALID, "policy.code",
     "categories and types of location are codes of 1 to 40 of a-z and '_'"},
    {"policy_floor_key", OV_ERR_INVALID, "policy.invalid",
     "a model's lowest threshold is given once"},
    {"policy_document", OV_ERR_INTERNAL, "policy.document",
     "the policy's document was not written"},
    {"model_two_people", OV_ERR_DENIED, "model.same_person",
     "who proposed a model does not approve it; ask another person"},
    {"model_decided_once", OV_ERR_STATE, "model.decided", "this proposal was decided on before"},
    {"model_decision_key", OV_ERR_STATE, "model.decided", "this proposal was decided on before"},
    {"model_not_approved", OV_ERR_STATE, "model.not_approved",
     "only what was approved can be withdrawn"},
    {"model_acceptance_floor", OV_ERR_INVALID, "model.threshold_floor",
     "a lowest threshold is between 0.2 and 0.95"},
    {"deployment_model_accepted", OV_ERR_STATE, "model.not_accepted",
     "the model is not accepted for operational use on this installation, or not at this "
     "threshold"},
    {"notice_two_people", OV_ERR_DENIED, "notice.same_person",
     "who applied does not waive the notice; ask an authorising officer"},
    {"notice_missing", OV_ERR_STATE, "notice.not_published",
     "the public notice of the application is neither published nor waived"},
    {"notice_waiver_key", OV_ERR_STATE, "notice.waived", "prior notice was waived already"},
    {"deployment_notice_key", OV_ERR_EXISTS, "notice.exists",
     "this revision has its notice already"},
    {"notice_publication_key", OV_ERR_EXISTS, "notice.exists",
     "this publication is on the record already"},
    {"policy_floor_value", OV_ERR_INVALID, "policy.invalid",
     "a lowest threshold is between 0.2 and 0.95"},

    {"entry_two_people", OV_ERR_DENIED, "entry.same_person",
     "who added an entry does not approve it; ask somebody else"},
    {"entry_step", OV_ERR_STATE, "entry.wrong_state",
     "the entry is not in a state from which this is done"},
    {"entry_approval", OV_ERR_STATE, "entry.wrong_state",
     "the entry is not in a state from which this is done"},
    {"entry_fixed", OV_ERR_STATE, "entry.fixed", "an entry is approved or withdrawn, not changed"},
    {"entry_category", OV_ERR_INVALID, "entry.invalid", "a category is 1 to 40 of a-z and _"},
    {"entry_category_applied", OV_ERR_DENIED, "policy.category",
     "the deployment's application does not name this category"},
    {"watchlist_not_reviewed", OV_ERR_STATE, "watchlist.not_reviewed",
     "the watchlist has to be reviewed before going live, after its last approval"},
    {"entry_response", OV_ERR_INVALID, "entry.invalid", "a response is 1 to 40 of a-z and _"},
    {"entry_images_open", OV_ERR_STATE, "entry.images_open",
     "an image of the entry waits for a second person's decision or for the look-alike check"},
    {"entry_not_opened", OV_ERR_STATE, "entry.not_opened",
     "open the entry before you approve it, or approve it as part of a round"},
    {"entry_expired", OV_ERR_STATE, "entry.expired", "the entry has expired; it stays unapproved"},
    {"entry_under_18", OV_ERR_DENIED, "entry.under_18",
     "the entry is of somebody under 18: a higher authority has to approve it"},
    {"entry_incomplete", OV_ERR_INVALID, "watchlist.incomplete",
     "an operational deployment asks for justification, legal basis, image source and date, date "
     "of birth (or unknown) and expiry of each entry"},
    {"entry_blue_list", OV_ERR_INVALID, "watchlist.blue_list",
     "only blue list entries, and all of them, have a consent and the response none"},
    {"watchlist_full", OV_ERR_LIMIT, "watchlist.full",
     "the watchlist has had 20,000 entries; that is the most for one deployment"},
    {"blue_list_full", OV_ERR_LIMIT, "watchlist.blue_list_full",
     "the blue list has had 50 volunteers; that is the most for one deployment"},
    {"entry_priority", OV_ERR_INVALID, "entry.invalid", "a priority is 1, 2 or 3"},
    {"entry_legal_basis", OV_ERR_INVALID, "entry.invalid", "a legal basis is 1 to 40 of a-z and _"},
    {"entry_justification_size", OV_ERR_LIMIT, "entry.too_large", "the justification is too long"},
    {"entry_birth_date_size", OV_ERR_LIMIT, "entry.too_large", "the date of birth is too long"},
    {"entry_consent_digest", OV_ERR_INVALID, "entry.invalid", "a consent's digest has 32 bytes"},
    {"opening_images", OV_ERR_CONFLICT, "entry.changed",
     "the entry was given another image meanwhile; open it again"},
    {"round_not_opened", OV_ERR_STATE, "round.not_opened",
     "not all of the round that has to be opened has been opened; open the rest"},
    {"round_step", OV_ERR_STATE, "round.wrong_state", "the round has been approved already"},
    {"entry_name_size", OV_ERR_LIMIT, "entry.too_large", "the name is too long"},
    {"entry_reference_size", OV_ERR_LIMIT, "entry.too_large", "the reference is too long"},
    {"image_entry", OV_ERR_NOT_FOUND, "entry.unknown", "there is no such entry"},
    {"image_other_model", OV_ERR_INVALID, "image.other_model",
     "the template was made by another model than the deployment's, or that has ended"},
    {"image_content_tag", OV_ERR_INVALID, "image.content_tag",
     "an image's content tag has 32 bytes"},
    {"image_too_many", OV_ERR_LIMIT, "image.too_many", "an entry has at most five images"},
    {"image_step", OV_ERR_STATE, "image.wrong_state",
     "the image is not in a state from which this is done"},
    {"image_second_person", OV_ERR_STATE, "image.wrong_state",
     "the image is not in a state from which this is done"},
    {"image_two_people", OV_ERR_DENIED, "image.same_person",
     "who added an image does not decide on it; ask somebody else"},
    {"image_source", OV_ERR_INVALID, "entry.invalid", "a source is 1 to 40 of a-z and _"},
    {"image_override_code", OV_ERR_INVALID, "entry.invalid", "an override is 1 to 40 of a-z and _"},
    {"image_jpeg_size", OV_ERR_LIMIT, "image.too_large", "the image is too large"},
    {"image_thumbnail_size", OV_ERR_LIMIT, "image.too_large", "the thumbnail is too large"},
    {"image_template_size", OV_ERR_LIMIT, "image.too_large", "the template is too large"},
    {"sealed_form", OV_ERR_INTERNAL, "store.not_sealed",
     "bytes that have to be sealed were not, and were refused"},

    {"ledger_key_key", OV_ERR_EXISTS, "ledger.exists", "the ledger has its key already"},
    {"ledger_count", OV_ERR_INTERNAL, "ledger.count",
     "the pseudonyms do not fit the list that is being erased"},
    {"ledger_not_waived", OV_ERR_DENIED, "erasure.not_waived",
     "it takes two people to leave the ledger out"},
    {"ledger_waiver_alarm", OV_ERR_INTERNAL, "erasure.no_alarm",
     "the ledger is not left out without an alarm"},
    {"ledger_waiver_reason", OV_ERR_INVALID, "waiver.reason",
     "the reason is list_key_lost or ledger_key_lost"},
    {"ledger_waiver_deployment", OV_ERR_NOT_FOUND, "deployment.unknown",
     "there is no such deployment"},
    {"ledger_waiver_late", OV_ERR_STATE, "erasure.begun",
     "the erasure has begun, and with it the ledger is settled"},
    {"ledger_waiver_once", OV_ERR_STATE, "waiver.asked",
     "this is asked for, or decided, already; 'overtctl erasure waivers' shows it"},
    {"ledger_waiver_step", OV_ERR_STATE, "waiver.decided",
     "this was confirmed or withdrawn already"},
    {"ledger_waiver_two_people", OV_ERR_DENIED, "waiver.same_person",
     "who asked does not confirm; ask an authorising officer"},
    {"ledger_waiver_expired", OV_ERR_STATE, "waiver.expired",
     "this is older than seven days; ask again"},
    {"list_erasure_key", OV_ERR_EXISTS, "erasure.begun", "the list is being erased already"},
    {"erasure_state", OV_ERR_STATE, "erasure.state",
     "only the list of a deployment that has ended, and is not erased, can be erased"},
    {"erasure_not_due", OV_ERR_STATE, "erasure.not_due", "the list is not due for erasure yet"},
    {"erasure_order", OV_ERR_STATE, "erasure.order",
     "the steps of an erasure come in their order, each once"},
    {"list_erasure_order", OV_ERR_STATE, "erasure.order",
     "the steps of an erasure come in their order, each once"},

    {"alert_key", OV_ERR_EXISTS, "alert.exists", "this alert is there already"},
    {"alert_not_due", OV_ERR_STATE, "alert.not_due",
     "the alert is not due for erasure yet, or held as evidence"},
    {"alert_once", OV_ERR_EXISTS, "alert.exists", "this probe has alerted on this entry already"},
    {"alert_no_authority", OV_ERR_STATE, "alert.no_authority",
     "the probe was not received from a site of a deployment while that was live"},
    {"alert_urgent_lapsed", OV_ERR_STATE, "alert.no_authority",
     "the deployment's written authorisation has not come in time"},
    {"alert_entry_not_approved", OV_ERR_NOT_FOUND, "entry.not_approved",
     "the entry is not, or no longer, approved"},
    {"alert_below_threshold", OV_ERR_INVALID, "alert.below_threshold",
     "the score is below the authorised threshold"},
    {"alert_crop_step", OV_ERR_STATE, "alert.wrong_state", "the alert has its crop already"},
    {"alert_crop_columns", OV_ERR_INVALID, "alert.invalid",
     "a crop and what is said about it do not go together"},
    {"alert_crop_size", OV_ERR_LIMIT, "alert.too_large", "the crop is too large"},
    {"alert_site", OV_ERR_NOT_FOUND, "site.unknown", "there is no such site"},

    {"count_unknown_site", OV_ERR_NOT_FOUND, "counts.unknown_site",
     "the site is not part of the deployment"},
    {"minute_count_minute", OV_ERR_INVALID, "counts.invalid", "counts are of whole minutes"},
    {"server_minute_count_minute", OV_ERR_INVALID, "counts.invalid", "counts are of whole minutes"},

    {"event_key", OV_ERR_EXISTS, "audit.exists", "this event is on the record already"},
    {"event_body", OV_ERR_INTERNAL, "audit.body", "the event's body is not as it has to be"},
    {"event_body_size", OV_ERR_LIMIT, "audit.body", "the event's body is too large"},
    {"audit_required", OV_ERR_INTERNAL, "audit.missing",
     "the act was not recorded in its transaction, and therefore not done"},
    {"role_required", OV_ERR_DENIED, "permission.role",
     "whoever decides this does not hold the role that it takes"},
    {"deployment_document", OV_ERR_INTERNAL, "deployment.document",
     "a document of the deployment is missing"},
    {"deployment_policy_in_force", OV_ERR_CONFLICT, "policy.changed",
     "another policy has come into force meanwhile; look at the application again"},
    {"deployment_written_due", OV_ERR_INVALID, "deployment.written_due",
     "the written authorisation is due within the urgent period of the policy"},
    {"deployment_urgent_lapsed", OV_ERR_STATE, "deployment.urgent_lapsed",
     "the written authorisation did not come in time"},
    {"deployment_no_cameras", OV_ERR_STATE, "deployment.no_cameras",
     "an operational deployment names its cameras; apply again"},
    {"deployment_end_reason", OV_ERR_STATE, "deployment.wrong_state",
     "the deployment does not end in this way"},
    {"deployment_changed", OV_ERR_CONFLICT, "deployment.changed_meanwhile",
     "somebody else has changed the draft meanwhile; look at it again"},
    {"deployment_oral_people", OV_ERR_DENIED, "deployment.same_person",
     "who applied, who authorised orally and who records that have to be three people"},
    {"document_digest", OV_ERR_INTERNAL, "document.digest",
     "the document's digest is not that of its bytes"},
    {"document_body", OV_ERR_INTERNAL, "document.body",
     "the document is not what it is said to be"},
    {"document_kind", OV_ERR_INTERNAL, "document.body", "the document is of no kind that there is"},
    {"document_size", OV_ERR_LIMIT, "document.too_large", "the document is too large"},
    {"append_only", OV_ERR_DENIED, "store.append_only", "records are added to, never changed"},
};

/* Tables whose constraints have other names in each partition. */
static const struct meaning partition_keys[] = {
    {"entry_", OV_ERR_EXISTS, "entry.exists", "there is such an entry already"},
    {"image_", OV_ERR_EXISTS, "image.exists", "there is such an image already"},
};

/* The first whose key the SQLSTATE begins with. */
static const struct meaning states[] = {
    {"08P01", OV_ERR_INTERNAL, "store.failed", "the database did not understand this program"},
    {"08", OV_ERR_UNAVAILABLE, "store.down", "the connection to the database broke"},
    {"57014", OV_ERR_UNAVAILABLE, "store.cancelled", "the database was told to stop; try again"},
    {"57", OV_ERR_UNAVAILABLE, "store.down", "the database is stopping or starting"},
    {"25P03", OV_ERR_UNAVAILABLE, "store.down", "the transaction was left idle for too long"},
    {"25006", OV_ERR_UNAVAILABLE, "store.down",
     "this database server takes no changes (a standby)"},
    {"55P03", OV_ERR_UNAVAILABLE, "store.busy", "something else holds a lock; try again"},
    {"40", OV_ERR_CONFLICT, "store.conflict", "another transaction came in between; try again"},
    {"53100", OV_ERR_UNAVAILABLE, "store.full",
     "the database's disk is full and nothing was stored; have somebody make room on the server, "
     "and try again"},
    {"53", OV_ERR_UNAVAILABLE, "store.exhausted", "the database is out of memory or connections"},
    {"42501", OV_ERR_DENIED, "store.denied", "the database role may not do this"},
    {"42P01", OV_ERR_NOT_FOUND, "store.no_table", "the database has no such table"},
    {"42P07", OV_ERR_EXISTS, "watchlist.exists", "the deployment has a watchlist already"},
    {"22021", OV_ERR_INVALID, "store.text", "the text is not UTF-8"},
    {"22008", OV_ERR_INVALID, "store.time", "the time is outside what the database can keep"},
    {"23502", OV_ERR_INVALID, "store.missing_value", "a value that has to be given is missing"},
    {"23505", OV_ERR_EXISTS, "store.exists", "there is one already"},
    {"23514", OV_ERR_INVALID, "store.invalid", "a value is outside its range"},
};

static const struct meaning *by_constraint(const PGresult *result)
{
    const char *name = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    for (size_t i = 0; name != NULL && i < sizeof(constraints) / sizeof(constraints[0]); i++)
        if (strcmp(name, constraints[i].key) == 0)
            return &constraints[i];
    return NULL;
}

static const struct meaning *by_partition(const PGresult *result, const char *sqlstate)
{
    static const struct meaning none = {"", OV_ERR_STATE, "watchlist.none",
                                        "the deployment has no watchlist: it is unknown, or its "
                                        "watchlist has been erased"};
    const char *schema = PQresultErrorField(result, PG_DIAG_SCHEMA_NAME);
    const char *table = PQresultErrorField(result, PG_DIAG_TABLE_NAME);
    if (schema == NULL || table == NULL || strcmp(schema, "watchlist") != 0)
        return NULL;
    /* "No partition found for row" is a check violation of the parent without a constraint. */
    if (strcmp(sqlstate, "23514") == 0 &&
        PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME) == NULL)
        return &none;
    for (size_t i = 0; strcmp(sqlstate, "23505") == 0 && i < 2; i++)
        if (strncmp(table, partition_keys[i].key, strlen(partition_keys[i].key)) == 0)
            return &partition_keys[i];
    return NULL;
}

static const struct meaning *by_state(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        if (strncmp(sqlstate, states[i].key, strlen(states[i].key)) == 0)
            return &states[i];
    return NULL;
}

/* PostgreSQL's primary message only: its detail may quote a row. */
static void log_failure(const PGresult *result, const char *name, const char *sqlstate)
{
    char quoted[200];
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    ov_log(OV_LOG_ERROR, "store", "statement_failed", "statement=%s sqlstate=%s message=%s", name,
           sqlstate, ov_log_quote(message != NULL ? message : "", quoted, sizeof(quoted)));
}

/* After these, nothing else will work on this connection, or nothing of use. */
static bool needs_reconnect(const char *sqlstate)
{
    return strncmp(sqlstate, "08", 2) == 0 || strcmp(sqlstate, "25006") == 0 ||
           (strncmp(sqlstate, "57", 2) == 0 && strcmp(sqlstate, "57014") != 0);
}

enum ov_status failure_translate(struct store *store, const PGresult *result, const char *name,
                                 struct ov_error *err)
{
    const char *sqlstate = result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    if (sqlstate == NULL) {
        /* libpq's own errors: the connection is lost, or memory is out. What it was doing may have
         * been committed. */
        store->suspect = true;
        store->owes_wait = true;
        return ov_fail(err, OV_ERR_UNAVAILABLE, "store.down",
                       "the connection to the database broke");
    }
    if (needs_reconnect(sqlstate)) {
        store->suspect = true;
        store->owes_wait = true;
    }
    const struct meaning *meaning = by_constraint(result);
    if (meaning == NULL)
        meaning = by_partition(result, sqlstate);
    if (meaning == NULL)
        meaning = by_state(sqlstate);
    if (meaning == NULL || meaning->status == OV_ERR_INTERNAL)
        log_failure(result, name, sqlstate);
    if (meaning == NULL)
        return ov_fail(err, OV_ERR_INTERNAL, "store.failed",
                       "the database refused %s (SQLSTATE %s); the log says more", name, sqlstate);
    return ov_fail(err, meaning->status, meaning->code, "%s", meaning->text);
}
