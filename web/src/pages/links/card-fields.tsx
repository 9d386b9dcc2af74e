/** What messengers and networks show of the link, where that shall not be what they make of its target. */
import type { FormState } from '../../ui/form.tsx';
import { FormField } from '../../ui/form-field.tsx';
import { LinkFold } from './link-fold.tsx';
import type { LinkForm } from './link-form.ts';

export function CardFields(props: {
  readonly link: LinkForm;
  readonly form: FormState;
  readonly onChange: (change: Partial<LinkForm>) => void;
}) {
  const { link, form, onChange } = props;
  const { card } = link;
  return (
    <LinkFold title="Card in messengers" form={form} names={['card']} filled={Object.values(card).join('')}>
      <p class="muted small">
        Shown where the link is passed on. Without one, messengers make a card of what it leads to.
      </p>
      <FormField
        form={form}
        name="card.title"
        label="Title of the card"
        dir="auto"
        value={card.title}
        onValue={(title) => onChange({ card: { ...card, title } })}
      />
      <FormField
        form={form}
        name="card.description"
        label="Description"
        dir="auto"
        value={card.description}
        onValue={(description) => onChange({ card: { ...card, description } })}
      />
      <FormField
        form={form}
        name="card.image_url"
        label="Address of a picture"
        hint="Wide ones look best: 1200 by 630 pixels."
        type="url"
        inputMode="url"
        autocapitalize="none"
        autocomplete="off"
        spellcheck={false}
        value={card.imageUrl}
        onValue={(imageUrl) => onChange({ card: { ...card, imageUrl } })}
      />
    </LinkFold>
  );
}
