/**
 * Moves what was seen at one place to the next without a jump: a small step in a moment, a large one at once, and none
 * where it only trembles. What `prefers-reduced-motion` asks for is done.
 */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { metersBetween, type Place } from './map/mercator.ts';

const STILL_M = 2;
const GLIDE_M_MAX = 500;
const GLIDE_MS = 800;

export function useGlide(wanted: Place | undefined): Place | undefined {
  const shown = useSignal(wanted);
  const { lat, lng } = wanted ?? {};
  useEffect(() => {
    const from = shown.peek();
    if (wanted === undefined || from === undefined) {
      shown.value = wanted;
      return undefined;
    }
    const meters = metersBetween(from, wanted);
    if (meters < STILL_M) return undefined;
    if (meters > GLIDE_M_MAX || matchMedia('(prefers-reduced-motion: reduce)').matches) {
      shown.value = wanted;
      return undefined;
    }
    const begunMs = performance.now();
    let frame = requestAnimationFrame(function step(nowMs) {
      const part = Math.min(1, (nowMs - begunMs) / GLIDE_MS);
      shown.value = {
        lat: from.lat + (wanted.lat - from.lat) * part,
        lng: from.lng + (wanted.lng - from.lng) * part,
      };
      if (part < 1) frame = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(frame);
  }, [lat, lng]);
  return shown.value;
}
