/** What can be said of a link besides where it leads. */

import { Checkbox, Select } from '../../ui/field.tsx';
import type { FormState } from '../../ui/form.tsx';
import { FormField } from '../../ui/form-field.tsx';
import { CampaignFields } from './campaign-fields.tsx';
import { CardFields } from './card-fields.tsx';
import { HostChoice } from './host-choice.tsx';
import { LinkFold } from './link-fold.tsx';
import type { LinkForm } from './link-form.ts';
import { RulesEditor } from './rules-editor.tsx';

const REDIRECT_TYPES = [
  { value: '302', label: '302 Found: asked for every time (usual)' },
  { value: '301', label: '301 Moved: browsers remember it for 30 s' },
  { value: '307', label: '307 Temporary: keeps the method' },
  { value: '308', label: '308 Permanent: keeps the method, remembered for 30 s' },
] as const;

export interface LinkOptionsProps {
  readonly link: LinkForm;
  readonly form: FormState;
  readonly onChange: (change: Partial<LinkForm>) => void;
  /** Of one that exists: its code stays, and a password can be taken away. */
  readonly existing?: { readonly hasPassword: boolean };
}

export function LinkOptions({ link, form, onChange, existing }: LinkOptionsProps) {
  return (
    <>
      {existing === undefined && (
        <FormField
          form={form}
          name="alias"
          label="Alias"
          hint="The end of the short link, as you want it: letters, digits, - and _, and slashes between. Empty: we make one."
          autocapitalize="none"
          autocomplete="off"
          spellcheck={false}
          maxLength={100}
          value={link.alias}
          onValue={(alias) => onChange({ alias })}
        />
      )}
      {existing === undefined && <HostChoice host={link.host} onChoose={(host) => onChange({ host })} />}
      <FormField
        form={form}
        name="title"
        label="Title"
        hint="For your list; visitors do not see it. Empty: that of the page."
        dir="auto"
        value={link.title}
        onValue={(title) => onChange({ title })}
      />
      <FormField
        form={form}
        name="tags"
        label="Tags"
        hint="With commas between, such as spring, poster."
        dir="auto"
        value={link.tags}
        onValue={(tags) => onChange({ tags })}
      />
      <FormField
        form={form}
        name="starts_at"
        label="Opens"
        hint="Before then it leads nowhere. Your local time; empty: at once."
        type="datetime-local"
        value={link.startsAt}
        onValue={(startsAt) => onChange({ startsAt })}
      />
      <FormField
        form={form}
        name="expires_at"
        label="Expires"
        hint="From then on it leads there no more. Your local time; empty: never."
        type="datetime-local"
        value={link.expiresAt}
        onValue={(expiresAt) => onChange({ expiresAt })}
      />
      <FormField
        form={form}
        name="max_visits"
        label="Visit limit"
        hint="So many visits and no more. Bots and previews are none. Empty: no limit."
        type="number"
        inputMode="numeric"
        min="1"
        step="1"
        value={link.maxVisits}
        onValue={(maxVisits) => onChange({ maxVisits })}
      />
      <FormField
        form={form}
        name="fallback_url"
        label="Afterwards leads to"
        hint="For who comes when it has expired, or is used up. Empty: nowhere; they read that it is over."
        type="url"
        inputMode="url"
        autocapitalize="none"
        autocomplete="off"
        spellcheck={false}
        value={link.fallbackUrl}
        onValue={(fallbackUrl) => onChange({ fallbackUrl })}
      />
      <FormField
        form={form}
        name="password"
        label={existing?.hasPassword ? 'New password' : 'Password'}
        hint={
          existing?.hasPassword
            ? 'Visitors are asked for one now. Empty: it stays as it is.'
            : 'Visitors are asked for it. At least 4 characters; empty: none.'
        }
        type="password"
        autocomplete="new-password"
        maxLength={128}
        value={link.password}
        onValue={(password) => onChange({ password })}
      />
      {existing?.hasPassword === true && (
        <Checkbox
          label="Ask for no password any more"
          checked={link.removePassword}
          onChange={(removePassword) => onChange({ removePassword })}
        />
      )}
      <CardFields link={link} form={form} onChange={onChange} />
      <CampaignFields link={link} form={form} onChange={onChange} />
      <LinkFold title="Redirect and rules" form={form} names={['redirect_type', 'pass_query', 'rules']}>
        <Select
          label="Redirect type"
          value={link.redirectType}
          choices={REDIRECT_TYPES}
          onChoose={(redirectType) => onChange({ redirectType })}
        />
        <Checkbox
          label="Pass the query on"
          hint="What a visitor adds after ? is added to the target."
          checked={link.passQuery}
          onChange={(passQuery) => onChange({ passQuery })}
        />
        <RulesEditor rules={link.rules} form={form} onChange={(rules) => onChange({ rules })} />
      </LinkFold>
    </>
  );
}
