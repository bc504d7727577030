/* SPDX-License-Identifier: MIT */
/*
 * rdap_parse.h - what an RDAP service says of a network (RFC 9083, with jCard, RFC 7095), and what
 * the DNS says in its stead: whom to write to.
 *
 * Bounded in size, depth and number of entities; nothing stays allocated. Texts are copied, cut at
 * their arrays' ends between characters, and may hold any valid UTF-8.
 */
#ifndef MA_RDAP_PARSE_H
#define MA_RDAP_PARSE_H

#include <mailaudit/check.h>

#define RDAP_BYTES_MAX    (256 * 1024) /* of an answer; the registries' have some 10 kB */
#define RDAP_DEPTH_MAX    8            /* entities in entities */
#define RDAP_ENTITIES_MAX 256          /* of an answer */
#define RDAP_MAILS_MAX    4            /* addresses kept */
#define RDAP_MAIL_MAX     255          /* bytes of one, with the NUL */
#define RDAP_TEXT_MAX     128          /* bytes of a name, with the NUL */

/* Mail addresses, each once, the preferred ones first. */
struct rdap_mails {
    char list[RDAP_MAILS_MAX][RDAP_MAIL_MAX];
    size_t count;
};

struct rdap_network {
    char handle[RDAP_TEXT_MAX], name[RDAP_TEXT_MAX];
    char holder[RDAP_TEXT_MAX];  /* the registrant's name */
    char country[RDAP_TEXT_MAX]; /* as written, "NL" */
    struct ma_address first, last;
    bool has_range;          /* first and last are set, and hold the address asked for */
    struct rdap_mails abuse; /* of entities with the role "abuse" */
    struct rdap_mails other; /* of others, where there is no abuse address */
};

enum rdap_verdict {
    RDAP_NETWORK,     /* filled in */
    RDAP_NOT_JSON,    /* no JSON within the bounds */
    RDAP_NOT_NETWORK, /* JSON, but no "ip network" */
    RDAP_ELSEWHERE    /* a network that does not hold the address */
};

/* What the bytes say of the address. *out is zeroed but for RDAP_NETWORK. */
enum rdap_verdict rdap_parse(
    struct rdap_network *out, const char *bytes, size_t size, const struct ma_address *);
/* Is the address in the network's range? False where it has none. */
bool rdap_covers(const struct rdap_network *, const struct ma_address *);

/* Mail addresses with commas or blanks between, as TXT records of abuse contact zones hold them. */
void rdap_read_mails(struct rdap_mails *, const char *bytes, size_t size);

#endif
