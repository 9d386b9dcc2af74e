/** Whom one rides with: the name, what others think of them, and the car by which they are found. */
import type { Driver, Ride } from '../../api/types.ts';
import { Icon } from '../../ui/icon.tsx';

export interface OtherSideProps {
  readonly person: NonNullable<Ride['rider']>;
  /** Null: they have none any more. */
  readonly vehicle?: Driver['vehicle'] | null;
}

export function OtherSide({ person, vehicle }: OtherSideProps) {
  return (
    <div class="ride-person">
      <p class="ride-person-name">
        <bdi>{person.display_name}</bdi>
        <Rating rating={person.rating} />
      </p>
      {vehicle && (
        <p>
          <span class="ride-plate">{vehicle.plate}</span>{' '}
          <bdi>
            {vehicle.colour} {vehicle.make} {vehicle.model}
          </bdi>
        </p>
      )}
    </div>
  );
}

function Rating({ rating }: { readonly rating: number | null }) {
  if (rating === null) return <span class="muted small">not rated yet</span>;
  return (
    <span class="ride-rating muted figures">
      <Icon name="star" filled />
      <span class="unseen">rated </span>
      {rating.toFixed(1)}
    </span>
  );
}
