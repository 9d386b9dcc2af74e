/** For how long an entry keeps reposts of its post out of the same timeline (docs/decisions/0005). */
import { IDS_PER_MS_PER_WRITER, WRITERS_MAX } from '../../../core/ids.ts';

/** A post comes up again in a feed only when nothing has shown it there for so long. */
export const REPOST_WINDOW_MS = 24 * 60 * 60 * 1_000;
/** The same as a distance between ids. */
export const REPOST_WINDOW_IDS = REPOST_WINDOW_MS * WRITERS_MAX * IDS_PER_MS_PER_WRITER;
