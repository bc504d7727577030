/* SPDX-License-Identifier: MIT */
/*
 * records.c - what our parser makes of DMARC records: one record in hexadecimal a line of standard
 * input, and for each one line "NAME=VALUE NAME=VALUE ..." on standard output, as a receiver has
 * the values: with defaults, report addresses in hexadecimal, faults=F,F by their numbers.
 */
#include "dmarc_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES_MAX 16384

static size_t unhex(char *bytes)
{
    static const char digits[] = "0123456789abcdef";
    size_t size = 0;
    for (const char *p = bytes; *p != '\0' && *p != '\n' && p[1] != '\0'; p += 2) {
        const char *high = strchr(digits, p[0]), *low = strchr(digits, p[1]);
        if (high == NULL || low == NULL)
            break;
        bytes[size++] = (char)((high - digits) << 4 | (low - digits));
    }
    return size;
}

static void print_uris(
    const char *name, const struct ma_dmarc_record *r, const struct ma_dmarc_uris *u)
{
    printf(" %s=", name);
    for (unsigned i = 0; i < u->count; i++) {
        if (u->list[i].kind == MA_DMARC_NO_URI)
            continue;
        for (size_t k = 0; k < u->list[i].text.size; k++)
            printf("%02x", (unsigned char)r->bytes[u->list[i].text.offset + k]);
        putchar(',');
    }
}

static char alignment(const struct ma_dmarc_record *r, enum ma_dmarc_tag tag)
{
    bool valid = (r->tags & ~r->bad) >> tag & 1;
    return valid && (r->bytes[r->values[tag].offset] | 0x20) == 's' ? 's' : 'r';
}

static void print_record(const struct ma_dmarc_record *r)
{
    static const char *const effects[] = {"written", "none", "nothing"};
    const char *p = ma_dmarc_policy_name(ma_dmarc_record_policy(r, MA_DMARC_P));
    const char *sp = ma_dmarc_policy_name(ma_dmarc_record_policy(r, MA_DMARC_SP));
    printf("effect=%s p=%s sp=%s adkim=%c aspf=%c pct=%d", effects[ma_dmarc_record_effect(r)],
        p != NULL ? p : "", sp != NULL ? sp : "", alignment(r, MA_DMARC_ADKIM),
        alignment(r, MA_DMARC_ASPF), r->pct);
    print_uris("rua", r, &r->rua);
    print_uris("ruf", r, &r->ruf);
    printf(" faults=");
    for (unsigned i = 0; i < MA_DMARC_FAULT_COUNT; i++)
        if (ma_dmarc_record_has(r, (enum ma_dmarc_fault)i))
            printf("%u,", i);
    putchar('\n');
}

int main(void)
{
    static char line[LINE_BYTES_MAX];
    while (fgets(line, sizeof line, stdin) != NULL) {
        struct ma_dmarc_record r;
        struct ma_span at;
        size_t size = unhex(line);
        if (!ma_dmarc_is_record(line, size)) {
            printf("effect=no-record miss=%d\n", (int)ma_dmarc_near_miss(line, size, &at));
            continue;
        }
        ma_dmarc_record_parse(&r, line, size);
        print_record(&r);
    }
    return EXIT_SUCCESS;
}
