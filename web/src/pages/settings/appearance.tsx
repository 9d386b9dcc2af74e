/** What a person chooses for this browser. It holds at once. */
import { altReminder, chooseTheme, singleKeys, type Theme, theme } from '../../state/settings.ts';
import { Checkbox, type Choice, Select } from '../../ui/field.tsx';

const THEMES: readonly Choice<Theme>[] = [
  { value: 'system', label: 'As the device' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

export function Appearance() {
  return (
    <div class="page-body">
      <div class="form">
        <Select label="Theme" value={theme.value} choices={THEMES} onChoose={chooseTheme} />
        <Checkbox
          label="Single keys"
          hint="Such as j and k for the next and the previous post; ? shows them all. Turn them off if you speak to your computer."
          checked={singleKeys.value}
          onChange={(checked) => {
            singleKeys.value = checked;
          }}
        />
        <Checkbox
          label="Ask about pictures without a description"
          hint="Once, before a post is sent: who cannot see the picture hears its description."
          checked={altReminder.value}
          onChange={(checked) => {
            altReminder.value = checked;
          }}
        />
      </div>
      <p class="muted small">These hold for this browser. Animations follow the settings of your device.</p>
    </div>
  );
}
