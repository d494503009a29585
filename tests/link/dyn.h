/* SPDX-License-Identifier: MIT */
/* tests/link/dyn.h - what libdyn.so has, and what libplug.so says when dlopen() has loaded it */
#ifndef TESTS_LINK_DYN_H
#define TESTS_LINK_DYN_H

extern int dyn_data[2048];
extern __thread int dyn_tls;
extern int *const dyn_relro[2];
int dyn_text(int x);
int dyn_ifunc(void);			/* 99: the resolver ran */

#define PLUG_READY	3		/* *plug_state between the library's constructor and destructor */

#endif
