import type { Environment } from '../../src/config/env.ts';
import { findProgram } from '../../src/up/programs.ts';

/** For `describeOnBackend`. It moves addresses of interfaces, which only root may. */
export function keepalivedBackend(environment: Environment) {
  const [keepalived, haproxy, ip] = ['keepalived', 'haproxy', 'ip'].map((name) =>
    findProgram(name, environment),
  );
  const engine =
    keepalived !== undefined && haproxy !== undefined && ip !== undefined && process.getuid?.() === 0
      ? { keepalived, haproxy, ip }
      : undefined;
  return {
    backend: 'keepalived',
    engine,
    remedy: 'install keepalived, haproxy and iproute2, and run as root',
  };
}
