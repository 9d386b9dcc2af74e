/**
 * What rides are paid with. The provider inside is a sandbox: its cards move no money, and misbehave as their names say, so
 * that one can see what happens then.
 */
import { useEffect, useState } from 'preact/hooks';
import { get, put } from '../../api/http.ts';
import { Problem } from '../../api/problem.ts';
import type { PaymentMethod } from '../../api/types.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Select } from '../../ui/field.tsx';
import { Form, useForm } from '../../ui/form.tsx';

const CARDS = [
  { value: 'sandbox_ok', label: 'A card that works' },
  { value: 'sandbox_declined', label: 'A card that is declined' },
  { value: 'sandbox_late', label: 'A card whose bank answers late' },
] as const;

type Token = (typeof CARDS)[number]['value'];

/** `undefined`: not known yet; null: none. */
export function usePaymentMethod() {
  const [method, setMethod] = useState<PaymentMethod | null>();
  useEffect(() => {
    get<PaymentMethod>('/payments/method')
      .then(setMethod)
      .catch((error: unknown) => {
        if (error instanceof Problem && error.status === 404) setMethod(null);
      });
  }, []);
  return { method, setMethod };
}

export function PayWith(props: {
  readonly method: PaymentMethod | null | undefined;
  readonly onMethod: (method: PaymentMethod) => void;
}) {
  const { method, onMethod } = props;
  const [isChoosing, setChoosing] = useState(false);
  if (method === undefined) return null;
  return (
    <div class="ride-pay">
      <p>{method === null ? 'You have named nothing to pay with yet.' : `Paid with ${method.label}`}</p>
      <Button size="small" tone={method === null ? 'plain' : 'quiet'} onClick={() => setChoosing(true)}>
        {method === null ? 'Add a card' : 'Change'}
      </Button>
      {isChoosing && (
        <CardDialog
          onClose={() => setChoosing(false)}
          onSaved={(saved) => {
            onMethod(saved);
            setChoosing(false);
          }}
        />
      )}
    </div>
  );
}

function CardDialog(props: {
  readonly onClose: () => void;
  readonly onSaved: (method: PaymentMethod) => void;
}) {
  const [token, setToken] = useState<Token>('sandbox_ok');
  const form = useForm(async () => props.onSaved(await put<PaymentMethod>('/payments/method', { token })));
  return (
    <Dialog title="Pay with" onClose={props.onClose}>
      <p>This server pays in a sandbox: no money moves, whichever card you choose.</p>
      <Form form={form} button="Pay with this card">
        <Select label="Card" value={token} choices={CARDS} onChoose={setToken} />
      </Form>
    </Dialog>
  );
}
