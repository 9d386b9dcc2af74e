import { hideToast, holdToast, resumeToast, toasts } from '../state/toasts.ts';
import { Button } from './button.tsx';
import './toasts.css';

export function Toasts() {
  return (
    <section class="toasts" aria-label="Messages">
      {toasts.value.map(({ id, text, tone = 'plain', action }) => (
        <div
          key={id}
          class={`toast toast-${tone}`}
          role={tone === 'danger' ? 'alert' : 'status'}
          onFocusCapture={() => holdToast(id)}
          onBlurCapture={() => resumeToast(id)}
          onPointerEnter={() => holdToast(id)}
          onPointerLeave={() => resumeToast(id)}
        >
          <span>{text}</span>
          {action !== undefined && (
            <Button
              tone="quiet"
              size="small"
              onClick={() => {
                hideToast(id);
                action.run();
              }}
            >
              {action.label}
            </Button>
          )}
        </div>
      ))}
    </section>
  );
}
