/** How rides go on once they have a driver. */
import { Counter, Gauge, type Registry } from 'prom-client';

export interface RideMetrics {
  became(status: string): void;
  pinRefused(): void;
  positionsTold(positions: number): void;
  /** Reads at every scrape how many rides there are whose drivers are connected to this process. */
  watchDriven(rides: () => number): void;
}

export function createRideMetrics(registry: Registry): RideMetrics {
  const registers = [registry];
  const statuses = new Counter({
    name: 'ride_steps_total',
    help: 'Steps of rides with a driver, by the status that they led to; requested: given back by the driver.',
    labelNames: ['status'],
    registers,
  });
  const pins = new Counter({
    name: 'ride_pins_refused_total',
    help: 'Wrong PINs that drivers tried.',
    registers,
  });
  const positions = new Counter({
    name: 'ride_positions_told_total',
    help: 'Positions of drivers that were told to whatever process their riders are connected to.',
    registers,
  });
  return {
    became: (status) => statuses.inc({ status }),
    pinRefused: () => pins.inc(),
    positionsTold: (count) => positions.inc(count),
    watchDriven(rides) {
      new Gauge({
        name: 'rides_driven',
        help: 'Rides under way whose drivers are connected to this process.',
        registers,
        collect() {
          this.set(rides());
        },
      });
    },
  };
}
