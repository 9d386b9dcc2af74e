/** 128 random bits as text. `crypto.randomUUID` is only there over https and on localhost; this is it everywhere. */
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
