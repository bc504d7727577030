/* SPDX-License-Identifier: MIT */
/*
 * prepare.h - `mailaudit message FILE [ADDRESS]`: the audit of one message. Check message alone
 * runs; its target is the domain in From, and what sent the message is taken from Received and
 * Return-Path, unless the command line says it.
 */
#ifndef MA_MESSAGE_PREPARE_H
#define MA_MESSAGE_PREPARE_H

#include <stdbool.h>
#include <stdio.h>

struct ma_options;

/* Reads the message and makes the command line that of such an audit; false and a word to err
   where it cannot be. */
bool ma_message_prepare(struct ma_options *, FILE *err);

#endif
