/** Asks again for what has pictures that are being processed, and for addresses of pictures that have expired. */
import { useEffect, useRef, useState } from 'preact/hooks';

/** Waits before each look. */
const LOOKS_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000] as const;

export interface FreshOptions {
  readonly isProcessing: boolean;
  /** Shows what the server has now, if it answers. */
  readonly look: () => Promise<void>;
}

/** What it answers looks once more, for a picture that did not come. */
export function useFresh({ isProcessing, look }: FreshOptions): () => void {
  const [looks, setLooks] = useState(0);
  const hasFailed = useRef(false);
  useEffect(() => {
    const waitMs = LOOKS_MS[looks];
    if (!isProcessing || waitMs === undefined) return;
    const timer = setTimeout(() => void look().then(() => setLooks(looks + 1)), waitMs);
    return () => clearTimeout(timer);
  }, [isProcessing, looks]);
  return () => {
    if (hasFailed.current) return;
    hasFailed.current = true;
    void look();
  };
}
