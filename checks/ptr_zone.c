/* SPDX-License-Identifier: MIT */
/*
 * ptr_zone.c - the zone that a reverse name is kept in: whom to ask for a change, and, where the
 * name cannot be looked up, whether the zone's name servers are to blame. Asked only where a
 * finding needs it.
 */
#include "dns_check.h"
#include "ptr.h"
#include "rdap_lookup.h"
#include "special.h"

#include <string.h>

#define LABELS_MAX    40 /* of a reverse name: 32 nibbles, and what an alias may add */
#define SERVERS_SHOWN 3

/* Where reverse zones are cut: no finer than /64 in IPv6, and no coarser than the first label. */
#define V6_NIBBLES_MIN 3
#define V6_NIBBLES_MAX 16
/* What is asked for first: /24 and finer, /32 and finer in IPv6. */
#define V4_NEAR 3
#define V6_NEAR 8
/* Zones up to these are a registry's: /8, and /24 in IPv6. */
#define V4_REGISTRY_OCTETS  1
#define V6_REGISTRY_NIBBLES 6

/* ---- names ----------------------------------------------------------------------------------- */

/* The names at and above a name, itself first; returns how many there are. */
static size_t list_names(const char *names_r[LABELS_MAX], const char *name)
{
    size_t count = 0;

    while (*name != '\0' && count < LABELS_MAX) {
        names_r[count++] = name;
        for (; *name != '\0' && *name != '.'; name++)
            if (*name == '\\' && name[1] != '\0')
                name++;
        name += *name == '.';
    }
    return count;
}

/* How many labels stand before in-addr.arpa or ip6.arpa; 0 when the name lies elsewhere. */
static size_t depth_of(const char *name)
{
    const char *names[LABELS_MAX];
    size_t count = list_names(names, name);

    if (count < 3 || (strcmp(names[count - 2], "in-addr.arpa") != 0 &&
                         strcmp(names[count - 2], "ip6.arpa") != 0))
        return 0;
    return count - 2;
}

/* Could a zone begin at a name with so many labels above the last two? */
static bool may_be_cut(bool v6, size_t depth)
{
    if (!v6)
        return true;
    return depth >= V6_NIBBLES_MIN && (depth <= V6_NIBBLES_MAX || depth > 32);
}

/* ---- whom to ask ----------------------------------------------------------------------------- */

/* The lowest zone among the names, all of them asked at once. *failed_r: one could not be asked. */
static const struct ma_answer *find_among(
    struct ma_run *run, const char *const *names, size_t count, bool *failed_r)
{
    const struct ma_answer *found = NULL;

    for (size_t i = 0; i < count; i++) {
        const struct ma_answer *soa = ma_dns(run, MA_SOA, "%s", names[i]);
        if (found != NULL)
            continue;
        if (soa->status == MA_OK && soa->chain_count == 0)
            found = soa;
        *failed_r = *failed_r || soa->status == MA_FAILED || soa->status == MA_PENDING;
    }
    return *failed_r ? NULL : found;
}

/* The lowest zone at or above the name; NULL: not known. What a provider has, /24 and /32 or less,
   is asked for first; what lies above it only where there is none. */
static const struct ma_answer *find_zone(struct ma_run *run, const struct ptr_address *address)
{
    const char *names[LABELS_MAX], *owner = ptr_record_owner(address);
    const char *near[LABELS_MAX], *far[LABELS_MAX];
    bool v6 = ma_is_within(owner, "ip6.arpa"), failed = false;
    size_t count = list_names(names, owner), depth = depth_of(owner);
    size_t low = depth == 0 ? 0 : v6 ? V6_NEAR : V4_NEAR, near_count = 0, far_count = 0;
    const struct ma_answer *found;

    for (size_t i = 0; i + 2 < count + (depth == 0); i++) {
        if (depth > 0 && !may_be_cut(v6, count - 2 - i))
            continue;
        if (depth == 0 || count - 2 - i >= low)
            near[near_count++] = names[i];
        else
            far[far_count++] = names[i];
    }
    found = find_among(run, near, near_count, &failed);
    if (found == NULL && !failed)
        found = find_among(run, far, far_count, &failed);
    return found;
}

/* "hostmaster.example.com" is hostmaster@example.com; a dot in the first label is "\.". */
static const char *contact_of(struct ma_run *run, const char *mailbox)
{
    size_t size = strlen(mailbox), used = 0;
    char *text = ma_alloc(run, size + 2);

    for (size_t i = 0; i < size; i++) {
        if (mailbox[i] == '.') {
            text[used++] = '@';
            memcpy(text + used, mailbox + i + 1, size - i);
            return i > 0 && i + 1 < size ? text : NULL;
        }
        if (mailbox[i] == '\\' && i + 1 < size && mailbox[++i] >= '0' && mailbox[i] <= '9')
            return NULL; /* a byte by its number: nobody's mail address */
        text[used++] = mailbox[i];
    }
    return NULL;
}

static const char *servers_text(struct ma_run *run, const struct ma_answer *ns)
{
    const char *text = "";

    for (size_t i = 0; i < ns->rr_count && i < SERVERS_SHOWN; i++)
        text = ma_text(run, "%s%s%s", text, i > 0 ? ", " : "", ns->rrs[i].name);
    if (ns->rr_count > SERVERS_SHOWN)
        text = ma_text(run, "%s and %zu more", text, ns->rr_count - SERVERS_SHOWN);
    return text;
}

static bool is_registrys(const char *zone)
{
    size_t depth = depth_of(zone);

    return depth > 0 &&
           depth <= (ma_is_within(zone, "ip6.arpa") ? V6_REGISTRY_NIBBLES : V4_REGISTRY_OCTETS);
}

static void find_holder(struct ma_run *run, struct ptr_address *address)
{
    const struct ma_answer *soa, *ns;

    if (address->zone_asked)
        return;
    address->zone_asked = true;
    soa = find_zone(run, address);
    if (soa == NULL)
        return;
    address->zone = soa->name;
    if (is_registrys(soa->name))
        return;
    address->contact = contact_of(run, soa->rrs[0].soa.mailbox);
    ns = ma_dns(run, MA_NS, "%s", soa->name);
    address->servers = ns->rr_count > 0 ? servers_text(run, ns) : soa->rrs[0].soa.primary;
}

static const char *details(struct ma_run *run, const struct ptr_address *address)
{
    return ma_text(run, " (%s%sname servers %s)", address->contact != NULL ? address->contact : "",
        address->contact != NULL ? "; " : "", address->servers);
}

static const char *keeper(struct ma_run *run, const struct ptr_address *address)
{
    bool alias = strcmp(ptr_record_owner(address), address->owner) != 0;

    if (address->zone == NULL)
        return alias ? ma_text(run, "whoever runs the zone of %s", ptr_record_owner(address))
                     : "the provider of the address";
    if (is_registrys(address->zone))
        return ma_text(run,
            "the provider of the address (who has no reverse zone for it yet: the nearest one is "
            "the registry's %s)",
            address->zone);
    return ma_text(run, "whoever keeps %s %s%s",
        ma_is_within(address->zone, ma_target(run)->domain) ? "your zone" : "the reverse zone",
        address->zone, details(run, address));
}

/* With --rdap: ", or the holder of the network, Example Ltd (abuse@example.net),"; else "". */
static const char *registered_holder(struct ma_run *run, const struct ptr_address *address)
{
    const struct rdap_bootstrap *table = ma_state(run);
    const struct rdap_network *n;
    const char *mails, *name;

    if (table == NULL || special_use(&address->sender->address) != NULL)
        return "";
    n = rdap_ask(run, table, address->sender).network;
    if (n == NULL)
        return "";
    mails = rdap_mails_text(run, n->abuse.count > 0 ? &n->abuse : &n->other);
    name = *n->holder != '\0' ? n->holder : *n->name != '\0' ? n->name : n->handle;
    if (*mails == '\0')
        return "";
    return ma_text(
        run, ", or the holder of the network%s%s (%s),", *name != '\0' ? ", " : "", name, mails);
}

const char *ptr_whom(struct ma_run *run, struct ptr_address *address)
{
    find_holder(run, address);
    return ma_text(run, "%s%s", keeper(run, address), registered_holder(run, address));
}

/* ---- whose fault a failure is ---------------------------------------------------------------- */

static const char *state_text(const struct dns_asked *asked)
{
    if (asked->state == DNS_GOOD)
        return "answers";
    return asked->soa->status == MA_FAILED ? ma_failure_phrase(asked->soa->failure)
                                           : "does not know the zone";
}

/* "ns1.example.net (192.0.2.1): answers", those that do not first. */
static const char *servers_state(struct ma_run *run, const struct dns_zone *zone)
{
    const char *text = "";

    for (size_t pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < zone->count; i++)
            for (size_t k = 0; k < zone->servers[i].count; k++) {
                const struct dns_asked *asked = &zone->servers[i].asked[k];
                if ((asked->state == DNS_GOOD) != (pass == 1))
                    continue;
                text = ma_text(run, "%s%s%s (%s): %s", text, *text != '\0' ? "; " : "",
                    zone->servers[i].name, ma_address_text(run, &asked->address),
                    state_text(asked));
            }
    return text;
}

/* Is none of the servers of any use, as far as all of them could be asked? */
static bool is_lame(const struct dns_zone *zone)
{
    size_t asked = 0;

    if (zone->name == NULL || zone->left_out > 0)
        return false;
    for (size_t i = 0; i < zone->count; i++) {
        const struct dns_server *server = &zone->servers[i];
        if (server->failed != NULL || server->left_out > 0)
            return false;
        for (size_t k = 0; k < server->count; k++)
            if (server->asked[k].state == DNS_GOOD || server->asked[k].state == DNS_NOT_ASKED)
                return false;
        asked += server->count;
    }
    return asked > 0;
}

/* Where the record is kept, even if the look-up failed behind an alias (RFC 2317). NULL: pending.
 */
static const char *failing_owner(struct ma_run *run, const struct ptr_address *address)
{
    const char *owner = ptr_record_owner(address);
    const struct ma_answer *alias = ma_dns(run, MA_CNAME, "%s", owner);

    if (alias->status == MA_PENDING)
        return NULL;
    return alias->status == MA_OK ? alias->rrs[0].name : owner;
}

/* The name to begin at: an IPv6 address's is taken at its /64. */
static const char *start_of(const char *owner)
{
    const char *names[LABELS_MAX] = {owner};

    (void)list_names(names, owner);
    return depth_of(owner) == 32 ? names[32 - V6_NIBBLES_MAX] : owner;
}

/* Another address's zone that this one's name lies in, too; below one that is well there may be
   another one that is not. */
static struct ptr_blame *known_blame(struct ptr_audit *audit, const char *owner)
{
    for (size_t i = 0; i < audit->blame_count; i++)
        if (audit->blames[i].lame && ma_is_within(owner, audit->blames[i].zone))
            return &audit->blames[i];
    return NULL;
}

struct ptr_blame *ptr_zone_blame(
    struct ma_run *run, struct ptr_audit *audit, const struct ptr_address *address)
{
    const char *owner;
    struct ptr_blame *known;
    struct dns dns = {.run = run};
    struct dns_zone zone;

    if (!dns_is_trouble(address->ptr))
        return NULL;
    owner = failing_owner(run, address);
    if (owner == NULL)
        return NULL;
    known = known_blame(audit, owner);
    if (known != NULL || audit->blame_count == PTR_BLAMES_MAX)
        return known;
    dns.domain = start_of(owner);
    dns_walk(&dns, &zone);
    if (zone.name == NULL)
        return NULL;
    audit->blames[audit->blame_count] = (struct ptr_blame){.zone = zone.name,
        .lame = is_lame(&zone),
        .text = ma_text(run, "; the servers of %s, asked themselves: %s", zone.name,
            servers_state(run, &zone))};
    return &audit->blames[audit->blame_count++];
}
