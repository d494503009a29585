/* SPDX-License-Identifier: MIT */
/*
 * fs/proc_maps.c - /proc/PID/maps, smaps, smaps_rollup and numa_maps: an address space as text
 *
 * ALWAYS TRUE  each piece of the text shows one moment: mmap_lock is held for reading while it is made. The
 *              next piece goes on behind the end of the last mapping shown.
 * LOCKS        mmap_lock (read). The text goes to kernel memory, so no fault can want the lock again.
 */
#include <fs/proc.h>
#include <lib/string.h>
#include <mm/mempolicy.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <mm/vma_usage.h>
#include <uapi/errno.h>

#define PSS_SHIFT	12	/* of struct vma_usage */

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

/* The name of what is mapped; @escape: what a file's name may hold but its line may not. */
static void show_name(struct seq_file *m, const struct mm_struct *mm, struct vm_area_struct *vma,
		      char *buf, const char *escape)
{
	const char *name = special_name(mm, vma);

	if (!name && vma->vm_file) {
		name = file_path(vma->vm_file, buf, PATH_MAX);
		if (IS_ERR(name))
			name = "?";
	}
	if (name)
		seq_puts_escaped(m, name, escape);
}

/* The name of the line that began at @from stands in column 73. */
static void pad_to_name(struct seq_file *m, size_t from)
{
	while (!m->failed && m->count - from < 73)
		seq_putc(m, ' ');
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
		   vma->mapping || f ? (unsigned long long)vma->vm_pgoff << PAGE_SHIFT : 0ULL,
		   inode ? MAJOR(inode->sb->dev) : 0, inode ? MINOR(inode->sb->dev) : 0,
		   inode ? (unsigned long long)inode->ino : 0ULL);
	if (f || special_name(mm, vma))
		pad_to_name(m, from);
	show_name(m, mm, vma, buf, "\n");
	seq_putc(m, '\n');
}

static void show_flags(struct seq_file *m, unsigned long fl)
{
	static const struct { unsigned long flag; char name[3]; } names[] = {
		{ VM_READ, "rd" }, { VM_WRITE, "wr" }, { VM_EXEC, "ex" }, { VM_SHARED, "sh" },
		{ VM_MAYREAD, "mr" }, { VM_MAYWRITE, "mw" }, { VM_MAYEXEC, "me" },
		{ VM_MAYSHARE, "ms" }, { VM_GROWSDOWN, "gd" }, { VM_PFNMAP, "pf" },
		{ VM_LOCKED, "lo" }, { VM_IO, "io" }, { VM_SEQ_READ, "sr" },
		{ VM_RAND_READ, "rr" }, { VM_DONTCOPY, "dc" },
		{ VM_DONTEXPAND, "de" }, { VM_LOCKONFAULT, "lf" }, { VM_ACCOUNT, "ac" }, { VM_NORESERVE, "nr" },
		{ VM_WIPEONFORK, "wf" }, { VM_DONTDUMP, "dd" },
		{ VM_UFFD_MISSING, "um" }, { VM_UFFD_WP, "uw" }, { VM_UFFD_MINOR, "ui" },
	};

	seq_puts(m, "VmFlags: ");
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (fl & names[i].flag)
			seq_printf(m, "%s ", names[i].name);
	seq_putc(m, '\n');
}

static void show_kb(struct seq_file *m, const char *name, unsigned long bytes)
{
	seq_printf(m, "%-16s%8lu kB\n", name, bytes >> 10);
}

/* What smaps and smaps_rollup share; @locked: the part of the proportional size that is locked. */
static void show_usage(struct seq_file *m, const struct vma_usage *u, unsigned long locked, bool rollup)
{
	show_kb(m, "Rss:", u->rss);
	show_kb(m, "Pss:", u->pss_shifted >> PSS_SHIFT);
	show_kb(m, "Pss_Dirty:", u->pss_dirty >> PSS_SHIFT);
	if (rollup) {
		show_kb(m, "Pss_Anon:", u->pss_anon >> PSS_SHIFT);
		show_kb(m, "Pss_File:", u->pss_file >> PSS_SHIFT);
		show_kb(m, "Pss_Shmem:", u->pss_shmem >> PSS_SHIFT);
	}
	show_kb(m, "Shared_Clean:", u->shared_clean);
	show_kb(m, "Shared_Dirty:", u->shared_dirty);
	show_kb(m, "Private_Clean:", u->private_clean);
	show_kb(m, "Private_Dirty:", u->private_dirty);
	show_kb(m, "Referenced:", u->referenced);
	show_kb(m, "Anonymous:", u->anonymous);
	show_kb(m, "LazyFree:", u->lazyfree);
	show_kb(m, "AnonHugePages:", 0);
	show_kb(m, "ShmemPmdMapped:", 0);
	show_kb(m, "FilePmdMapped:", 0);
	show_kb(m, "Shared_Hugetlb:", 0);
	show_kb(m, "Private_Hugetlb:", 0);
	show_kb(m, "Swap:", u->swap);
	show_kb(m, "SwapPss:", 0);
	show_kb(m, "Locked:", locked >> PSS_SHIFT);
}

static void show_smap(struct seq_file *m, struct vm_area_struct *vma)
{
	struct vma_usage u;

	vma_usage(vma, &u);
	show_kb(m, "Size:", vma->vm_end - vma->vm_start);
	show_kb(m, "KernelPageSize:", PAGE_SIZE);
	show_kb(m, "MMUPageSize:", PAGE_SIZE);
	show_usage(m, &u, vma->vm_flags & VM_LOCKED ? u.pss_shifted : 0, false);
	seq_puts(m, "THPeligible:    0\n");
	show_flags(m, vma->vm_flags);
}

static void add_usage(struct vma_usage *sum, const struct vma_usage *u)
{
	sum->rss += u->rss;
	sum->pss_shifted += u->pss_shifted;
	sum->pss_dirty += u->pss_dirty;
	sum->pss_anon += u->pss_anon;
	sum->pss_file += u->pss_file;
	sum->pss_shmem += u->pss_shmem;
	sum->shared_clean += u->shared_clean;
	sum->shared_dirty += u->shared_dirty;
	sum->private_clean += u->private_clean;
	sum->private_dirty += u->private_dirty;
	sum->referenced += u->referenced;
	sum->anonymous += u->anonymous;
	sum->lazyfree += u->lazyfree;
	sum->swap += u->swap;
}

/* What counts where a mapping has no policy: that of the thread whose directory this is. */
static struct mempolicy thread_policy(struct seq_file *m)
{
	struct mempolicy pol = { .mode = MPOL_DEFAULT };
	const struct thread *t;

	spin_lock(&tasklist_lock);
	t = find_thread(proc_pid(m->inode)->tid);
	if (t && t->process == seq_process(m))
		pol = t->mempolicy;
	spin_unlock(&tasklist_lock);
	return pol;
}

/* numa_maps: the policy of each mapping, its own or the thread's, and where its pages are. */
static void show_numa(struct seq_file *m, struct mm_struct *mm, struct vm_area_struct *vma, char *buf)
{
	const char *name = special_name(mm, vma);
	unsigned long pages, anon, dirty;
	struct mempolicy *own = get_vma_policy(vma, vma->vm_pgoff), pol = own ? *own : thread_policy(m);
	char policy[MPOL_NAME_LEN];
	struct vma_usage u;
	unsigned int nid;

	vma_usage(vma, &u);
	pages = u.rss >> PAGE_SHIFT;
	anon = u.anonymous >> PAGE_SHIFT;
	dirty = (u.shared_dirty + u.private_dirty) >> PAGE_SHIFT;
	seq_printf(m, "%08lx %s", vma->vm_start, mpol_name(&pol, policy));
	mpol_put(own);
	if (vma->vm_file) {
		seq_puts(m, " file=");
		show_name(m, mm, vma, buf, "\n\t= ");
	} else if (name && (strcmp(name, "[heap]") == 0 || strcmp(name, "[stack]") == 0)) {
		seq_puts(m, name[1] == 'h' ? " heap" : " stack");
	}
	if (anon)
		seq_printf(m, " anon=%lu", anon);
	if (dirty)
		seq_printf(m, " dirty=%lu", dirty);
	if (pages != anon && pages != dirty)
		seq_printf(m, " mapped=%lu", pages);
	if (u.most_mapped > 1)
		seq_printf(m, " mapmax=%lu", u.most_mapped);
	for_each_online_node(nid)
		if (u.on_node[nid])
			seq_printf(m, " N%u=%lu", nid, u.on_node[nid]);
	if (pages)
		seq_printf(m, " kernelpagesize_kB=%lu", PAGE_SIZE >> 10);
	seq_putc(m, '\n');
}

/* ---- the files ---- */

enum view { MAPS, SMAPS, ROLLUP, NUMA };

static struct vm_area_struct *next_vma(const struct mm_struct *mm, struct vm_area_struct *vma)
{
	return list_is_last(&vma->vm_link, &mm->mmap) ? NULL : list_next_entry(vma, vm_link);
}

/* The mapping after @vma; whoever waits to change the map does it first, so @vma may be gone. */
static struct vm_area_struct *next_after_writers(struct mm_struct *mm, struct vm_area_struct *vma)
{
	unsigned long end = vma->vm_end;

	if (!rwsem_is_contended(&mm->mmap_lock))
		return next_vma(mm, vma);
	up_read(&mm->mmap_lock);
	down_read(&mm->mmap_lock);
	return find_vma(mm, end);
}

static void show_all_vmas(struct seq_file *m, struct mm_struct *mm, enum view view, char *buf)
{
	struct vm_area_struct *vma = list_first_entry_or_null(&mm->mmap, struct vm_area_struct, vm_link);

	if (m->resume)
		vma = find_vma(mm, m->resume);
	for (m->resume = 0; vma; vma = next_after_writers(mm, vma)) {
		if (view == NUMA)
			show_numa(m, mm, vma, buf);
		else
			show_vma(m, mm, vma, buf);
		if (view == SMAPS)
			show_smap(m, vma);
		if (seq_full(m)) {
			m->resume = next_vma(mm, vma) ? vma->vm_end : 0;
			break;
		}
	}
}

static void show_sum(struct seq_file *m, struct mm_struct *mm)
{
	struct vma_usage u, sum = { .rss = 0 };
	unsigned long locked = 0, start = 0, end = 0;
	struct vm_area_struct *vma = list_first_entry_or_null(&mm->mmap, struct vm_area_struct, vm_link);

	for (; vma; vma = next_after_writers(mm, vma)) {
		vma_usage(vma, &u);
		add_usage(&sum, &u);
		locked += vma->vm_flags & VM_LOCKED ? u.pss_shifted : 0;
		start = start ? start : vma->vm_start;
		end = vma->vm_end;
	}
	seq_printf(m, "%08lx-%08lx ---p 00000000 00:00 0 ", start, end);
	pad_to_name(m, 0);
	seq_puts(m, "[rollup]\n");
	show_usage(m, &sum, locked, true);
}

static int show(struct seq_file *m, enum view view)
{
	struct mm_struct *mm;
	char *buf;
	int err = 0;

	mm = process_mm_access(seq_process(m));
	if (IS_ERR(mm))
		return (int)PTR_ERR(mm);
	if (!mm)
		return view == ROLLUP ? -ESRCH : 0;
	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buf)
		err = -ENOMEM;
	else if (down_read_killable(&mm->mmap_lock))
		err = -EINTR;
	if (!err) {
		if (view == ROLLUP)
			show_sum(m, mm);
		else
			show_all_vmas(m, mm, view, buf);
		up_read(&mm->mmap_lock);
	}
	kfree(buf);
	mmput(mm);
	return err;
}

int proc_show_maps(struct seq_file *m)
{
	return show(m, MAPS);
}

int proc_show_smaps(struct seq_file *m)
{
	return show(m, SMAPS);
}

int proc_show_numa_maps(struct seq_file *m)
{
	return show(m, NUMA);
}

int proc_show_smaps_rollup(struct seq_file *m)
{
	return show(m, ROLLUP);
}
