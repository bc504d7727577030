/* SPDX-License-Identifier: MIT */
/* signed_mail.h - a message signed by dkimpy 1.0.5 with the key of the case
   dkim-private-key-matches (RSA, 2,048 bits), and its key record. */
#ifndef SIGNED_MAIL_H
#define SIGNED_MAIL_H

static const char signed_mail_key[] =
    "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA5ZUzCAnFryT+N4lIKS"
    "3dZS36fLvRc5+ACA8NR9/C1c7TQxRCvFPCUu62VOL7w8nONotLQfuEC4Gvyq3OC76OtFTo7AyC2EQlhE"
    "JjU4/jeutAx/qrTF3wULsWqvB/YSK/ZLjf2YIu5G7MezSMidlMGUxue3VGmmQtRVLkZHxkMXF1gtPrre"
    "xSvXg/0qrGy68T27VF0Akcf17D81Kzw8QkU+B1WFzIdEKV6b0FcGKIEtP6QmITNtrog7EAp91uK6JaEQ"
    "uqXbYLmHG390Ix1+cCx5ZnBFqSHARe3dhJIDOV6V0RZ34z3c9ac3NyR6f6wcvaUqGa1GqxJC543P+iA8"
    "xfGQIDAQAB";

static const char signed_mail_header[] =
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com;\r\n"
    " i=@example.com; q=dns/txt; s=key; t=1795323438; h=from : to : subject\r\n"
    " : date; bh=CNwLzHxWSMxsS93U2rq2/piEBzRvw3bbTsbAHPnQpY8=;\r\n"
    " b=gmywTAXdRzr6feA5bEkXti0TWJS89vD0E7eSeRQCZDZNt4KUzgyWNndNI040UYsOUuv54\r\n"
    " 9qxI+7GjqhpMNeFh8s7mBLitghcHlVG0jwvkK0/r5USOC4mDQL0fy0giJWH7MbKQIJE03KQ\r\n"
    " tSZlwjZchz2F36favMszTnKbT0joLItGehKF0kg8U4M3eVFEj0ih7CEovn/Q2gOnjkCSIA9\r\n"
    " HMdv2M/jV/a9yY4l9ZpO5HFfnnjldI6ADUjsrW3gs9kL7T3x411+gTD5kdtKG00wcJZbbwc\r\n"
    " LETxX88FlH+MlC8bBiy42/g+v3+9dwoHJH5C1MSqMJnDjjJqMcpTmCyS4JOg==\r\n"
    "From: a@example.com\r\n"
    "To: b@example.net\r\n"
    "Subject: test\r\n"
    "Date: Sun, 22 Nov 2026 05:00:00 +0000\r\n"
    "Message-ID: <1@example.com>\r\n"
    "\r\n";
/* the body is this line, forty times */
#define SIGNED_MAIL_LINE  "One line of a message of an ordinary length, forty times over.\r\n"
#define SIGNED_MAIL_LINES 40

#endif
