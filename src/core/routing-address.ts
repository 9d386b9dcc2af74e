/** Where an engine of routes is, and which protocol it speaks: `osrm+http://127.0.0.1:5000`, `valhalla+https://routes.example/api`. */

export interface RoutingAddress {
  readonly engine: 'osrm' | 'valhalla';
  /** Without a slash at its end. */
  readonly url: string;
  /** What the engine knows the roads of cars by. */
  readonly profile: string;
}

export const ROUTING_URL_FORM =
  'osrm+http://host:5000 or valhalla+http://host:8002 (https as well), with ?profile=name where cars have another than driving and auto';

const PROFILES = { osrm: 'driving', valhalla: 'auto' } as const;

/** `undefined`: it is none. */
export function parseRoutingUrl(text: string): RoutingAddress | undefined {
  const [, engine, rest] = /^(osrm|valhalla)\+(https?:\/\/.+)$/.exec(text) ?? [];
  if (rest === undefined || !URL.canParse(rest) || (engine !== 'osrm' && engine !== 'valhalla'))
    return undefined;
  const url = new URL(rest);
  const profile = url.searchParams.get('profile') ?? PROFILES[engine];
  const others = [...url.searchParams.keys()].filter((name) => name !== 'profile');
  if (others.length > 0 || url.hash !== '' || !/^[\w-]{1,40}$/.test(profile)) return undefined;
  // A password in a URL would be in every log of the engine.
  if (url.username !== '' || url.password !== '') return undefined;
  return { engine, profile, url: `${url.origin}${url.pathname.replace(/\/+$/, '')}` };
}
