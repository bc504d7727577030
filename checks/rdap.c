/* SPDX-License-Identifier: MIT */
/*
 * rdap - who holds the network of each address that the domain sends from, and who answers for
 * abuse of it: RDAP (RFC 9082, 9083), found by IANA's bootstrap table (RFC 9224); the TXT records
 * of an abuse contact zone where RDAP does not tell. On demand only: --rdap.
 */
#include "rdap_lookup.h"
#include "special.h"

#include <string.h>

#define ASKED_MAX     16 /* RDAP questions of an audit: the registries limit their rate */
#define ALSO_MAX      4  /* further addresses of a network, in evidence */
#define FALLBACK_ZONE "abuse-contacts.abusix.zone"

enum rdap_rule { CONTACT, NO_CONTACT, NOT_FOUND, UNKNOWN, NOT_ASKED };

static const struct ma_rule rules[] = {
    [CONTACT] = {.id = "rdap.contact",
        .severity = MA_INFO,
        .title = "who answers for the network of the address",
        .why = "the holder sets the reverse name, and block lists take its word for removal",
        .fix = "for a reverse name, or about abuse from the same network, write to {contact}",
        .reference = "RFC 9083 5.4"},
    [NO_CONTACT] = {.id = "rdap.no-contact",
        .severity = MA_INFO,
        .title = "nobody is named for abuse of the network of the address",
        .why = "complaints about the network reach nobody: block lists then list it as a whole",
        .fix = "ask the provider of the address to register an abuse contact; for a reverse name "
               "write to {contact}",
        .reference = "RFC 9083 10.2.4"},
    [NOT_FOUND] = {.id = "rdap.not-found",
        .severity = MA_INFO,
        .title = "the registry knows no network with the address",
        .why = "addresses that are assigned to nobody are refused by many servers (bogons)",
        .fix = "see that the address is the one that your mail leaves from",
        .reference = "RFC 9082 3.1.1"},
    [UNKNOWN] = {.id = "rdap.unknown",
        .severity = MA_UNKNOWN,
        .could_be = MA_INFO,
        .title = "who answers for the network of the address could not be found out",
        .why = "the report cannot say whom to write to for a reverse name",
        .fix = "run the audit again, or ask at https://lookup.icann.org/ or with whois",
        .reference = "RFC 9082"},
    [NOT_ASKED] = {.id = "rdap.not-asked",
        .severity = MA_INFO,
        .title = "not all addresses were looked up in the registries",
        .why = "the registries answer only so many questions of one client",
        .fix = "audit fewer addresses at once",
        .reference = "mailaudit(1), --rdap"},
};

/* One address. */
struct lookup {
    const struct ma_sender *sender;
    const struct lookup *like;    /* an address of the same network, already asked for; or NULL */
    const char *url;              /* that was asked, or NULL */
    const struct ma_body *body;   /* NULL: not asked */
    enum rdap_verdict verdict;    /* of a body with code 200 */
    struct rdap_network *network; /* NULL: none is known */
    const struct ma_answer *fallback; /* NULL: not asked */
    struct rdap_mails mails;          /* for abuse */
    const char *source;               /* of the mails: a URL or a zone; or NULL */
    bool left_out;                    /* over the cap */
};

struct lookups {
    struct ma_run *run;
    struct lookup *list;
    size_t count, asked, left_out;
    bool pending;
};

/* ---- asking ---------------------------------------------------------------------------------- */

static void ask_rdap(struct lookups *s, struct lookup *l)
{
    struct rdap_lookup r = rdap_ask(s->run, ma_state(s->run), l->sender);

    if (r.body == NULL)
        return;
    s->asked++;
    s->pending = s->pending || r.body->status == MA_PENDING;
    l->url = r.url;
    l->body = r.body;
    l->verdict = r.verdict;
    l->network = r.network;
}

/* Likely of one network: the same /24, or /48. */
static bool is_near(const struct ma_address *a, const struct ma_address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, a->family == 4 ? 3 : 6) == 0;
}

/* Asks for an address unless an earlier one's network holds it, or may when its answer is there. */
static void ask(struct lookups *s, struct lookup *l)
{
    for (const struct lookup *e = s->list; e < l; e++) {
        if (e->network != NULL && rdap_covers(e->network, &l->sender->address)) {
            l->like = e;
            return;
        }
        if (e->body != NULL && e->body->status == MA_PENDING &&
            is_near(&e->sender->address, &l->sender->address))
            return;
    }
    if (s->asked < ASKED_MAX) {
        ask_rdap(s, l);
        return;
    }
    ma_not_asked(s->run);
    l->left_out = true;
    s->left_out++;
}

static void ask_fallback(struct lookups *s, struct lookup *l)
{
    l->fallback = ma_dns(
        s->run, MA_TXT, "%s." FALLBACK_ZONE, ma_address_reversed(s->run, &l->sender->address));
    s->pending = s->pending || l->fallback->status == MA_PENDING;
    for (size_t i = 0; i < l->fallback->rr_count; i++)
        rdap_read_mails(&l->mails, l->fallback->rrs[i].txt.bytes, l->fallback->rrs[i].txt.size);
    if (l->mails.count > 0)
        l->source = FALLBACK_ZONE;
}

/* Whom to write to, from RDAP or, where it does not tell, from the DNS. */
static void find_contact(struct lookups *s, struct lookup *l)
{
    if (l->network != NULL && l->network->abuse.count > 0) {
        l->mails = l->network->abuse;
        l->source = l->body->final_url;
    } else {
        ask_fallback(s, l);
    }
}

static struct lookups *ask_all(struct ma_run *run, const struct ma_senders *senders)
{
    struct lookups *s = ma_alloc(run, sizeof *s);

    s->run = run;
    s->list = ma_alloc(run, sizeof *s->list * (senders->count + 1));
    for (size_t i = 0; i < senders->count; i++) {
        struct lookup *l = &s->list[s->count];
        if (special_use(&senders->list[i].address) != NULL)
            continue; /* nobody outside sees this address; check "target" says so */
        l->sender = &senders->list[i];
        s->count++;
        ask(s, l);
    }
    for (size_t i = 0; i < s->count && !s->pending; i++) {
        struct lookup *l = &s->list[i];
        if (l->like == NULL && !l->left_out)
            find_contact(s, l);
    }
    return s;
}

/* ---- words ----------------------------------------------------------------------------------- */

static const char *range_text(struct ma_run *run, const struct rdap_network *n)
{
    if (!n->has_range)
        return NULL;
    return ma_text(run, "%s - %s", ma_address_text(run, &n->first), ma_address_text(run, &n->last));
}

/* "EXAMPLE-NET (192.0.2.0 - 192.0.2.255) of Example Ltd, NL" */
static const char *network_text(struct ma_run *run, const struct rdap_network *n)
{
    const char *name = *n->name != '\0' ? n->name : n->handle, *range = range_text(run, n);
    const char *text = *name != '\0' ? name : "a network without a name";

    if (range != NULL)
        text = ma_text(run, "%s (%s)", text, range);
    if (*n->holder != '\0')
        text = ma_text(run, "%s of %s", text, n->holder);
    if (*n->country != '\0')
        text = ma_text(run, "%s, %s", text, n->country);
    return text;
}

/* Why RDAP said nothing. */
static const char *failure_text(struct ma_run *run, const struct lookup *l)
{
    const struct ma_body *b = l->body;

    if (b == NULL)
        return "no RDAP service is known for the address";
    if (b->status == MA_FAILED)
        return ma_text(run, "%s: %s%s%s", l->url, ma_failure_phrase(b->failure),
            *b->detail != '\0' ? ", " : "", b->detail);
    if (b->code != 200)
        return ma_text(run, "%s: code %u", b->final_url, b->code);
    return ma_text(run, "%s: %s", b->final_url,
        l->verdict == RDAP_NOT_JSON      ? "no JSON within our bounds"
        : l->verdict == RDAP_NOT_NETWORK ? "not about a network"
                                         : "about a network that does not hold the address");
}

/* ---- reporting ------------------------------------------------------------------------------- */

static void put_row(struct ma_run *run, const struct lookup *l, const struct ma_sender *sender)
{
    struct ma_data *row = ma_append(ma_result(run), "networks");
    const struct rdap_network *n = l->network;

    ma_put(row, "address", sender->text);
    if (n != NULL) {
        ma_put(row, "range", range_text(run, n));
        ma_put(row, "name", *n->name != '\0' ? n->name : NULL);
        ma_put(row, "handle", *n->handle != '\0' ? n->handle : NULL);
        ma_put(row, "holder", *n->holder != '\0' ? n->holder : NULL);
        ma_put(row, "country", *n->country != '\0' ? n->country : NULL);
    }
    for (size_t i = 0; i < l->mails.count; i++)
        ma_append_text(row, "abuse", l->mails.list[i]);
    ma_put(row, "source", l->source != NULL ? l->source : n != NULL ? l->body->final_url : NULL);
}

/* The further addresses of the same network: "; also 192.0.2.11, 192.0.2.12", or "". */
static const char *also_text(const struct lookups *s, const struct lookup *l)
{
    const char *text = "";
    size_t count = 0;

    for (size_t i = 0; i < s->count; i++)
        if (s->list[i].like == l && count++ < ALSO_MAX)
            text = ma_text(
                s->run, "%s%s%s", text, count > 1 ? ", " : "; also ", s->list[i].sender->text);
    return count > ALSO_MAX ? ma_text(s->run, "%s and %zu more", text, count - ALSO_MAX) : text;
}

static void report_contact(const struct lookups *s, const struct lookup *l)
{
    struct ma_run *run = s->run;
    const char *mails = rdap_mails_text(run, &l->mails);
    const char *what = l->network != NULL
                           ? network_text(run, l->network)
                           : ma_text(run, "the holder is not known (%s)", failure_text(run, l));
    struct ma_finding *f = ma_report(run, &rules[CONTACT], l->sender->text,
        "%s; for abuse: %s (from %s)%s", what, mails, l->source, also_text(s, l));

    ma_fix(f, "contact", "%s", mails);
}

static void report_no_contact(const struct lookups *s, const struct lookup *l)
{
    struct ma_run *run = s->run;
    const char *others = rdap_mails_text(run, &l->network->other);
    struct ma_finding *f = ma_report(run, &rules[NO_CONTACT], l->sender->text, "%s; %s (from %s)%s",
        network_text(run, l->network),
        *others != '\0' ? ma_text(run, "other contacts: %s", others) : "no mail address at all",
        l->body->final_url, also_text(s, l));

    ma_fix(f, "contact", "%s", *others != '\0' ? others : "the provider");
}

static void report_unknown(struct ma_run *run, const struct lookup *l)
{
    struct ma_finding *f = ma_report(run, &rules[UNKNOWN], l->sender->text,
        "%s; %s." FALLBACK_ZONE ": %s",
        l->network != NULL ? network_text(run, l->network) : failure_text(run, l),
        ma_address_reversed(run, &l->sender->address),
        l->fallback->status == MA_FAILED ? ma_failure_phrase(l->fallback->failure) : "no address");

    if (l->body != NULL && l->body->status == MA_FAILED)
        ma_failed_body(f, l->body);
    else if (l->fallback->status == MA_FAILED)
        ma_failed(f, l->fallback);
}

static void report_lookup(const struct lookups *s, const struct lookup *l)
{
    bool not_found = l->body != NULL && l->body->status == MA_OK && l->body->code == 404;

    if (l->source != NULL)
        report_contact(s, l);
    else if (l->fallback->status == MA_FAILED)
        report_unknown(s->run, l);
    else if (l->network != NULL)
        report_no_contact(s, l);
    else if (not_found)
        ma_report(s->run, &rules[NOT_FOUND], l->sender->text, "%s", failure_text(s->run, l));
    else
        report_unknown(s->run, l);
}

static void report_all(const struct lookups *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct lookup *l = &s->list[i];
        if (l->like != NULL) {
            put_row(s->run, l->like, l->sender);
        } else if (!l->left_out) {
            put_row(s->run, l, l->sender);
            report_lookup(s, l);
        }
    }
    if (s->left_out > 0)
        ma_report(s->run, &rules[NOT_ASKED], ma_target(s->run)->domain,
            "%zu of %zu addresses: at most %d networks are looked up", s->left_out, s->count,
            ASKED_MAX);
}

static void run_rdap(struct ma_run *run)
{
    const struct ma_senders *senders = ma_senders(run);
    struct lookups *s = ask_all(run, senders);

    if (!s->pending)
        report_all(s);
}

MA_CHECK(rdap, .area = "ptr", .title = "holders of the networks (RDAP)",
    .empty_result = "{\"networks\":[{\"address\":null,\"range\":null,\"name\":null,"
                    "\"handle\":null,\"holder\":null,\"country\":null,\"abuse\":[],"
                    "\"source\":null}]}",
    .rules = rules, .rule_count = sizeof(rules) / sizeof(rules[0]), .open = rdap_open,
    .run = run_rdap, .close = rdap_close, .on_demand = true);
