/* SPDX-License-Identifier: MIT */
/*
 * A plug-in for test_https.py: fetches the URLs of the domain's TXT records at _fetch, and says all
 * that is known of each. The words after a URL: "follow", "cap=BYTES", "msecs=DEADLINE".
 */
#include <mailaudit/check.h>

#include <stdlib.h>
#include <string.h>

#define HEAD_BYTES 40u /* of a body, that are shown */

static const struct ma_rule rules[] = {
    {
        .id = "fetch.unknown",
        .severity = MA_UNKNOWN,
        .could_be = MA_WARNING,
        .title = "it could not be fetched",
        .why = "a failure to look proves nothing",
        .fix = "try again",
        .reference = "tests/live/test_https.py",
    },
};

static const struct ma_body *fetch(struct ma_run *run, const char *words)
{
    struct ma_fetch how = {.accept = "text/plain"};
    const char *cap = strstr(words, " cap="), *msecs = strstr(words, " msecs=");
    how.follow = strstr(words, " follow") != NULL;
    if (cap != NULL)
        how.cap_bytes = strtoul(cap + strlen(" cap="), NULL, 10);
    if (msecs != NULL)
        how.deadline_msecs = (uint16_t)strtoul(msecs + strlen(" msecs="), NULL, 10);
    return ma_https_how(run, &how, ma_text(run, "%.*s", (int)strcspn(words, " "), words));
}

static void tell(struct ma_run *run, const struct ma_body *b)
{
    struct ma_data *row = ma_append(ma_result(run), "bodies");
    ma_put(row, "url", b->url);
    ma_put(row, "final", b->final_url);
    ma_put(row, "failure", b->status == MA_FAILED ? ma_failure_name(b->failure) : NULL);
    ma_put_int(row, "code", b->code);
    ma_put(row, "type", b->type);
    ma_put(row, "location", b->location);
    ma_put_int(row, "size", (int64_t)b->size);
    ma_put_bytes(row, "head", b->bytes, b->size < HEAD_BYTES ? b->size : HEAD_BYTES);
    ma_put(row, "certificate", b->certificate);
    ma_put(row, "detail", b->detail);
    if (b->status == MA_FAILED)
        ma_failed_body(ma_report(run, &rules[0], b->url, "%s", ma_failure_phrase(b->failure)), b);
}

static void run_fetch(struct ma_run *run)
{
    const struct ma_answer *urls = ma_dns(run, MA_TXT, "_fetch.%s", ma_target(run)->domain);
    const struct ma_body **bodies = ma_alloc(run, (urls->rr_count + 1) * sizeof *bodies);
    for (size_t i = 0; i < urls->rr_count; i++)
        bodies[i] = fetch(run, urls->rrs[i].txt.bytes);
    for (size_t i = 0; i < urls->rr_count; i++)
        tell(run, bodies[i]);
}

MA_CHECK(fetch, .area = "fetch", .title = "What lies behind URLs",
    .empty_result =
        "{ \"bodies\": [ { \"url\": null, \"final\": null, \"failure\": null, \"code\": null, "
        "\"type\": null, \"location\": null, \"size\": null, \"head\": null, "
        "\"certificate\": null, \"detail\": null } ] }",
    .rules = rules, .rule_count = sizeof rules / sizeof rules[0], .run = run_fetch);
