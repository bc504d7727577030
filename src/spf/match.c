/* SPDX-License-Identifier: MIT */
/* The mechanisms of RFC 7208 5, include and all apart. */
#include "eval.h"

bool ma_spf_is_lookup(enum ma_spf_kind kind)
{
    switch (kind) {
    case MA_SPF_INCLUDE:
    case MA_SPF_A:
    case MA_SPF_MX:
    case MA_SPF_PTR:
    case MA_SPF_EXISTS:
    case MA_SPF_REDIRECT:
        return true;
    default:
        return false;
    }
}

static bool same_bits(const struct ma_address *a, const struct ma_address *b, unsigned bits)
{
    if (a->family != b->family)
        return false;
    unsigned whole = bits / 8, rest = bits % 8;
    for (unsigned i = 0; i < whole; i++)
        if (a->bytes[i] != b->bytes[i])
            return false;
    return rest == 0 || (a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest) == 0;
}

static bool matches(
    const struct ma_spf_eval *e, const struct ma_spf_term *term, const struct ma_address *address)
{
    const struct ma_address *client = &e->values.client;
    return same_bits(client, address, client->family == 4 ? term->prefix4 : term->prefix6);
}

bool ma_spf_match_network(const struct ma_spf_eval *e, const struct ma_spf_term *term)
{
    return matches(e, term, &term->network);
}

static enum ma_rrtype address_type(const struct ma_spf_eval *e)
{
    return e->values.client.family == 4 ? MA_A : MA_AAAA;
}

static const char *reverse_name(const struct ma_spf_eval *e)
{
    const struct ma_address *client = &e->values.client;
    return ma_text(e->run, "%s.%s.arpa", ma_address_reversed(e->run, client),
        client->family == 4 ? "in-addr" : "ip6");
}

/* Addresses of the hosts that an MX or PTR RRset names, all asked for at once. */
static void ask_hosts(struct ma_spf_eval *e, const struct ma_answer *answer)
{
    for (size_t i = 0; i < answer->rr_count && i < MA_SPF_HOSTS_MAX; i++) {
        const struct ma_rr *rr = &answer->rrs[i];
        const char *host = rr->type == MA_MX ? rr->mx.exchange : rr->name;
        if (host[0] != '.')
            ma_dns(e->run, address_type(e), "%s", host);
    }
}

static bool answer_matches(
    const struct ma_spf_eval *e, const struct ma_spf_term *term, const struct ma_answer *answer)
{
    for (size_t i = 0; i < answer->rr_count; i++)
        if (matches(e, term, &answer->rrs[i].address))
            return true;
    return false;
}

static enum ma_spf_verdict failed(struct ma_spf_eval *e, const struct ma_spf_visit *visit,
    const struct ma_spf_step *step, const struct ma_answer *answer)
{
    ma_spf_problem(e, MA_SPF_LOOKUP_FAILED, visit, step, answer);
    return MA_SPF_RAISES_TEMPERROR;
}

static enum ma_spf_verdict match_a(
    struct ma_spf_eval *e, const struct ma_spf_visit *visit, struct ma_spf_step *step)
{
    const struct ma_answer *answer;
    switch (ma_spf_look(e, step, address_type(e), step->target->text, &answer)) {
    case MA_SPF_GOT:
        return answer_matches(e, step->term, answer) ? MA_SPF_MATCH : MA_SPF_NO_MATCH;
    case MA_SPF_GOT_ERROR:
        return failed(e, visit, step, answer);
    default:
        return MA_SPF_NO_MATCH;
    }
}

static enum ma_spf_verdict match_mx_hosts(struct ma_spf_eval *e, const struct ma_spf_visit *visit,
    struct ma_spf_step *step, const struct ma_answer *mx)
{
    /* With an answer missing before it, this mx may not be reached: its hosts are asked for only
       where somebody else wants them too. */
    if (e->out->pending &&
        (e->own_domain == NULL || !ma_is_within(e->own_domain, step->target->text) ||
            !ma_is_within(step->target->text, e->own_domain)))
        return MA_SPF_NO_MATCH;
    ask_hosts(e, mx);
    for (size_t i = 0; i < mx->rr_count; i++) {
        const struct ma_answer *answer;
        const char *host = mx->rrs[i].mx.exchange;
        if (host[0] == '.') /* null MX (RFC 7505) */
            continue;
        enum ma_spf_look look = ma_spf_look(e, step, address_type(e), host, &answer);
        if (look == MA_SPF_GOT_ERROR)
            return failed(e, visit, step, answer);
        if (look == MA_SPF_GOT && answer_matches(e, step->term, answer))
            return MA_SPF_MATCH;
    }
    return MA_SPF_NO_MATCH;
}

static enum ma_spf_verdict match_mx(
    struct ma_spf_eval *e, const struct ma_spf_visit *visit, struct ma_spf_step *step)
{
    const struct ma_answer *answer;
    switch (ma_spf_look(e, step, MA_MX, step->target->text, &answer)) {
    case MA_SPF_GOT:
        break;
    case MA_SPF_GOT_ERROR:
        return failed(e, visit, step, answer);
    default:
        return MA_SPF_NO_MATCH;
    }
    /* before the first host is looked at: the verdict must not hang on the RRset's order */
    if (answer->rr_count > MA_SPF_HOSTS_MAX) {
        ma_spf_problem(e, MA_SPF_MX_LIMIT, visit, step, answer);
        return MA_SPF_RAISES_PERMERROR;
    }
    return match_mx_hosts(e, visit, step, answer);
}

static bool confirms(const struct ma_spf_eval *e, const struct ma_answer *answer)
{
    for (size_t i = 0; i < answer->rr_count; i++)
        if (ma_address_equal(&answer->rrs[i].address, &e->values.client))
            return true;
    return false;
}

static void doubt(struct ma_spf_eval *e, const struct ma_answer *answer)
{
    if (answer->status == MA_FAILED && answer->failure != MA_FAIL_BAD_NAME && e->out->doubt == NULL)
        e->out->doubt = answer;
}

/* A DNS error of the PTR look-up is no match, one of an address look-up skips the name (5.5). */
static enum ma_spf_verdict match_ptr(struct ma_spf_eval *e, struct ma_spf_step *step)
{
    const struct ma_answer *ptr;
    if (ma_spf_look(e, step, MA_PTR, reverse_name(e), &ptr) != MA_SPF_GOT) {
        doubt(e, ptr);
        return MA_SPF_NO_MATCH;
    }
    ask_hosts(e, ptr);
    for (size_t i = 0; i < ptr->rr_count && i < MA_SPF_HOSTS_MAX; i++) {
        const struct ma_answer *answer;
        if (ma_spf_look(e, step, address_type(e), ptr->rrs[i].name, &answer) == MA_SPF_GOT &&
            confirms(e, answer) && ma_is_within(ptr->rrs[i].name, step->target->text))
            return MA_SPF_MATCH;
        doubt(e, answer);
    }
    return MA_SPF_NO_MATCH;
}

static enum ma_spf_verdict match_exists(
    struct ma_spf_eval *e, const struct ma_spf_visit *visit, struct ma_spf_step *step)
{
    const struct ma_answer *answer;
    switch (ma_spf_look(e, step, MA_A, step->target->text, &answer)) {
    case MA_SPF_GOT:
        return MA_SPF_MATCH;
    case MA_SPF_GOT_ERROR:
        return failed(e, visit, step, answer);
    default:
        return MA_SPF_NO_MATCH;
    }
}

enum ma_spf_verdict ma_spf_match(
    struct ma_spf_eval *e, const struct ma_spf_visit *visit, struct ma_spf_step *step)
{
    const struct ma_spf_term *term = step->term;
    if (term->kind == MA_SPF_IP4 || term->kind == MA_SPF_IP6)
        return ma_spf_match_network(e, term) ? MA_SPF_MATCH : MA_SPF_NO_MATCH;
    if (step->target->text == NULL) /* no name to ask for (4.8): no match, and no void look-up */
        return MA_SPF_NO_MATCH;
    switch (term->kind) {
    case MA_SPF_A:
        return match_a(e, visit, step);
    case MA_SPF_MX:
        return match_mx(e, visit, step);
    case MA_SPF_PTR:
        return match_ptr(e, step);
    case MA_SPF_EXISTS:
        return match_exists(e, visit, step);
    default:
        return MA_SPF_NO_MATCH;
    }
}

void ma_spf_ask_ahead(struct ma_spf_eval *e, struct ma_spf_step *step)
{
    const char *name = step->target->text;
    if (name == NULL)
        return;
    switch (step->term->kind) {
    case MA_SPF_INCLUDE:
    case MA_SPF_REDIRECT:
        ma_spf_policy(e->spf, step->target);
        return;
    case MA_SPF_A:
        ma_dns(e->run, address_type(e), "%s", name);
        return;
    case MA_SPF_MX:
        ma_dns(e->run, MA_MX, "%s", name);
        return;
    case MA_SPF_EXISTS:
        ma_dns(e->run, MA_A, "%s", name);
        return;
    case MA_SPF_PTR:
        ma_dns(e->run, MA_PTR, "%s", reverse_name(e));
        return;
    default:
        return;
    }
}

/* The domain itself, or else a subdomain, or else any (7.3). */
static unsigned nearness(const char *name, const char *domain)
{
    if (domain == NULL || !ma_is_within(name, domain))
        return 1;
    return ma_is_within(domain, name) ? 3 : 2;
}

const char *ma_spf_validated_name(struct ma_spf_eval *e, const struct ma_spf_name *domain)
{
    const struct ma_answer *ptr = ma_dns(e->run, MA_PTR, "%s", reverse_name(e));
    if (ptr->status == MA_PENDING)
        return NULL;
    doubt(e, ptr);
    if (ptr->status != MA_OK)
        return "unknown";
    ask_hosts(e, ptr);
    const char *best = "unknown";
    unsigned best_nearness = 0;
    bool waiting = false;
    for (size_t i = 0; i < ptr->rr_count && i < MA_SPF_HOSTS_MAX; i++) {
        const char *name = ptr->rrs[i].name;
        const struct ma_answer *answer = ma_dns(e->run, address_type(e), "%s", name);
        waiting |= answer->status == MA_PENDING;
        doubt(e, answer);
        if (answer->status != MA_OK || !confirms(e, answer))
            continue;
        if (nearness(name, domain->text) > best_nearness) {
            best_nearness = nearness(name, domain->text);
            best = name;
        }
    }
    return waiting ? NULL : best;
}

const struct ma_spf_name *ma_spf_target(
    struct ma_spf_eval *e, const struct ma_spf_visit *visit, const struct ma_spf_term *term)
{
    if (term->spec_length == 0)
        return visit->domain;
    if (term->literal != NULL)
        return term->literal;
    struct ma_spf_values values = e->values;
    values.domain = visit->domain->raw;
    if (term->letters & MA_SPF_LETTER('p')) {
        values.validated = ma_spf_validated_name(e, visit->domain);
        if (values.validated == NULL)
            return NULL;
    }
    const struct ma_spf_record *record = visit->policy->record;
    return ma_spf_expand_name(e->run, &values, record->text + term->spec, term->spec_length);
}
