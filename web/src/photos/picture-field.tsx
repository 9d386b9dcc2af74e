/** The field of a picture on a profile: how it will look, and the ways to another one, or none. */
import { useId, useRef } from 'preact/hooks';
import type { Author } from '../api/types.ts';
import { TYPES } from '../posts/attachments/attachments.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import type { PictureChoice } from './picture-choice.ts';
import './picture-field.css';

export interface PictureFieldProps {
  readonly kind: 'avatar' | 'header';
  readonly choice: PictureChoice;
  /** Whose it is. */
  readonly user: Author;
  /** What is shown now; null: none. */
  readonly url: string | null;
}

const WORDS = {
  avatar: { label: 'Your picture', hint: 'A circle around its middle is shown.' },
  header: { label: 'Picture on top of your page', hint: 'Three times as wide as high, from its middle.' },
} as const;

export function PictureField({ kind, choice, user, url }: PictureFieldProps) {
  const id = useId();
  const picker = useRef<HTMLInputElement>(null);
  const chosen = choice.chosen.value;
  const shown = chosen.state === 'kept' ? url : 'preview' in chosen ? chosen.preview : null;
  const { label, hint } = WORDS[kind];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a row in all browsers
    <div class="picture-field" role="group" aria-labelledby={`${id}-label`} aria-describedby={`${id}-hint`}>
      <p class="picture-label" id={`${id}-label`}>
        {label}
      </p>
      {kind === 'avatar' ? (
        <Avatar user={{ ...user, avatar_url: shown }} size={96} />
      ) : shown === null ? (
        <p class="picture-header muted small">None</p>
      ) : (
        <img class="picture-header" src={shown} alt="" />
      )}
      <div class="picture-ways">
        <Button size="small" icon="photo" onClick={() => picker.current?.click()}>
          {shown === null ? 'Choose a picture' : 'Choose another'}
        </Button>
        {shown !== null && (
          <Button size="small" onClick={chosen.state === 'kept' ? choice.remove : choice.keep}>
            {chosen.state === 'kept' ? 'Remove' : 'Cancel'}
          </Button>
        )}
        {chosen.state === 'removed' && (
          <Button size="small" onClick={choice.keep}>
            Keep it
          </Button>
        )}
        <input
          ref={picker}
          type="file"
          hidden
          aria-label={label}
          accept={TYPES.join(',')}
          onChange={({ currentTarget }) => {
            const [file] = currentTarget.files ?? [];
            if (file !== undefined) choice.choose(file);
            currentTarget.value = '';
          }}
        />
        {chosen.state === 'uploading' && (
          <label class="picture-progress small">
            <span class="unseen">Uploading</span>
            <progress value={chosen.share} max={1} />
          </label>
        )}
        {chosen.state === 'failed' && <p class="field-error">{chosen.problem.message}</p>}
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      </div>
    </div>
  );
}
