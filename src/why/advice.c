/* SPDX-License-Identifier: MIT */
/* advice.c - who has to change what: a table of paragraphs, each for some results and senders. */
#include "why.h"

#include <string.h>

#define REFUSED   (MA_WHY_FAIL | MA_WHY_SOFTFAIL)
#define NO_MATCH  (MA_WHY_FAIL | MA_WHY_SOFTFAIL | MA_WHY_NEUTRAL)
#define ANY_HOST  0xFFu
#define STRANGER  (MA_WHY_OTHER | MA_WHY_UNSURE)
#define NO_SERVER (MA_WHY_ACCESS_LINE | MA_WHY_NAMELESS)
#define PUBLIC    (ANY_HOST & ~(unsigned)MA_WHY_SPECIAL)
#define MAIL      1u
#define HELO      2u

/* {placeholders}: see value_of(). */
static const struct {
    unsigned results, hosts, identities;
    enum ma_why_audience audience;
    const char *text;
} paragraphs[] = {
    /* who got the bounce */
    {MA_WHY_PASS, ANY_HOST, MAIL, MA_WHY_BOUNCED,
        "Send the mail again. If it is refused again, it is for another reason: read the rest of "
        "the refusal. If it is not, the record was different when the mail was refused, or the "
        "receiver still had an old one."},
    {REFUSED, MA_WHY_OWN, MAIL, MA_WHY_BOUNCED,
        "It left through {host}, a server of your own provider that the record of {domain} does "
        "not name. You can do nothing about that yourself: send this page to postmaster@{domain}, "
        "by way of another mail account if need be."},
    {REFUSED, STRANGER, MAIL, MA_WHY_BOUNCED,
        "Did you send through a server other than the one that {domain} has for its users? Then "
        "set your mail program to that one (submission, with your password)."},
    {REFUSED, STRANGER, MAIL, MA_WHY_BOUNCED,
        "Did you send as always? Then the recipient has their mail forwarded: {host} passed it on "
        "in your name, and the server behind it refused that. Write to the address behind it, if "
        "you know it, and let the recipient know that their forwarding loses mail."},
    {REFUSED, MA_WHY_ACCESS_LINE, MAIL, MA_WHY_BOUNCED,
        "{host} is the name of an access line, not of a mail server. If a program or device of "
        "yours sends from there, let it send through the server that {domain} has for its users "
        "(submission, with a password)."},
    {REFUSED, MA_WHY_NAMELESS, MAIL, MA_WHY_BOUNCED,
        "{address} has no reverse name, as mail servers have one. If a program or device of yours "
        "sends from there, let it send through the server that {domain} has for its users "
        "(submission, with a password)."},
    {REFUSED, STRANGER | NO_SERVER, MAIL, MA_WHY_BOUNCED,
        "Did you not send it at all? Then somebody forges your address, and the refusal is what "
        "the record is there for: nothing has to be changed."},
    {NO_MATCH | MA_WHY_PERMERROR, MA_WHY_SPECIAL, MAIL, MA_WHY_BOUNCED,
        "You cannot mend this: the receiver checked the mail when it had already passed a server "
        "inside its own network. Let the recipient know by other means."},
    {MA_WHY_NEUTRAL, PUBLIC, MAIL, MA_WHY_BOUNCED,
        "The record of {domain} neither allows nor forbids {address}. If that was the reason, it "
        "is a rule of the receiver's own. Ask postmaster@{domain} to name the server in the "
        "record, if it is one that you are meant to send through."},
    {MA_WHY_NONE, ANY_HOST, MAIL, MA_WHY_BOUNCED,
        "{domain} publishes no SPF record, now at least: either it had one, or the receiver takes "
        "no mail without. Ask postmaster@{domain} to publish one."},
    {MA_WHY_PERMERROR, PUBLIC, MAIL, MA_WHY_BOUNCED,
        "The SPF record of {domain} has a fault, for which some receivers refuse all of its mail. "
        "You cannot mend it: send this page to postmaster@{domain}, by way of another mail "
        "account if need be."},
    {MA_WHY_UNKNOWN, ANY_HOST, MAIL, MA_WHY_BOUNCED,
        "Why the mail was refused cannot be told as long as the look-up fails. Run this again "
        "later."},

    /* the postmaster of the domain */
    {MA_WHY_PASS, ANY_HOST, MAIL | HELO, MA_WHY_DOMAIN,
        "There is nothing to publish. If you have changed the record lately, receivers may use "
        "the old one until it has left their caches."},
    {MA_WHY_PASS, ANY_HOST, MAIL, MA_WHY_DOMAIN,
        "If mail is still refused for SPF, the receiver saw another address than {address} - that "
        "of a forwarder or a relay - or it judged the HELO name of the server: try --helo NAME."},
    {NO_MATCH, MA_WHY_OWN, MAIL, MA_WHY_DOMAIN,
        "{host} looks like a server of your own that the record forgets."},
    {NO_MATCH, STRANGER, MAIL, MA_WHY_DOMAIN,
        "If {host} belongs to a service that you have charged with sending for {domain}, authorise "
        "it: by the include: that the service documents, or else as below. If it forwards mail for "
        "users of its own, do not: there is no end of forwarders, and whoever uses one could then "
        "send as you. Sign your mail with DKIM instead, which outlives forwarding, so that DMARC "
        "passes."},
    {NO_MATCH, NO_SERVER, MAIL, MA_WHY_DOMAIN,
        "Leave the record as it is, unless {address} is for good that of a server which shall send "
        "for {domain}. In that case:"},
    {NO_MATCH | MA_WHY_PERMERROR, MA_WHY_SPECIAL, MAIL | HELO, MA_WHY_DOMAIN,
        "Nothing: {address} is no address of the Internet ({special}), and no record of yours "
        "should name it."},
    {MA_WHY_NONE, ANY_HOST, MAIL, MA_WHY_DOMAIN,
        "Without a record anybody can send as {domain}, and large receivers refuse mail that "
        "neither SPF nor DKIM vouches for."},
    {MA_WHY_PERMERROR, PUBLIC, MAIL | HELO, MA_WHY_DOMAIN,
        "Receivers cannot evaluate the record, for {address} or for anybody. Mend this:"},
    {MA_WHY_UNKNOWN, ANY_HOST, MAIL | HELO, MA_WHY_DOMAIN,
        "If the look-up keeps failing, and from other places, too, receivers see the same: they "
        "put "
        "your mail off, and some refuse it in the end. See that the name servers answer for:"},
    {NO_MATCH | MA_WHY_NONE, PUBLIC, HELO, MA_WHY_DOMAIN,
        "If {address} is the server that is meant to be called {domain}, say so in the record. If "
        "it is not, somebody uses your name, and there is nothing to change."},

    /* who runs the server that sent */
    {REFUSED, STRANGER, MAIL, MA_WHY_SERVER,
        "If it forwards mail for its users, or runs mailing lists, it must not keep the sender's "
        "address on what it passes on. Rewrite the envelope sender to a domain of your own (SRS, "
        "the sender rewriting scheme: postsrsd for Postfix; Exim and others have it built in), so "
        "that your own SPF record counts, and bounces find their way back."},
    {NO_MATCH | MA_WHY_NONE | MA_WHY_PERMERROR, PUBLIC, HELO, MA_WHY_SERVER,
        "Mail with an empty sender, as bounces have it, is judged by the name that the server "
        "gives "
        "in HELO (RFC 7208 2.4), here {helo}. Set that to the host's own full name, and publish an "
        "SPF record at that very name: v=spf1 a -all."},

    /* who refused */
    {MA_WHY_SOFTFAIL, PUBLIC, MAIL | HELO, MA_WHY_RECEIVER,
        "Softfail by itself is no reason to refuse: the domain asks for a second look, no more "
        "(RFC "
        "7208 8.5)."},
    {MA_WHY_NEUTRAL, PUBLIC, MAIL | HELO, MA_WHY_RECEIVER,
        "Neutral has to be treated as if there were no record (RFC 7208 8.2): to refuse for it is "
        "wrong."},
    {MA_WHY_NONE, PUBLIC, MAIL | HELO, MA_WHY_RECEIVER,
        "SPF gives no reason to refuse here (RFC 7208 8.1)."},
    {NO_MATCH, STRANGER, MAIL, MA_WHY_RECEIVER,
        "If {host} is a forwarder that one of your users has asked for their mail, a backup MX or "
        "a "
        "gateway of yours, exempt it from the SPF check: the check means something only where mail "
        "comes in from its sender (RFC 7208 appendix D)."},
    {NO_MATCH | MA_WHY_PERMERROR, MA_WHY_SPECIAL, MAIL | HELO, MA_WHY_RECEIVER,
        "{address} is no address of the Internet ({special}): SPF was checked behind a relay of "
        "your own. Check it where mail comes in, or tell the filter which relays are yours, so "
        "that "
        "it looks at the address before them."},
};

static const struct {
    const char *name;
    size_t size;
} holders[] = {
    {"{address}", 9},
    {"{domain}", 8},
    {"{helo}", 6},
    {"{host}", 6},
    {"{special}", 9},
};

static const char *value_of(const struct ma_why *w, size_t holder)
{
    const char *values[] = {w->address, w->domain, w->helo, ma_why_host_text(w), w->special};
    return values[holder] != NULL ? values[holder] : "";
}

/* The text with its placeholders filled. What is filled in is not looked at again. */
static const char *fill(const struct ma_why *w, const char *text)
{
    const char *done = "";
    for (const char *brace = strchr(text, '{'); brace != NULL; brace = strchr(text, '{')) {
        size_t i = 0, count = sizeof holders / sizeof *holders;
        while (i < count && strncmp(brace, holders[i].name, holders[i].size) != 0)
            i++;
        if (i == count)
            break;
        done =
            ma_arena_printf(w->arena, "%s%.*s%s", done, (int)(brace - text), text, value_of(w, i));
        if (done == NULL)
            return "";
        text = brace + holders[i].size;
    }
    done = ma_arena_printf(w->arena, "%s%s", done, text);
    return done != NULL ? done : "";
}

static void add(struct ma_why *w, enum ma_why_audience audience, const char *text)
{
    if (w->advice_count < MA_WHY_ADVICE_MAX)
        w->advice[w->advice_count++] = (struct ma_why_advice){audience, text};
}

bool ma_why_helo_is(const struct ma_why *w, enum ma_why_result result)
{
    return w->result == MA_WHY_PASS && w->helo_result == result;
}

static void add_helo(struct ma_why *w)
{
    const char *text = NULL;
    if (ma_why_helo_is(w, MA_WHY_FAIL))
        text = ma_arena_printf(w->arena,
            "Its HELO name, %s, fails SPF: that may be what was refused. Have the record of that "
            "name allow %s, or set another one.",
            w->helo, w->address);
    else if (ma_why_helo_is(w, MA_WHY_UNKNOWN))
        text = ma_arena_printf(w->arena,
            "Its HELO name, %s, could not be looked up: it may be what was refused. Run this again "
            "later.",
            w->helo);
    if (text != NULL)
        add(w, MA_WHY_SERVER, text);
}

void ma_why_advise(struct ma_why *w)
{
    unsigned identity = w->of_helo ? HELO : MAIL;
    for (size_t i = 0; i < sizeof paragraphs / sizeof *paragraphs; i++)
        if ((paragraphs[i].results & w->result) != 0 && (paragraphs[i].hosts & w->host) != 0 &&
            (paragraphs[i].identities & identity) != 0)
            add(w, paragraphs[i].audience, fill(w, paragraphs[i].text));
    add_helo(w);
}

const char *ma_why_audience_name(enum ma_why_audience audience)
{
    static const char *const names[] = {[MA_WHY_BOUNCED] = "sender",
        [MA_WHY_DOMAIN] = "domain",
        [MA_WHY_SERVER] = "server",
        [MA_WHY_RECEIVER] = "receiver"};
    return names[audience];
}

/* ---- in one sentence ------------------------------------------------------------------------- */

static const struct {
    enum ma_why_result result;
    const char *verb; /* before the address */
} sentences[] = {
    {MA_WHY_PASS, "allows "},
    {MA_WHY_FAIL, "does not allow "},
    {MA_WHY_SOFTFAIL, "probably does not allow "},
    {MA_WHY_NEUTRAL, "says nothing of "},
    {MA_WHY_NONE, "has no SPF record: nobody can tell whether it allows "},
    {MA_WHY_PERMERROR, "has a faulty SPF record: nobody can tell whether it allows "},
    {MA_WHY_UNKNOWN, "could not be asked whether it allows "},
};

const char *ma_why_summary(const struct ma_why *w)
{
    size_t i = 0;
    while (sentences[i].result != w->result)
        i++;
    const char *what = w->of_helo ? "to call itself " : "to send mail as ";
    const char *then = "";
    if (w->result == MA_WHY_PASS)
        then = ma_why_helo_is(w, MA_WHY_FAIL) ? ", but its HELO name fails"
               : ma_why_helo_is(w, MA_WHY_UNKNOWN)
                   ? ", but its HELO name could not be looked up"
                   : ": as of now, it was not SPF that refused the mail";
    const char *text = ma_arena_printf(w->arena, "%s %s%s%s%s%s%s", w->domain, sentences[i].verb,
        w->address, w->result == MA_WHY_NEUTRAL ? ", which wants " : " ", what,
        w->of_helo ? w->domain : w->sender, then);
    return text != NULL ? text : "";
}
