/** A secret that is shown now and never again. */
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';

export function SecretOnce(props: {
  /** Such as `the key`. */
  readonly what: string;
  readonly secret: string;
  readonly note: string;
  readonly onDone: () => void;
}) {
  const { what, secret, note, onDone } = props;
  return (
    <div class="secret">
      <p>
        <strong>Copy {what} now: it is never shown again.</strong>
      </p>
      <code dir="ltr">{secret}</code>
      <p class="muted small">{note}</p>
      <div class="dialog-actions">
        <CopyButton text={secret} label={`Copy ${what}`} />
        <Button tone="primary" onClick={onDone}>
          Done
        </Button>
      </div>
    </div>
  );
}
