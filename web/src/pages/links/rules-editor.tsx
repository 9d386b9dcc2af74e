/** Other targets for some visitors: the first rule of which all holds counts. */
import { Button, IconButton } from '../../ui/button.tsx';
import { Checkbox, Field, Select } from '../../ui/field.tsx';
import type { FormState } from '../../ui/form.tsx';
import { FormField } from '../../ui/form-field.tsx';
import { type Browser, newRule, type RuleForm } from './rule-form.ts';

const RULES_MAX = 20;
const DEVICES = [
  { value: '', label: 'Any device' },
  { value: 'ios', label: 'iPhone and iPad' },
  { value: 'android', label: 'Android' },
  { value: 'mobile', label: 'Any phone or tablet' },
  { value: 'desktop', label: 'Desktop' },
] as const;

const BROWSERS: readonly (readonly [Browser, string])[] = [
  ['chrome', 'Chrome'],
  ['edge', 'Edge'],
  ['firefox', 'Firefox'],
  ['opera', 'Opera'],
  ['safari', 'Safari'],
  ['samsung', 'Samsung Internet'],
];

export function RulesEditor(props: {
  readonly rules: readonly RuleForm[];
  readonly form: FormState;
  readonly onChange: (rules: readonly RuleForm[]) => void;
}) {
  const { rules, form, onChange } = props;
  const change = (key: string, part: Partial<RuleForm>) =>
    onChange(rules.map((rule) => (rule.key === key ? { ...rule, ...part } : rule)));
  return (
    <fieldset class="link-rules">
      <legend>Rules</legend>
      <p class="muted small">
        Other targets for some visitors. All that a rule says must hold; the first that fits counts, and
        whoever fits none goes to the usual target.
      </p>
      {rules.map((rule, index) => (
        <RuleFields
          key={rule.key}
          rule={rule}
          index={index}
          form={form}
          onChange={(part) => change(rule.key, part)}
          onRemove={() => onChange(rules.filter(({ key }) => key !== rule.key))}
        />
      ))}
      {rules.length < RULES_MAX && (
        <Button icon="plus" size="small" onClick={() => onChange([...rules, newRule()])}>
          Add a rule
        </Button>
      )}
    </fieldset>
  );
}

function RuleFields(props: {
  readonly rule: RuleForm;
  readonly index: number;
  readonly form: FormState;
  readonly onChange: (part: Partial<RuleForm>) => void;
  readonly onRemove: () => void;
}) {
  const { rule, index, form, onChange, onRemove } = props;
  const errorOf = (field: string) => form.errorOf(`rules.${index}.${field}`);
  // One that several devices were given through the API stays as it is.
  const devices = DEVICES.some(({ value }) => value === rule.device)
    ? DEVICES
    : [...DEVICES, { value: rule.device, label: rule.device }];
  return (
    <fieldset class="link-rule">
      <legend>Rule {index + 1}</legend>
      <IconButton icon="trash" label={`Remove rule ${index + 1}`} onClick={onRemove} />
      <Field
        label="Leads to"
        type="url"
        inputMode="url"
        value={rule.url}
        onInput={({ currentTarget }) => onChange({ url: currentTarget.value })}
        error={errorOf('url') ?? form.errorOf(`rules.${index}`)}
      />
      <Select
        label="Device"
        value={rule.device}
        choices={devices}
        onChoose={(device) => onChange({ device })}
      />
      <BrowserChoice chosen={rule.browsers} onChoose={(browsers) => onChange({ browsers })} />
      <FormField
        form={form}
        name={`rules.${index}.languages`}
        label="Languages"
        hint="Such as de, pt-BR. Empty: any."
        value={rule.languages}
        onValue={(languages) => onChange({ languages })}
      />
      <FormField
        form={form}
        name={`rules.${index}.countries`}
        label="Countries"
        hint="In two letters, such as DE, AT. Empty: any."
        value={rule.countries}
        onValue={(countries) => onChange({ countries })}
      />
      <FormField
        form={form}
        name={`rules.${index}.query`}
        label="Parameters of the short link"
        hint="What follows ? when it is opened, such as ref=poster, or ref alone for any value; & between several."
        autocapitalize="none"
        autocomplete="off"
        spellcheck={false}
        value={rule.query}
        onValue={(query) => onChange({ query })}
      />
      <FormField
        form={form}
        name={`rules.${index}.networks`}
        label="Networks"
        hint="Addresses that visitors come from, such as 192.0.2.0/24 or 2001:db8::/32. Empty: any."
        autocapitalize="none"
        autocomplete="off"
        spellcheck={false}
        value={rule.networks}
        onValue={(networks) => onChange({ networks })}
      />
      <FormField
        form={form}
        name={`rules.${index}.percentage`}
        label="Share of visitors"
        hint="In percent, for comparing two pages. Empty: all."
        type="number"
        min="1"
        max="100"
        value={rule.percentage}
        onValue={(percentage) => onChange({ percentage })}
      />
      <FormField
        form={form}
        name={`rules.${index}.starts_at`}
        label="From"
        type="datetime-local"
        value={rule.startsAt}
        onValue={(startsAt) => onChange({ startsAt })}
      />
      <FormField
        form={form}
        name={`rules.${index}.ends_at`}
        label="Until"
        type="datetime-local"
        value={rule.endsAt}
        onValue={(endsAt) => onChange({ endsAt })}
      />
    </fieldset>
  );
}

function BrowserChoice(props: {
  readonly chosen: readonly Browser[];
  readonly onChoose: (chosen: readonly Browser[]) => void;
}) {
  const { chosen, onChoose } = props;
  return (
    <fieldset class="link-browsers">
      <legend>
        Browsers <span class="muted small">(none marked: any)</span>
      </legend>
      {BROWSERS.map(([browser, name]) => (
        <Checkbox
          key={browser}
          label={name}
          checked={chosen.includes(browser)}
          onChange={(isChosen) =>
            onChoose(isChosen ? [...chosen, browser] : chosen.filter((each) => each !== browser))
          }
        />
      ))}
    </fieldset>
  );
}
