/** A link in a list, with a box to select it by while somebody is selecting some. */
import type { Signal } from '@preact/signals';
import type { Link } from '../../../api/types.ts';
import { shortText } from '../copy-link.tsx';
import { LinkRow } from '../link-row.tsx';
import type { LinkSelection } from './link-selection.ts';

export function SelectableRow(props: {
  readonly link: Signal<Link>;
  readonly selection: LinkSelection;
  readonly shown: readonly string[];
  readonly onTag: (tag: string) => void;
}) {
  const { link, selection, shown, onTag } = props;
  if (!selection.isOn.value) return <LinkRow link={link} onTag={onTag} />;
  const { link_id: linkId, short_url: url, title } = link.value;
  const isSelected = selection.ids.value.has(linkId);
  return (
    <div class={isSelected ? 'link-row-selectable link-row-selected' : 'link-row-selectable'}>
      <label class="link-pick">
        <input
          type="checkbox"
          aria-label={`Select ${title === '' ? shortText(url) : `${title}, ${shortText(url)}`}`}
          checked={isSelected}
          onClick={(event) => selection.toggle(linkId, shown, event.shiftKey)}
        />
      </label>
      <LinkRow link={link} onTag={onTag} />
    </div>
  );
}
