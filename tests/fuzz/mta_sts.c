/* SPDX-License-Identifier: MIT */
/* MTA-STS records and policies: whatever the bytes, what is found lies within them. */
#include "mta_sts_parse.h"

#include "fuzz.h"

static bool lies_within(struct ma_span span, size_t size)
{
    return span.offset <= size && span.size <= size - span.offset;
}

static void record(const char *bytes, size_t size)
{
    struct mta_sts_record r;

    mta_sts_record_parse(&r, bytes, size);
    HOLDS(lies_within(r.id, size) && lies_within(r.at, size) && lies_within(r.again, size));
    HOLDS(r.fault != NULL || (r.id.size > 0 && r.id.size <= MTA_STS_ID_MAX));
    HOLDS(!mta_sts_is_record(bytes, size) || mta_sts_is_lone_record(bytes, size));
    mta_sts_is_lookalike(bytes, size);
}

static void policy(const char *bytes, size_t size)
{
    struct mta_sts_policy p;

    mta_sts_policy_parse(&p, bytes, size);
    HOLDS(p.pattern_count <= MTA_STS_PATTERNS_MAX && p.fault_count <= MTA_STS_FAULTS_MAX);
    for (size_t i = 0; i < p.fault_count; i++)
        HOLDS(lies_within(p.faults[i].at, size) && p.faults[i].expected != NULL);
    for (size_t i = 0; i < p.pattern_count; i++) {
        char host[256];
        HOLDS(lies_within(p.patterns[i], size));
        if (p.patterns[i].size >= sizeof host)
            continue;
        memcpy(host, bytes + p.patterns[i].offset, p.patterns[i].size);
        host[p.patterns[i].size] = '\0';
        if (host[0] == '*')
            host[0] = 'x';
        HOLDS(mta_sts_matches(bytes + p.patterns[i].offset, p.patterns[i].size, host));
    }
    if (mta_sts_policy_holds(&p))
        HOLDS(p.mode != MTA_STS_NO_MODE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = fuzz_text(data, size);

    record(bytes, size);
    policy(bytes, size);
    free(bytes);
    return 0;
}
