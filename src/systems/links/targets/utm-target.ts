/** A target with the parameters of a campaign. */
import { UTM_PARAMETERS, type Utm } from '../link.ts';

/** What the owner has set for a parameter takes the place of what the target has. */
export function withUtm(target: string, utm: Utm | null): string {
  if (utm === null) return target;
  const url = new URL(target);
  for (const parameter of UTM_PARAMETERS) {
    const value = utm[parameter];
    if (value !== undefined) url.searchParams.set(`utm_${parameter}`, value);
  }
  return url.href;
}
