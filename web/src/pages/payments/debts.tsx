/** What is owed, and the button that has it charged again. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, newKey, post } from '../../api/http.ts';
import { type Problem, toProblem } from '../../api/problem.ts';
import type { Debts } from '../../api/types.ts';
import { moneyText } from '../../rides/ride-words.ts';
import { announce } from '../../state/announcer.ts';
import { onLive } from '../../state/live.ts';
import { followRides } from '../../state/rides.ts';
import { Button } from '../../ui/button.tsx';
import { chargeText } from './charge-words.ts';

/** Kept as it changes: by what is told live, and by asking while nothing is. */
export function useDebts() {
  const [debts, setDebts] = useState<Debts>();
  const [problem, setProblem] = useState<Problem>();

  async function load(): Promise<void> {
    try {
      setDebts(await get<Debts>('/payments/debts'));
      setProblem(undefined);
    } catch (error) {
      setProblem(toProblem(error));
    }
  }

  useEffect(() => {
    void load();
    const ends = [followRides(load), onLive('charge', () => void load())];
    return () => {
      for (const end of ends) end();
    };
  }, []);
  return { debts, setDebts, problem, reload: () => void load() };
}

export function DebtsCard(props: {
  readonly debts: Debts;
  readonly hasMethod: boolean;
  readonly onDebts: (debts: Debts) => void;
}) {
  const { debts, hasMethod, onDebts } = props;
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Problem>();
  /** Of the press whose answer is not known: pressing again asks what became of it. */
  const key = useRef<string | undefined>(undefined);
  const isTrying = !debts.charges.some(({ state }) => state === 'declined');

  async function pay(): Promise<void> {
    key.current ??= newKey();
    setBusy(true);
    setRefusal(undefined);
    try {
      onDebts(await post<Debts>('/payments/debts/pay', undefined, { idempotencyKey: key.current }));
      key.current = undefined;
    } catch (error) {
      const problem = toProblem(error);
      if (!problem.isUncertain) key.current = undefined;
      setRefusal(problem);
    } finally {
      setBusy(false);
    }
  }

  const text = debts.sums.map(({ amount, currency }) => moneyText(amount, currency)).join(' and ');
  const said = isTrying ? `${text} is being charged.` : `You owe ${text}.`;
  useEffect(() => announce(said), [said]);
  return (
    <section class="debts" aria-labelledby="debts-title">
      <h2 id="debts-title" class="ride-title figures">
        {said}
      </h2>
      <ul class="small">
        {debts.charges.map((charge) => (
          <li key={charge.charge_id}>
            <a href={`/rides/${charge.ride_id}`}>
              <span class="figures">{moneyText(charge.amount, charge.currency)}</span>
            </a>{' '}
            {chargeText(charge)}
          </li>
        ))}
      </ul>
      {refusal !== undefined && (
        <p class="form-problem" role="alert">
          {refusal.message}
        </p>
      )}
      {isTrying ? (
        <p class="muted">This takes some seconds. You need not wait here.</p>
      ) : (
        <>
          <Button
            tone="primary"
            busy={busy}
            aria-disabled={!hasMethod}
            onClick={() => {
              if (hasMethod) void pay();
            }}
          >
            Pay now
          </Button>
          <p class="muted small">
            {hasMethod
              ? 'With the card below. Choose another one, and it is charged to that at once.'
              : 'Add a card below: it is charged to that at once.'}{' '}
            Until then you cannot ask for a ride.
          </p>
        </>
      )}
    </section>
  );
}
