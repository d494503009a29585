/* SPDX-License-Identifier: MIT */
/* kernel/exec_internal.h - what exec.c, exec_elf.c, exec_script.c, exec_args.c and exec_stack.c share */
#ifndef KERNEL_EXEC_INTERNAL_H
#define KERNEL_EXEC_INTERNAL_H

#include <kernel/process.h>
#include <fs/file.h>
#include <mm/mm.h>

#define EXEC_HEAD_SIZE		256		/* of the file, read to tell what it is (Linux: BINPRM_BUF_SIZE) */
#define EXEC_PATH_MAX		4096
#define MAX_ARG_STRLEN		(128UL * 1024)
#define MAX_ARG_TOTAL		(6UL * 1024 * 1024)
#define MAX_SCRIPT_DEPTH	4
#define MAX_SCRIPT_WORDS	(3 * (MAX_SCRIPT_DEPTH + 1))

/* arg_strings - strings one behind the other, NULs included, in pages */
struct arg_strings {
	char		**page;
	unsigned int	nr_pages, max_pages;
	size_t		len;			/* bytes in all */
	size_t		first_len;		/* of the first string with its NUL */
	unsigned int	count;
};

/* binprm - a program on its way to being run; nothing of current changes until exec.c commits it */
struct binprm {
	struct file		*file;		/* what is loaded now: program or a script's interpreter */
	u8			head[EXEC_HEAD_SIZE];	/* its first bytes, zero padded           */
	char			*filename;	/* as named by the caller: AT_EXECFN, comm        */
	struct arg_strings	argv, envp;
	bool			drop_argv0;	/* replaced by the words before                    */
	char			*words[MAX_SCRIPT_WORDS]; /* what scripts put in front of argv, kmalloc'ed */
	unsigned int		nr_words;
	unsigned int		script_depth;
	uid_t			euid;		/* after set-user-ID                               */
	gid_t			egid;
	bool			secure;		/* AT_SECURE                                       */
	bool			unreadable;	/* the caller may run but not read one of the files: no dumps */
	struct sighand		*sighand;	/* spare, or what was shared until now; or NULL    */
	struct files_struct	*files;		/* the same                                        */

	struct mm_struct	*mm;		/* being built                                     */
	unsigned long		stack_top;
	bool			exec_stack;
	/* from the ELF files */
	unsigned long		entry;		/* of the program: AT_ENTRY                        */
	unsigned long		start;		/* first instruction: program's or interpreter's   */
	unsigned long		interp_base;	/* AT_BASE                                         */
	unsigned long		phdr_addr;
	unsigned int		phnum;
	unsigned long		sp;		/* initial stack pointer                           */
};

/* ---- exec.c ---- */
/* exec_open - a file that may be executed: 0 and a referenced *@f, or -errno */
int exec_open(int dirfd, const char *name, int flags, struct file **f);

/* ---- exec_args.c ---- */
int args_collect(struct arg_strings *a, const void *vector, bool kernel_ptrs, size_t *budget);
void args_free(struct arg_strings *a);

/* ---- exec_script.c ---- */
bool script_recognise(const struct binprm *b);
/* script_load - put interpreter, its argument and the script's name in front; b->file becomes the interpreter */
int script_load(struct binprm *b);

/* ---- exec_elf.c ---- */
bool elf_recognise(const struct binprm *b);
int elf_load(struct binprm *b);

/* ---- exec_stack.c ---- */
/* exec_randomize - may addresses of this sort (1, the heap: 2) be random? Not with norandom or ADDR_NO_RANDOMIZE. */
bool exec_randomize(int level);
/* exec_layout - stack top and mmap base of the new address space */
void exec_layout(struct binprm *b);
/* exec_build_stack - strings, vectors and auxv; sets b->sp */
int exec_build_stack(struct binprm *b);

#endif
