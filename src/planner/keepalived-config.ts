/**
 * keepalived's configuration for one of two machines with a balancer: both have the same HAProxy, and one of them the address
 * that clients know. It moves when its machine is gone (1.5 s without a word, and a little), or when HAProxy does not answer
 * there (two checks in a row); and stays where it is when the other comes back, because each move breaks connections.
 */

export interface KeepalivedOptions {
  /** Which clients know, with its network: `10.0.0.100/24`. */
  readonly address: string;
  /** Of the machine, where the address shall be: `eth0`. */
  readonly networkInterface: string;
  /** Of this machine, by which the two talk. */
  readonly source: string;
  readonly peers: readonly string[];
  /** Of those that are well, the highest one has the address. */
  readonly priority: number;
  /** The same on all of them, and another than that of anybody else in the network. */
  readonly routerId: number;
  /** Where HAProxy says on this machine that it is alive. */
  readonly statisticsPort: number;
}

export const PRIORITY_MAX = 254;
export const ROUTER_ID_MAX = 255;
/** Three of them without a word, and the other takes over. */
const ADVERT_S = 0.5;
const CHECK_S = 1;
/** One may be late on a busy machine. */
const CHECKS = 2;

export function renderKeepalivedConfig(options: KeepalivedOptions): string {
  const { address, networkInterface, source, peers, priority, routerId, statisticsPort } = options;
  return [
    '# Made by groundswell: render keepalived. The same on each machine but for unicast_src_ip, unicast_peer and priority.',
    block('global_defs', ['vrrp_version 3', 'script_user nobody', 'enable_script_security']),
    block('vrrp_script balancer_answers', [
      `script "${checkCommand(statisticsPort)}"`,
      `interval ${CHECK_S}`,
      `timeout ${CHECK_S + 1}`,
      `fall ${CHECKS}`,
      `rise ${CHECKS}`,
    ]),
    block('vrrp_instance groundswell', [
      'state BACKUP',
      'nopreempt',
      `interface ${networkInterface}`,
      `virtual_router_id ${routerId}`,
      `priority ${priority}`,
      `advert_int ${ADVERT_S}`,
      `unicast_src_ip ${source}`,
      ...lines('unicast_peer', peers),
      ...lines('virtual_ipaddress', [address]),
      ...lines('track_script', ['balancer_answers']),
    ]),
    '',
  ].join('\n');
}

/**
 * Asks HAProxy itself: the kernel takes connections for one that hangs. NOTE: in quotes keepalived has meanings of its own for
 * backslashes and dollars, so there are none.
 */
function checkCommand(port: number): string {
  const script = `exec 3<>/dev/tcp/127.0.0.1/${port} && (echo GET /alive HTTP/1.0; echo) >&3 && grep -q 200 <&3`;
  return `/usr/bin/timeout ${CHECK_S} /bin/bash -c '${script}'`;
}

function block(title: string, content: readonly string[]): string {
  return [`${title} {`, ...content.map((line) => `    ${line}`), '}'].join('\n');
}

function lines(title: string, content: readonly string[]): string[] {
  return [`${title} {`, ...content.map((line) => `    ${line}`), '}'];
}
