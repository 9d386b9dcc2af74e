/** `WS /drivers/me/stream` (docs/rides.md). */
import { Type } from 'typebox';
import { invalidField } from '../../../core/errors.ts';
import { callerOf } from '../../../http/auth.ts';
import type { App } from '../../../http/server.ts';
import { upgradeOf } from '../../../http/upgrades.ts';
import { createWebSockets, SUBPROTOCOL } from '../../../http/web-sockets.ts';
import { JSON_BYTES_MAX } from '../positions/json-points.ts';
import { POINTS_MAX } from '../positions/reported-point.ts';
import type { DriverStreams } from './driver-streams.ts';

export function driverStreamRoutes(app: App, { streams }: { readonly streams: DriverStreams }): void {
  const webSockets = createWebSockets({ messageBytesMax: JSON_BYTES_MAX });
  app.get(
    '/drivers/me/stream',
    {
      // A HEAD of what never ends would be nothing.
      exposeHeadRoute: false,
      config: { access: 'user', limit: 'live', problems: [422] },
      schema: {
        tags: ['rides'],
        summary: 'Your positions up, what concerns you down',
        description: `A WebSocket of the subprotocol \`${SUBPROTOCOL}\`, with \`Upgrade: websocket\`; a token may come as the subprotocol \`bearer.<access_token>\`. Send up to ${POINTS_MAX} points a message, numbered one after the other, as JSON or as bytes. While it is open you can be reached: docs/rides.md.`,
        operationId: 'streamDriver',
        response: { 101: Type.Null({ description: 'The WebSocket.' }) },
      },
    },
    async (request, reply) => {
      const upgrade = upgradeOf(request);
      if (upgrade === undefined) throw invalidField('upgrade', 'must be websocket.');
      const seat = await streams.join(callerOf(request));
      webSockets.accept(request, reply, upgrade, { onOpen: seat.open, onClose: seat.leave });
      return reply;
    },
  );
}
