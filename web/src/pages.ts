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
  route('/photos', 'photos', async () => (await import('./pages/photos/photos-page.tsx')).PhotosPage),
  route('/links', 'links', async () => (await import('./pages/links/links-page.tsx')).LinksPage),
  route('/links/domains', 'links', async () => (await import('./pages/links/domains-page.tsx')).DomainsPage),
  route('/links/import', 'links', async () => (await import('./pages/links/import-page.tsx')).ImportPage),
  route(
    '/links/:link_id([0-9]+)',
    'links',
    async () => (await import('./pages/links/link-page.tsx')).LinkPage,
  ),
  route('/ride', 'ride', async () => (await import('./pages/rides/ride-page.tsx')).RidePage),
  route('/drive', 'ride', async () => (await import('./pages/rides/drive-page.tsx')).DrivePage),
  route('/rides', 'ride', async () => (await import('./pages/rides/ride-history-page.tsx')).RideHistoryPage),
  route(
    '/rides/:ride_id([0-9]+)',
    'ride',
    async () => (await import('./pages/payments/receipt-page.tsx')).ReceiptPage,
  ),
  route('/payments', 'ride', async () => (await import('./pages/payments/payments-page.tsx')).PaymentsPage),
  route('/earnings', 'ride', async () => (await import('./pages/payments/earnings-page.tsx')).EarningsPage),
  route(
    '/operations',
    'operations',
    async () => (await import('./pages/operations/operations-page.tsx')).OperationsPage,
  ),
  route('/compose', 'compose', async () => (await import('./pages/compose/compose-page.tsx')).ComposePage),
  route('/drafts', 'compose', async () => (await import('./pages/compose/drafts-page.tsx')).DraftsPage),
  route(
    '/forgotten',
    'sign-in',
    async () => (await import('./pages/account/forgotten-page.tsx')).ForgottenPage,
  ),
  route(
    '/settings',
    'settings',
    async () => (await import('./pages/settings/settings-page.tsx')).SettingsPage,
  ),
  route(
    '/settings/profile',
    'settings',
    async () => (await import('./pages/settings/profile-settings-page.tsx')).ProfileSettingsPage,
  ),
  route(
    '/settings/appearance',
    'settings',
    async () => (await import('./pages/settings/appearance-page.tsx')).AppearancePage,
  ),
  route(
    '/settings/account',
    'settings',
    async () => (await import('./pages/settings/account-page.tsx')).AccountPage,
  ),
  route(
    '/settings/sessions',
    'settings',
    async () => (await import('./pages/settings/sessions-page.tsx')).SessionsPage,
  ),
  route(
    '/settings/notifications',
    'settings',
    async () => (await import('./pages/settings/notification-settings-page.tsx')).NotificationSettingsPage,
  ),
  route(
    '/settings/mutes',
    'settings',
    async () => (await import('./pages/settings/hidden-people-pages.tsx')).MutesPage,
  ),
  route(
    '/settings/blocks',
    'settings',
    async () => (await import('./pages/settings/hidden-people-pages.tsx')).BlocksPage,
  ),
  route(
    '/settings/keys',
    'settings',
    async () => (await import('./pages/settings/api-keys-page.tsx')).ApiKeysPage,
  ),
  route(
    '/settings/webhooks',
    'settings',
    async () => (await import('./pages/settings/webhooks-page.tsx')).WebhooksPage,
  ),
  route(
    '/settings/webhooks/:webhook_id',
    'settings',
    async () => (await import('./pages/settings/webhook-page.tsx')).WebhookPage,
  ),
  route(
    '/settings/delete',
    'settings',
    async () => (await import('./pages/settings/delete-account-page.tsx')).DeleteAccountPage,
  ),
  route(
    '/moderation',
    'moderation',
    async () => (await import('./pages/moderation/reports-page.tsx')).ReportsPage,
  ),
  route(
    '/moderation/people',
    'moderation',
    async () => (await import('./pages/moderation/people-page.tsx')).PeoplePage,
  ),
  route(
    '/moderation/targets',
    'moderation',
    async () => (await import('./pages/moderation/blocked-targets-page.tsx')).BlockedTargetsPage,
  ),
  route(
    '/moderation/audit',
    'moderation',
    async () => (await import('./pages/moderation/audit-page.tsx')).AuditPage,
  ),
  route('/@:name', 'profile', async () => (await import('./pages/profile/profile-page.tsx')).ProfilePage),
  route(
    '/@:name/with/:tab(replies|photos)',
    'profile',
    async () => (await import('./pages/profile/profile-page.tsx')).ProfilePage,
  ),
  route(
    '/@:name/with/:list(followers|following)',
    'profile',
    async () => (await import('./pages/profile/user-list-page.tsx')).UserListPage,
  ),
  route(
    '/@:name/:post_id([0-9]+)',
    'post',
    async () => (await import('./pages/thread/thread-page.tsx')).ThreadPage,
  ),
  route(
    '/@:name/:post_id([0-9]+)/photo/:photo([1-4])',
    'post',
    async () => (await import('./pages/thread/thread-page.tsx')).ThreadPage,
  ),
];
