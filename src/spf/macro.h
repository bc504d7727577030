/* SPDX-License-Identifier: MIT */
/* macro.h - SPF macros (RFC 7208 7): their syntax, and what they expand to. */
#ifndef MA_SPF_MACRO_H
#define MA_SPF_MACRO_H

#include "record.h"

/* Bytes of an explanation that are kept (6.2 allows a limit). */
#define MA_SPF_EXPLANATION_BYTES_MAX 2000

struct ma_spf_macro {
    char letter;        /* lower case; or '%', '_', '-' */
    bool escape;        /* upper case: URL-escape the value */
    bool reverse;       /* 'r' */
    unsigned keep;      /* right-hand parts to keep; 0: all */
    uint8_t delimiters; /* bits, in the order of ".-+,/_="; 0: none given */
};

/*
 * Reads the macro that starts at text, which is a '%'. Returns its size in bytes; on a fault
 * *code_r is set, and the size is that of the faulty part.
 */
size_t ma_spf_macro_read(
    const char *text, size_t size, struct ma_spf_macro *macro_r, enum ma_spf_fault_code *code_r);

/* What macros stand for (7.2). All strings are borrowed; "" where there is nothing. */
struct ma_spf_values {
    const char *sender, *local, *sender_domain; /* s, l, o */
    const char *domain;                         /* d */
    const char *helo;                           /* h */
    const char *validated;                      /* p; needed only where it is used */
    const char *receiver;                       /* r */
    int64_t now_secs;                           /* t */
    struct ma_address client;                   /* i, c, v */
};

/* A domain-spec that parsed without fault, expanded. Never NULL. */
const struct ma_spf_name *ma_spf_expand_name(
    struct ma_run *, const struct ma_spf_values *, const char *text, size_t size);

/* A fault of an explain-string (6.2, 7.1), or MA_SPF_FINE. letters_r gets the macros used. */
enum ma_spf_fault_code ma_spf_explanation_check(
    const char *text, size_t size, size_t *offset_r, size_t *length_r, uint32_t *letters_r);
/* A checked explain-string, expanded; cut at MA_SPF_EXPLANATION_BYTES_MAX. */
const char *ma_spf_explanation_expand(
    struct ma_run *, const struct ma_spf_values *, const char *text, size_t size);

#endif
