/* SPDX-License-Identifier: MIT */
#include "address.h"

#include <arpa/inet.h>
#include <string.h>

/* Blocks set aside, longest match last to first does not matter: they do not overlap but where the
   narrower one stands first. Source: IANA IPv4 and IPv6 Special-Purpose Address Registries
   (RFC 6890), read 2026-11; multicast: RFC 5771, RFC 4291 2.7. */
static const struct {
    struct ma_address block;
    unsigned prefix; /* bits */
    const char *use;
} special[] = {
    {{4, {0}}, 8, "\"this network\", RFC 791"},                               /* 0.0.0.0/8 */
    {{4, {10}}, 8, "private use, RFC 1918"},                                  /* 10.0.0.0/8 */
    {{4, {100, 64}}, 10, "shared address space of carriers (CGN), RFC 6598"}, /* 100.64.0.0/10 */
    {{4, {127}}, 8, "loopback, RFC 1122"},                                    /* 127.0.0.0/8 */
    {{4, {169, 254}}, 16, "link-local, RFC 3927"},                            /* 169.254.0.0/16 */
    {{4, {172, 16}}, 12, "private use, RFC 1918"},                            /* 172.16.0.0/12 */
    {{4, {192, 0, 0}}, 24, "IETF protocol assignments, RFC 6890"},            /* 192.0.0.0/24 */
    {{4, {192, 0, 2}}, 24, "documentation (TEST-NET-1), RFC 5737"},           /* 192.0.2.0/24 */
    {{4, {192, 88, 99}}, 24, "deprecated 6to4 relay anycast, RFC 7526"},      /* 192.88.99.0/24 */
    {{4, {192, 168}}, 16, "private use, RFC 1918"},                           /* 192.168.0.0/16 */
    {{4, {198, 18}}, 15, "benchmarking, RFC 2544"},                           /* 198.18.0.0/15 */
    {{4, {198, 51, 100}}, 24, "documentation (TEST-NET-2), RFC 5737"},        /* 198.51.100.0/24 */
    {{4, {203, 0, 113}}, 24, "documentation (TEST-NET-3), RFC 5737"},         /* 203.0.113.0/24 */
    {{4, {224}}, 4, "multicast, RFC 5771"},                                   /* 224.0.0.0/4 */
    {{4, {240}}, 4, "reserved, RFC 1112"},                                    /* 240.0.0.0/4 */
    {{6, {0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
             0x00}},
        128, "unspecified, RFC 4291"}, /* ::/128 */
    {{6, {0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
             0x01}},
        128, "loopback, RFC 4291"}, /* ::1/128 */
    {{6, {0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff}}, 96,
        "IPv4-mapped, RFC 4291"}, /* ::ffff:0:0/96 */
    {{6, {0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}}, 48,
        "local-use translation, RFC 8215"}, /* 64:ff9b:1::/48 */
    {{6, {0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}}, 64,
        "discard-only, RFC 6666"},                                             /* 100::/64 */
    {{6, {0x20, 0x01, 0x00, 0x00}}, 32, "Teredo, RFC 4380"},                   /* 2001::/32 */
    {{6, {0x20, 0x01, 0x00, 0x02, 0x00, 0x00}}, 48, "benchmarking, RFC 5180"}, /* 2001:2::/48 */
    {{6, {0x20, 0x01, 0x0d, 0xb8}}, 32, "documentation, RFC 3849"},            /* 2001:db8::/32 */
    {{6, {0x20, 0x02}}, 16, "6to4, RFC 3056"},                                 /* 2002::/16 */
    {{6, {0x3f, 0xff, 0x00}}, 20, "documentation, RFC 9637"},                  /* 3fff::/20 */
    {{6, {0x5f, 0x00}}, 16, "segment routing SIDs, RFC 9602"},                 /* 5f00::/16 */
    {{6, {0xfc}}, 7, "unique local, RFC 4193"},                                /* fc00::/7 */
    {{6, {0xfe, 0x80}}, 10, "link-local, RFC 4291"},                           /* fe80::/10 */
    {{6, {0xff}}, 8, "multicast, RFC 4291"},                                   /* ff00::/8 */
};

bool ma_address_parse(struct ma_address *a, const char *text)
{
    struct ma_address out = {0};
    if (inet_pton(AF_INET, text, out.bytes) == 1)
        out.family = 4;
    else if (inet_pton(AF_INET6, text, out.bytes) == 1)
        out.family = 6;
    else
        return false;
    *a = out;
    return true;
}

static char *put_byte(char *out, unsigned value)
{
    if (value >= 100)
        *out++ = (char)('0' + value / 100);
    if (value >= 10)
        *out++ = (char)('0' + value / 10 % 10);
    *out++ = (char)('0' + value % 10);
    return out;
}

/* IPv4 by hand: thousands a second, and inet_ntop() goes through printf. */
size_t ma_address_print(char out[static MA_ADDRESS_TEXT_MAX], const struct ma_address *a)
{
    char *p = out;
    if (a->family == 6) {
        if (inet_ntop(AF_INET6, a->bytes, out, MA_ADDRESS_TEXT_MAX) == NULL)
            out[0] = '\0';
        return strlen(out);
    }
    for (unsigned i = 0; i < 4; i++) {
        p = put_byte(p, a->bytes[i]);
        *p++ = '.';
    }
    *--p = '\0';
    return (size_t)(p - out);
}

bool ma_address_equal(const struct ma_address *a, const struct ma_address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes,
                                         a->family == 6   ? 16
                                         : a->family == 4 ? 4
                                                          : 0) == 0;
}

int ma_address_compare(const struct ma_address *a, const struct ma_address *b)
{
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    return memcmp(a->bytes, b->bytes, a->family == 6 ? 16 : 4);
}

bool ma_address_in(const struct ma_address *a, const struct ma_address *block, unsigned prefix)
{
    unsigned whole = prefix / 8, rest = prefix % 8;
    if (a->family != block->family || memcmp(a->bytes, block->bytes, whole) != 0)
        return false;
    return rest == 0 || ((a->bytes[whole] ^ block->bytes[whole]) >> (8 - rest)) == 0;
}

const char *ma_address_special(const struct ma_address *a)
{
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        if (ma_address_in(a, &special[i].block, special[i].prefix))
            return special[i].use;
    }
    return NULL;
}
