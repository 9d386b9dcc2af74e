/** The parameters of a campaign, and the address that they make; and the offer to take them out of one that was pasted. */
import { useId, useMemo } from 'preact/hooks';
import { announce } from '../../state/announcer.ts';
import { knownLinks } from '../../state/links.ts';
import { Button } from '../../ui/button.tsx';
import type { FormState } from '../../ui/form.tsx';
import { FormField } from '../../ui/form-field.tsx';
import { type Campaign, campaignIn, suggestionsOf, targetOf, UTM_PARAMETERS, utmOf } from './campaign.ts';
import { LinkFold } from './link-fold.tsx';
import type { LinkForm } from './link-form.ts';

const TEXTS: Readonly<Record<keyof Campaign, { label: string; hint: string }>> = {
  source: { label: 'Source', hint: 'Where visitors come from, such as newsletter.' },
  medium: { label: 'Medium', hint: 'By what means, such as email or social.' },
  campaign: { label: 'Campaign', hint: 'What it is a part of, such as spring-sale.' },
  term: { label: 'Term', hint: 'The words that were paid for, in an advertisement.' },
  content: { label: 'Content', hint: 'Which of several links in one place, such as header.' },
};
const VALUE_LENGTH_MAX = 200;

export function CampaignFields(props: {
  readonly link: LinkForm;
  readonly form: FormState;
  readonly onChange: (change: Partial<LinkForm>) => void;
}) {
  const { link, form, onChange } = props;
  const id = useId();
  const suggestions = useMemo(() => suggestionsOf(knownLinks()), []);
  const set = Object.values(utmOf(link.utm)).join(' · ');
  const target = set === '' ? undefined : targetOf(link.url, link.utm);
  const mistake = form.errorOf('utm');
  return (
    <LinkFold title="Campaign (UTM)" form={form} names={['utm']} filled={set}>
      <p class="muted small">
        Added to the target, and to those of rules, for the statistics of the site that it leads to.
      </p>
      {UTM_PARAMETERS.map((name) => (
        <div key={name}>
          <FormField
            form={form}
            name={`utm.${name}`}
            label={TEXTS[name].label}
            hint={TEXTS[name].hint}
            autocapitalize="none"
            autocomplete="off"
            dir="auto"
            list={`${id}-${name}`}
            maxLength={VALUE_LENGTH_MAX}
            value={link.utm[name]}
            onValue={(value) => onChange({ utm: { ...link.utm, [name]: value } })}
          />
          <datalist id={`${id}-${name}`}>
            {suggestions[name].map((value) => (
              <option key={value} value={value} />
            ))}
          </datalist>
        </div>
      ))}
      {mistake !== undefined && <p class="field-error">The campaign {mistake}</p>}
      {target !== undefined && (
        <p class="campaign-target">
          <span class="muted">Visitors arrive at </span>
          <bdi>{target}</bdi>
        </p>
      )}
    </LinkFold>
  );
}

/** Where the address carries a campaign. */
export function CampaignOffer(props: {
  readonly link: LinkForm;
  readonly onTake: (change: Pick<LinkForm, 'url' | 'utm'>) => void;
}) {
  const { link, onTake } = props;
  const found = campaignIn(link.url);
  if (found === undefined) return null;
  const { campaign, rest } = found;

  function take(button: HTMLButtonElement): void {
    // Where the button was, nothing is then.
    button.form?.querySelector<HTMLInputElement>('input[type=url]')?.focus();
    onTake({ url: rest, utm: { ...link.utm, ...campaign } });
    announce('The campaign has fields of its own now, among the options.');
  }

  return (
    <p class="campaign-offer">
      <span>
        The address carries a campaign: <bdi>{Object.values(campaign).join(' · ')}</bdi>
      </span>
      <Button size="small" onClick={({ currentTarget }) => take(currentTarget)}>
        Take it over into fields
      </Button>
    </p>
  );
}
