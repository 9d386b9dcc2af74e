import { openRoutingEngine } from '../../../test/support/routing-engine.ts';
import { createTwoStreets, TWO_STREETS } from '../../../test/support/two-streets.ts';
import { routingContract } from './routing.contract.ts';
import { createValhallaRouting } from './valhalla-routing.ts';

routingContract('a Valhalla', async () => {
  const engine = await openRoutingEngine(createTwoStreets());
  const routing = createValhallaRouting({ engine: 'valhalla', profile: 'auto', url: engine.valhallaUrl });
  return {
    ...{ routing, ...TWO_STREETS },
    async close() {
      await routing.close();
      await engine.close();
    },
  };
});
