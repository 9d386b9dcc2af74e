/** The first steps are for few visits: their code is fetched when they are wanted. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Empty, Skeleton } from '../../ui/states.tsx';

export function FirstStepsLater() {
  const [Steps, setSteps] = useState<ComponentType | null>();
  useEffect(
    () =>
      void import('./first-steps.tsx').then(
        (found) => setSteps(() => found.FirstSteps),
        () => setSteps(null),
      ),
    [],
  );
  if (Steps === undefined) return <Skeleton rows={2} />;
  if (Steps !== null) return <Steps />;
  return (
    <Empty title="Follow three people to begin">
      <a class="button button-primary" href="/explore">
        Find people
      </a>
    </Empty>
  );
}
