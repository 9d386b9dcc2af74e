import type { Environment } from '../../src/config/env.ts';
import { findProgram } from '../../src/up/programs.ts';

/** For `describeOnBackend`: what checks and tests rules of Prometheus. */
export function promtoolBackend(environment: Environment) {
  return {
    backend: 'promtool',
    engine: findProgram('promtool', environment),
    remedy: 'install prometheus',
  };
}
