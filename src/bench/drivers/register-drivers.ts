/** The first of a crowd become drivers, who are available. */
import { API, requireSuccess } from '../../client/api-client.ts';
import type { HttpClient } from '../../client/http-client.ts';
import { concurrently } from '../../core/concurrently.ts';
import type { Crowd } from '../crowd/crowd.ts';

const VEHICLE = { make: 'Toyota', model: 'Prius', colour: 'black', plate: 'BENCH', seats: 4 };

/** Answers their tokens. */
export function registerDrivers(http: HttpClient, crowd: Crowd, count: number): Promise<string[]> {
  return concurrently(count, async (n) => {
    const token = crowd.token(n);
    const put = async (path: string, body: object): Promise<void> => {
      const request = { method: 'PUT', path: `${API}${path}`, token, body: JSON.stringify(body) } as const;
      requireSuccess(request, await http.send(request));
    };
    await put('/drivers/me', { vehicle: VEHICLE, ride_types: ['economy'] });
    await put('/drivers/me/state', { state: 'available' });
    return token;
  });
}
