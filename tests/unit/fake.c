/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fake.h"

#define FAKE_RRS_MAX 64

static const struct fake_line *line_of(const struct fake *f, const struct ma_answer *a)
{
    for (size_t i = f->line_count; i-- > 0;)
        if (f->lines[i].type == a->type && strcmp(f->lines[i].name, a->name) == 0)
            return &f->lines[i];
    return NULL;
}

static size_t parse_records(ldns_rr **rrs, const char *text)
{
    size_t count = 0;
    while (*text != '\0') {
        char line[4096];
        size_t size = strcspn(text, "\n");
        assert_true(size < sizeof line && count < FAKE_RRS_MAX);
        memcpy(line, text, size);
        line[size] = '\0';
        if (ldns_rr_new_frm_str(&rrs[count], line, 300, NULL, NULL) != LDNS_STATUS_OK)
            fail_msg("no record: '%s'", line);
        count++;
        text += size + (text[size] == '\n');
    }
    return count;
}

static void settle(struct fake *f, struct ma_entry *e)
{
    const struct fake_line *line = line_of(f, ma_entry_answer(e));
    struct ma_reply reply = {.status = MA_NXDOMAIN, .negative_ttl_secs = 300};
    ldns_rr *rrs[FAKE_RRS_MAX];
    size_t count = 0;
    if (line != NULL) {
        reply = line->reply;
        if (line->records != NULL)
            count = parse_records(rrs, line->records);
        reply.rrs = rrs;
        reply.rr_count = count;
    }
    ma_store_settle(f->store, e, &reply);
    for (size_t i = 0; i < count; i++)
        ldns_rr_free(rrs[i]);
}

static bool ask(void *state, struct ma_store *store, struct ma_entry *e)
{
    struct fake *f = state;
    if (f->unwilling)
        return false;
    f->store = store;
    f->asked++;
    if (!f->late) {
        settle(f, e);
        return true;
    }
    assert_true(f->pending_count < FAKE_PENDING_MAX);
    f->pending[f->pending_count++] = e;
    return true;
}

static void close_fake(void *state)
{
    struct fake *f = state;
    f->closed = true;
    while (f->pending_count > 0)
        ma_store_fail(f->store, f->pending[--f->pending_count], MA_FAIL_BUDGET, NULL);
}

struct ma_source fake_source(struct fake *f)
{
    return (struct ma_source){.name = "fake", .ask = ask, .close = close_fake, .state = f};
}

static void add(struct fake *f, const char *name, enum ma_rrtype type, const struct ma_reply *reply,
    const char *records)
{
    assert_true(f->line_count < FAKE_LINES_MAX);
    f->lines[f->line_count++] = (struct fake_line){name, type, *reply, records};
}

void fake_ok(struct fake *f, const char *name, enum ma_rrtype type, const char *records)
{
    struct ma_reply reply = {.status = MA_OK};
    add(f, name, type, &reply, records);
}

void fake_chase(struct fake *f, const char *name, enum ma_rrtype type, const char *records)
{
    struct ma_reply reply = {.status = MA_OK, .chase = true};
    add(f, name, type, &reply, records);
}

void fake_nothing(
    struct fake *f, const char *name, enum ma_rrtype type, enum ma_status status, uint32_t ttl)
{
    struct ma_reply reply = {.status = status, .negative_ttl_secs = ttl};
    add(f, name, type, &reply, NULL);
}

void fake_fail(struct fake *f, const char *name, enum ma_rrtype type, enum ma_failure failure,
    const char *detail)
{
    struct ma_reply reply = {.status = MA_FAILED, .failure = failure, .detail = detail};
    add(f, name, type, &reply, NULL);
}

void fake_settle(struct fake *f, size_t i)
{
    assert_true(i < f->pending_count);
    struct ma_entry *e = f->pending[i];
    f->pending_count--;
    for (; i < f->pending_count; i++)
        f->pending[i] = f->pending[i + 1];
    settle(f, e);
}

void fake_settle_all(struct fake *f)
{
    while (f->pending_count > 0)
        fake_settle(f, 0);
}

size_t fake_find(const struct fake *f, const char *name, enum ma_rrtype type)
{
    size_t i = 0;
    for (; i < f->pending_count; i++) {
        const struct ma_answer *a = ma_entry_answer(f->pending[i]);
        if (a->type == type && strcmp(a->name, name) == 0)
            break;
    }
    return i;
}

struct ma_question fake_question(
    uint8_t wire[static MA_NAME_WIRE_MAX], const char *name, enum ma_rrtype type)
{
    struct ma_question q = {.name = wire, .type = (uint16_t)type};
    q.name_size = (uint8_t)ma_name_to_wire(wire, name);
    assert_true(q.name_size > 0);
    ma_question_seal(&q);
    return q;
}

struct ma_entry *fake_ask(struct ma_store *s, const char *name, enum ma_rrtype type)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    struct ma_question q = fake_question(wire, name, type);
    struct ma_entry *e = ma_store_get(s, &q);
    assert_non_null(e);
    return e;
}

/* ---- HTTPS ----------------------------------------------------------------------------------- */

static void settle_page(struct fake_web *f, struct ma_page *p)
{
    for (size_t i = f->page_count; i-- > 0;) {
        if (strcmp(f->pages[i].url, ma_page_request(p)->url) == 0) {
            ma_web_settle(p, &f->pages[i].response);
            return;
        }
    }
    ma_web_fail(p, MA_FAIL_NOT_RECORDED, NULL);
}

static void fetch(void *state, struct ma_web *web, struct ma_page *p)
{
    struct fake_web *f = state;
    (void)web;
    f->asked++;
    if (!f->late) {
        settle_page(f, p);
        return;
    }
    assert_true(f->pending_count < FAKE_PAGES_MAX);
    f->pending[f->pending_count++] = p;
}

void fake_web_settle_all(struct fake_web *f)
{
    while (f->pending_count > 0)
        settle_page(f, f->pending[--f->pending_count]);
}

static void close_fake_web(void *state)
{
    struct fake_web *f = state;
    f->closed = true;
    while (f->pending_count > 0)
        ma_web_fail(f->pending[--f->pending_count], MA_FAIL_BUDGET, NULL);
}

struct ma_web_source fake_web_source(struct fake_web *f)
{
    return (struct ma_web_source){"fake", fetch, close_fake_web, NULL, f};
}

void fake_response(struct fake_web *f, const char *url, const struct ma_response *response)
{
    assert_true(f->page_count < FAKE_PAGES_MAX);
    f->pages[f->page_count].url = url;
    f->pages[f->page_count++].response = *response;
}

void fake_body(struct fake_web *f, const char *url, const char *type, const char *bytes)
{
    const struct ma_response r = {.code = 200, .type = type, .bytes = bytes, .size = strlen(bytes)};
    fake_response(f, url, &r);
}

void fake_body_fail(
    struct fake_web *f, const char *url, enum ma_failure failure, const char *detail)
{
    const struct ma_response r = {.failure = failure, .detail = detail};
    fake_response(f, url, &r);
}
