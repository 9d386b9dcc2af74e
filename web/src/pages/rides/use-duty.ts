/** Being on duty: the stream is open, and is told where the driver is. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Driver } from '../../api/types.ts';
import type { Place } from '../../rides/map/mercator.ts';
import { deskGoal, deskPlace, followDesk, followDevice } from './driver-place.ts';
import { type DriverSocket, isReached, lostOffer, openDriverSocket } from './driver-socket.ts';

export interface Duty {
  readonly place: Place | undefined;
  /** The car is driven on the map. */
  readonly isDesk: boolean;
  readonly title: string;
  readonly text: string;
  readonly toggleDesk: () => void;
}

export interface DutyEvents {
  readonly startAt: () => Place;
  readonly onState: (state: Driver['state']) => void;
}

const ENDS: Readonly<Record<string, string>> = {
  replaced: 'You drive from another device or window now. Go offline and online again to drive from here.',
  session_ended: 'You have been signed out.',
  removed: 'The account is gone.',
};

export function useDuty(isOnDuty: boolean, events: DutyEvents): Duty {
  const [place, setPlace] = useState<Place>();
  const [isDesk, setDesk] = useState(false);
  const [failure, setFailure] = useState<string>();
  const socket = useRef<DriverSocket | undefined>(undefined);
  const latest = useRef(events);
  latest.current = events;

  useEffect(() => {
    if (!isOnDuty) return undefined;
    setFailure(undefined);
    const opened = openDriverSocket({
      onState: (state) => latest.current.onState(state),
      onEnd: (reason) => setFailure(ENDS[reason] ?? reason),
    });
    socket.current = opened;
    return () => {
      opened.close();
      socket.current = undefined;
    };
  }, [isOnDuty]);

  useEffect(() => {
    if (!isOnDuty) return undefined;
    const report = (now: Place, accuracyM: number): void => {
      setPlace(now);
      setFailure(undefined);
      socket.current?.report(now, accuracyM);
    };
    const source = isDesk
      ? followDesk(deskPlace.peek() ?? place ?? latest.current.startAt(), report)
      : followDevice(report, setFailure);
    return () => source.stop();
  }, [isOnDuty, isDesk]);

  return { place, isDesk, ...wordsOf(place, isDesk, failure), toggleDesk };

  function toggleDesk(): void {
    deskGoal.value = undefined;
    setFailure(undefined);
    setDesk(!isDesk);
  }
}

function wordsOf(
  place: Place | undefined,
  isDesk: boolean,
  failure: string | undefined,
): { readonly title: string; readonly text: string } {
  if (failure !== undefined) return { title: 'You cannot be offered rides', text: failure };
  if (!isReached.value)
    return { title: 'Connecting', text: 'Rides are offered to you again once the server is reached.' };
  if (place === undefined) return { title: 'Looking for where you are', text: 'The device is asked for it.' };
  const hint = isDesk ? ' Tap the map to drive there.' : '';
  return { title: 'Waiting for rides', text: `${lostOffer.value ?? 'You are online.'}${hint}` };
}
