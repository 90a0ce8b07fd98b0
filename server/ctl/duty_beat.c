/* Duty over the API; see duty_beat.h. */
#include "server/ctl/duty_beat.h"

#include <stdio.h>

#include "server/ctl/api.h"

#define BEATS_PER_LIMIT 3 /* two may get lost */
#define EVERY_MIN_S 2

enum ctl_exit duty_post(struct ctl *ctl, const char *deployment, const char *what,
                        json_t *take_body, json_t **ret_json, struct ov_error *err)
{
    char act[32] = "duty";
    const struct api_place place = {"deployments", deployment, act};
    if (what != NULL)
        (void)snprintf(act, sizeof(act), "duty/%s", what);
    return api_post_at(ctl->http, &place, take_body, ret_json, err);
}

static void set_pace(struct duty_beat *beat, const struct ctl *ctl, const json_t *answer)
{
    int every_s = (int)api_int(answer, "heartbeat_s") / BEATS_PER_LIMIT;
    beat->every_s = every_s > EVERY_MIN_S ? every_s : EVERY_MIN_S;
    beat->due_us = ov_clock_mono_us(ctl->clock) + beat->every_s * OV_US_PER_S;
}

void duty_beat_start(struct duty_beat *beat, struct ctl *ctl, const char *deployment,
                     const char *role)
{
    struct ov_error err = OV_ERROR_INIT;
    json_t *answer = NULL;
    *beat = (struct duty_beat){.is_on = false};
    if (duty_post(ctl, deployment, NULL, json_pack("{ss}", "role", role), &answer, &err) != CTL_OK)
        return;
    beat->is_on = true;
    set_pace(beat, ctl, answer);
    json_decref(answer);
}

void duty_beat_now(struct duty_beat *beat, struct ctl *ctl, const char *deployment,
                   const char *role)
{
    struct ov_error err = OV_ERROR_INIT;
    json_t *answer = NULL;
    if (!beat->is_on || ov_clock_mono_us(ctl->clock) < beat->due_us)
        return;
    enum ctl_exit result =
        duty_post(ctl, deployment, "heartbeat", json_pack("{ss}", "role", role), &answer, &err);
    if (result == CTL_OK) {
        set_pace(beat, ctl, answer);
        json_decref(answer);
    } else if (!ctl_may_pass(result, &err)) {
        beat->is_on = false;
        terminal_note("overtctl: no longer on duty as %s: %s (%s)", role, err.text, err.code);
    }
}

int duty_beat_wait_s(const struct duty_beat *beat, const struct ctl *ctl, int max_s)
{
    if (!beat->is_on)
        return max_s;
    int64_t left_us = beat->due_us - ov_clock_mono_us(ctl->clock);
    int64_t left_s = left_us > 0 ? left_us / OV_US_PER_S : 0;
    return left_s < max_s ? (int)left_s : max_s;
}
