/** Who one says that one is: pictures, name and words, sent together. */
import { useState } from 'preact/hooks';
import { patch } from '../api/http.ts';
import type { Me, User } from '../api/types.ts';
import { createPictureChoice } from '../photos/picture-choice.ts';
import { PictureField } from '../photos/picture-field.tsx';
import { showToast } from '../state/toasts.ts';
import { Checkbox } from '../ui/field.tsx';
import { Form, useForm } from '../ui/form.tsx';
import { FormField, FormTextField } from '../ui/form-field.tsx';
import { showMe } from './shown-me.ts';

export interface ProfileFormProps {
  readonly user: User;
  /** Only what others know one by: the picture and the name. */
  readonly isBrief?: boolean;
  readonly onSaved?: () => void;
}

export function ProfileForm({ user, isBrief = false, onSaved }: ProfileFormProps) {
  const [displayName, setDisplayName] = useState(user.display_name);
  const [bio, setBio] = useState(user.bio);
  const [locked, setLocked] = useState(user.locked);
  const [avatar] = useState(createPictureChoice);
  const [header] = useState(createPictureChoice);
  const form = useForm(async () => {
    const [avatarId, headerId] = await Promise.all([avatar.settled(), header.settled()]);
    const changed = await patch<Me>('/users/me', {
      display_name: displayName,
      ...(!isBrief && { bio, locked }),
      ...(avatarId !== undefined && { avatar_media_id: avatarId }),
      ...(headerId !== undefined && { header_media_id: headerId }),
    });
    showMe(changed, { avatar: avatar.chosen.value, header: header.chosen.value });
    avatar.sent();
    header.sent();
    showToast({ text: 'Saved.' });
    onSaved?.();
  });
  return (
    <Form form={form} button="Save">
      <PictureField kind="avatar" choice={avatar} user={user} url={user.avatar_url} />
      {!isBrief && <PictureField kind="header" choice={header} user={user} url={user.header_url} />}
      <FormField
        form={form}
        name="display_name"
        label="Name"
        hint="What others read first. It may have spaces, and any letters."
        autocomplete="name"
        dir="auto"
        value={displayName}
        onValue={setDisplayName}
      />
      {!isBrief && (
        <>
          <FormTextField
            form={form}
            name="bio"
            label="About you"
            hint="At most 500 characters."
            value={bio}
            onValue={setBio}
          />
          <Checkbox
            label="Followers must ask"
            hint="You decide about each, and only they see what you post for followers."
            checked={locked}
            onChange={setLocked}
          />
        </>
      )}
    </Form>
  );
}
