/* SPDX-License-Identifier: MIT */
/*
 * user/bin/tools.h - the programs of the multi-call binary
 *
 * One line per program: it gives the prototype, the row of main.c's table, and the help text.
 */
#ifndef USER_TOOLS_H
#define USER_TOOLS_H

#define TOOLS(X)                                                                   \
	X(init, "the first process: mount, start a shell, reap orphans")           \
	X(sh, "[-c COMMAND | FILE [ARG...]]: the shell")                            \
	X(buddymap, "[CELLS]: physical memory drawn, free blocks of each order")   \
	X(callmatrix, "[GROUP...]: each call about memory, argument by argument")     \
	X(cat, "[FILE...]: copy files to standard output")                         \
	X(cowtest, "fork, write on both sides, show who sees what")                 \
	X(cp, "[-r] FROM... TO: copy files")                                       \
	X(crash, "KIND: commit one memory or instruction crime; alone lists kinds") \
	X(echo, "[-n] [WORD...]: print words")                                     \
	X(faultfuzz, "[SEED [STEPS [SEEDS [EVERY]]]]: random memory calls and accesses, one line each") \
	X(faulttrace, "PID | COMMAND [ARG...]: each page fault, as the kernel decided it") \
	X(forkbomb, "[LIMIT]: fork until it fails, say how far it got, clean up")   \
	X(forktest, "[N]: N children, each with its own exit status")               \
	X(free, "memory of the machine")                                           \
	X(grep, "[-ivnc] REGEX [FILE...]: lines that match")                       \
	X(head, "[-n N] [FILE...]: the first lines")                               \
	X(hello, "greet, and say what runs where")                                 \
	X(id, "user and group ids")                                                \
	X(kill, "[-SIGNUMBER] PID...: send a signal")                               \
	X(ln, "[-s] OLD NEW: another name for a file")                             \
	X(ls, "[-ald] [FILE...]: list directories")                                \
	X(memhog, "SIZE[kmg]: touch that much memory, then report")                \
	X(mkdir, "[-p] DIR...: make directories")                                  \
	X(mmaptest, "map, protect, split and unmap, showing /proc/self/maps")       \
	X(mmsoak, "[SECONDS [THREADS [SEED]]]: threads change one address space, each checks its own part") \
	X(mount, "[-t TYPE] SOURCE DIR: mount; alone lists mounts")                \
	X(mv, "FROM... TO: rename")                                                \
	X(poweroff, "switch the machine off")                                      \
	X(ps, "processes")                                                         \
	X(pwd, "the current directory")                                            \
	X(reboot, "restart the machine")                                           \
	X(rm, "[-rf] FILE...: remove")                                             \
	X(rmdir, "DIR...: remove empty directories")                               \
	X(slabtop, "[-o] [-d SECONDS] [-n LINES] [-s KEY]: the kernel's object caches")\
	X(sleep, "SECONDS")                                                        \
	X(sync, "write dirty pages back")                                          \
	X(sysfuzz, "[SEED [ROUNDS [CALL]]]: random system calls with bad arguments") \
	X(touch, "FILE...: create, or set the times to now")                       \
	X(umount, "DIR: unmount")                                                  \
	X(uname, "[-a]: the kernel's name")                                        \
	X(uptime, "time since boot and load")                                      \
	X(vmmap, "[PID]: the mappings of a process with their resident pages")     \
	X(wc, "[-lwc] [FILE...]: count lines, words, bytes")

#define TOOL_PROTOTYPE(name, help) int tool_##name(int argc, char **argv);
TOOLS(TOOL_PROTOTYPE)
#undef TOOL_PROTOTYPE

typedef int tool_fn(int argc, char **argv);
tool_fn *tool_find(const char *name);

/* Prints `NAME: WHAT: error text' for errno; returns 1 so that it can be returned from main. */
int complain(const char *name, const char *what);

#endif
