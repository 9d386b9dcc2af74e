/** Whether a webhook is sent anything, and why not. */
import type { Webhook } from '../../api/types.ts';

const REASONS = {
  owner: 'You turned it off.',
  gone: 'Its server said that it is gone for good.',
  failing: 'Every request has failed for five days.',
} as const;

export function WebhookMark({ webhook }: { readonly webhook: Webhook }) {
  if (!webhook.enabled) return <span class="mark">Off</span>;
  if (webhook.failures > 0) return <span class="mark mark-warn">Failing</span>;
  return <span class="mark mark-ok">On</span>;
}

export function stateText({ enabled, disabled_reason: reason, failures, waiting, dropped }: Webhook): string {
  const parts = [
    !enabled && reason !== null && REASONS[reason],
    failures > 0 && `The last ${failures === 1 ? 'attempt' : `${failures} attempts`} failed.`,
    waiting > 0 && `${waiting} ${waiting === 1 ? 'delivery waits' : 'deliveries wait'}.`,
    dropped > 0 && `${dropped} were given up, because too many waited.`,
  ].filter((part) => part !== false);
  return parts.join(' ');
}
