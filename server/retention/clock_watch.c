/* Two comparisons; see clock_watch.h. */
#include "server/retention/clock_watch.h"

static int64_t size_of(int64_t us)
{
    return us < 0 ? -us : us;
}

int64_t clock_watch_jump(struct clock_watch *watch, int64_t utc_us, int64_t mono_us)
{
    int64_t offset_us = utc_us - mono_us;
    int64_t jump_us = watch->looked ? offset_us - watch->offset_us : 0;
    watch->looked = true;
    watch->offset_us = offset_us;
    return size_of(jump_us) >= CLOCK_JUMP_US ? jump_us : 0;
}

enum clock_news clock_watch_compare(struct clock_watch *watch, int64_t ahead_us)
{
    bool differed = watch->differs;
    int64_t limit_us = differed ? CLOCK_DIFFERS_US / 2 : CLOCK_DIFFERS_US;
    watch->differs = size_of(ahead_us) >= limit_us;
    if (watch->differs == differed)
        return CLOCK_NO_NEWS;
    return watch->differs ? CLOCK_DIFFERS : CLOCK_AGREES;
}
