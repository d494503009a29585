/* SPDX-License-Identifier: MIT */
/*
 * tests/host/tsan.c - what ThreadSanitizer must know of a kernel
 *
 * THE QUESTION   Which of the races that it finds are meant?
 *
 * It takes a volatile access for an ordinary one, unless told to call these functions instead: those of
 * READ_ONCE, WRITE_ONCE and atomic_read are meant, and order nothing. What is left is listed with its
 * reason.
 *
 * LOCKS          none
 */
#define HOOKS(size)					\
	void __tsan_volatile_read##size(void *p);	\
	void __tsan_volatile_write##size(void *p);	\
	void __tsan_volatile_read##size(void *p) { (void)p; } \
	void __tsan_volatile_write##size(void *p) { (void)p; }

HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)

/* What a thread did longest ago is still known by its stack. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "history_size=7";
}

const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
	return
	/*
	 * Merging looks at the flags of a neighbour that another CPU may own and be changing. Only PG_buddy is
	 * looked at, which changes under the zone's lock alone, and such a neighbour does not have it.
	 */
	"race:free_buddy\n"
	/* A look at another CPU's array, before it is asked. */
	"race:may_be_idle\n"
	/*
	 * A copied VMA sets anew what others may be changing in the original: pins, i_mmap node. (Both ends of
	 * the first: it may have forgotten the other one's stack.)
	 */
	"race:vm_area_alloc\n" "race:vma_unpin\n" "race:vma_pin\n"
	/* A page table's lock is made before the table is: a fence, then the entry; who sees that, sees both. */
	"race:spin_lock_init\n"
	"race:prepare_new_page\n"
	/* A page arrives with the rights it finds, under ptl; who changes them passes there afterwards. */
	"race:arrive_one\n"
	/* Only who saw a mapcount of 0 goes on to take the page's mapping away: a branch, which it does not know. */
	"race:remove_from_page_cache\n"
	/* Who looks at a table's entry, hardware or not, sees nothing or the table: it goes when no VMA needs it. */
	"race:set_pgd\n" "race:set_p4d\n" "race:set_pud\n" "race:set_pmd\n";
}
