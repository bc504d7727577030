/* SPDX-License-Identifier: MIT */
/*
 * dkim_private.h - the signer's private key (--private-key): of the file only the public half is
 * kept, and nothing of it is ever shown but its type and length.
 */
#ifndef MA_DKIM_PRIVATE_H
#define MA_DKIM_PRIVATE_H

#include "dkim_key.h"

#include <mailaudit/check.h>

struct ma_dkim_private {
    enum ma_dkim_type type;
    unsigned bits; /* of an RSA key */
    size_t size;
    uint8_t bytes[MA_DKIM_DATA_MAX]; /* the RSAPublicKey, or the 32 bytes of an Ed25519 key */
};

/* Reads a PEM file: PKCS #1 or PKCS #8, RSA or Ed25519, not encrypted. For open(): false after
   ma_setup_error(). */
bool ma_dkim_private_load(struct ma_dkim_private *, const struct ma_setup *, const char *file);

/* Is that its public key? For keys that are not MA_DKIM_KEY_BAD. */
bool ma_dkim_private_matches(const struct ma_dkim_private *, const struct ma_dkim_key *);

/* The record to publish for it. Returns the length. */
size_t ma_dkim_private_record(const struct ma_dkim_private *, char out[static MA_DKIM_RECORD_MAX]);

#endif
