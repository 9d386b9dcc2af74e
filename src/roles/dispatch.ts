/**
 * The role `dispatch`: offers the requests of cities to drivers. It goes by the geo-index, which is memory of this process as long
 * as there is no shared one, so it runs beside `api`, where the drivers' streams are.
 */
import {
  type DispatchLoop,
  type DispatchLoopDeps,
  startDispatch,
} from '../systems/rides/dispatch/dispatch-loop.ts';
import type { Product } from './compose.ts';

export interface DispatchRoleDeps extends Omit<DispatchLoopDeps, 'dispatch'> {
  readonly product: Pick<Product, 'dispatch'>;
}

export function openDispatch({ product, ...deps }: DispatchRoleDeps): DispatchLoop {
  return startDispatch({ ...deps, dispatch: product.dispatch });
}
