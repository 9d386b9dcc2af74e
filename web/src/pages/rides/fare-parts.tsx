/** Of what a fare is made, as on a receipt. */
import type { RideQuote } from '../../api/types.ts';
import { moneyText } from '../../rides/ride-words.ts';

type Fare = RideQuote['fare'];

const NAMES: Readonly<Record<keyof Fare['parts'], string>> = {
  base: 'To begin with',
  distance: 'For the way',
  time: 'For the time',
  surge: 'Because many wanted to ride',
  minimum: 'Up to the least that a ride costs',
  fees: 'Fees',
};

export function FareParts({ fare }: { readonly fare: Fare }) {
  const parts = (Object.keys(NAMES) as (keyof Fare['parts'])[]).filter((part) => fare.parts[part] > 0);
  return (
    <table class="ride-fare figures">
      <caption class="unseen">What the ride costs</caption>
      <tbody>
        {parts.map((part) => (
          <tr key={part}>
            <th scope="row">{NAMES[part]}</th>
            <td>{moneyText(fare.parts[part], fare.currency)}</td>
          </tr>
        ))}
        <tr class="ride-fare-total">
          <th scope="row">Together</th>
          <td>{moneyText(fare.total, fare.currency)}</td>
        </tr>
      </tbody>
    </table>
  );
}
