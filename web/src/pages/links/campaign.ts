/** The parameters of a campaign: as a person types them, as an address carries them, and as they were used before. */
import { UTM_PARAMETERS } from '../../../../src/systems/links/link.ts';
import { withUtm } from '../../../../src/systems/links/targets/utm-target.ts';
import { wholeUrl } from './field-texts.ts';

export { UTM_PARAMETERS };

type Parameter = (typeof UTM_PARAMETERS)[number];
/** Empty: none. */
export type Campaign = Readonly<Record<Parameter, string>>;
/** Only what is set, as the server has it. */
type Utm = { readonly [Name in Parameter]?: string };

export const NO_CAMPAIGN: Campaign = { source: '', medium: '', campaign: '', term: '', content: '' };
const SUGGESTIONS_MAX = 10;

export function utmOf(campaign: Campaign): Utm {
  const set = UTM_PARAMETERS.map((name) => [name, campaign[name].trim()] as const);
  return Object.fromEntries(set.filter(([, value]) => value !== ''));
}

export function isEmptyCampaign(campaign: Campaign): boolean {
  return Object.keys(utmOf(campaign)).length === 0;
}

/** Where visitors arrive, spelled as the server does it; `undefined` while the address is none. */
export function targetOf(url: string, campaign: Campaign): string | undefined {
  const whole = wholeUrl(url);
  return /^https?:/i.test(whole) && URL.canParse(whole) ? withUtm(whole, utmOf(campaign)) : undefined;
}

/** What an address carries of a campaign, and the address without it, else as it was spelled. */
export function campaignIn(url: string): { readonly campaign: Utm; readonly rest: string } | undefined {
  const [, place = '', query = '', fragment = ''] = /^([^?#]*)\?([^#]*)(#.*)?$/.exec(url.trim()) ?? [];
  const parts = query.split('&').map((text) => ({ text, ...parameterOf(text) }));
  const found = parts.flatMap(({ name, value }) => (name === undefined ? [] : [[name, value] as const]));
  if (found.length === 0) return undefined;
  const others = parts.filter(({ name }) => name === undefined).map(({ text }) => text);
  const rest = `${place}${others.length === 0 ? '' : `?${others.join('&')}`}${fragment}`;
  const firstOf = (name: Parameter) => found.find(([each]) => each === name)?.[1] ?? '';
  const campaign = Object.fromEntries(UTM_PARAMETERS.map((name) => [name, firstOf(name)])) as Campaign;
  return { campaign: utmOf(campaign), rest };
}

function parameterOf(text: string): { readonly name?: Parameter; readonly value: string } {
  const [[key, value] = ['', '']] = new URLSearchParams(text);
  const name = UTM_PARAMETERS.find((each) => key === `utm_${each}`);
  return name === undefined || value.trim() === '' ? { value } : { name, value };
}

/** What links had, the latest first: they are the ones that are in memory, and nobody is asked for more. */
export function suggestionsOf(
  links: Iterable<{ readonly link_id: string; readonly utm: Utm }>,
): Readonly<Record<Parameter, readonly string[]>> {
  const latest = [...links].sort((a, b) => Number(b.link_id) - Number(a.link_id));
  const usedAs = (name: Parameter) => [...new Set(latest.flatMap(({ utm }) => utm[name] ?? []))];
  return Object.fromEntries(
    UTM_PARAMETERS.map((name) => [name, usedAs(name).slice(0, SUGGESTIONS_MAX)]),
  ) as Record<Parameter, string[]>;
}
