/** Real answers of the product, for the bare server to repeat. */

import { requireSuccess } from '../client/api-client.ts';
import type { HttpClient, HttpRequest } from '../client/http-client.ts';
import type { HttpResponse } from '../client/http-response-parser.ts';
import { AppError } from '../core/errors.ts';
import { type BareAnswer, bareAnswerOf } from './bare-server.ts';
import { createDraw, type RequestMix } from './request-mix.ts';

/** Of so many answers the one whose length is nearest to their mean is repeated. */
const SAMPLES = 25;

/** One answer for each way in which a path can end; a path counts for the first of `suffixes` that fits. */
export async function captureAnswers(
  http: HttpClient,
  mix: RequestMix,
  suffixes: readonly string[],
): Promise<BareAnswer[]> {
  const samples = new Map<string, HttpResponse[]>(suffixes.map((suffix) => [suffix, []]));
  for (const operations of [mix.operations, ...(mix.others ?? []).map((kind) => kind.operations)]) {
    const draw = createDraw({ ...mix, operations, others: [] });
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      for (const request of draw().requests) {
        const suffix = suffixes.find((end) => request.path.endsWith(end)) ?? '';
        samples.get(suffix)?.push(await ask(http, request));
      }
    }
  }
  return suffixes.map((suffix) => bareAnswerOf(nearestToMean(samples.get(suffix) ?? [], suffix), suffix));
}

async function ask(http: HttpClient, request: HttpRequest): Promise<HttpResponse> {
  const response = await http.send(request);
  requireSuccess(request, response);
  return response;
}

function nearestToMean(responses: readonly HttpResponse[], suffix: string): HttpResponse {
  const mean = responses.reduce((sum, { body }) => sum + body.length, 0) / responses.length;
  const [nearest] = [...responses].sort(
    (left, right) => Math.abs(left.body.length - mean) - Math.abs(right.body.length - mean),
  );
  if (nearest === undefined) throw new AppError('internal', `no request of the mix ends with ${suffix}`);
  return nearest;
}
