/** `groundswell search`: the search index, made anew. */
import { Command } from 'commander';
import { systemClock } from '../core/clock.ts';
import { idTimeMs } from '../core/ids.ts';
import { searchOf } from '../roles/compose-search.ts';
import { type SettingOptions, withDatabaseOptions } from './config-options.ts';
import { withExamples } from './examples.ts';
import { withExistingProduct } from './open-product.ts';
import { createProgress } from './progress.ts';
import { counted, formatSeconds } from './quantities.ts';

export function searchCommand(): Command {
  const search = new Command('search');
  const reindex = withDatabaseOptions(new Command('reindex'))
    .summary('index every post anew')
    .description(
      'Index every post anew, and every user who is missing. Works beside a running server, which goes on finding what it found; not needed after `seed`, nor after an upgrade that does not ask for it.',
    )
    .action(run);
  search.addCommand(reindex);
  return withExamples(search, 'groundswell search reindex');
}

async function run(options: SettingOptions): Promise<void> {
  const startMs = systemClock.monotonicMs();
  const progress = createProgress({ label: 'Indexing', clock: systemClock });
  const counts = { users: 0, posts: 0 };
  try {
    await withExistingProduct(options, 'groundswell search', async ({ ports, product }) => {
      const { accounts, feed } = product;
      const search = searchOf({ ports, clock: systemClock, accounts, feed });
      let firstMs: number | undefined;
      await search.backfill.reindex((subject, done, upTo) => {
        counts[subject] = done;
        if (subject === 'users') return progress.show(0, counted(done, 'user'));
        firstMs ??= idTimeMs(upTo);
        const fraction = (idTimeMs(upTo) - firstMs) / Math.max(1, systemClock.nowMs() - firstMs);
        return progress.show(Math.min(1, fraction), counted(done, 'post'));
      });
    });
  } finally {
    progress.end();
  }
  const took = formatSeconds(systemClock.monotonicMs() - startMs);
  console.log(`Indexed ${counted(counts.posts, 'post')} and ${counted(counts.users, 'user')} in ${took}.`);
}
