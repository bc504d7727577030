/* SPDX-License-Identifier: MIT */
/*
 * record.h - an SPF record (RFC 7208 12) taken apart into terms, each with its place in the record.
 *
 * Parsing does not stop at the first fault: an auditor wants them all. Offsets are bytes of the
 * joined TXT strings. Everything lives in the run's memory; text and rr are borrowed from the
 * observation, which lives as long.
 */
#ifndef MA_SPF_RECORD_H
#define MA_SPF_RECORD_H

#include "mailaudit/check.h"

/* Faults that are kept of one record; further ones are counted only. */
#define MA_SPF_FAULTS_MAX 16

enum ma_spf_kind {
    MA_SPF_ALL,
    MA_SPF_INCLUDE,
    MA_SPF_A,
    MA_SPF_MX,
    MA_SPF_PTR,
    MA_SPF_IP4,
    MA_SPF_IP6,
    MA_SPF_EXISTS,
    MA_SPF_REDIRECT, /* modifiers from here on */
    MA_SPF_EXP,
    MA_SPF_UNKNOWN, /* a modifier that RFC 7208 does not define: ignored (6) */
    MA_SPF_BROKEN   /* neither: see the record's faults */
};

/* What is wrong with a term: each is a permerror (4.6). */
enum ma_spf_fault_code {
    MA_SPF_FINE,
    MA_SPF_BAD_BYTE,        /* not printable ASCII (3.1, 7.1) */
    MA_SPF_UNKNOWN_TERM,    /* no mechanism of that name (4.6.1) */
    MA_SPF_NEEDS_VALUE,     /* include, exists, ip4, ip6 without ":value"; "redirect=" */
    MA_SPF_TAKES_NO_VALUE,  /* all:..., all/... (5.1) */
    MA_SPF_TAKES_NO_PREFIX, /* ptr/24, include:x/24 */
    MA_SPF_BAD_IP4,         /* (5.6) */
    MA_SPF_BAD_IP6,
    MA_SPF_BAD_PREFIX,         /* not a number, a leading zero, over 32 or 128 (5.6) */
    MA_SPF_BAD_PERCENT,        /* '%' and neither '{', '%', '_' nor '-' (7.3) */
    MA_SPF_BAD_MACRO,          /* "%{" and not what 7.1 allows, or without "}" */
    MA_SPF_UNKNOWN_MACRO,      /* a letter that is no macro (7.2) */
    MA_SPF_EXPLANATION_MACRO,  /* c, r or t outside of an explanation (7.2) */
    MA_SPF_ZERO_DIGIT,         /* %{d0} (7.3) */
    MA_SPF_ADDRESS_FOR_NAME,   /* a:192.0.2.1 */
    MA_SPF_BAD_TOPLABEL,       /* a name does not end in ".toplabel" or a macro (7.1) */
    MA_SPF_SINGLE_LABEL,       /* a:localhost */
    MA_SPF_DUPLICATE_MODIFIER, /* a second redirect= or exp= (6) */
    MA_SPF_FAULT_COUNT
};

struct ma_spf_fault {
    enum ma_spf_fault_code code;
    size_t offset, length;           /* of what is wrong */
    size_t term_offset, term_length; /* of the term that holds it */
};

/* Macro letters that a term's text uses, as bits of struct ma_spf_term.letters. */
#define MA_SPF_LETTER(c) (1u << ((c) - 'a'))
/* Those whose value depends on more than the domain: on the client, the sender or the HELO name. */
#define MA_SPF_LETTERS_CLIENT                                                                      \
    (MA_SPF_LETTER('i') | MA_SPF_LETTER('v') | MA_SPF_LETTER('p') | MA_SPF_LETTER('c'))
#define MA_SPF_LETTERS_ENVELOPE                                                                    \
    (MA_SPF_LETTER('s') | MA_SPF_LETTER('l') | MA_SPF_LETTER('o') | MA_SPF_LETTER('h'))
#define MA_SPF_LETTERS_DYNAMIC                                                                     \
    (MA_SPF_LETTERS_CLIENT | MA_SPF_LETTERS_ENVELOPE | MA_SPF_LETTER('r') | MA_SPF_LETTER('t'))

/* A domain name as a policy names it. */
struct ma_spf_name {
    const char *raw;  /* what macros expanded to, cut to 253 bytes: the next %{d} */
    const char *text; /* to ask the DNS for; NULL where it cannot be a name (4.3, 4.8) */
    unsigned labels;
};

struct ma_spf_term {
    uint8_t kind;               /* enum ma_spf_kind */
    char qualifier;             /* '+', '-', '~', '?'; '\0' of a modifier */
    uint8_t prefix4, prefix6;   /* of a, mx; ip4 and ip6 use their own; defaults filled in */
    uint32_t letters;           /* macro letters used */
    uint32_t offset, length;    /* of the term, qualifier included */
    uint32_t spec, spec_length; /* of the domain-spec or the network; 0, 0 where there is none */
    struct ma_address network;  /* ip4, ip6 */
    const struct ma_spf_name *literal; /* of a domain-spec without macros; else NULL */
};

struct ma_spf_record {
    const char *text; /* may hold any byte */
    size_t size;
    const struct ma_rr *rr;
    const struct ma_spf_term *terms;
    size_t term_count;
    int all, redirect, exp; /* index of the first one, or -1 */
    struct ma_spf_fault faults[MA_SPF_FAULTS_MAX];
    size_t fault_count; /* may be more than are kept */
};

/* Does the text begin with a version section of exactly "v=spf1" (4.5)? */
bool ma_spf_record_is(const char *text, size_t size);
/* Upper bound of the terms in a record, so that the work can be bounded before it is done. */
size_t ma_spf_record_terms(const char *text, size_t size);
/* text is one for which ma_spf_record_is() holds. */
const struct ma_spf_record *ma_spf_record_parse(
    struct ma_run *, const char *text, size_t size, const struct ma_rr *);

/* What is wrong, and what to do about it: phrases for a report. Never NULL. */
const char *ma_spf_fault_text(enum ma_spf_fault_code);
const char *ma_spf_fault_advice(enum ma_spf_fault_code);
/* "include", "a", ..., "unknown-modifier"; "" of MA_SPF_BROKEN. */
const char *ma_spf_kind_name(enum ma_spf_kind);

/*
 * A name from bytes: one trailing dot goes (7.3), labels go from the left until 253 bytes are left
 * (7.3). Never NULL.
 */
const struct ma_spf_name *ma_spf_name(struct ma_run *, const char *bytes, size_t size);

#endif
