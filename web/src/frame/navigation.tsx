/** The ways to the pages. Wide screens show them all; a phone the four that are wanted most, and the rest in a menu. */
import { useEffect } from 'preact/hooks';
import { entry } from '../navigation/location.ts';
import { matchRoute } from '../navigation/routes.ts';
import { routes } from '../pages.ts';
import { isSignedIn, me, role } from '../state/session.ts';
import { unreadCount } from '../state/unread.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import './navigation.css';

interface Way {
  readonly name: string;
  readonly label: string;
  readonly icon: IconName;
  readonly href: string;
  /** On the bar of a phone. */
  readonly isMain?: boolean;
  readonly badge?: number;
}

const OF_THE_STAFF: readonly Way[] = [
  { name: 'operations', label: 'Operations', icon: 'target', href: '/operations' },
  { name: 'moderation', label: 'Moderation', icon: 'shield', href: '/moderation' },
];

function ways(): readonly Way[] {
  if (!isSignedIn.value)
    return [
      { name: 'home', label: 'Home', icon: 'home', href: '/', isMain: true },
      { name: 'search', label: 'Search', icon: 'search', href: '/search', isMain: true },
      { name: 'sign-in', label: 'Sign in', icon: 'user', href: '/sign-in', isMain: true },
    ];
  return [
    { name: 'home', label: 'Home', icon: 'home', href: '/', isMain: true },
    { name: 'search', label: 'Search', icon: 'search', href: '/search', isMain: true },
    {
      name: 'notifications',
      label: 'Notifications',
      icon: 'bell',
      href: '/notifications',
      isMain: true,
      badge: unreadCount.value,
    },
    { name: 'profile', label: 'Profile', icon: 'user', href: `/@${me.value?.username}` },
    { name: 'photos', label: 'Photos', icon: 'photo', href: '/photos' },
    { name: 'bookmarks', label: 'Bookmarks', icon: 'bookmark', href: '/bookmarks' },
    { name: 'links', label: 'Links', icon: 'link', href: '/links' },
    { name: 'ride', label: 'Ride', icon: 'car', href: '/ride' },
    { name: 'settings', label: 'Settings', icon: 'settings', href: '/settings' },
    ...(role.value === 'user' ? [] : OF_THE_STAFF),
  ];
}

/** Drawings that would be a blot. */
const LINES: ReadonlySet<IconName> = new Set(['search', 'link', 'photo', 'car', 'target']);

export function Navigation() {
  const { key, path } = entry.value;
  const current = matchRoute(routes, path)?.route.name;
  useEffect(() => document.getElementById('more-ways')?.hidePopover(), [key]);
  const all = ways();
  const rest = all.filter(({ isMain }) => !isMain);
  const show = (way: Way) => (
    <WayLink
      key={way.name}
      way={way}
      isCurrent={way.name === 'profile' ? path === way.href : way.name === current}
    />
  );
  return (
    <nav class="navigation" aria-label="Main">
      <a class="brand" href="/" aria-label="Groundswell, home">
        <svg width="32" height="32" viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" fill="var(--accent)" />
          <path
            d="M4 20c4 0 4-5 8-5s4 5 8 5 4-5 8-5M4 26c4 0 4-4 8-4s4 4 8 4 4-4 8-4"
            fill="none"
            stroke="var(--on-accent)"
            stroke-width="2.5"
            stroke-linecap="round"
          />
          <circle cx="21" cy="9" r="3" fill="var(--on-accent)" />
        </svg>
        <span>Groundswell</span>
      </a>
      <div class="ways">
        {all.filter(({ isMain }) => isMain).map(show)}
        {isSignedIn.value && (
          <a class="way way-write" href="/compose">
            <Icon name="write" />
            <span class="way-label">Post</span>
          </a>
        )}
        <div class="ways-rest">{rest.map(show)}</div>
        {rest.length > 0 && (
          <>
            <button type="button" class="way way-menu" popovertarget="more-ways">
              <Icon name="menu" />
              <span class="way-label">Menu</span>
            </button>
            <div id="more-ways" class="more-ways" popover="auto">
              {rest.map(show)}
            </div>
          </>
        )}
      </div>
    </nav>
  );
}

function WayLink({ way, isCurrent }: { readonly way: Way; readonly isCurrent: boolean }) {
  const { href, icon, label, badge = 0 } = way;
  return (
    <a class="way" href={href} aria-current={isCurrent ? 'page' : undefined}>
      <span class="way-icon">
        <Icon name={icon} filled={isCurrent && !LINES.has(icon)} />
        {badge > 0 && (
          <span class="badge figures" aria-hidden="true">
            {badge > 99 ? '99+' : badge}
          </span>
        )}
      </span>
      <span class="way-label">{label}</span>
      {badge > 0 && <span class="unseen">{badge} new</span>}
    </a>
  );
}
