/** The formats of texts that schemas name, as strict as what reads the texts afterwards. */
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';

const EARLIEST_MS = Date.parse('0001-01-01T00:00:00.000Z');
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z');
/** Schemas of ours, which need not be compared with the schema of schemas: to compile that takes half a second. */
const compiler = addFormats.default(new Ajv({ meta: false, validateSchema: false }));
const isOfRfc3339 = compiler.compile({ type: 'string', format: 'date-time' });

/**
 * Of RFC 3339 all but what `Date` cannot hold or write down again: leap seconds, and times that are in the year 0
 * or 10000 once they are in UTC.
 */
export function withTextFormats(ajv: Ajv): Ajv {
  return addFormats.default(ajv).addFormat('date-time', (text: string) => {
    if (!isOfRfc3339(text)) return false;
    const timeMs = Date.parse(text);
    return timeMs >= EARLIEST_MS && timeMs <= LATEST_MS;
  });
}
