/*
 * Every state tries every act, over the API: each route that does something with a deployment, in
 * each of its states. What is allowed leads where the table of steps says; what is not gets its own
 * code and changes nothing at all. A route that is new has to be put in here: a test says so.
 */
#include "tests/integration/api/tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/api/route.h"
#include "server/service/steps.h"
#include "tests/integration/api/bed.h"
#include "tests/integration/api/client.h"

#define PATTERN "/v1/deployments/{deployment}"
#define NOTHING "00000000-0000-4000-8000-00000000dead"
#define SUBJECT(reference)                                                                         \
    "{\"category\":\"missing_at_risk\",\"response\":\"safeguarding\",\"name\":\"Zebedee "          \
    "Quill\",\"reference\":\"" reference "\"}"
#define SIGNATURE "\"signature\":{\"statement\":\"s\",\"value\":\"c2lnbmVk\"}"
#define REASONS "{\"reasons\":\"r\"}"
#define OFFICER "{\"role\":\"engagement_officer\"}"
#define PAGE "00000000000000000000000000000000000000000000000000000000000000ff"
#define SNAPSHOT_SIZE 8192

/* The states, and the one that rests on an oral authorisation, each by a letter. */
#define STATES "daAOlpcrxe"
#define OPEN "aAOlp" /* applied for, and not ended */

static struct client *ada; /* applicant, watchlist manager */
static struct client *ben; /* authorising officer, watchlist manager, lead */
static struct client *dan; /* engagement officers; dan is on duty from the authorisation on */
static struct client *dov;
static struct client *hana;
static struct client *dora;

struct subject {
    char state; /* its letter */
    char name[48];
    char entry[64];    /* proposed */
    char approved[64]; /* in the states that have one */
};

enum body { PLAIN, SIGNED, SETTINGS, CHANGE, JPEG };

struct attempt {
    const char *name;
    const char *method, *route; /* below the deployment */
    struct client **who;
    enum body kind;
    const char *body;     /* JSON, or the members that are signed; NULL: none */
    const char *works_in; /* letters of states */
    const char *outcome;  /* what it gets there: NULL: it is done; else the next check's code */
    const char *refused;  /* the code that it gets in all the others */
    const char *but;      /* "O=another.code ..." */
    char becomes;         /* the state that it leads to; 0: it stays */
    bool is_idle;         /* done, it has nothing to change */
};

/* In this order one deployment of each state goes through all that leave it in its state. */
static const struct attempt attempts[] = {
    {"edit", "PATCH", "", &ada, PLAIN, NULL, "d", NULL, "deployment.not_a_draft", "", 0, false},
    {"statement", "POST", "/statement", &ada, PLAIN, "{\"act\":\"deployment.apply\"}", "d", NULL,
     "deployment.wrong_state", "", 0, true},
    {"publish", "POST", "/notice", &ben, PLAIN,
     "{\"url\":\"https://police.example/n\",\"page_digest\":\"" PAGE "\"}", OPEN, "notice.differs",
     "watchlist.closed", "d=notice.draft", 0, false},
    {"waive", "POST", "/notice/waive", &ben, PLAIN, "{\"reason\":\"a threat\"," SIGNATURE "}", OPEN,
     "signature.stale", "watchlist.closed", "d=notice.draft", 0, false},
    {"tighten", "POST", "/settings", &ben, PLAIN, "{\"reason\":\"r\",\"threshold\":0.7}", "AOlp",
     NULL, "settings.state", "", 0, false},
    {"draft a loosening", "POST", "/settings/draft", &ben, PLAIN,
     "{\"reason\":\"r\",\"threshold\":0.65}", "AOlp", NULL, "settings.state", "", 0, true},
    {"approve no change", "POST", "/settings/change/approve", &hana, PLAIN, "{" SIGNATURE "}", "",
     NULL, "settings.no_proposal", "c=settings.state e=settings.state", 0, false},
    {"propose", "POST", "/settings", &ben, SETTINGS, "\"reason\":\"r\",\"threshold\":0.65", "AOlp",
     NULL, "settings.state", "", 0, false},
    {"approve a change", "POST", "/settings/change/approve", &hana, CHANGE, "", "AOlp", NULL,
     "settings.no_proposal", "c=settings.state e=settings.state", 0, false},
    {"propose again", "POST", "/settings", &ben, SETTINGS, "\"reason\":\"r\",\"threshold\":0.6",
     "AOlp", NULL, "settings.state", "", 0, false},
    {"refuse a change", "POST", "/settings/change/refuse", &hana, PLAIN, "{}", "AOlp", NULL,
     "settings.no_proposal", "c=settings.state e=settings.state", 0, false},
    {"signs", "POST", "/signs", &dan, PLAIN, "{\"site\":\"%s\",\"camera\":\"c\"}", "AOlp", NULL,
     "deployment.signs_state", "", 0, false},
    {"take duty", "POST", "/duty", &dov, PLAIN, OFFICER, OPEN, NULL, "duty.state", "", 0, false},
    {"be heard of", "POST", "/duty/heartbeat", &dov, PLAIN, OFFICER, OPEN, NULL, "duty.none", "", 0,
     true},
    {"hand over", "POST", "/duty/hand-over", &dov, PLAIN,
     "{\"role\":\"engagement_officer\",\"to\":\"dan\"}", OPEN, NULL, "duty.none", "", 0, false},
    {"take duty again", "POST", "/duty", &dov, PLAIN, OFFICER, OPEN, NULL, "duty.state", "", 0,
     false},
    {"end a duty", "POST", "/duty/end", &dov, PLAIN, OFFICER, OPEN, NULL, "duty.none", "", 0,
     false},
    {"hand over what outlasted it", "POST", "/duty/hand-over", &dan, PLAIN,
     "{\"role\":\"engagement_officer\",\"to\":\"dov\"}", OPEN, NULL, "duty.none",
     "c=duty.state e=duty.state", 0, false},
    {"add", "POST", "/watchlist", &ada, JPEG, SUBJECT("REF-STATES-3"), OPEN, NULL,
     "watchlist.closed", "", 0, false},
    {"compare", "POST", "/watchlist/compare", &ben, PLAIN, "{}", OPEN, NULL, "watchlist.closed", "",
     0, false},
    {"open", "POST", "/watchlist/{entry}/open", &ben, PLAIN, "{}", OPEN, NULL, "watchlist.closed",
     "", 0, false},
    {"decide on an image", "POST", "/watchlist/{entry}/images/{image}", &ben, PLAIN,
     "{\"decision\":\"accept\"}", OPEN, "image.unknown", "watchlist.closed", "", 0, false},
    {"approve an entry", "POST", "/watchlist/approve", &ben, PLAIN, "{\"entry\":\"%s\"}", OPEN,
     NULL, "watchlist.closed", "", 0, false},
    {"draw a round", "POST", "/watchlist/rounds", &ben, PLAIN, "{}", OPEN, NULL, "watchlist.closed",
     "", 0, false},
    {"approve a round", "POST", "/watchlist/rounds/{round}/approve", &ben, PLAIN, "{}", OPEN,
     "round.unknown", "watchlist.closed", "", 0, false},
    {"review", "POST", "/watchlist/review", &ben, PLAIN, "{\"list_version\":9999}", OPEN,
     "review.stale", "watchlist.closed", "", 0, false},
    {"withdraw", "DELETE", "/watchlist/{entry}", &ben, PLAIN, NULL, OPEN, NULL, "watchlist.closed",
     "", 0, false},

    {"leave the ledger out", "POST", "/ledger-waivers", &dora, PLAIN,
     "{\"reason\":\"list_key_lost\"}", "", NULL, "waiver.not_lost",
     "d=erasure.state e=erasure.state", 0, false},

    {"apply", "POST", "/apply", &ada, SIGNED, "", "d", NULL, "deployment.wrong_state", "", 'a',
     false},
    {"authorise", "POST", "/authorise", &hana, SIGNED, CLIENT_REASONS, "a", NULL,
     "deployment.wrong_state", "O=200", 'A', false},
    {"put in writing", "POST", "/authorise", &hana, SIGNED, CLIENT_REASONS, "O", NULL,
     "deployment.wrong_state", "a=200", 'A', false},
    {"record an oral one", "POST", "/oral", &ben, PLAIN, "{\"officer\":\"hana\",\"reasons\":\"r\"}",
     "a", NULL, "deployment.wrong_state", "", 'O', false},
    {"refuse", "POST", "/refuse", &hana, PLAIN, REASONS, "a", NULL, "deployment.wrong_state",
     "O=200", 'r', false},
    {"refuse to put in writing", "POST", "/refuse", &hana, PLAIN, REASONS, "O", NULL,
     "deployment.wrong_state", "a=200", 'c', false},
    {"cancel", "POST", "/cancel", &ada, PLAIN, REASONS, "daA", NULL, "deployment.wrong_state",
     "O=deployment.oral", 'x', false},
    {"go live", "POST", "/start", &ben, PLAIN, "{}", "AO", NULL, "deployment.not_authorised", "",
     'l', false},
    {"pause", "POST", "/pause", &ben, PLAIN, "{}", "l", NULL, "deployment.not_live", "p=200", 'p',
     false},
    {"resume", "POST", "/resume", &ben, PLAIN, "{}", "p", NULL, "deployment.not_paused", "", 'l',
     false},
    {"stop before it is live", "POST", "/stop", &ben, PLAIN, "{}", "daA", NULL, "deployment.over",
     "O=200 l=200 p=200", 'x', false},
    {"stop", "POST", "/stop", &ben, PLAIN, "{}", "Olp", NULL, "deployment.over",
     "d=200 a=200 A=200", 'c', false},
    {"erase", "POST", "/erase", &ben, PLAIN, "{}", "crx", NULL, "erasure.state", "e=erasure.done",
     'e', false},
};
#define ATTEMPT_COUNT (sizeof(attempts) / sizeof(attempts[0]))

static const struct {
    char letter;
    enum deployment_state state;
} letters[] = {
    {'d', DEPLOYMENT_DRAFT},      {'a', DEPLOYMENT_APPLIED}, {'A', DEPLOYMENT_AUTHORISED},
    {'O', DEPLOYMENT_AUTHORISED}, {'l', DEPLOYMENT_LIVE},    {'p', DEPLOYMENT_PAUSED},
    {'c', DEPLOYMENT_CLOSED},     {'r', DEPLOYMENT_REFUSED}, {'x', DEPLOYMENT_CANCELLED},
    {'e', DEPLOYMENT_ERASED},
};

static enum deployment_state state_of(char letter)
{
    size_t i = 0;
    while (letters[i].letter != letter)
        i++;
    return letters[i].state;
}

static int setup(void **state)
{
    (void)state;
    ada = client_new("person-ada");
    ben = client_new("person-ben");
    dan = client_new("person-dan");
    dov = client_new("person-dov");
    hana = client_new("person-hana");
    dora = client_new("person-dora");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_free(ada);
    client_free(ben);
    client_free(dan);
    client_free(dov);
    client_free(hana);
    client_free(dora);
    return 0;
}

/* --- making one ------------------------------------------------------------------------------ */

static struct answer post(struct client *client, const struct subject *subject, const char *rest,
                          const char *json)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s%s", subject->name, rest);
    return client_post(client, path, json);
}

static void add(const struct subject *subject, const char *entry, int portrait, char id[64])
{
    const struct ov_secret *jpeg = &bed.portraits[portrait];
    struct answer answer =
        expect_kept(client_add(ada, subject->name, entry, jpeg->data, jpeg->size), 201, NULL);
    (void)snprintf(id, 64, "%s", answer_text(&answer, "id"));
    answer_done(&answer);
}

static struct answer send_draft(const struct subject *subject, const char *method, const char *path,
                                const char *more)
{
    static const char *const json_type[] = {"Content-Type: application/json", NULL};
    char json[512];
    int length = snprintf(json, sizeof(json),
                          "{\"name\":\"%s\",\"purpose\":\"p\",\"kind\":\"exercise\",\"sites\":"
                          "[\"%s\"],\"cameras\":[{\"site\":\"%s\",\"camera\":\"c\"}]%s}",
                          subject->name, subject->name, subject->name, more);
    return client_send(ada, method, path, json_type, json, (size_t)length);
}

static struct answer sign_and_post(struct client *client, const struct subject *subject,
                                   struct answer to_sign, const char *rest, const char *members)
{
    char json[4096];
    json_t *signature = client_signature(client, &to_sign);
    if (signature == NULL)
        return to_sign;
    answer_done(&to_sign);
    char *text = json_dumps(signature, JSON_COMPACT);
    json_decref(signature);
    (void)snprintf(json, sizeof(json), "{\"signature\":%s%s%s}", text, *members != '\0' ? "," : "",
                   members);
    ov_wiping_free(text); /* the API has given jansson its allocator */
    return post(client, subject, rest, json);
}

static struct answer propose_settings(const struct subject *subject, const char *members)
{
    char json[256];
    (void)snprintf(json, sizeof(json), "{%s}", members);
    return sign_and_post(ben, subject, post(ben, subject, "/settings/draft", json), "/settings",
                         members);
}

static void go_live(struct subject *subject)
{
    bed_attend(subject->name);
    expect(post(ben, subject, "/start", "{}"), 200, NULL);
}

static void fill(struct subject *subject)
{
    add(subject, SUBJECT("REF-STATES-1"), 0, subject->approved);
    assert_int_equal(client_approve_all(ben, subject->name), 1);
    client_review(ben, subject->name);
}

/* A new deployment at a site of its own, taken to this state the way that people take. */
static struct subject make(char state)
{
    static unsigned made;
    char site[80];
    struct subject subject = {.state = state, .entry = NOTHING};
    (void)snprintf(subject.name, sizeof(subject.name), "state-%u", made++);
    (void)snprintf(site, sizeof(site), "{\"name\":\"%s\"}", subject.name);
    expect(client_post(ada, "/v1/sites", site), 201, NULL);
    expect(send_draft(&subject, "POST", "/v1/deployments", ""), 201, NULL);
    if (state == 'd')
        return subject;
    client_apply(ada, subject.name);
    if (strchr("arx", state) == NULL)
        fill(&subject);
    add(&subject, SUBJECT("REF-STATES-2"), 2, subject.entry);
    if (state == 'O')
        expect(post(ben, &subject, "/oral", "{\"officer\":\"hana\",\"reasons\":\"r\"}"), 200, NULL);
    else if (strchr("arx", state) == NULL)
        client_authorise(ben, subject.name);
    if (strchr("lpce", state) != NULL)
        go_live(&subject);
    else if (state == 'A' || state == 'O')
        bed_attend(subject.name);
    if (state == 'p')
        expect(post(ben, &subject, "/pause", "{}"), 200, NULL);
    if (state == 'c' || state == 'e') { /* with a change that nobody decided on */
        expect(propose_settings(&subject, "\"reason\":\"r\",\"threshold\":0.52"), 200, NULL);
        expect(post(ben, &subject, "/stop", "{}"), 200, NULL);
    }
    if (state == 'e')
        expect(post(ben, &subject, "/erase", "{}"), 200, NULL);
    if (state == 'r')
        expect(post(ben, &subject, "/refuse", REASONS), 200, NULL);
    if (state == 'x')
        expect(post(ada, &subject, "/cancel", REASONS), 200, NULL);
    return subject;
}

/* --- trying ---------------------------------------------------------------------------------- */

static void route_of(const struct attempt *attempt, const struct subject *subject, char out[256])
{
    size_t used = 0;
    for (const char *at = attempt->route; *at != '\0';) {
        const char *id = strncmp(at, "{entry}", 7) == 0 ? subject->entry : NOTHING;
        used += *at == '{' ? (size_t)snprintf(out + used, 256 - used, "%s", id)
                           : (size_t)snprintf(out + used, 256 - used, "%c", *at);
        at += *at == '{' ? strcspn(at, "}") + 1 : 1;
    }
    out[used] = '\0';
}

static struct answer try_plainly(const struct attempt *attempt, const struct subject *subject)
{
    char route[256] = "";
    char path[320];
    char json[512];
    route_of(attempt, subject, route);
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s%s", subject->name, route);
    if (strcmp(attempt->method, "PATCH") == 0)
        return send_draft(subject, "PATCH", path, ",\"revision\":1");
    if (strcmp(attempt->method, "DELETE") == 0)
        return client_delete(*attempt->who, path);
    const char *place = strstr(attempt->body, "%s");
    (void)snprintf(json, sizeof(json), "%s", attempt->body);
    if (place != NULL)
        (void)snprintf(json, sizeof(json), "%.*s%s%s", (int)(place - attempt->body), attempt->body,
                       strcmp(attempt->route, "/signs") == 0 ? subject->name : subject->entry,
                       place + 2);
    return client_post(*attempt->who, path, json);
}

static struct answer try(const struct attempt *attempt, const struct subject *subject)
{
    char path[256];
    switch (attempt->kind) {
    case PLAIN:
        break;
    case SIGNED:
        return client_signed(*attempt->who, subject->name, attempt->route + 1, attempt->body);
    case SETTINGS:
        return propose_settings(subject, attempt->body);
    case CHANGE:
        (void)snprintf(path, sizeof(path), "/v1/deployments/%s/settings/change", subject->name);
        return sign_and_post(*attempt->who, subject, client_get(*attempt->who, path),
                             attempt->route, "");
    case JPEG:
        return client_add(*attempt->who, subject->name, attempt->body, bed.portraits[1].data,
                          bed.portraits[1].size);
    }
    return try_plainly(attempt, subject);
}

/* The same without asking for the statement first: the act itself looks at the state, too. */
static struct answer try_unasked(const struct attempt *attempt, const struct subject *subject)
{
    char json[512];
    const char *comma = attempt->body != NULL && *attempt->body != '\0' ? "," : "";
    (void)snprintf(json, sizeof(json), "{" SIGNATURE "%s%s}", comma, attempt->body);
    return post(*attempt->who, subject, attempt->route, json);
}

/* The deployment to the bit, and how much there is of everything else of it. */
static void look(const struct subject *subject, char out[SNAPSHOT_SIZE])
{
    char sql[1024];
    (void)snprintf(
        sql, sizeof(sql),
        "SELECT concat_ws(' ', d::text, (SELECT count(*) FROM audit.event), (SELECT count(*) FROM "
        "audit.document), (SELECT count(*) FROM watchlist.image), (SELECT string_agg(state, '' "
        "ORDER BY id) FROM watchlist.entry AS e WHERE e.deployment_id = d.id), (SELECT "
        "string_agg(c::text, '' ORDER BY c.id) FROM overt.settings_change AS c WHERE "
        "c.deployment_id = d.id), (SELECT count(*) FROM overt.duty WHERE until IS NULL), (SELECT "
        "count(*) FROM overt.deployment_sign), (SELECT count(*) FROM overt.list_erasure)) FROM "
        "overt.deployment AS d WHERE name = '%s'",
        subject->name);
    pg_text(bed.pg, "admin", sql, out, SNAPSHOT_SIZE);
}

static int64_t count_events(void)
{
    return pg_value(bed.pg, "oversight", "SELECT count(*) FROM audit.event");
}

/* What it gets there: "" when it is done. */
static const char *outcome(const struct attempt *attempt, char state, char code[64])
{
    if (strchr(attempt->works_in, state) != NULL)
        return attempt->outcome != NULL ? attempt->outcome : "";
    const char wanted[] = {state, '=', '\0'};
    const char *other = strstr(attempt->but, wanted);
    if (other == NULL)
        return attempt->refused;
    (void)snprintf(code, 64, "%.*s", (int)strcspn(other + 2, " "), other + 2);
    return strcmp(code, "200") == 0 ? "" : code;
}

static void check_answer(struct answer answer, const struct attempt *attempt, char state,
                         const char *wanted)
{
    const char *code = answer_text(&answer, "error.code");
    bool done = answer.status >= 200 && answer.status < 300;
    if (strcmp(code, wanted) != 0 || done != (*wanted == '\0') || answer.status >= 500 ||
        answer.status == 0)
        fail_msg("%s in state %c: %ld %s; expected '%s'", attempt->name, state, answer.status, code,
                 wanted);
    answer_done(&answer);
}

static bool is_done_in(const struct attempt *attempt, char state)
{
    char code[64];
    return *outcome(attempt, state, code) == '\0';
}

/* Refused: its own code, and nothing has changed. */
static void refuse(const struct attempt *attempt, const struct subject *subject)
{
    char code[64];
    char before[SNAPSHOT_SIZE];
    char after[SNAPSHOT_SIZE];
    const char *wanted = outcome(attempt, subject->state, code);
    look(subject, before);
    check_answer(try(attempt, subject), attempt, subject->state, wanted);
    if (attempt->kind == SIGNED || attempt->kind == SETTINGS || attempt->kind == CHANGE)
        check_answer(try_unasked(attempt, subject), attempt, subject->state, wanted);
    look(subject, after);
    if (strcmp(before, after) != 0)
        fail_msg("%s in state %c was refused, and changed %s\nto %s", attempt->name, subject->state,
                 before, after);
}

static void assert_state(const struct subject *subject, enum deployment_state wanted)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "/v1/deployments/%s", subject->name);
    struct answer answer = expect_kept(client_get(ada, path), 200, NULL);
    assert_string_equal(answer_text(&answer, "state"), deployment_state_name(wanted));
    answer_done(&answer);
}

/* Done, and on the record unless there was nothing to do; the state is as it was. */
static void stay(const struct attempt *attempt, const struct subject *subject)
{
    int64_t events = count_events();
    check_answer(try(attempt, subject), attempt, subject->state, "");
    if ((count_events() > events) == attempt->is_idle)
        fail_msg("%s in state %c: %s event", attempt->name, subject->state,
                 attempt->is_idle ? "an" : "no");
    assert_state(subject, state_of(subject->state));
}

/* Done with a deployment of its own: one event, and the state that the table of steps allows. */
static void step(const struct attempt *attempt, char from)
{
    struct subject subject = make(from);
    int64_t events = count_events();
    bool in_state = state_of(from) == state_of(attempt->becomes);
    if (!in_state && !step_is_legal(state_of(from), state_of(attempt->becomes)))
        fail_msg("%s from %c is no step of the table", attempt->name, from);
    check_answer(try(attempt, &subject), attempt, from, "");
    assert_true(count_events() > events);
    assert_state(&subject, state_of(attempt->becomes));
    subject.state = attempt->becomes; /* and not twice */
    if (!is_done_in(attempt, attempt->becomes))
        refuse(attempt, &subject);
    if (strchr("alpAO", attempt->becomes) != NULL)
        expect(post(ben, &subject, "/stop", "{}"), 200, NULL);
}

static void try_all_in(char state)
{
    struct subject subject = make(state);
    for (size_t i = 0; i < ATTEMPT_COUNT; i++) {
        if (!is_done_in(&attempts[i], state))
            refuse(&attempts[i], &subject);
    }
    for (size_t i = 0; i < ATTEMPT_COUNT; i++) {
        if (is_done_in(&attempts[i], state) && attempts[i].becomes == 0)
            stay(&attempts[i], &subject);
    }
    if (state == 'p') { /* pausing what is paused is no act, and no error */
        int64_t events = count_events();
        expect(post(ben, &subject, "/pause", "{}"), 200, NULL);
        assert_int_equal(count_events(), events);
    }
    for (size_t i = 0; i < ATTEMPT_COUNT; i++) {
        if (attempts[i].becomes != 0 && strchr(attempts[i].works_in, state) != NULL)
            step(&attempts[i], state);
    }
}

static void test_every_state_tries_every_act(void **state)
{
    (void)state;
    for (const char *at = STATES; *at != '\0'; at++)
        try_all_in(*at);
}

static void test_every_route_of_a_deployment_is_tried(void **state)
{
    (void)state;
    size_t count = 0;
    const struct route *table = route_table(&count);
    for (size_t i = 0; i < count; i++) {
        const char *method = request_method_name(table[i].method);
        bool found = strncmp(table[i].pattern, PATTERN, strlen(PATTERN)) != 0 ||
                     table[i].method == METHOD_GET;
        for (size_t j = 0; j < ATTEMPT_COUNT && !found; j++)
            found = strcmp(attempts[j].method, method) == 0 &&
                    strcmp(attempts[j].route, table[i].pattern + strlen(PATTERN)) == 0;
        if (!found)
            fail_msg("not tried: %s %s", method, table[i].pattern);
    }
}

int run_states_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_route_of_a_deployment_is_tried),
        cmocka_unit_test(test_every_state_tries_every_act),
    };
    return cmocka_run_group_tests_name("states", tests, setup, teardown);
}
