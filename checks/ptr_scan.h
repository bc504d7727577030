/* SPDX-License-Identifier: MIT */
/*
 * ptr_scan.h - a reverse name cut into letters and digits, and what was found in it: between
 * ptr_names.c, which knows words and gives the verdict, and ptr_address.c, which finds addresses
 * and serial numbers.
 */
#ifndef MA_PTR_SCAN_H
#define MA_PTR_SCAN_H

#include "ptr_tables.h"

#include <mailaudit/check.h>

#define PTR_NAME_MAX_BYTES 255 /* of a name; what is longer is not looked at */
#define PTR_TOKENS_MAX     96

/* A run of letters or of digits. */
struct ptr_token {
    uint16_t at, size;
    bool digits;
    uint32_t value; /* of digits; UINT32_MAX when too large */
};

struct ptr_span {
    size_t at, size; /* size 0: nothing found */
};

/* Only what stands left of the registered domain was chosen for this address. */
struct ptr_scan {
    size_t size, left_size;
    size_t token_count;                        /* of the whole name */
    size_t left_count, number_count;           /* tokens, and numbers, of the left part */
    size_t long_digits;                        /* of the longest number there; years left out */
    struct ptr_span word_at[PTR_WORD_CLASSES]; /* the first word of each class */
    struct ptr_span mail_domain;               /* the registered domain's label, if it says mail */
    struct ptr_span address;                   /* where the address, or most of it, stands */
    bool whole;                                /* all of it */
    bool last_octet;                           /* a number is the address's last octet */
    struct ptr_span shape;                     /* four numbers that could be an address */
    struct ptr_span serial;                    /* the longest number or hexadecimal string */
    char name[PTR_NAME_MAX_BYTES + 1];         /* lower case; from here on not cleared beforehand */
    struct ptr_token tokens[PTR_TOKENS_MAX];
};

/* Fills address, whole, last_octet, shape and serial from the tokens; an address of family 0 is
   none. */
void ptr_scan_numbers(struct ptr_scan *, const struct ma_address *);

#endif
