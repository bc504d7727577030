/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include <stdlib.h>
#include <string.h>

#define MA_RRS_MAX 4000 /* records in one answer section */

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static const char *name_text(struct ma_arena *arena, const uint8_t *wire)
{
    char text[MA_NAME_TEXT_MAX];
    size_t size = ma_name_to_text(text, wire);
    return ma_arena_copy(arena, text, size);
}

static bool wire_equal(const ldns_rdf *a, const uint8_t *wire, size_t size)
{
    const uint8_t *p = ldns_rdf_data(a);
    if (ldns_rdf_size(a) != size)
        return false;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = p[i];
        if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != wire[i])
            return false;
    }
    return true;
}

bool ma_answer_owner_is(const ldns_rr *rr, const uint8_t *wire, size_t size)
{
    return wire_equal(ldns_rr_owner(rr), wire, size);
}

/* Is it a field that holds a name? Those are compared and kept in lower case (RFC 4034 6.2). */
static bool is_name(const ldns_rdf *rdf)
{
    return ldns_rdf_get_type(rdf) == LDNS_RDF_TYPE_DNAME;
}

static bool copy_rdata(struct ma_arena *arena, struct ma_rr *out, const ldns_rr *rr)
{
    size_t size = 0, at = 0;
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++)
        size += ldns_rdf_size(ldns_rr_rdf(rr, i));
    uint8_t *p = ma_arena_bytes(arena, size);
    if (p == NULL)
        return false;
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
        const ldns_rdf *rdf = ldns_rr_rdf(rr, i);
        size_t n = ldns_rdf_size(rdf);
        if (n > 0)
            memcpy(p + at, ldns_rdf_data(rdf), n);
        for (size_t k = at; is_name(rdf) && k < at + n; k++)
            p[k] = p[k] >= 'A' && p[k] <= 'Z' ? (uint8_t)(p[k] + 32) : p[k];
        at += n;
    }
    out->rdata = p;
    out->rdata_size = size;
    return true;
}

static bool parse_txt(struct ma_arena *arena, struct ma_rr *rr)
{
    size_t strings = 0, at = 0, room = rr->rdata_size;
    char *bytes = ma_arena_bytes(arena, room + 1);
    uint8_t *sizes = ma_arena_bytes(arena, room + 1);
    if (bytes == NULL || sizes == NULL)
        return false;
    for (size_t i = 0; i < room;) {
        size_t n = rr->rdata[i++];
        if (n > room - i)
            return false;
        memcpy(bytes + at, rr->rdata + i, n);
        sizes[strings++] = (uint8_t)n;
        at += n;
        i += n;
    }
    bytes[at] = '\0';
    rr->txt.bytes = bytes;
    rr->txt.size = at;
    rr->txt.string_sizes = sizes;
    rr->txt.string_count = strings;
    return true;
}

static bool parse_soa(struct ma_arena *arena, struct ma_rr *rr)
{
    size_t first = ma_name_wire_size(rr->rdata, rr->rdata_size);
    size_t second = first > 0 ? ma_name_wire_size(rr->rdata + first, rr->rdata_size - first) : 0;
    if (second == 0 || rr->rdata_size - first - second != 20)
        return false;
    const uint8_t *n = rr->rdata + first + second;
    rr->soa.primary = name_text(arena, rr->rdata);
    rr->soa.mailbox = name_text(arena, rr->rdata + first);
    rr->soa.serial = get32(n);
    rr->soa.refresh_secs = get32(n + 4);
    rr->soa.retry_secs = get32(n + 8);
    rr->soa.expire_secs = get32(n + 12);
    rr->soa.minimum_secs = get32(n + 16);
    return rr->soa.primary != NULL && rr->soa.mailbox != NULL;
}

static bool parse_address(struct ma_rr *rr, uint8_t family, size_t size)
{
    rr->address.family = family;
    if (rr->rdata_size != size)
        return false;
    memcpy(rr->address.bytes, rr->rdata, size);
    return true;
}

static bool parse_rdata(struct ma_arena *arena, struct ma_rr *rr)
{
    switch (rr->type) {
    case MA_A:
        return parse_address(rr, 4, 4);
    case MA_AAAA:
        return parse_address(rr, 6, 16);
    case MA_NS:
    case MA_CNAME:
    case MA_PTR:
    case MA_DNAME:
        if (rr->rdata_size == 0 || ma_name_wire_size(rr->rdata, rr->rdata_size) != rr->rdata_size)
            return false;
        rr->name = name_text(arena, rr->rdata);
        return rr->name != NULL;
    case MA_MX:
        if (rr->rdata_size < 3 ||
            ma_name_wire_size(rr->rdata + 2, rr->rdata_size - 2) != rr->rdata_size - 2)
            return false;
        rr->mx.preference = (uint16_t)(rr->rdata[0] << 8 | rr->rdata[1]);
        rr->mx.exchange = name_text(arena, rr->rdata + 2);
        return rr->mx.exchange != NULL;
    case MA_TXT:
        return parse_txt(arena, rr);
    case MA_SOA:
        return parse_soa(arena, rr);
    default:
        return true;
    }
}

static bool convert(struct ma_arena *arena, struct ma_rr *out, const ldns_rr *rr, const char *owner)
{
    *out = (struct ma_rr){.owner = owner,
        .type = (enum ma_rrtype)ldns_rr_get_type(rr),
        .ttl_secs = ldns_rr_ttl(rr) <= INT32_MAX ? ldns_rr_ttl(rr) : 0}; /* RFC 2181 8 */
    return copy_rdata(arena, out, rr) && parse_rdata(arena, out);
}

static int by_rdata(const void *a, const void *b)
{
    const struct ma_rr *x = a, *y = b;
    size_t n = x->rdata_size < y->rdata_size ? x->rdata_size : y->rdata_size;
    int c = n > 0 ? memcmp(x->rdata, y->rdata, n) : 0;
    return c != 0 ? c : (x->rdata_size > y->rdata_size) - (x->rdata_size < y->rdata_size);
}

/* An RRset holds no record twice (RFC 2181 5), whatever was sent. Returns how many are left. */
static size_t drop_duplicates(struct ma_rr *rrs, size_t count)
{
    size_t kept = 1;
    for (size_t i = 1; i < count; i++) {
        if (by_rdata(&rrs[kept - 1], &rrs[i]) != 0)
            rrs[kept++] = rrs[i];
        else if (rrs[i].ttl_secs < rrs[kept - 1].ttl_secs)
            rrs[kept - 1].ttl_secs = rrs[i].ttl_secs;
    }
    return kept;
}

static bool is_of(const ldns_rr *rr, unsigned type, const uint8_t *owner, size_t size)
{
    return ldns_rr_get_type(rr) == (ldns_rr_type)type &&
           ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN && ma_answer_owner_is(rr, owner, size);
}

static const ldns_rr *find(
    const struct ma_reply *reply, unsigned type, const uint8_t *owner, size_t size)
{
    for (size_t i = 0; i < reply->rr_count; i++)
        if (is_of(reply->rrs[i], type, owner, size))
            return reply->rrs[i];
    return NULL;
}

/* Follows the aliases; the chain is collected on the way. */
static enum ma_failure follow(
    struct ma_answer_build *b, const struct ma_question *q, const struct ma_reply *reply)
{
    struct ma_rr chain[MA_CNAME_MAX];
    size_t count = 0;
    memcpy(b->at, q->name, q->name_size);
    b->at_size = q->name_size;
    while (q->type != MA_CNAME && find(reply, q->type, b->at, b->at_size) == NULL) {
        const ldns_rr *rr = find(reply, MA_CNAME, b->at, b->at_size);
        if (rr == NULL)
            break;
        if (count == MA_CNAME_MAX)
            return MA_FAIL_CNAME_LOOP;
        const char *owner = name_text(b->arena, b->at);
        if (owner == NULL || !convert(b->arena, &chain[count], rr, owner))
            return MA_FAIL_MALFORMED;
        memcpy(b->at, chain[count].rdata, chain[count].rdata_size);
        b->at_size = chain[count].rdata_size;
        count++;
    }
    if (count > 0) {
        struct ma_rr *kept = ma_arena_alloc(b->arena, count * sizeof *kept);
        if (kept == NULL)
            return MA_FAIL_TOO_LARGE;
        memcpy(kept, chain, count * sizeof *kept);
        b->answer->chain = kept;
        b->answer->chain_count = count;
    }
    return MA_FAIL_NONE;
}

static enum ma_failure take_rrset(
    struct ma_answer_build *b, const struct ma_question *q, const struct ma_reply *reply)
{
    size_t count = 0;
    for (size_t i = 0; i < reply->rr_count; i++)
        count += ldns_rr_get_type(reply->rrs[i]) == (ldns_rr_type)q->type;
    if (count == 0)
        return MA_FAIL_NONE;
    struct ma_rr *rrs = ma_arena_alloc(b->arena, count * sizeof *rrs);
    const char *owner = b->answer->chain_count > 0 ? name_text(b->arena, b->at) : b->answer->name;
    if (rrs == NULL || owner == NULL)
        return MA_FAIL_TOO_LARGE;
    size_t kept = 0;
    for (size_t i = 0; i < reply->rr_count; i++) {
        const ldns_rr *rr = reply->rrs[i];
        if (!is_of(rr, q->type, b->at, b->at_size))
            continue;
        if (!convert(b->arena, &rrs[kept], rr, owner))
            return MA_FAIL_MALFORMED;
        kept++;
    }
    if (kept > 1) {
        qsort(rrs, kept, sizeof *rrs, by_rdata);
        kept = drop_duplicates(rrs, kept);
    }
    b->answer->rrs = rrs;
    b->answer->rr_count = kept;
    return MA_FAIL_NONE;
}

static void least_ttl(struct ma_answer *a, const struct ma_rr *rrs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (rrs[i].ttl_secs < a->ttl_secs)
            a->ttl_secs = rrs[i].ttl_secs;
}

/* The message as a server that compresses names would send it: an owner name takes a pointer. */
static void measure(struct ma_answer *a, const struct ma_question *q)
{
    a->size_bytes = 12u + q->name_size + 4u;
    for (size_t i = 0; i < a->chain_count; i++)
        a->size_bytes += 12 + a->chain[i].rdata_size;
    for (size_t i = 0; i < a->rr_count; i++)
        a->size_bytes += 12 + a->rrs[i].rdata_size;
}

enum ma_failure ma_answer_fill(
    struct ma_answer_build *b, const struct ma_question *q, const struct ma_reply *reply)
{
    struct ma_answer *a = b->answer;
    a->status = reply->status;
    a->security = reply->security;
    a->ttl_secs = reply->negative_ttl_secs;
    memcpy(b->at, q->name, q->name_size);
    b->at_size = q->name_size;
    if (reply->rr_count > MA_RRS_MAX)
        return MA_FAIL_TOO_LARGE;
    if (reply->rr_count > 0) {
        enum ma_failure failure = follow(b, q, reply);
        if (failure == MA_FAIL_NONE)
            failure = take_rrset(b, q, reply);
        if (failure != MA_FAIL_NONE)
            return failure;
        /* records, but none that answers: whatever it is, it is no word on absence */
        if (a->rr_count == 0 && a->chain_count == 0)
            return MA_FAIL_MALFORMED;
    }
    /* NXDOMAIN beside an RRset is a contradiction; beside aliases it speaks of their end. */
    if (a->rr_count > 0 && a->status == MA_NXDOMAIN)
        return MA_FAIL_MALFORMED;
    /* Records that answer another question say nothing about this one. */
    if (reply->rr_count > 0 && a->rr_count == 0 && a->chain_count == 0)
        return MA_FAIL_MALFORMED;
    if (a->rr_count > 0) {
        a->status = MA_OK;
        a->ttl_secs = UINT32_MAX;
        least_ttl(a, a->rrs, a->rr_count);
    } else if (a->status == MA_OK) {
        a->status = MA_NODATA;
    }
    least_ttl(a, a->chain, a->chain_count);
    measure(a, q);
    return MA_FAIL_NONE;
}

enum ma_failure ma_answer_join(
    struct ma_answer_build *b, const struct ma_question *q, const struct ma_answer *tail)
{
    struct ma_answer *a = b->answer;
    size_t count = a->chain_count + tail->chain_count;
    if (count > MA_CNAME_MAX)
        return MA_FAIL_CNAME_LOOP;
    if (tail->status == MA_FAILED)
        return tail->failure;
    struct ma_rr *chain = ma_arena_alloc(b->arena, count * sizeof *chain);
    if (chain == NULL)
        return MA_FAIL_TOO_LARGE;
    memcpy(chain, a->chain, a->chain_count * sizeof *chain);
    if (tail->chain_count > 0)
        memcpy(chain + a->chain_count, tail->chain, tail->chain_count * sizeof *chain);
    a->chain = chain;
    a->chain_count = count;
    a->rrs = tail->rrs; /* the tail's entry is held by this one's as long as it lives */
    a->rr_count = tail->rr_count;
    a->status = tail->status;
    a->security = tail->security < a->security ? tail->security : a->security;
    a->ttl_secs = tail->ttl_secs;
    least_ttl(a, a->chain, count);
    measure(a, q);
    return MA_FAIL_NONE;
}
