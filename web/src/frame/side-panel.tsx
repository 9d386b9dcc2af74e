/** What there is to find, beside the page. */
import { SearchField } from '../discovery/search-field.tsx';
import { Suggestions } from '../discovery/suggestions.tsx';
import { Trends } from '../discovery/trends.tsx';
import { me } from '../state/session.ts';

const SHOWN_MAX = 5;

export function SidePanel() {
  // For each person their own.
  return (
    <div key={me.value?.user_id} class="side-panel">
      <SearchField />
      <Trends atMost={SHOWN_MAX} />
      <Suggestions atMost={SHOWN_MAX} />
    </div>
  );
}
