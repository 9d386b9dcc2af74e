/** What people type into fields, and what is meant by it. */

/** People leave out what all addresses begin with. */
export function wholeUrl(text: string): string {
  const url = text.trim();
  return url === '' || /^[a-z][a-z0-9+.-]*:/i.test(url) ? url : `https://${url}`;
}

/** With commas between. */
export function words(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** `2026-11-22T13:05`, here: as the field of the browser has it. */
export function localText(at: string | null | undefined): string {
  if (at === null || at === undefined) return '';
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}
