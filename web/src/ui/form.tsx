/** A form whose mistakes stand beside their fields, and in a summary that takes the focus. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Problem, toProblem } from '../api/problem.ts';
import { Button } from './button.tsx';

export interface FormState {
  readonly busy: boolean;
  readonly problem: Problem | undefined;
  /** What the form says above its fields: why it was not sent, or that it stands below. */
  readonly summary: string | undefined;
  /** Of the field with that name, which the form has. */
  readonly errorOf: (field: string) => string | undefined;
  readonly submit: (event: Event) => void;
}

export function useForm(send: () => Promise<void>): FormState {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  // Those that the form was seen to have; the summary is above them.
  const fields = useRef(new Set<string>()).current;
  return {
    busy,
    problem,
    get summary() {
      const { errors = [], message } = problem ?? {};
      const areBelow = errors.length > 0 && errors.every(({ field }) => fields.has(field));
      return areBelow ? 'Not done yet: see what is marked below.' : message;
    },
    errorOf(field) {
      fields.add(field);
      return problem?.errors.find((error) => error.field === field)?.message;
    },
    submit(event) {
      event.preventDefault();
      if (busy) return;
      setBusy(true);
      setProblem(undefined);
      send()
        .catch((error: unknown) => setProblem(toProblem(error)))
        .finally(() => setBusy(false));
    },
  };
}

export function Form(props: {
  readonly form: FormState;
  readonly button: string;
  readonly tone?: 'primary' | 'danger';
  readonly children: ComponentChildren;
}) {
  const { form, button, tone = 'primary', children } = props;
  const summary = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (form.problem !== undefined) summary.current?.focus();
  }, [form.problem]);
  return (
    <form class="form" onSubmit={form.submit} noValidate>
      {form.problem !== undefined && (
        <p class="form-problem" role="alert" tabIndex={-1} ref={summary}>
          {form.summary}
        </p>
      )}
      {children}
      <Button type="submit" tone={tone} busy={form.busy}>
        {button}
      </Button>
    </form>
  );
}
