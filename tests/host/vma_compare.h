/* SPDX-License-Identifier: MIT */
/*
 * tests/host/vma_compare.h - is the kernel's address space the model's? VMAs, anon_vmas, pages, sums
 */
#ifndef TESTS_VMA_COMPARE_H
#define TESTS_VMA_COMPARE_H

#include <mm/anon_vma.h>

/* same_av - the kernel's anon_vma that plays @m's part; the first sight decides, and nobody plays two */
static void same_av(struct mav *m, struct anon_vma *real)
{
	if (!m->real) {
		for (unsigned int i = 0; i < NR_MAV; i++)
			assert_false(mavs[i].vmas && mavs[i].real == real);
		m->real = real;
	}
	assert_ptr_equal(m->real, real);
}

/* The chain's newest link is the list's first. */
static void compare_links(const struct mvma *m, const struct vm_area_struct *vma)
{
	const struct anon_vma_chain *c;
	unsigned int n = m->links;

	assert_int_equal(m->av != NULL, vma->anon_vma != NULL);
	list_for_each_entry(c, &vma->anon_vma_chain, same_vma) {
		assert_true(n > 0);
		same_av(m->chain[--n], c->anon_vma);
	}
	assert_int_equal(n, 0);
	if (m->av)
		assert_ptr_equal(m->av->real, vma->anon_vma);
}

static void compare_vma(const struct mvma *m, const struct vm_area_struct *vma)
{
	assert_int_equal(vma->vm_start, addr_of(m->start));
	assert_int_equal(vma->vm_end, addr_of(m->end));
	assert_int_equal(vma->vm_flags, m->flags);
	assert_int_equal(vma->vm_pgoff, m->pgoff);
	assert_int_equal(vma->mapping != NULL, m->object != NO_OBJECT);
	if (m->object != NO_OBJECT) {
		if (!real_object[m->object])
			real_object[m->object] = vma->vm_private;
		assert_ptr_equal(real_object[m->object], vma->vm_private);
	}
	compare_links(m, vma);
}

/* The guards at both ends are in the list too. */
static void compare_vmas(const struct mspace *s)
{
	struct vm_area_struct *vma;
	unsigned int n = 0;

	for_each_vma(s->mm, vma) {
		if (vma->vm_flags & VM_DONTEXPAND)
			continue;
		assert_true(n < s->count);
		compare_vma(&s->vma[n++], vma);
	}
	assert_int_equal(n, s->count);
	assert_int_equal(s->mm->map_count, m_maps(s));
}

static bool linked_to(const struct mvma *v, const struct page *page)
{
	for (unsigned int i = 0; i < v->links; i++)
		if ((unsigned long)v->chain[i]->real == (unsigned long)page->mapping - PAGE_MAPPING_ANON)
			return true;
	return false;
}

/* R5: a walk from each page finds as many ptes as it counts. What is present is what the model has there. */
static void compare_page(const struct mspace *s, const struct mvma *v, unsigned int i)
{
	pte_t pte = pte_at(s->mm, addr_of(i));
	struct page *page;

	if (!pte_present(pte)) {
		assert_true(pte_none(pte) && !s->page[i].anon);
		return;
	}
	assert_non_null(v);
	page = pfn_to_page(pte_pfn(pte));
	assert_int_equal(page != zero_page && PageAnon(page), s->page[i].anon);
	assert_int_equal(*(u64 *)host_bytes(page), model_value(s, v, i));
	if (pte_write(pte))
		assert_true((v->flags & VM_WRITE) &&
			    (v->flags & VM_SHARED || (s->page[i].anon && page_count(page) == 1)));
	if (page == zero_page)
		return;
	assert_true(!PageAnon(page) || linked_to(v, page));
	assert_true(trylock_page(page));
	assert_int_equal(rmap_count(page), page_mapcount(page));
	unlock_page(page);
}

static void compare_sums(const struct mspace *s)
{
	assert_int_equal(m_total(s), s->mm->total_vm);
	assert_int_equal(m_data(s), s->mm->data_vm);
	assert_int_equal(m_locked(s), s->mm->locked_vm);
	assert_int_equal(m_pages(s, VM_EXEC | VM_WRITE, VM_EXEC), s->mm->exec_vm);
}

static void compare(struct mspace *s)
{
	unsigned long anon = 0;
	unsigned int k = 0;

	mm_check(s->mm);
	compare_vmas(s);
	for (unsigned int i = 0; i < WINDOW; i++) {
		while (k < s->count && s->vma[k].end <= i)
			k++;
		compare_page(s, k < s->count && s->vma[k].start <= i ? &s->vma[k] : NULL, i);
		anon += s->page[i].anon;
	}
	assert_int_equal(atomic64_read(&s->mm->rss_anon), anon);
	compare_sums(s);
}

/* What was promised: all private memory with VM_ACCOUNT, and every shared anonymous object. */
static void compare_promises(void)
{
	bool counted[NR_OBJECTS] = { false };
	unsigned long pages = 0;

	for (unsigned int k = 0; k < MMS; k++) {
		pages += m_pages(&spaces[k], VM_ACCOUNT, VM_ACCOUNT);
		for (unsigned int i = 0; i < spaces[k].count; i++) {
			int o = spaces[k].vma[i].object;

			if (o < FIRST_ANON || counted[o])
				continue;
			counted[o] = true;
			pages += size_of[o];
		}
	}
	assert_int_equal(vm_committed(), pages);
}

#endif
