/** The ride that one drives. There is one thing to do at a time, and one large button for it. */
import { useRef, useState } from 'preact/hooks';
import { newKey, post } from '../../api/http.ts';
import { type Problem, toProblem } from '../../api/problem.ts';
import type { Ride } from '../../api/types.ts';
import { metersBetween, type Place } from '../../rides/map/mercator.ts';
import { lengthText, moneyText } from '../../rides/ride-words.ts';
import { takeRide } from '../../state/rides.ts';
import { showToast } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { Confirmation } from '../../ui/dialog.tsx';
import { Form, useForm } from '../../ui/form.tsx';
import { FormField } from '../../ui/form-field.tsx';
import { CancelDrive } from './cancel-ride.tsx';
import { deskGoal, deskPlace } from './driver-place.ts';
import { OtherSide } from './other-side.tsx';

const TITLES: Partial<Record<Ride['status'], string>> = {
  accepted: 'Drive to the pickup',
  arriving: 'Nearly at the pickup',
  arrived: 'Wait for your rider',
  started: 'Drive to the drop-off',
};

export function DrivenRide({ ride, place }: { readonly ride: Ride; readonly place: Place | undefined }) {
  const [isCancelling, setCancelling] = useState(false);
  const goal = ride.status === 'started' ? ride.dropoff : ride.pickup;
  return (
    <>
      <h2 class="ride-title">{TITLES[ride.status]}</h2>
      {place !== undefined && ride.status !== 'arrived' && (
        <p class="ride-eta figures">{lengthText(metersBetween(place, goal))}</p>
      )}
      {ride.rider !== null && <OtherSide person={ride.rider} />}
      {ride.status === 'started' ? <Completing ride={ride} /> : <Starting ride={ride} />}
      {deskPlace.value !== undefined && ride.status !== 'arrived' && (
        <Button
          tone="quiet"
          onClick={() => {
            deskGoal.value = goal;
          }}
        >
          Drive there on the map
        </Button>
      )}
      {ride.status !== 'started' && <Button onClick={() => setCancelling(true)}>Cancel</Button>}
      {isCancelling && <CancelDrive ride={ride} onClose={() => setCancelling(false)} />}
      {ride.fare !== null && (
        <p class="muted figures">You get {moneyText(ride.fare.to_driver, ride.fare.currency)}</p>
      )}
    </>
  );
}

/** At the pickup, then with what the rider says. */
function Starting({ ride }: { readonly ride: Ride }) {
  const [pin, setPin] = useState('');
  const form = useForm(async () => {
    takeRide(await post<Ride>(`/rides/${ride.ride_id}/start`, { pin }));
  });
  return (
    <>
      {(ride.status === 'accepted' || ride.status === 'arriving') && (
        <StepButton ride={ride} step="arrive">
          I am there
        </StepButton>
      )}
      <Form form={form} button="Start the ride">
        <FormField
          form={form}
          name="pin"
          label="PIN"
          hint="Four digits, which your rider says to you."
          inputMode="numeric"
          autocomplete="off"
          maxLength={4}
          value={pin}
          onValue={setPin}
        />
      </Form>
    </>
  );
}

function Completing({ ride }: { readonly ride: Ride }) {
  const [isAsking, setAsking] = useState(false);
  const { step, busy } = useStep(ride, 'complete');
  return (
    <>
      <Button tone="primary" busy={busy} onClick={() => setAsking(true)}>
        End the ride
      </Button>
      {isAsking && (
        <Confirmation
          title="Is your rider there?"
          text="The ride ends, and is paid."
          confirm="End the ride"
          busy={busy}
          onConfirm={() => void step().then(() => setAsking(false))}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}

function StepButton(props: { readonly ride: Ride; readonly step: 'arrive'; readonly children: string }) {
  const { step, busy } = useStep(props.ride, props.step);
  return (
    <Button tone="primary" busy={busy} onClick={() => void step()}>
      {props.children}
    </Button>
  );
}

/** A step is taken once, however often its button is pressed or its answer lost. */
function useStep(ride: Ride, name: 'arrive' | 'complete') {
  const [busy, setBusy] = useState(false);
  const key = useRef(newKey());
  async function step(): Promise<void> {
    setBusy(true);
    try {
      takeRide(
        await post<Ride>(`/rides/${ride.ride_id}/${name}`, undefined, { idempotencyKey: key.current }),
      );
    } catch (error) {
      const problem: Problem = toProblem(error);
      // Another attempt is another thing: it may be refused for another reason, or not at all.
      if (!problem.isUncertain) key.current = newKey();
      showToast({ text: problem.message, tone: 'danger' });
    } finally {
      setBusy(false);
    }
  }
  return { step, busy };
}
