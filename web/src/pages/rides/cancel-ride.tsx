/** Cancelling a ride, by either side, with the reason, and what it costs. */
import { useRef, useState } from 'preact/hooks';
import { newKey, post } from '../../api/http.ts';
import type { Ride } from '../../api/types.ts';
import { DRIVER_REASON_NAMES, moneyText, RIDER_REASON_NAMES } from '../../rides/ride-words.ts';
import { takeRide } from '../../state/rides.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Select } from '../../ui/field.tsx';
import { Form, useForm } from '../../ui/form.tsx';

/** After the acceptance, in which a rider may still change their mind. */
const FREE_MS = 2 * 60_000;

export function CancelRide({ ride, onClose }: { readonly ride: Ride; readonly onClose: () => void }) {
  return (
    <CancelDialog ride={ride} onClose={onClose} reasons={RIDER_REASON_NAMES}>
      {costOf(ride)}
    </CancelDialog>
  );
}

export function CancelDrive({ ride, onClose }: { readonly ride: Ride; readonly onClose: () => void }) {
  return (
    <CancelDialog ride={ride} onClose={onClose} reasons={DRIVER_REASON_NAMES}>
      Another driver is looked for at once, unless the rider did not come.
    </CancelDialog>
  );
}

function CancelDialog<Reason extends string>(props: {
  readonly ride: Ride;
  readonly reasons: Readonly<Record<Reason, string>>;
  readonly onClose: () => void;
  readonly children: string;
}) {
  const { ride, reasons, onClose, children } = props;
  const choices = (Object.keys(reasons) as Reason[]).map((value) => ({ value, label: reasons[value] }));
  const [reason, setReason] = useState<Reason>(choices[0]?.value as Reason);
  const key = useRef(newKey()).current;
  const form = useForm(async () => {
    takeRide(
      await post<Ride>(`/rides/${ride.ride_id}/cancel`, { reason }, { idempotencyKey: `${key}-${reason}` }),
    );
    onClose();
  });
  return (
    <Dialog title="Cancel the ride?" onClose={onClose}>
      <p>{children}</p>
      <Form form={form} button="Cancel the ride" tone="danger">
        <Select label="Why?" value={reason} choices={choices} onChoose={setReason} />
      </Form>
    </Dialog>
  );
}

function costOf({ accepted_at: acceptedAt, fare }: Ride): string {
  if (acceptedAt === null || fare === null) return 'It costs nothing: no driver is coming yet.';
  const price = moneyText(fare.cancellation.total, fare.currency);
  const isFree = Date.now() - Date.parse(acceptedAt) < FREE_MS;
  return isFree
    ? `It costs nothing within two minutes after a driver has accepted, and ${price} from then on.`
    : `Your driver has come a long way by now: it costs ${price}, most of which is for them.`;
}
