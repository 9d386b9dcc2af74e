/** What a program calls itself, in the words of people. Browsers name others beside themselves: the first that fits is it. */
const BROWSERS = [
  ['Edg', 'Edge'],
  ['OPR', 'Opera'],
  ['SamsungBrowser', 'Samsung Internet'],
  ['Firefox', 'Firefox'],
  ['FxiOS', 'Firefox'],
  ['CriOS', 'Chrome'],
  ['Chrome', 'Chrome'],
  ['Safari', 'Safari'],
] as const;

const DEVICES = [
  ['iPhone', 'an iPhone'],
  ['iPad', 'an iPad'],
  ['Android', 'Android'],
  ['Windows', 'Windows'],
  ['Mac OS X', 'a Mac'],
  ['CrOS', 'ChromeOS'],
  ['Linux', 'Linux'],
] as const;

export function agentText(agent: string | null): string {
  if (agent === null || agent === '') return 'An unknown program';
  const browser = BROWSERS.find(([mark]) => agent.includes(`${mark}/`))?.[1];
  if (browser === undefined) return agent.split(/[\s(;]/)[0] ?? agent;
  const device = DEVICES.find(([mark]) => agent.includes(mark))?.[1];
  return device === undefined ? browser : `${browser} on ${device}`;
}
