/** Every page of the app: its address, its name, and where its code is. */
import { type Route, route } from './navigation/routes.ts';

export const routes: readonly Route[] = [
  route('', 'home', async () => (await import('./pages/home/home-page.tsx')).HomePage),
  route('/sign-in', 'sign-in', async () => (await import('./pages/account/sign-in-page.tsx')).SignInPage),
  route('/sign-up', 'sign-up', async () => (await import('./pages/account/sign-up-page.tsx')).SignUpPage),
  route(
    '/notifications',
    'notifications',
    async () => (await import('./pages/notifications/notifications-page.tsx')).NotificationsPage,
  ),
  route('/search', 'search', async () => (await import('./pages/search/search-page.tsx')).SearchPage),
  route('/explore', 'search', async () => (await import('./pages/search/search-page.tsx')).SearchPage),
  route('/tags/:tag', 'tag', async () => (await import('./pages/lists/tag-page.tsx')).TagPage),
  route(
    '/bookmarks',
    'bookmarks',
    async () => (await import('./pages/lists/bookmarks-page.tsx')).BookmarksPage,
  ),
  route('/requests', 'requests', async () => (await import('./pages/lists/requests-page.tsx')).RequestsPage),
  route('/compose', 'compose', async () => (await import('./pages/compose/compose-page.tsx')).ComposePage),
  route('/@:name', 'profile', async () => (await import('./pages/profile/profile-page.tsx')).ProfilePage),
  route(
    '/@:name/with/:tab(replies)',
    'profile',
    async () => (await import('./pages/profile/profile-page.tsx')).ProfilePage,
  ),
  route(
    '/@:name/with/:list(followers|following)',
    'profile',
    async () => (await import('./pages/profile/user-list-page.tsx')).UserListPage,
  ),
  route('/@:name/:post_id', 'post', async () => (await import('./pages/thread/thread-page.tsx')).ThreadPage),
];
