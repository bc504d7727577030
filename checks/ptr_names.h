/* SPDX-License-Identifier: MIT */
/*
 * ptr_names.h - does a reverse name look like a mail server's own name, or like one that a provider
 * gives to every address? Pure: no look-ups, no memory; under 2 microseconds a name.
 */
#ifndef MA_PTR_NAMES_H
#define MA_PTR_NAMES_H

#include <mailaudit/check.h>

enum ptr_kind {
    PTR_NAMED,          /* somebody chose this name */
    PTR_GENERIC_STATIC, /* a provider's default name; nothing says that the address changes */
    PTR_GENERIC_DYNAMIC /* a name of an access line whose address changes */
};

/* Which rule spoke. Words for it: ptr_heuristic_name(), ptr_heuristic_phrase(). */
enum ptr_heuristic {
    PTR_BY_OWN_NAME,      /* named: nothing generic was seen */
    PTR_BY_MAIL_WORD,     /* named: a word such as "mail" or "smtp" */
    PTR_BY_DYNAMIC_WORD,  /* a word such as "dyn" or "adsl", with a number */
    PTR_BY_ADDRESS,       /* the address, or most of it, stands in the name */
    PTR_BY_ADDRESS_SHAPE, /* four numbers like another address */
    PTR_BY_STATIC_WORD,   /* a word such as "static" or "vps", with a number */
    PTR_BY_SUFFIX,        /* below the domain that a large provider names customers' addresses in */
    PTR_BY_SERIAL         /* a long number or hexadecimal string */
};

struct ptr_verdict {
    enum ptr_kind kind;
    enum ptr_heuristic heuristic;
    size_t offset, length; /* the part of the name that decided; length 0: none */
};

/* name: presentation format, any case, with or without a trailing dot. */
struct ptr_verdict ptr_classify(const char *name, const struct ma_address *);

const char *ptr_heuristic_name(enum ptr_heuristic);   /* "dynamic-word", as in JSON */
const char *ptr_heuristic_phrase(enum ptr_heuristic); /* "is a word for changing addresses" */

#endif
