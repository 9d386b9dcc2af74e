/** What is worth counting. */
import type { PaymentKind } from './payment.ts';

export interface PaymentObserver {
  made(kind: PaymentKind, payments: number): void;
  /** `unsettled`: it is not known yet what becomes of it, and it will be asked again. */
  settled(kind: PaymentKind, outcome: 'succeeded' | 'declined' | 'unsettled'): void;
  /** From the ride's end, or the order, to the final answer. */
  took(kind: PaymentKind, durationMs: number): void;
}
