/* SPDX-License-Identifier: MIT */
/* address.h - IPv4 and IPv6 addresses; the rest of it is in mailaudit/check.h. */
#ifndef MA_ADDRESS_H
#define MA_ADDRESS_H

#include "mailaudit/check.h"

#define MA_ADDRESS_TEXT_MAX 46 /* bytes, with the NUL */

/* RFC 5952 form; returns the length. */
size_t ma_address_print(char out[static MA_ADDRESS_TEXT_MAX], const struct ma_address *);
/* IPv4 first, then by bytes. */
int ma_address_compare(const struct ma_address *, const struct ma_address *);
/* prefix in bits, at most 32 or 128. */
bool ma_address_in(const struct ma_address *, const struct ma_address *block, unsigned prefix);

#endif
