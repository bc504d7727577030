/* SPDX-License-Identifier: MIT */
#include "record.h"

static const struct {
    const char *text, *advice;
} faults[MA_SPF_FAULT_COUNT] = {
    [MA_SPF_FINE] = {"no fault", ""},
    [MA_SPF_BAD_BYTE] = {"holds a byte that is not a visible ASCII character",
        "type the term again by hand: text copied from a web page or a word processor brings tabs, "
        "line ends, special spaces and curly quotes along; terms are parted by plain spaces only; "
        "a name "
        "with letters beyond a to z is written in its xn-- form"},
    [MA_SPF_UNKNOWN_TERM] = {"is no mechanism that SPF knows",
        "use one of all, include, a, mx, ip4, ip6 and exists (ipv4: and ip: are written ip4:)"},
    [MA_SPF_NEEDS_VALUE] = {"has no value", "write the value behind it, or remove the term"},
    [MA_SPF_TAKES_NO_VALUE] = {"takes no value", "write it without anything behind it, like -all"},
    [MA_SPF_TAKES_NO_PREFIX] = {"does not belong there: this term takes no prefix length",
        "remove the slash and what follows it"},
    [MA_SPF_BAD_IP4] = {"is not an IPv4 address",
        "write four numbers from 0 to 255 with dots between them, as in ip4:192.0.2.0/24: no port, "
        "no leading zeros, no part left out"},
    [MA_SPF_BAD_IP6] = {"is not an IPv6 address", "write it as in ip6:2001:db8::/32"},
    [MA_SPF_BAD_PREFIX] = {"is not a prefix length",
        "use /0 to /32 for IPv4 and /0 to /128 for IPv6, without leading zeros; behind a and mx "
        "the length for IPv6 has two slashes, as in a/24//64"},
    [MA_SPF_BAD_PERCENT] = {"has a percent sign that starts no macro",
        "write a macro as %{i}, with curly brackets, and a percent sign itself as %%"},
    [MA_SPF_BAD_MACRO] = {"has a macro that is not well-formed",
        "a macro is one letter, then digits, then r, then delimiters, in curly brackets, as in "
        "%{d2r-}"},
    [MA_SPF_UNKNOWN_MACRO] = {"uses a macro letter that does not exist",
        "the letters are s, l, o, d, i, p, v and h"},
    [MA_SPF_EXPLANATION_MACRO] = {"uses a macro that is allowed in explanation texts only",
        "c, r and t may be used in the text that exp= leads to, not in the record itself"},
    [MA_SPF_ZERO_DIGIT] = {"keeps zero parts of a macro",
        "the number in a macro must be 1 or more; leave it out to keep all parts"},
    [MA_SPF_ADDRESS_FOR_NAME] = {"is an address where a host name belongs",
        "use ip4: (or ip6:) for addresses"},
    [MA_SPF_BAD_TOPLABEL] = {"does not end in a top-level domain",
        "write the whole domain name, without a port, path or stray characters behind it"},
    [MA_SPF_SINGLE_LABEL] = {"is not a whole domain name",
        "write the full name, as in mail.example.com"},
    [MA_SPF_DUPLICATE_MODIFIER] = {"is given twice", "keep one of them"},
};

const char *ma_spf_fault_text(enum ma_spf_fault_code code)
{
    return faults[code].text;
}

const char *ma_spf_fault_advice(enum ma_spf_fault_code code)
{
    return faults[code].advice;
}
