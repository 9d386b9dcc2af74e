/** The viewer over a page, under the address of the picture that it shows; its code is loaded when it is first wanted. */
import type { ComponentType, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { coverPage, moveCover, uncoverPage } from '../navigation/location.ts';
import { showToast } from '../state/toasts.ts';
import { type Slide, slidePath } from './slides.ts';
import type { ViewerProps } from './viewer.tsx';

/** So many pictures before the last that is known, more are asked for. */
const AHEAD = 5;

export interface ViewerSource {
  readonly slides: readonly Slide[];
  /** There are more: it asks for them. */
  readonly onNearEnd?: (() => void) | undefined;
}

export interface OpenableViewer {
  open(index: number): void;
  /** To be put on the page. */
  readonly viewer: JSX.Element | null;
}

export function useViewer({ slides, onNearEnd }: ViewerSource): OpenableViewer {
  const [index, setIndex] = useState<number>();
  const [Viewer, setViewer] = useState<ComponentType<ViewerProps>>();

  async function open(at: number): Promise<void> {
    const slide = slides[at];
    if (slide === undefined) return;
    try {
      const found = await import('./viewer.tsx');
      setViewer(() => found.Viewer);
      setIndex(at);
      coverPage(slidePath(slide), () => setIndex(undefined));
    } catch {
      showToast({ text: 'The viewer could not be loaded. Try again.', tone: 'danger' });
    }
  }

  function move(to: number): void {
    const slide = slides[to];
    if (slide === undefined) return;
    setIndex(to);
    moveCover(slidePath(slide));
    if (to >= slides.length - AHEAD) onNearEnd?.();
  }

  const isOpenEnded = onNearEnd !== undefined;
  return {
    open: (at) => void open(at),
    viewer:
      Viewer === undefined || index === undefined ? null : (
        <Viewer slides={slides} index={index} isOpenEnded={isOpenEnded} onMove={move} onClose={uncoverPage} />
      ),
  };
}

/** Whether a click on a link to a picture is to open it here, and not in a tab or window of its own. */
export function isPlainClick({ button, ctrlKey, metaKey, shiftKey, altKey }: MouseEvent): boolean {
  return button === 0 && !ctrlKey && !metaKey && !shiftKey && !altKey;
}
