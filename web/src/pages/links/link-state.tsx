/** Whether a link leads anywhere, and what else a person should know before passing it on: each a word and a shape. */
import type { Link, LinkState } from '../../api/types.ts';
import { countText } from '../../ui/count.tsx';
import { Icon, type IconName } from '../../ui/icon.tsx';
import { Time } from '../../ui/time.tsx';

const STATES: Readonly<Record<Exclude<LinkState, 'active'>, { icon: IconName; word: string }>> = {
  blocked: { icon: 'ban', word: 'Blocked' },
  disabled: { icon: 'off', word: 'Off' },
  scheduled: { icon: 'clock', word: 'Scheduled' },
  expired: { icon: 'clock', word: 'Expired' },
  used_up: { icon: 'used', word: 'Used up' },
};

export const STATE_NAMES: Readonly<Record<LinkState, string>> = {
  active: 'Active',
  blocked: STATES.blocked.word,
  disabled: STATES.disabled.word,
  scheduled: STATES.scheduled.word,
  expired: STATES.expired.word,
  used_up: STATES.used_up.word,
};

/** One may have begun or ended since the server was asked. */
export function stateNow({ state, starts_at: startsAt, expires_at: expiresAt }: Link): LinkState {
  if (state !== 'active' && state !== 'scheduled') return state;
  const isPast = (time: string | null): boolean => time !== null && Date.parse(time) <= Date.now();
  if (isPast(expiresAt)) return 'expired';
  return startsAt === null || isPast(startsAt) ? 'active' : 'scheduled';
}

export function LinkBadges({ link }: { readonly link: Link }) {
  const state = stateNow(link);
  const { has_password: hasPassword, expires_at: expiresAt, max_visits: visitsMax, visits } = link;
  const { starts_at: startsAt } = link;
  return (
    <>
      {state !== 'active' && (
        <span class={`link-badge link-badge-${state}`}>
          <Icon name={STATES[state].icon} />
          {STATES[state].word}
        </span>
      )}
      {state === 'scheduled' && startsAt !== null && (
        <span class="link-badge">
          <Icon name="clock" />
          <span>
            Opens <Time at={startsAt} long />
          </span>
        </span>
      )}
      {link.target_check.state === 'dead' && (
        <span class="link-badge link-badge-dead">
          <Icon name="offline" />
          Target not found
        </span>
      )}
      {hasPassword && (
        <span class="link-badge">
          <Icon name="lock" />
          Password
        </span>
      )}
      {state === 'active' && expiresAt !== null && (
        <span class="link-badge">
          <Icon name="clock" />
          <span>
            Expires <Time at={expiresAt} long />
          </span>
        </span>
      )}
      {state === 'active' && visitsMax !== null && (
        <span class="link-badge">
          <Icon name="used" />
          {countText(visitsMax - visits, 'visit', 'visits')} left
        </span>
      )}
      {link.rules.length > 0 && (
        <span class="link-badge">
          <Icon name="settings" />
          {countText(link.rules.length, 'rule', 'rules')}
        </span>
      )}
    </>
  );
}
