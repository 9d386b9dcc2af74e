/** Pasted, Enter: made and copied. What else can be said is folded away. */
import type { Signal } from '@preact/signals';
import { useRef, useState } from 'preact/hooks';
import { newKey } from '../../api/http.ts';
import { Problem, toProblem } from '../../api/problem.ts';
import type { Link } from '../../api/types.ts';
import { announce } from '../../state/announcer.ts';
import { makeLink } from '../../state/links.ts';
import { Button } from '../../ui/button.tsx';
import { copyText } from '../../ui/copy.ts';
import { countText } from '../../ui/count.tsx';
import { Field } from '../../ui/field.tsx';
import { useForm } from '../../ui/form.tsx';
import { Icon } from '../../ui/icon.tsx';
import { CampaignOffer } from './campaign-fields.tsx';
import { CopyLink, shortText } from './copy-link.tsx';
import { EMPTY_FORM, type LinkForm, newLinkOf } from './link-form.ts';
import { LinkOptions } from './link-options.tsx';

interface Made {
  readonly link: Signal<Link>;
  readonly isCopied: boolean;
}

export function NewLink({ onMade }: { readonly onMade: (link: Signal<Link>) => void }) {
  const [link, setLink] = useState<LinkForm>(EMPTY_FORM);
  const [isOpen, setOpen] = useState(false);
  const [made, setMade] = useState<Made>();
  // One for what is typed: when an answer was lost and it is sent again, no second link is made.
  const attempt = useRef({ key: newKey(), body: '' });
  const field = useRef<HTMLFormElement>(null);

  const form = useForm(async () => {
    setMade(undefined);
    const body = newLinkOf(link);
    if (body.url === '') throw pasteFirst();
    const text = JSON.stringify(body);
    if (attempt.current.body !== text) attempt.current = { key: newKey(), body: text };
    try {
      const created = await makeLink(body, attempt.current.key);
      const isCopied = await copyText(created.value.short_url);
      attempt.current = { key: newKey(), body: '' };
      setMade({ link: created, isCopied });
      setLink(EMPTY_FORM);
      setOpen(false);
      announce(`${isCopied ? 'Made and copied' : 'Made'}: ${created.value.short_url}`);
      onMade(created);
      field.current?.querySelector('input')?.focus({ preventScroll: true });
    } catch (error) {
      // A mistake in a field that is folded away would not be seen.
      if (toProblem(error).errors.some(({ field: name }) => name !== 'url')) setOpen(true);
      throw error;
    }
  });
  const change = (part: Partial<LinkForm>) => setLink((before) => ({ ...before, ...part }));
  const shownError = form.errorOf('url') ?? (isOpen ? undefined : form.problem?.message);

  return (
    <form class="new-link" ref={field} onSubmit={form.submit} noValidate>
      <div class="new-link-main">
        <Field
          label="New short link"
          placeholder="Paste a long address"
          type="url"
          inputMode="url"
          enterkeyhint="go"
          autocapitalize="none"
          autocomplete="off"
          spellcheck={false}
          value={link.url}
          onInput={({ currentTarget }) => change({ url: currentTarget.value })}
          error={shownError}
        />
        <Button type="submit" tone="primary" busy={form.busy}>
          Shorten
        </Button>
      </div>
      <CampaignOffer
        link={link}
        onTake={(taken) => {
          change(taken);
          setOpen(true);
        }}
      />
      {made !== undefined && <MadeLink {...made} />}
      <details
        class="link-more"
        open={isOpen}
        onToggle={({ currentTarget }) => setOpen((currentTarget as HTMLDetailsElement).open)}
      >
        <summary>Options</summary>
        <div class="link-fields">
          {form.problem !== undefined && form.errorOf('url') === undefined && (
            <p class="form-problem" role="alert">
              {mistakesText(form.problem)}
            </p>
          )}
          {isOpen && <LinkOptions link={link} form={form} onChange={change} />}
        </div>
      </details>
    </form>
  );
}

function pasteFirst(): Problem {
  const message = 'Paste the address that it shall lead to.';
  return new Problem(message, { status: 422, errors: [{ field: 'url', message }] });
}

/** Each mistake stands beside its field, in words that need no name of it. */
function mistakesText({ errors, message }: Problem): string {
  return errors.length === 0
    ? message
    : `${countText(errors.length, 'field is', 'fields are')} not right yet.`;
}

function MadeLink({ link, isCopied }: Made) {
  const { short_url: url, link_id: id } = link.value;
  return (
    <p class="new-link-made">
      <Icon name="check" />
      <span>
        {isCopied ? 'Made and copied: ' : 'Made: '}
        <a href={`/links/${id}`}>{shortText(url)}</a>
      </span>
      <CopyLink url={url} />
    </p>
  );
}
