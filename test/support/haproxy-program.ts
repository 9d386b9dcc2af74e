import type { Environment } from '../../src/config/env.ts';
import { findProgram } from '../../src/up/programs.ts';

/** For `describeOnBackend`. */
export function haproxyBackend(environment: Environment) {
  return {
    backend: 'haproxy',
    engine: findProgram('haproxy', environment),
    remedy: 'install haproxy',
  };
}
