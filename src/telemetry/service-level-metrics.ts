/** At which level a process serves, and why. */
import { Gauge, type Registry } from 'prom-client';
import { SERVICE_LEVELS, type ServiceLevel } from '../core/service-level.ts';

export interface ServiceLevelMetrics {
  /** Reads at every scrape what each cause alone leads to. */
  watch(byCause: () => Readonly<Record<string, ServiceLevel>>): void;
}

export function createServiceLevelMetrics(registry: Registry): ServiceLevelMetrics {
  return {
    watch(byCause) {
      new Gauge({
        name: 'service_level',
        help: 'How much is left out: 0 nothing, 1 what is optional, 2 reads too, 3 all but what is critical; by cause (load, engines that are away, forced by an operator). The highest counts.',
        labelNames: ['cause'],
        registers: [registry],
        collect() {
          for (const [cause, level] of Object.entries(byCause())) {
            this.set({ cause }, SERVICE_LEVELS.indexOf(level));
          }
        },
      });
    },
  };
}
