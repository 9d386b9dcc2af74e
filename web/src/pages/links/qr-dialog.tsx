/** The code that a camera reads, to be looked at and to be taken along. */
import { useState } from 'preact/hooks';
import type { Link } from '../../api/types.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Select } from '../../ui/field.tsx';
import { Icon } from '../../ui/icon.tsx';
import { shortText } from './copy-link.tsx';
import './qr-dialog.css';

const SIZES = [
  { value: '256', label: '256 pixels: for screens' },
  { value: '512', label: '512 pixels' },
  { value: '1024', label: '1,024 pixels: for leaflets' },
  { value: '2048', label: '2,048 pixels: for posters' },
] as const;

export function QrDialog({ link, onClose }: { readonly link: Link; readonly onClose: () => void }) {
  const [size, setSize] = useState<(typeof SIZES)[number]['value']>('512');
  const address = (format: string, pixels: string) =>
    `/api/v1/links/${link.link_id}/qr?format=${format}&size=${pixels}`;
  const name = shortText(link.short_url);
  return (
    <Dialog title="QR code" onClose={onClose}>
      <figure class="qr">
        <img src={address('svg', '512')} width="240" height="240" alt={`The QR code that leads to ${name}`} />
        <figcaption class="small muted">{name}</figcaption>
      </figure>
      <Select label="Size of the file" value={size} choices={SIZES} onChoose={setSize} />
      <div class="dialog-actions">
        <a class="button button-plain" href={address('svg', size)} download={`${link.code}.svg`}>
          <Icon name="download" />
          SVG
        </a>
        <a class="button button-primary" href={address('png', size)} download={`${link.code}.png`}>
          <Icon name="download" />
          PNG
        </a>
      </div>
    </Dialog>
  );
}
