/* SPDX-License-Identifier: MIT */
/*
 * fs/proc_maps.c - /proc/PID/maps and smaps: an address space as text
 *
 * ALWAYS TRUE  the text shows one moment: mmap_lock is held for reading while it is made.
 * LOCKS        mmap_lock (read). The text goes to kernel memory, so no fault can want the lock again.
 */
#include <fs/proc.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <uapi/errno.h>

/* The text of the last column that is no file. */
static const char *special_name(const struct mm_struct *mm, struct vm_area_struct *vma)
{
	if (vma->vm_ops && vma->vm_ops->name)
		return vma->vm_ops->name(vma);
	if (vma->vm_file)
		return NULL;
	if (mm->vdso_base && vma->vm_start == mm->vdso_base)
		return "[vdso]";
	if (vma->vm_start <= mm->brk && vma->vm_end >= mm->start_brk && mm->brk > mm->start_brk &&
	    vma_is_anonymous(vma))
		return "[heap]";
	if (vma->vm_start <= mm->start_stack && vma->vm_end >= mm->start_stack)
		return "[stack]";
	return NULL;
}

static void show_name(struct seq_file *m, const struct mm_struct *mm, struct vm_area_struct *vma,
		      char *buf)
{
	const char *name = special_name(mm, vma);

	if (!name && vma->vm_file) {
		name = file_path(vma->vm_file, buf, PATH_MAX);
		if (IS_ERR(name))
			name = "?";
	}
	if (name)
		seq_puts(m, name);
}

static void show_vma(struct seq_file *m, const struct mm_struct *mm, struct vm_area_struct *vma,
		     char *buf)
{
	struct file *f = vma->vm_file;
	struct inode *inode = f ? f->inode : NULL;
	unsigned long fl = vma->vm_flags;
	size_t from = m->count;

	seq_printf(m, "%08lx-%08lx %c%c%c%c %08llx %02x:%02x %llu ", vma->vm_start, vma->vm_end,
		   fl & VM_READ ? 'r' : '-', fl & VM_WRITE ? 'w' : '-', fl & VM_EXEC ? 'x' : '-',
		   fl & VM_MAYSHARE ? 's' : 'p',
		   f ? (unsigned long long)vma->vm_pgoff << PAGE_SHIFT : 0ULL,
		   inode ? MAJOR(inode->sb->dev) : 0, inode ? MINOR(inode->sb->dev) : 0,
		   inode ? (unsigned long long)inode->ino : 0ULL);
	if (f || special_name(mm, vma))
		while (m->count - from < 73)
			seq_putc(m, ' ');
	show_name(m, mm, vma, buf);
	seq_putc(m, '\n');
}

static void show_flags(struct seq_file *m, unsigned long fl)
{
	static const struct { unsigned long flag; char name[3]; } names[] = {
		{ VM_READ, "rd" }, { VM_WRITE, "wr" }, { VM_EXEC, "ex" }, { VM_SHARED, "sh" },
		{ VM_MAYREAD, "mr" }, { VM_MAYWRITE, "mw" }, { VM_MAYEXEC, "me" },
		{ VM_MAYSHARE, "ms" }, { VM_GROWSDOWN, "gd" }, { VM_PFNMAP, "pf" },
		{ VM_LOCKED, "lo" }, { VM_IO, "io" }, { VM_DONTCOPY, "dc" },
		{ VM_DONTEXPAND, "de" }, { VM_ACCOUNT, "ac" }, { VM_NORESERVE, "nr" },
		{ VM_WIPEONFORK, "wf" }, { VM_DONTDUMP, "dd" },
	};

	seq_puts(m, "VmFlags: ");
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (fl & names[i].flag)
			seq_printf(m, "%s ", names[i].name);
	seq_putc(m, '\n');
}

static void show_usage(struct seq_file *m, struct vm_area_struct *vma)
{
	struct vma_usage u;

	vma_usage(vma, &u);
	seq_printf(m, "Size:           %8lu kB\nKernelPageSize: %8lu kB\nMMUPageSize:    %8lu kB\n",
		   (vma->vm_end - vma->vm_start) >> 10, PAGE_SIZE >> 10, PAGE_SIZE >> 10);
	seq_printf(m, "Rss:            %8lu kB\nPss:            %8lu kB\n", u.rss >> 10,
		   u.pss_shifted >> 22);
	seq_printf(m, "Shared_Clean:   %8lu kB\nShared_Dirty:   %8lu kB\n", u.shared_clean >> 10,
		   u.shared_dirty >> 10);
	seq_printf(m, "Private_Clean:  %8lu kB\nPrivate_Dirty:  %8lu kB\n", u.private_clean >> 10,
		   u.private_dirty >> 10);
	seq_printf(m, "Referenced:     %8lu kB\nAnonymous:      %8lu kB\n", u.referenced >> 10,
		   u.anonymous >> 10);
	seq_printf(m, "Swap:           %8lu kB\nLocked:         %8lu kB\n", u.swap >> 10,
		   vma->vm_flags & VM_LOCKED ? u.pss_shifted >> 22 : 0UL);
	show_flags(m, vma->vm_flags);
}

static int show_all(struct seq_file *m, bool usage)
{
	struct mm_struct *mm = process_mm_get(seq_process(m));
	struct vm_area_struct *vma;
	char *buf;
	int err = 0;

	if (!mm)
		return 0;
	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buf)
		err = -ENOMEM;
	else if (down_read_killable(&mm->mmap_lock))
		err = -EINTR;
	if (!err) {
		for_each_vma(mm, vma) {
			show_vma(m, mm, vma, buf);
			if (usage)
				show_usage(m, vma);
		}
		up_read(&mm->mmap_lock);
	}
	kfree(buf);
	mmput(mm);
	return err;
}

int proc_show_maps(struct seq_file *m)
{
	return show_all(m, false);
}

int proc_show_smaps(struct seq_file *m)
{
	return show_all(m, true);
}
