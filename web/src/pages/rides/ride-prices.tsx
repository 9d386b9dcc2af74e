/** What the ride costs, by its type, and the button that asks for it. A price holds for some minutes; then it is asked for anew. */
import { useEffect, useState } from 'preact/hooks';
import { newKey, post } from '../../api/http.ts';
import { type Problem, toProblem } from '../../api/problem.ts';
import type { Ride, RideQuote } from '../../api/types.ts';
import type { Place } from '../../rides/map/mercator.ts';
import {
  durationText,
  lengthText,
  moneyText,
  RIDE_TYPE_HINTS,
  RIDE_TYPE_NAMES,
} from '../../rides/ride-words.ts';
import { ownRide } from '../../state/rides.ts';
import { Button } from '../../ui/button.tsx';
import { Failure, Skeleton } from '../../ui/states.tsx';
import { PayWith, usePaymentMethod } from './payment-method.tsx';

export interface RidePricesProps {
  readonly pickup: Place;
  readonly dropoff: Place;
  readonly onBack: () => void;
}

/** So long before a price ends a new one is asked for: whoever presses the button has one that holds. */
const EARLIER_MS = 15_000;

export function RidePrices({ pickup, dropoff, onBack }: RidePricesProps) {
  const { quotes, problem, reload } = useQuotes(pickup, dropoff);
  const { method, setMethod } = usePaymentMethod();
  const [rideType, setRideType] = useState<Ride['ride_type']>('economy');
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Problem>();
  const chosen = quotes?.find((quote) => quote.ride_type === rideType) ?? quotes?.[0];

  async function request({ quote_id: quoteId, ride_type: type }: RideQuote): Promise<void> {
    setBusy(true);
    setRefusal(undefined);
    try {
      ownRide.value = await post<Ride>(
        '/rides',
        { pickup, dropoff, ride_type: type, quote_id: quoteId },
        { idempotencyKey: keyOf(quoteId) },
      );
    } catch (error) {
      setRefusal(toProblem(error));
    } finally {
      setBusy(false);
    }
  }

  if (problem !== undefined)
    return (
      <>
        <Failure what="There is no price for this" problem={problem} onRetry={reload} />
        <Button icon="back" onClick={onBack}>
          Another drop-off
        </Button>
      </>
    );
  if (quotes === undefined || chosen === undefined) return <Skeleton rows={3} />;
  const { fare } = chosen;
  return (
    <>
      <p class="muted figures">
        {lengthText(fare.distance_m)}, about {durationText(fare.duration_s)}
      </p>
      {fare.surge_percent > 100 && (
        <p class="ride-surge">
          Many people want to ride here now: prices are {fare.surge_percent / 100} times as high as usual.
        </p>
      )}
      <fieldset class="ride-types">
        <legend class="unseen">Type of ride</legend>
        {quotes.map((quote) => (
          <PriceChoice
            key={quote.ride_type}
            quote={quote}
            isChosen={quote === chosen}
            onChoose={() => setRideType(quote.ride_type)}
          />
        ))}
      </fieldset>
      <PayWith
        method={method}
        onMethod={(named) => {
          setMethod(named);
          setRefusal(undefined);
        }}
      />
      {refusal !== undefined && (
        <p class="form-problem" role="alert">
          {refusal.message}
        </p>
      )}
      <div class="ride-actions">
        <Button
          tone="primary"
          busy={busy}
          aria-disabled={method === null}
          onClick={() => {
            if (method !== null) void request(chosen);
          }}
        >
          Ride for {moneyText(fare.total, fare.currency)}
        </Button>
        <Button icon="back" onClick={onBack}>
          Another drop-off
        </Button>
      </div>
      <p class="muted small">
        The price holds whatever the traffic does. Cancelling is free at first; when a driver has come for you
        it costs {moneyText(fare.cancellation.total, fare.currency)}.
      </p>
    </>
  );
}

function PriceChoice(props: {
  readonly quote: RideQuote;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}) {
  const { quote, isChosen, onChoose } = props;
  const { fare, ride_type: type } = quote;
  return (
    <label class="ride-type">
      <input type="radio" name="ride-type" checked={isChosen} onChange={onChoose} />
      <span class="ride-type-name">
        {RIDE_TYPE_NAMES[type]}
        <span class="muted small">{RIDE_TYPE_HINTS[type]}</span>
      </span>
      <span class="figures">{moneyText(fare.total, fare.currency)}</span>
    </label>
  );
}

/** A second press, or one after a lost answer, asks for the same ride. */
const keys = new Map<string, string>();
function keyOf(quoteId: string): string {
  const key = keys.get(quoteId) ?? newKey();
  keys.set(quoteId, key);
  return key;
}

function useQuotes(pickup: Place, dropoff: Place) {
  const [quotes, setQuotes] = useState<readonly RideQuote[]>();
  const [problem, setProblem] = useState<Problem>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    setProblem(undefined);
    post<{ readonly quotes: readonly RideQuote[] }>(
      '/rides/quotes',
      { pickup, dropoff },
      // Without a key the server keeps the prices of many riders in one commit; prices that nobody uses expire.
      { signal: ended.signal, idempotencyKey: null },
    )
      .then((answer) => {
        setQuotes(answer.quotes);
        const endsMs = Math.min(...answer.quotes.map(({ expires_at: at }) => Date.parse(at)));
        timer = setTimeout(() => setRound((n) => n + 1), Math.max(5_000, endsMs - Date.now() - EARLIER_MS));
      })
      .catch((error: unknown) => {
        if (!ended.signal.aborted) setProblem(toProblem(error));
      });
    return () => {
      ended.abort();
      clearTimeout(timer);
    };
  }, [round, pickup, dropoff]);
  return { quotes, problem, reload: () => setRound((n) => n + 1) };
}
