/* SPDX-License-Identifier: MIT */
/* fixmap_test.c - constant addresses, and what set_fixmap() makes them show (mm/fixmap.c) */
#include <kernel/ktest.h>
#include <mm/fixmap.h>
#include <mm/page_alloc.h>
#include <mm/pgtable.h>

KTEST(fixmap_addresses_are_constants_and_name_their_slot)
{
	BUILD_ASSERT(FIXADDR_TOP - ((unsigned long)FIX_TEST << PAGE_SHIFT) > FIXADDR_START);
	for (unsigned int slot = 0; slot < NR_FIXED_ADDRESSES; slot++) {
		EXPECT(is_fixmap_addr((void *)fix_to_virt(slot)));
		EXPECT_EQ(virt_to_fix(fix_to_virt(slot) + PAGE_SIZE - 1), slot);
	}
	EXPECT(!is_fixmap_addr((void *)(FIXADDR_START - 1)));
	EXPECT_EQ(FIXADDR_START + FIXADDR_SIZE, 0);
}

KTEST(fixmap_slot_shows_one_frame_after_another_and_then_none)
{
	volatile unsigned long *slot = (void *)fix_to_virt(FIX_TEST);
	struct page *pages[2] = { alloc_page(GFP_KERNEL), alloc_page(GFP_KERNEL) };

	REQUIRE(pages[0] && pages[1]);
	for (unsigned long i = 0; i < 2; i++)
		*(unsigned long *)page_address(pages[i]) = 0x1234 + i;
	for (unsigned long i = 0; i < 2; i++) {
		set_fixmap(FIX_TEST, page_to_phys(pages[i]), PAGE_KERNEL);
		EXPECT_EQ(*slot, 0x1234 + i);		/* not what the slot showed before */
		*slot = i;
		EXPECT_EQ(*(unsigned long *)page_address(pages[i]), i);
		clear_fixmap(FIX_TEST);
		EXPECT(pte_none(ptep_get(kernel_pte_lookup((unsigned long)slot))));
	}
	free_pages(pages[0], 0);
	free_pages(pages[1], 0);
}

KTEST(fixmap_device_slot_is_found_at_its_offset)
{
	char *va = set_fixmap_offset_io(FIX_TEST, 0x123456789abc);

	EXPECT_EQ(va, fix_to_virt(FIX_TEST) + 0xabc);
	EXPECT_EQ(pte_pfn(ptep_get(kernel_pte_lookup((unsigned long)va))), 0x123456789);
	clear_fixmap(FIX_TEST);
}

KTEST(fixmap_last_page_of_the_address_space_is_never_mapped)
{
	EXPECT_EQ(fix_to_virt(FIX_HOLE), ~0UL << PAGE_SHIFT);
	EXPECT(pte_none(ptep_get(kernel_pte_lookup(fix_to_virt(FIX_HOLE)))));
}
