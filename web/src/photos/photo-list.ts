/** Photos as the calls about them answer, page by page. */
import { get } from '../api/http.ts';
import type { Photo } from '../api/types.ts';
import { createItemList, type Items } from '../ui/item-list.tsx';

interface PhotosPage {
  readonly photos: readonly Photo[];
  readonly next_page_token: string | null;
}

const PAGE = 30;

/** `/feed?type=photos` and `/users/{user_id}/photos`. */
export function createPhotoList(path: string, query: Readonly<Record<string, string>> = {}): Items<Photo> {
  return createItemList<Photo>(async (pageToken) => {
    const page = await get<PhotosPage>(path, {
      query: { ...query, limit: PAGE, page_token: pageToken ?? undefined },
    });
    return { items: page.photos, next_page_token: page.next_page_token };
  });
}
