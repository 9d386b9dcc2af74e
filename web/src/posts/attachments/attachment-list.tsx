/** The pictures of a post that is being written: how far each is, what it shows, and in which order they stand. */
import { Button, IconButton } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';
import { ALT_LENGTH_MAX, type Attachment, type Attachments, problemWith } from './attachments.ts';
import './attachment-list.css';

export function AttachmentList({ attachments }: { readonly attachments: Attachments }) {
  const list = attachments.list.value;
  return (
    <>
      {attachments.refusal.value !== '' && <p class="form-problem">{attachments.refusal.value}</p>}
      {list.length > 0 && (
        <ol class="attachments" aria-label="Pictures">
          {list.map((each, index) => (
            <li key={each.key} class="attachment">
              <Preview attachment={each} />
              <div class="attachment-main">
                <Progress attachment={each} onRetry={() => attachments.retry(each.key)} />
                <TextField
                  label={`Description of picture ${index + 1}`}
                  hint="For those who do not see it."
                  rows={2}
                  dir="auto"
                  maxLength={ALT_LENGTH_MAX}
                  value={each.alt}
                  data-alt={each.alt.trim() === '' ? 'missing' : 'there'}
                  onInput={({ currentTarget }) => attachments.describe(each.key, currentTarget.value)}
                />
                <p class="attachment-actions">
                  <IconButton
                    icon="back"
                    label={`Move picture ${index + 1} forward`}
                    aria-disabled={index === 0}
                    onClick={() => attachments.move(each.key, -1)}
                  />
                  <IconButton
                    icon="next"
                    label={`Move picture ${index + 1} back`}
                    aria-disabled={index === list.length - 1}
                    onClick={() => attachments.move(each.key, 1)}
                  />
                  <Button size="small" onClick={() => attachments.remove(each.key)}>
                    {each.state === 'uploading' ? 'Cancel' : 'Remove'}
                  </Button>
                </p>
              </div>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}

function Preview({ attachment: { preview, alt } }: { readonly attachment: Attachment }) {
  return (
    <div class="attachment-preview">
      {preview !== null && <img src={preview} alt="" onError={hide} />}
      {alt.trim() === '' && <span class="attachment-badge">No ALT</span>}
    </div>
  );
}

/** Of a file that is no picture there is nothing to see. */
function hide({ currentTarget }: { readonly currentTarget: HTMLElement }): void {
  currentTarget.hidden = true;
}

function Progress(props: { readonly attachment: Attachment; readonly onRetry: () => void }) {
  const { name, state, share, problem, preview } = props.attachment;
  if (state === 'uploading')
    return (
      <label class="attachment-progress small">
        <span>{share < 1 ? `Uploading ${name}` : `${name} is being stored`}</span>
        <progress value={share} max={1} />
      </label>
    );
  if (state === 'ready') return <p class="muted small one-line">{name}</p>;
  // Without its file, of a draft, there is nothing to send again.
  const isThere = preview?.startsWith('blob:') === true;
  // What was refused would be refused again.
  const mayRetry = isThere && problem?.status !== 413 && problem?.status !== 422;
  return (
    <p class="form-problem">
      {isThere && problem !== null ? problemWith(name, problem) : `${name} is no longer kept. Add it again.`}{' '}
      {mayRetry && (
        <Button size="small" onClick={props.onRetry}>
          Try again
        </Button>
      )}
    </p>
  );
}
