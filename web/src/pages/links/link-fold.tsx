/** Fields that are folded away until they are wanted, or hold something: a mistake, or what was filled in from elsewhere. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { FormState } from '../../ui/form.tsx';

export function LinkFold(props: {
  readonly title: string;
  readonly form: FormState;
  /** As the server calls what is inside. */
  readonly names: readonly string[];
  /** Whenever it changes to something, it is shown. */
  readonly filled?: string;
  readonly children: ComponentChildren;
}) {
  const { title, form, names, filled = '', children } = props;
  const [isOpen, setOpen] = useState(filled !== '');
  useEffect(() => {
    if (filled !== '') setOpen(true);
  }, [filled]);
  useEffect(() => {
    const wrong = form.problem?.errors.map(({ field }) => field.split('.')[0] ?? '') ?? [];
    if (wrong.some((name) => names.includes(name))) setOpen(true);
  }, [form.problem]);
  return (
    <details
      class="link-more"
      open={isOpen}
      onToggle={({ currentTarget }) => setOpen((currentTarget as HTMLDetailsElement).open)}
    >
      <summary>{title}</summary>
      <div class="link-fields">{children}</div>
    </details>
  );
}
