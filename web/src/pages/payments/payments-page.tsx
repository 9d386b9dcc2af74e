/** What a rider pays with, what they owe, and what they were charged. */
import { useEffect, useState } from 'preact/hooks';
import { get, remove } from '../../api/http.ts';
import { toProblem } from '../../api/problem.ts';
import type { Charge, Page } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import { moneyText } from '../../rides/ride-words.ts';
import { onLive } from '../../state/live.ts';
import { isSignedIn } from '../../state/session.ts';
import { showToast } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { Confirmation } from '../../ui/dialog.tsx';
import { createItemList, ItemList } from '../../ui/item-list.tsx';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import { Empty, Failure } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { PayWith, usePaymentMethod } from '../rides/payment-method.tsx';
import { CAUSES, chargeText } from './charge-words.ts';
import { DebtsCard, useDebts } from './debts.tsx';
import '../rides/rides.css';
import './payments.css';

export function PaymentsPage() {
  return isSignedIn.value ? <Payments /> : <SignInFirst title="Payments" what="what you pay for rides" />;
}

function Payments() {
  const [visit] = useState(() => entry.value);
  const { method, setMethod } = usePaymentMethod();
  const { debts, setDebts, problem, reload } = useDebts();
  const list = keptBy(visit, 'charges', () =>
    createItemList<Charge>((pageToken) =>
      get<Page<Charge>>('/payments', { query: { page_token: pageToken ?? undefined } }),
    ),
  );
  useEffect(() => onLive('charge', () => void list.reload()), [list]);
  const isOwing = debts !== undefined && debts.charges.length > 0;
  return (
    <>
      <PageHead title="Payments" />
      {isOwing && <DebtsCard debts={debts} hasMethod={method != null} onDebts={setDebts} />}
      {problem !== undefined && debts === undefined && (
        <Failure what="It is not known whether you owe anything" problem={problem} onRetry={reload} />
      )}
      <section class="paying" aria-label="What you pay with">
        <PayWith
          method={method}
          onMethod={(named) => {
            setMethod(named);
            reload();
          }}
        />
        {method != null && <RemoveMethod onRemoved={() => setMethod(null)} />}
      </section>
      <h2 class="week-head">What you were charged</h2>
      <ItemList
        list={list}
        what="What you were charged could not be loaded"
        keyOf={({ charge_id: id }) => id}
        show={(charge) => <ChargeRow charge={charge} />}
        empty={
          <Empty title="Nothing yet">
            <p class="muted">A ride is charged when it is over.</p>
            <a class="button button-primary" href="/ride">
              Ride
            </a>
          </Empty>
        }
      />
    </>
  );
}

function ChargeRow({ charge }: { readonly charge: Charge }) {
  return (
    <article class="ride-row">
      <h3 class="small">
        <a href={`/rides/${charge.ride_id}`}>{CAUSES[charge.cause]}</a>
      </h3>
      <span class="figures">{moneyText(charge.amount, charge.currency)}</span>
      <p class={charge.state === 'declined' ? 'charge-declined small' : 'muted small'}>
        {chargeText(charge)}
      </p>
      <span class="muted small">
        <Time at={charge.created_at} />
      </span>
    </article>
  );
}

function RemoveMethod({ onRemoved }: { readonly onRemoved: () => void }) {
  const [isAsking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);

  async function removeIt(): Promise<void> {
    setBusy(true);
    try {
      await remove('/payments/method');
      onRemoved();
    } catch (error) {
      showToast({ text: toProblem(error).message, tone: 'danger' });
    } finally {
      setBusy(false);
      setAsking(false);
    }
  }

  return (
    <>
      <Button size="small" tone="quiet" onClick={() => setAsking(true)}>
        Remove
      </Button>
      {isAsking && (
        <Confirmation
          title="Remove the card?"
          text="Before your next ride you are asked for another one."
          confirm="Remove"
          busy={busy}
          onConfirm={() => void removeIt()}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
