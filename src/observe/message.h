/* SPDX-License-Identifier: MIT */
/* message.h - DNS messages on the wire (RFC 1035 4): the query we send, the answer we read. */
#ifndef MA_MESSAGE_H
#define MA_MESSAGE_H

#include "store.h"

#define MA_EDNS_BYTES  1232 /* UDP payload that we announce, DNS flag day 2020 */
#define MA_QUERY_BYTES (12 + MA_NAME_WIRE_MAX + 4 + 11)

/* Returns the size in bytes. recurse sets RD; edns adds an OPT record (RFC 6891). */
size_t ma_query_build(uint8_t out[static MA_QUERY_BYTES], const struct ma_question *, uint16_t id,
    bool recurse, bool edns);

enum ma_verdict {
    MA_MESSAGE_USE,       /* reply is filled */
    MA_MESSAGE_TRUNCATED, /* ask again over TCP */
    MA_MESSAGE_NO_EDNS,   /* FORMERR: ask again without EDNS */
    MA_MESSAGE_OTHER      /* SERVFAIL and the like: another server may do better; reply is filled */
};

/* A received message, and what it was read into. ma_message_clear() after use. */
struct ma_message {
    struct ma_reply reply;
    ldns_pkt *packet;
    char detail[64];
};

/*
 * wire may be anything. The message must be a response to the question (c-ares has compared).
 *
 * Of a server that the question names, an answer without authority is a failure. But for NS, A and
 * AAAA: those are also taken from a referral to that very name, since that is where the parent
 * zone keeps a delegation and its glue (RFC 2181 6.1).
 */
enum ma_verdict ma_message_read(
    struct ma_message *, const struct ma_question *, const uint8_t *wire, size_t size);
void ma_message_clear(struct ma_message *);

#endif
