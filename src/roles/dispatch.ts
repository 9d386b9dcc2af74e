/**
 * The role `dispatch`: offers the requests of cities to drivers. It goes by the geo-index: where that is shared, any process can do it,
 * and drivers hear of it from the process that has their stream; where it is memory, only beside `api`, where the streams are.
 */
import {
  type DispatchLoop,
  type DispatchLoopDeps,
  startDispatch,
} from '../systems/rides/dispatch/dispatch-loop.ts';
import type { Product } from './compose.ts';

export interface DispatchRoleDeps extends Omit<DispatchLoopDeps, 'dispatch' | 'surge'> {
  readonly product: Pick<Product, 'dispatch' | 'surge'>;
}

export function openDispatch({ product, ...deps }: DispatchRoleDeps): DispatchLoop {
  return startDispatch({ ...deps, dispatch: product.dispatch, surge: product.surge.making });
}
