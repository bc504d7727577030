/* SPDX-License-Identifier: MIT */
#include "mx_host.h"
#include "special.h"

#include <string.h>
#include <strings.h>

#define MX_ADDRESSES_SHOWN 8 /* of one host, in evidence */

/* "192.0.2.1", "2001:db8::1" or "[192.0.2.1]" where a name should stand. */
static bool is_literal(const char *name)
{
    struct ma_address address;
    char bare[64];
    size_t size = strlen(name);

    if (ma_address_parse(&address, name))
        return true;
    if (size < 3 || size > sizeof(bare) || name[0] != '[' || name[size - 1] != ']')
        return false;
    memcpy(bare, name + 1, size - 2);
    bare[size - 2] = '\0';
    return ma_address_parse(&address, bare);
}

static bool is_localhost(const char *name)
{
    return ma_is_within(name, "localhost") || strcasecmp(name, "localhost.localdomain") == 0;
}

void mx_host_ask(struct ma_run *run, struct mx_host *host)
{
    if (is_literal(host->name) || is_localhost(host->name))
        return;
    host->v4 = ma_dns(run, MA_A, "%s", host->name);
    host->v6 = ma_dns(run, MA_AAAA, "%s", host->name);
}

/* Returns the number of addresses that senders can reach. */
static size_t judge_answer(struct mx_host *host, const struct ma_answer *answer)
{
    size_t reachable = 0;

    if (answer->status == MA_FAILED && host->failed == NULL)
        host->failed = answer;
    for (size_t i = 0; i < answer->rr_count; i++) {
        const struct ma_address *address = &answer->rrs[i].address;
        reachable += special_use(address) == NULL;
        if (ma_address_special(address) != NULL && host->special == NULL)
            host->special = address;
    }
    return reachable;
}

void mx_host_judge(struct mx_host *host)
{
    size_t v4, v6;

    if (host->v4 == NULL) {
        host->state = is_localhost(host->name) ? MX_HOST_LOCALHOST : MX_HOST_LITERAL;
        return;
    }
    v4 = judge_answer(host, host->v4);
    v6 = judge_answer(host, host->v6);
    host->public_v4 = v4 > 0;
    if (v4 + v6 > 0)
        host->state = MX_HOST_GOOD;
    else if (host->failed != NULL)
        host->state = MX_HOST_UNKNOWN;
    else
        host->state = host->special != NULL ? MX_HOST_SPECIAL_ONLY : MX_HOST_WITHOUT_ADDRESS;
}

const char *mx_host_canonical(const struct mx_host *host)
{
    const struct ma_answer *answer = host->v4;

    if (answer == NULL)
        return host->name;
    if (answer->chain_count == 0)
        answer = host->v6;
    for (size_t i = answer->chain_count; i > 0; i--)
        if (answer->chain[i - 1].type == MA_CNAME)
            return answer->chain[i - 1].name;
    return host->name;
}

bool mx_host_is_alias(const struct mx_host *host)
{
    return strcmp(mx_host_canonical(host), host->name) != 0;
}

const char *mx_host_addresses(struct ma_run *run, const struct mx_host *host)
{
    const struct ma_answer *const answers[] = {host->v4, host->v6};
    const char *text = "";
    size_t count = 0;

    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; answers[k] != NULL && i < answers[k]->rr_count; i++)
            if (count++ < MX_ADDRESSES_SHOWN)
                text = ma_text(run, "%s%s%s", text, *text != '\0' ? ", " : "",
                    ma_address_text(run, &answers[k]->rrs[i].address));
    if (count <= MX_ADDRESSES_SHOWN)
        return text;
    return ma_text(run, "%s and %zu more", text, count - MX_ADDRESSES_SHOWN);
}

/* "mx.example.com.example.com": the dot at the end was forgotten in the zone file. */
static bool has_doubled_domain(const char *name, const char *domain)
{
    size_t name_size = strlen(name), domain_size = strlen(domain), twice = 2 * domain_size + 1;
    const char *tail;

    if (name_size < twice || !ma_is_within(name, domain))
        return false;
    tail = name + name_size - twice;
    return (tail == name || tail[-1] == '.') && strncasecmp(tail, domain, domain_size) == 0 &&
           tail[domain_size] == '.';
}

const char *mx_host_fault(struct ma_run *run, const struct mx_host *host)
{
    const char *alias = "";

    switch (host->state) {
    case MX_HOST_LITERAL:
        return "an address, not a name";
    case MX_HOST_LOCALHOST:
        return "the sender's own machine";
    case MX_HOST_SPECIAL_ONLY:
        return ma_text(run, "%s: set aside for %s", mx_host_addresses(run, host),
            ma_address_special(host->special));
    default:
        break;
    }
    if (mx_host_is_alias(host))
        alias = ma_text(run, "an alias of %s, which ", mx_host_canonical(host));
    return ma_text(run, "%s%s%s", alias,
        host->v4->status == MA_NXDOMAIN ? "does not exist (NXDOMAIN)"
                                        : "has no A and no AAAA record",
        has_doubled_domain(host->name, ma_target(run)->domain)
            ? "; the domain stands twice in the name: a dot is missing after it in the zone file"
            : "");
}
