import type { Signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import type { Link } from '../../api/types.ts';
import { changeLink } from '../../state/links.ts';
import { showToast } from '../../state/toasts.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Form, useForm } from '../../ui/form.tsx';
import { FormField } from '../../ui/form-field.tsx';
import { CampaignOffer } from './campaign-fields.tsx';
import { changesOf, formOf, type LinkForm } from './link-form.ts';
import { LinkOptions } from './link-options.tsx';

export function EditLink({ link, onClose }: { readonly link: Signal<Link>; readonly onClose: () => void }) {
  // As it was when the dialog was opened: what has changed since is not overwritten.
  const [before] = useState(link.value);
  const [edited, setEdited] = useState<LinkForm>(() => formOf(before));
  const change = (part: Partial<LinkForm>) => setEdited((form) => ({ ...form, ...part }));
  const form = useForm(async () => {
    const changes = changesOf(edited, before);
    if (Object.keys(changes).length > 0) {
      await changeLink(before.link_id, changes);
      showToast({ text: 'Saved. Browsers that remember a target follow within 30 s.' });
    }
    onClose();
  });
  return (
    <Dialog title="Edit link" wide onClose={onClose}>
      <Form form={form} button="Save">
        <FormField
          form={form}
          name="url"
          label="Leads to"
          type="url"
          inputMode="url"
          spellcheck={false}
          value={edited.url}
          onValue={(url) => change({ url })}
        />
        <CampaignOffer link={edited} onTake={change} />
        <LinkOptions
          link={edited}
          form={form}
          onChange={change}
          existing={{ hasPassword: before.has_password }}
        />
      </Form>
    </Dialog>
  );
}
