/** `groundswell render …`: configurations of programs that stand before or beside the servers, for operators who run these themselves. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { packageRoot } from '../config/package-info.ts';
import { AppError } from '../core/errors.ts';
import { renderPrometheusRules } from '../planner/prometheus-rules.ts';
import { renderNginxEdge } from '../ports/edge-cache/nginx-configuration.ts';
import { configOf } from './config-options.ts';
import { withExamples } from './examples.ts';
import { wholeNumber } from './option-values.ts';
import { haproxyCommand, keepalivedCommand } from './render-balancer.ts';
import { pgbouncerCommand } from './render-pgbouncer.ts';

export function renderCommand(): Command {
  return new Command('render')
    .addCommand(haproxyCommand())
    .addCommand(keepalivedCommand())
    .addCommand(nginxCommand())
    .addCommand(pgbouncerCommand())
    .addCommand(prometheusCommand());
}

interface NginxOptions {
  readonly listen: string;
  readonly to: string;
  readonly folder: string;
  readonly cacheGb: number;
}

const CACHE_GB_MAX = 100_000;

function nginxCommand(): Command {
  const command = new Command('nginx')
    .description('An edge cache for pictures, told of deletions by GROUNDSWELL_EDGE_URLS.')
    .option('--listen <port>', 'a port, or an address and a port', '80')
    .option('--to <servers>', 'host:port of each `serve`', '127.0.0.1:8080')
    .option('--folder <path>', 'its own, which must exist', '/var/cache/groundswell-edge')
    .option('--cache-gb <number>', 'pictures at most', wholeNumber(1, CACHE_GB_MAX), 10)
    .action(printNginx);
  return withExamples(command, 'groundswell render nginx --to 10.0.0.5:8080,10.0.0.6:8080');
}

function prometheusCommand(): Command {
  const command = new Command('prometheus')
    .description('The rules of Prometheus that alert when too much fails or is late.')
    .action(() => void process.stdout.write(renderPrometheusRules()));
  return withExamples(command, 'groundswell render prometheus > objectives.yaml');
}

function printNginx({ listen, to, folder, cacheGb }: NginxOptions): void {
  const [edge] = configOf({}).edges;
  if (edge === undefined) throw edgeMissing();
  const template = readFileSync(path.join(packageRoot(), 'deploy', 'nginx', 'edge.conf.template'), 'utf8');
  const servers = to.split(',').map((server) => server.trim());
  const { secret } = edge;
  process.stdout.write(
    renderNginxEdge(template, { listen, servers, folder, cacheGigabytes: cacheGb, secret }),
  );
}

function edgeMissing(): AppError {
  return new AppError(
    'invalid',
    'Set GROUNDSWELL_EDGE_URLS, here and for `serve`: where the servers reach this edge, with a secret of 16 or more letters and digits, such as http://:secret@edge.example.',
  );
}
