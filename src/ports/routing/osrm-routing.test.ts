import { openRoutingEngine } from '../../../test/support/routing-engine.ts';
import { createTwoStreets, TWO_STREETS } from '../../../test/support/two-streets.ts';
import { createOsrmRouting } from './osrm-routing.ts';
import { routingContract } from './routing.contract.ts';

routingContract('an OSRM', async () => {
  const engine = await openRoutingEngine(createTwoStreets());
  const routing = createOsrmRouting({ engine: 'osrm', profile: 'driving', url: engine.osrmUrl });
  return {
    ...{ routing, ...TWO_STREETS },
    async close() {
      await routing.close();
      await engine.close();
    },
  };
});
