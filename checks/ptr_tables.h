/* SPDX-License-Identifier: MIT */
/*
 * ptr_tables.h - the words and suffixes that ptr_names.c knows names by: data only, sorted, each
 * row with an example that it is there for, a counter-example, its source and its date. A unit test
 * checks the order, and that each row decides its example and not its counter-example.
 */
#ifndef MA_PTR_TABLES_H
#define MA_PTR_TABLES_H

#include <stddef.h>

enum ptr_word_class {
    PTR_WORD_MAIL,     /* a mail server's word: wins over an address in the name */
    PTR_WORD_DYNAMIC,  /* says that the address changes: wins over a mail word */
    PTR_WORD_ACCESS,   /* an access line of a household; loses to a mail word */
    PTR_WORD_CUSTOMER, /* a customer's line or machine, of what kind is not said */
    PTR_WORD_STATIC,   /* says that the address stays, or that a server is hosted there */
    PTR_WORD_CLASSES
};

struct ptr_word {
    const char *word;
    enum ptr_word_class class;
    const char *example; /* a name, with its address after a blank, that the word decides */
    const char *counter; /* a name with it, or nearly, that it does not */
    const char *source, *date;
};

extern const struct ptr_word ptr_words[];
extern const size_t ptr_word_count;

struct ptr_suffix {
    const char *suffix;  /* without the leading dot */
    int kind;            /* enum ptr_kind */
    const char *example; /* a name that the suffix decides */
    const char *counter; /* one that it does not */
    const char *source, *date;
};

extern const struct ptr_suffix ptr_suffixes[]; /* sorted by suffix */
extern const size_t ptr_suffix_count;

/* Second-level labels under which domains are registered below country codes ("co" in co.uk). */
extern const char *const ptr_second_levels[];
extern const size_t ptr_second_level_count;

#endif
