/* SPDX-License-Identifier: MIT */
/* dns_rules.c - what check dns can say. */
#include "dns_check.h"

const struct ma_rule dns_rules[DNS_RULE_COUNT] = {
    [DNS_ANSWERS] = {.id = "dns.answers",
        .severity = MA_PASS,
        .title = "questions about the domain are answered",
        .why = "receivers and senders find its records",
        .reference = "RFC 1034 4.3"},
    [DNS_LOOKUP_FAILED] = {.id = "dns.lookup-failed",
        .severity = MA_UNKNOWN,
        .could_be = MA_CRITICAL,
        .title = "the domain's records could not be looked up, and it is not known whose fault it "
                 "is",
        .why = "senders that see the same keep the mail and try again; receivers put mail off that "
               "they cannot check",
        .fix = "run it again with --name-servers, and from another network; if it stays so, see "
               "that the name servers of {domain} answer for MX and TXT, over UDP and TCP",
        .reference = "RFC 2308 7"},
    [DNS_RESOLVER_DEAD] = {.id = "dns.resolver-dead",
        .severity = MA_UNKNOWN,
        .could_be = MA_CRITICAL,
        .title = "our own resolver does not work: nothing can be said about the domain",
        .why = "no answer came for a name that always has one either, so the fault is on the side "
               "of this audit, not of the domain",
        .fix = "repair the resolver that this machine uses (/etc/resolv.conf) or its network, or "
               "name another one with --nameserver; then run the audit again",
        .reference = "mailaudit(1), --canary"},
    [DNS_RESOLVER_REWRITES] = {.id = "dns.resolver-rewrites",
        .severity = MA_UNKNOWN,
        .could_be = MA_ERROR,
        .title = "our own resolver makes up addresses for names that do not exist",
        .why = "a host that is gone seems to be there, and a name on no block list seems listed: "
               "what this audit found by addresses is in doubt",
        .fix = "ask a resolver that answers as the name servers do: name it with --nameserver, or "
               "use --resolver recursive; then run the audit again",
        .reference = "RFC 8499 6; RFC 6761 6.4"},
    [DNS_PROBE_FAILED] = {.id = "dns.probe-failed",
        .severity = MA_UNKNOWN,
        .could_be = MA_WARNING,
        .title = "it could not be found out how a name that does not exist is answered",
        .why = "a resolver that makes up addresses, or a wildcard, lets hosts seem to be there",
        .fix = "run it again; if it stays so, see that the name servers of {domain} answer for "
               "names that do not exist",
        .reference = "RFC 2308 2.1"},
    [DNS_WILDCARD] = {.id = "dns.wildcard",
        .severity = MA_INFO,
        .title = "every name below the domain exists: a wildcard gives it an address",
        .why = "mail from any made-up subdomain passes a receiver's test that the sender exists, "
               "and the np= of a DMARC record never applies",
        .fix = "replace the wildcard A or AAAA record of {domain} by records for the names that "
               "are in use, if that can be done",
        .reference = "RFC 4592; RFC 9989 4.10"},
    [DNS_ALL_SILENT] = {.id = "dns.all-servers-silent",
        .severity = MA_CRITICAL,
        .title = "no name server of the domain answers",
        .why = "nobody can find where the domain's mail goes, nor check what comes from it: it is "
               "put off, then returned or refused",
        .fix = "start the name servers of {subject}, or let port 53 through to them (UDP and TCP); "
               "if they have moved, correct the NS and address records at the registrar",
        .reference = "RFC 2182"},
    [DNS_ALL_LAME] = {.id = "dns.all-servers-lame",
        .severity = MA_CRITICAL,
        .title = "none of the domain's name servers has its zone",
        .why = "nobody can find where the domain's mail goes, nor check what comes from it: it is "
               "put off, then returned or refused",
        .fix = "load the zone {subject} on the name servers that the registrar has for it, or give "
               "the registrar the names of those that have it",
        .reference = "RFC 1912 2.8"},
    [DNS_SERVER_SILENT] = {.id = "dns.server-silent",
        .severity = MA_WARNING,
        .title = "a name server of the domain does not answer",
        .why = "look-ups that meet it wait for seconds, and all fail when the others are down",
        .fix = "start the name server {subject}, or let port 53 through to it (UDP and TCP); if it "
               "is gone, remove it from the NS records of {zone}, at the registrar too",
        .reference = "RFC 2182"},
    [DNS_SERVER_LAME] = {.id = "dns.server-lame",
        .severity = MA_WARNING,
        .title = "a name server of the domain does not have its zone",
        .why = "look-ups that meet it fail or have to be repeated elsewhere",
        .fix = "load the zone {zone} on {subject}, and see that its transfers work; or remove the "
               "server from the NS records, at the registrar too",
        .reference = "RFC 1912 2.8"},
    [DNS_SERVER_REFUSES] = {.id = "dns.server-refuses",
        .severity = MA_WARNING,
        .title = "a name server of the domain refuses to answer for its zone",
        .why = "look-ups that meet it fail or have to be repeated elsewhere",
        .fix = "load the zone {zone} on {subject} and allow everybody to ask for it; or remove the "
               "server from the NS records, at the registrar too",
        .reference = "RFC 1912 2.8"},
    [DNS_SERVER_WITHOUT_ADDRESS] = {.id = "dns.server-without-address",
        .severity = MA_WARNING,
        .title = "a name server of the domain has no address",
        .why = "nobody can ask it: there are fewer name servers than it seems",
        .fix = "publish an A or AAAA record for {subject}, or remove it from the NS records of "
               "{zone}, at the registrar too",
        .reference = "RFC 1912 2.8"},
    [DNS_SERIAL_DIFFERS] = {.id = "dns.serial-differs",
        .severity = MA_NOTICE,
        .title = "the domain's name servers do not have the same version of its zone",
        .why = "receivers see the old records or the new ones, as it happens; just after a change "
               "that is as it should be",
        .fix = "if it is still so after the refresh time of the zone {subject}, see why the server "
               "with the lower serial gets no transfer (NOTIFY, allow-transfer, TSIG)",
        .reference = "RFC 1034 4.3.5; RFC 1982"},
    [DNS_SERVERS_UNKNOWN] = {.id = "dns.servers-unknown",
        .severity = MA_UNKNOWN,
        .could_be = MA_WARNING,
        .title = "not every name server of the domain could be asked",
        .why = "whether those that were left out answer is not known",
        .fix = "run it from a network that may ask every server itself, over IPv4 and IPv6 (port "
               "53); with --allow-private for servers at private addresses",
        .reference = "mailaudit(1), --name-servers"},
    [DNS_SERVERS_GOOD] = {.id = "dns.servers-answer",
        .severity = MA_PASS,
        .title = "every name server of the domain answers for its zone",
        .why = "look-ups succeed whichever server they meet",
        .reference = "RFC 2182"},
    [DNS_SECURE] = {.id = "dns.secure",
        .severity = MA_PASS,
        .title = "the domain's answers are signed, and the signatures are valid (DNSSEC)",
        .why = "nobody on the way can change the domain's mail records",
        .reference = "RFC 4035 5"},
    [DNS_INSECURE] = {.id = "dns.insecure",
        .severity = MA_INFO,
        .title = "the domain is not secured by DNSSEC",
        .why = "its mail records could be forged on the way, and mail servers cannot use DANE",
        .fix = "sign the zone of {domain}, and have the registrar publish its DS record",
        .reference = "RFC 4035; RFC 7672 1.3.1"},
    [DNS_BOGUS] = {.id = "dns.bogus",
        .severity = MA_ERROR,
        .title = "the domain's answers fail DNSSEC validation",
        .why = "for everybody who validates, and the largest receivers do, the domain does not "
               "exist: mail to it waits and is returned, mail from it is put off or refused",
        .fix = "mend the signatures of {domain}'s zone, or its DS record at the registrar; if that "
               "takes long, remove the DS record: the domain is then not secured, but seen",
        .reference = "RFC 4035 5.5"},
    [DNS_EXPIRED] = {.id = "dns.signatures-expired",
        .severity = MA_ERROR,
        .title = "the domain's DNSSEC signatures have expired",
        .why = "for everybody who validates, and the largest receivers do, the domain does not "
               "exist: mail to it waits and is returned, mail from it is put off or refused",
        .fix = "sign the zone of {domain} anew, then see why that was not done in time: the "
               "signer's timer, its keys, a server that no longer gets the zone",
        .reference = "RFC 4035 5.3.1; RFC 6781 4.4.2"},
    [DNS_STRIPS] = {.id = "dns.resolver-strips-dnssec",
        .severity = MA_UNKNOWN,
        .could_be = MA_ERROR,
        .title = "our own resolver takes the DNSSEC signatures out of the answers",
        .why = "nothing can be validated through it, neither this domain nor its DANE records",
        .fix = "ask a resolver that hands signatures on: name it with --nameserver, or use "
               "--resolver recursive; then run the audit again",
        .reference = "RFC 4035 3.2.1"},
    [DNS_VALIDATION_FAILED] = {.id = "dns.validation-failed",
        .severity = MA_UNKNOWN,
        .could_be = MA_ERROR,
        .title = "the domain's answers could not be validated (DNSSEC)",
        .why = "whether those who validate see the domain is not known",
        .fix = "run it again; if it stays so, validate past our resolver with --resolver recursive",
        .reference = "RFC 4035 5"},
};
