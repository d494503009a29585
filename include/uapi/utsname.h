/* SPDX-License-Identifier: MIT */
/* uapi/utsname.h - what uname(2) fills in */
#ifndef UAPI_UTSNAME_H
#define UAPI_UTSNAME_H

#define UTS_LEN	65

struct new_utsname {
	char	sysname[UTS_LEN], nodename[UTS_LEN], release[UTS_LEN], version[UTS_LEN];
	char	machine[UTS_LEN], domainname[UTS_LEN];
};

#endif
