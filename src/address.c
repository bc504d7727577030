/* SPDX-License-Identifier: MIT */
#include "address.h"

#include <arpa/inet.h>
#include <string.h>

/* Blocks set aside, longest match last to first does not matter: they do not overlap but where the
   narrower one stands first. Source: IANA IPv4 and IPv6 Special-Purpose Address Registries
   (RFC 6890), read 2026-11; multicast: RFC 5771, RFC 4291 2.7. */
static const struct {
    const char *block;
    unsigned prefix;
    const char *use;
} special[] = {
    {"0.0.0.0", 8, "\"this network\", RFC 791"},
    {"10.0.0.0", 8, "private use, RFC 1918"},
    {"100.64.0.0", 10, "shared address space of carriers (CGN), RFC 6598"},
    {"127.0.0.0", 8, "loopback, RFC 1122"},
    {"169.254.0.0", 16, "link-local, RFC 3927"},
    {"172.16.0.0", 12, "private use, RFC 1918"},
    {"192.0.0.0", 24, "IETF protocol assignments, RFC 6890"},
    {"192.0.2.0", 24, "documentation (TEST-NET-1), RFC 5737"},
    {"192.88.99.0", 24, "deprecated 6to4 relay anycast, RFC 7526"},
    {"192.168.0.0", 16, "private use, RFC 1918"},
    {"198.18.0.0", 15, "benchmarking, RFC 2544"},
    {"198.51.100.0", 24, "documentation (TEST-NET-2), RFC 5737"},
    {"203.0.113.0", 24, "documentation (TEST-NET-3), RFC 5737"},
    {"224.0.0.0", 4, "multicast, RFC 5771"},
    {"240.0.0.0", 4, "reserved, RFC 1112"},
    {"::", 128, "unspecified, RFC 4291"},
    {"::1", 128, "loopback, RFC 4291"},
    {"::ffff:0:0", 96, "IPv4-mapped, RFC 4291"},
    {"64:ff9b:1::", 48, "local-use translation, RFC 8215"},
    {"100::", 64, "discard-only, RFC 6666"},
    {"2001::", 32, "Teredo, RFC 4380"},
    {"2001:2::", 48, "benchmarking, RFC 5180"},
    {"2001:db8::", 32, "documentation, RFC 3849"},
    {"2002::", 16, "6to4, RFC 3056"},
    {"3fff::", 20, "documentation, RFC 9637"},
    {"5f00::", 16, "segment routing SIDs, RFC 9602"},
    {"fc00::", 7, "unique local, RFC 4193"},
    {"fe80::", 10, "link-local, RFC 4291"},
    {"ff00::", 8, "multicast, RFC 4291"},
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

size_t ma_address_print(char out[static MA_ADDRESS_TEXT_MAX], const struct ma_address *a)
{
    if (inet_ntop(a->family == 6 ? AF_INET6 : AF_INET, a->bytes, out, MA_ADDRESS_TEXT_MAX) == NULL)
        out[0] = '\0';
    return strlen(out);
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
        struct ma_address block;
        if (ma_address_parse(&block, special[i].block) &&
            ma_address_in(a, &block, special[i].prefix))
            return special[i].use;
    }
    return NULL;
}
