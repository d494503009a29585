/* SPDX-License-Identifier: MIT */
/* utsname.h - the names of this system (kernel/sys_misc.c) */
#ifndef KERNEL_UTSNAME_H
#define KERNEL_UTSNAME_H

#include <uapi/utsname.h>

/* utsname_get - what uname(2) says; for /proc/version too */
void utsname_get(struct new_utsname *u);

#endif
