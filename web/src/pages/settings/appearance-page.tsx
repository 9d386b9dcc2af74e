import { Appearance } from './appearance.tsx';
import { SettingsFrame } from './settings-frame.tsx';

export function AppearancePage() {
  return (
    <SettingsFrame part="appearance">
      <Appearance />
    </SettingsFrame>
  );
}
