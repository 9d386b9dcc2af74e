import { HiddenPeople } from './hidden-people.tsx';
import { SettingsFrame } from './settings-frame.tsx';

export function MutesPage() {
  return (
    <SettingsFrame part="mutes">
      <HiddenPeople
        hiding="mute"
        intro="You see nothing of theirs in your timeline, and no notifications. They do not learn of it."
      />
    </SettingsFrame>
  );
}

export function BlocksPage() {
  return (
    <SettingsFrame part="blocks">
      <HiddenPeople
        hiding="block"
        intro="Neither of you sees what the other posts, follows the other or can answer. They can notice."
      />
    </SettingsFrame>
  );
}
