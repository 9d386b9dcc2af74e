/** Who waits on the part of the map that is seen, the longest first. */
import { useState } from 'preact/hooks';
import type { WaitingRequest } from '../../api/types.ts';
import { RIDE_TYPE_NAMES } from '../../rides/ride-words.ts';
import { Select } from '../../ui/field.tsx';
import { ageText } from './state-words.ts';

export interface WaitingRequestsProps {
  readonly requests: readonly WaitingRequest[];
  /** When they were asked for. */
  readonly atMs: number;
  readonly chosenId: string | undefined;
  readonly onChoose: (request: WaitingRequest) => void;
}

const LATE_MS = 60_000;
const SHOWN_MAX = 50;
const FILTERS = [
  { value: 'all', label: 'All' },
  { value: 'late', label: 'Waiting for more than a minute' },
  { value: 'idle', label: 'Not offered to anybody now' },
] as const;
type Filter = (typeof FILTERS)[number]['value'];

export function WaitingRequests({ requests, atMs, chosenId, onChoose }: WaitingRequestsProps) {
  const [filter, setFilter] = useState<Filter>('all');
  const ageOf = (request: WaitingRequest) => atMs - Date.parse(request.requested_at);
  const isWanted = (request: WaitingRequest) =>
    filter === 'late' ? ageOf(request) > LATE_MS : filter === 'idle' ? !request.is_offered : true;
  const wanted = requests.filter(isWanted);
  return (
    <section aria-labelledby="operations-requests">
      <h2 id="operations-requests">Requests on the map</h2>
      <Select label="Which requests" value={filter} choices={FILTERS} onChoose={setFilter} />
      {wanted.length === 0 ? (
        <p class="muted">{requests.length === 0 ? 'Nobody waits here.' : 'None of these.'}</p>
      ) : (
        <table class="operations-table">
          <thead>
            <tr>
              <th scope="col">Waits for</th>
              <th scope="col">Type</th>
              <th scope="col">Offered to</th>
            </tr>
          </thead>
          <tbody>
            {wanted.slice(0, SHOWN_MAX).map((request) => (
              <tr key={request.ride_id}>
                <th scope="row">
                  <button
                    type="button"
                    class="operations-choice figures"
                    aria-pressed={request.ride_id === chosenId}
                    onClick={() => onChoose(request)}
                  >
                    {ageText(ageOf(request))}
                  </button>
                </th>
                <td>{RIDE_TYPE_NAMES[request.ride_type]}</td>
                <td class="figures">
                  {request.offers}
                  {request.is_offered && ', one is thinking'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {wanted.length > SHOWN_MAX && (
        <p class="muted small">And {wanted.length - SHOWN_MAX} more on the map.</p>
      )}
    </section>
  );
}
