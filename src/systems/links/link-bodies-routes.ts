/** Bodies of calls about one link where they come in other ways than as the body of one: rows of tables. */
import { Ajv } from 'ajv';
import type { Static } from 'typebox';
import { AppError } from '../../core/errors.ts';
import { problemOf } from '../../http/problem.ts';
import { withTextFormats } from '../../http/text-formats.ts';
import type { LinkDraft } from './link.ts';
import { changesOf, NewLinkBody } from './link-schemas-routes.ts';

export interface LinkBodies {
  /** Fails with `invalid`, in the words of the call about one link, naming each wrong field. */
  draftOf(body: Readonly<Record<string, unknown>>): LinkDraft;
}

export function createLinkBodies(): LinkBodies {
  const ajv = withTextFormats(new Ajv({ allErrors: true, strict: false }));
  const validate = ajv.compile<Static<typeof NewLinkBody>>(NewLinkBody);
  return {
    draftOf(body) {
      if (!validate(body)) throw invalidBody(validate.errors);
      return { ...changesOf(body), url: body.url, alias: body.alias, host: body.host };
    },
  };
}

function invalidBody(validation: unknown): AppError {
  const error = Object.assign(new Error(), { validation, validationContext: 'row' });
  const { detail, errors } = problemOf(error, '');
  return new AppError('invalid', detail, { fields: errors });
}
