/* SPDX-License-Identifier: MIT */
#include "message.h"

#include "answer.h"

#include <stdio.h>
#include <string.h>

#define FLAG_QR 0x80 /* byte 2 */
#define FLAG_AA 0x04
#define FLAG_TC 0x02
#define FLAG_RD 0x01
#define OPCODE  0x78
#define FLAG_RA 0x80 /* byte 3 */

/* The one way to read a message: never past its end. */
struct cursor {
    const uint8_t *bytes;
    size_t size, at;
    bool bad;
};

static uint32_t take(struct cursor *c, size_t n)
{
    uint32_t value = 0;
    if (c->bad || n > c->size - c->at) {
        c->bad = true;
        return 0;
    }
    while (n-- > 0)
        value = value << 8 | c->bytes[c->at++];
    return value;
}

static void skip(struct cursor *c, size_t n)
{
    if (c->bad || n > c->size - c->at)
        c->bad = true;
    else
        c->at += n;
}

/* Skips a name; a compression pointer ends it. */
static void skip_name(struct cursor *c)
{
    for (;;) {
        uint32_t n = take(c, 1);
        if (c->bad || n == 0)
            return;
        skip(c, n >= 0xc0 ? 1 : n);
        if (n >= 0xc0)
            return;
        c->bad = c->bad || n > MA_LABEL_MAX;
    }
}

static void put16(uint8_t *p, unsigned value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

size_t ma_query_build(uint8_t out[static MA_QUERY_BYTES], const struct ma_question *q, uint16_t id,
    bool recurse, bool edns)
{
    static const uint8_t opt[11] = {0, 0, 41, MA_EDNS_BYTES >> 8, MA_EDNS_BYTES & 0xff};
    memset(out, 0, 12);
    put16(out, id);
    out[2] = recurse ? FLAG_RD : 0;
    put16(out + 4, 1);
    put16(out + 10, edns ? 1 : 0);
    size_t at = 12;
    memcpy(out + at, q->name, q->name_size);
    at += q->name_size;
    put16(out + at, q->type);
    put16(out + at + 2, 1);
    at += 4;
    if (edns) {
        memcpy(out + at, opt, sizeof opt);
        at += sizeof opt;
    }
    return at;
}

/* What the records of a message without answers say. */
struct authority {
    bool soa, ns;
    uint32_t negative_ttl_secs;
    unsigned high_rcode; /* the upper bits of the rcode, RFC 6891 6.1.3 */
};

/* RFC 2181 8 */
static uint32_t valid_ttl(uint32_t ttl)
{
    return ttl <= INT32_MAX ? ttl : 0;
}

static void read_record(struct authority *out, struct cursor *c, bool additional)
{
    skip_name(c);
    uint32_t type = take(c, 2);
    skip(c, 2);
    uint32_t ttl = take(c, 4), length = take(c, 2);
    size_t start = c->at;
    skip(c, length);
    if (additional && type == LDNS_RR_TYPE_OPT)
        out->high_rcode = ttl >> 24;
    if (c->bad || additional)
        return;
    out->ns = out->ns || type == MA_NS;
    if (type == MA_SOA && length >= 22) {
        struct cursor last = {c->bytes, c->at, start + length - 4, false};
        uint32_t minimum = take(&last, 4);
        out->soa = true;
        out->negative_ttl_secs = valid_ttl(ttl < minimum ? ttl : minimum);
    }
}

static bool read_authority(struct authority *out, const uint8_t *wire, size_t size)
{
    struct cursor c = {wire, size, 4, false};
    uint32_t questions = take(&c, 2), answers = take(&c, 2);
    uint32_t records = take(&c, 2), additional = take(&c, 2);
    if (questions != 1 || answers != 0)
        return false;
    skip_name(&c);
    skip(&c, 4);
    for (; records > 0 && !c.bad; records--)
        read_record(out, &c, false);
    for (; additional > 0 && !c.bad; additional--)
        read_record(out, &c, true);
    return !c.bad;
}

static enum ma_verdict fail(struct ma_message *m, enum ma_failure failure, const char *detail)
{
    m->reply = (struct ma_reply){.status = MA_FAILED, .failure = failure, .detail = detail};
    return MA_MESSAGE_OTHER;
}

static enum ma_verdict fail_rcode(struct ma_message *m, unsigned rcode)
{
    snprintf(m->detail, sizeof m->detail, "rcode %u%s", rcode, rcode == 4 ? " (NOTIMP)" : "");
    return fail(m, MA_FAIL_RCODE, m->detail);
}

/* Is it asked of a server that is to know by itself? */
static bool is_direct(const struct ma_question *q)
{
    return q->server.family != 0;
}

/* A delegation and its glue are kept by the parent, without authority (RFC 2181 6.1). */
static bool may_be_delegation(const struct ma_question *q)
{
    return is_direct(q) && (q->type == MA_NS || q->type == MA_A || q->type == MA_AAAA);
}

/* A server that is asked itself and does not say that it knows passes on what it heard. */
static bool lacks_authority(const struct ma_question *q, const uint8_t *wire)
{
    return is_direct(q) && !may_be_delegation(q) && !(wire[2] & FLAG_AA);
}

static const char no_authority[] = "an answer without authority (AA)";

static bool has_rrset(const ldns_rr_list *list, unsigned type, const struct ma_question *q)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(list, i);
        if (ldns_rr_get_type(rr) == (ldns_rr_type)type &&
            ma_answer_owner_is(rr, q->name, q->name_size))
            return true;
    }
    return false;
}

/* A referral that holds the very RRset that was asked for: a delegation's NS, or its glue. With
   glue of one family only, there is none of the other. */
static bool read_delegation(
    struct ma_message *m, const struct ma_question *q, const uint8_t *wire, size_t size)
{
    if (!may_be_delegation(q) || ldns_wire2pkt(&m->packet, wire, size) != LDNS_STATUS_OK) {
        m->packet = NULL;
        return false;
    }
    const ldns_rr_list *list =
        q->type == MA_NS ? ldns_pkt_authority(m->packet) : ldns_pkt_additional(m->packet);
    m->reply.status = has_rrset(list, q->type, q) ? MA_OK : MA_NODATA;
    if (m->reply.status == MA_NODATA)
        return q->type != MA_NS && has_rrset(list, q->type == MA_A ? MA_AAAA : MA_A, q);
    m->reply.rrs = list->_rrs;
    m->reply.rr_count = ldns_rr_list_rr_count(list);
    return true;
}

static enum ma_verdict read_referral(
    struct ma_message *m, const struct ma_question *q, const uint8_t *wire, size_t size)
{
    if (read_delegation(m, q, wire, size))
        return MA_MESSAGE_USE;
    return fail(m, MA_FAIL_RCODE, "a referral instead of an answer");
}

static enum ma_verdict read_negative(struct ma_message *m, const struct ma_question *q,
    const uint8_t *wire, size_t size, unsigned rcode)
{
    struct authority authority = {0};
    if (!read_authority(&authority, wire, size))
        return fail(m, MA_FAIL_MALFORMED, NULL);
    if (authority.high_rcode != 0)
        return fail_rcode(m, authority.high_rcode << 4 | rcode);
    /* a referral is no answer (RFC 2308 2.1, 2.2): it says nothing about the name */
    if (rcode == 0 && authority.ns && !authority.soa && !(wire[2] & FLAG_AA))
        return read_referral(m, q, wire, size);
    if (lacks_authority(q, wire))
        return fail(m, MA_FAIL_RCODE, no_authority);
    /* nor does a server that does not have the name's zone and asks nobody else for it */
    if (rcode == 0 && !authority.soa && !(wire[2] & FLAG_AA) && !(wire[3] & FLAG_RA))
        return fail(m, MA_FAIL_RCODE, "an empty answer of a server that is not the zone's");
    m->reply.status = rcode == 3 ? MA_NXDOMAIN : MA_NODATA;
    m->reply.negative_ttl_secs = authority.negative_ttl_secs;
    return MA_MESSAGE_USE;
}

static void read_soa_ttl(struct ma_message *m)
{
    const ldns_rr_list *list = ldns_pkt_authority(m->packet);
    m->reply.chase = m->reply.status == MA_OK;
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(list, i);
        if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_SOA || ldns_rr_rd_count(rr) != 7)
            continue;
        uint32_t minimum = ldns_rdf2native_int32(ldns_rr_rdf(rr, 6));
        m->reply.negative_ttl_secs =
            valid_ttl(ldns_rr_ttl(rr) < minimum ? ldns_rr_ttl(rr) : minimum);
        m->reply.chase = false; /* the server itself says that the aliases end without data */
    }
}

static enum ma_verdict read_positive(struct ma_message *m, const struct ma_question *q,
    const uint8_t *wire, size_t size, unsigned rcode)
{
    if (lacks_authority(q, wire))
        return fail(m, MA_FAIL_RCODE, no_authority);
    if (ldns_wire2pkt(&m->packet, wire, size) != LDNS_STATUS_OK) {
        m->packet = NULL;
        return fail(m, MA_FAIL_MALFORMED, NULL);
    }
    if (ldns_pkt_edns_extended_rcode(m->packet) != 0)
        return fail_rcode(m, (unsigned)ldns_pkt_edns_extended_rcode(m->packet) << 4 | rcode);
    const ldns_rr_list *answers = ldns_pkt_answer(m->packet);
    m->reply.status = rcode == 3 ? MA_NXDOMAIN : MA_OK;
    m->reply.rrs = answers->_rrs;
    m->reply.rr_count = ldns_rr_list_rr_count(answers);
    read_soa_ttl(m);
    return MA_MESSAGE_USE;
}

enum ma_verdict ma_message_read(
    struct ma_message *m, const struct ma_question *q, const uint8_t *wire, size_t size)
{
    *m = (struct ma_message){0};
    if (size < 12 || !(wire[2] & FLAG_QR) || (wire[2] & OPCODE))
        return fail(m, MA_FAIL_MALFORMED, NULL);
    unsigned rcode = wire[3] & 0x0f;
    if (wire[2] & FLAG_TC)
        return MA_MESSAGE_TRUNCATED;
    switch (rcode) {
    case 0:
    case 3:
        if (wire[6] == 0 && wire[7] == 0)
            return read_negative(m, q, wire, size, rcode);
        return read_positive(m, q, wire, size, rcode);
    case 1:
        fail(m, MA_FAIL_RCODE, "rcode 1 (FORMERR)");
        return MA_MESSAGE_NO_EDNS;
    case 2:
        return fail(m, MA_FAIL_SERVFAIL, NULL);
    case 5:
        return fail(m, MA_FAIL_REFUSED, NULL);
    default:
        return fail_rcode(m, rcode);
    }
}

void ma_message_clear(struct ma_message *m)
{
    if (m->packet != NULL)
        ldns_pkt_free(m->packet);
    m->packet = NULL;
}
