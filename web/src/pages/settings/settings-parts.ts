/** The parts of the settings, in the order in which they are listed. */
import type { IconName } from '../../ui/icon.tsx';

export interface SettingsPart {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly icon: IconName;
}

export const SETTINGS_PARTS = [
  { name: 'profile', label: 'Profile', hint: 'Your picture, name and words', icon: 'user' },
  { name: 'appearance', label: 'Appearance and keys', hint: 'Of this browser', icon: 'eye' },
  { name: 'account', label: 'Email and password', hint: 'How you sign in', icon: 'lock' },
  { name: 'sessions', label: 'Sessions', hint: 'Where you are signed in', icon: 'globe' },
  { name: 'notifications', label: 'Notifications', hint: 'Who may notify you', icon: 'bell' },
  { name: 'mutes', label: 'Muted people', hint: 'Whose posts you do not see', icon: 'eye' },
  { name: 'blocks', label: 'Blocked people', hint: 'Who cannot reach you', icon: 'shield' },
  { name: 'keys', label: 'API keys', hint: 'Programs that act for you', icon: 'tag' },
  { name: 'webhooks', label: 'Webhooks', hint: 'Tell your own server', icon: 'link' },
  { name: 'delete', label: 'Delete the account', hint: 'At once and for good', icon: 'trash' },
] as const satisfies readonly SettingsPart[];

export type PartName = (typeof SETTINGS_PARTS)[number]['name'];

export function partNamed(name: PartName): SettingsPart {
  return SETTINGS_PARTS.find((part) => part.name === name) ?? SETTINGS_PARTS[0];
}
