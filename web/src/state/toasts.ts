/** Short messages that come and go by themselves; one with a button stays long enough to be reached. */
import { signal } from '@preact/signals';

export interface NewToast {
  readonly text: string;
  readonly tone?: 'plain' | 'danger';
  readonly action?: { readonly label: string; readonly run: () => void };
}

export interface Toast extends NewToast {
  readonly id: number;
}

const PLAIN_MS = 4_000;
const WITH_ACTION_MS = 10_000;
const SHOWN_MAX = 3;

export const toasts = signal<readonly Toast[]>([]);
let lastId = 0;
const timers = new Map<number, ReturnType<typeof setTimeout>>();

export function showToast(toast: NewToast): number {
  lastId += 1;
  const id = lastId;
  for (const { id: oldest } of toasts.value.slice(0, -(SHOWN_MAX - 1))) hideToast(oldest);
  toasts.value = [...toasts.value, { ...toast, id }];
  resumeToast(id);
  return id;
}

export function hideToast(id: number): void {
  holdToast(id);
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

/** While it has the focus or the pointer. */
export function holdToast(id: number): void {
  clearTimeout(timers.get(id));
  timers.delete(id);
}

export function resumeToast(id: number): void {
  const toast = toasts.value.find((each) => each.id === id);
  if (toast === undefined) return;
  const ms = toast.action === undefined ? PLAIN_MS : WITH_ACTION_MS;
  timers.set(
    id,
    setTimeout(() => hideToast(id), ms),
  );
}
