/**
 * The manifest of a backup: what it holds, from which release, and a checksum of everything, itself included.
 * Each kind of storage has a section of its own beside `sql`; a release that does not know one refuses the backup
 * rather than restoring a part of it.
 */
import { createHash } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { AppError } from '../../core/errors.ts';

/** Raised with every change that an older release would misread. */
export const BACKUP_FORMAT = 1;

const strict = { additionalProperties: false } as const;
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
const Count = Type.Integer({ minimum: 0 });

const BackupFile = Type.Object(
  {
    /** In the folder of the backup, never below it or outside. */
    name: Type.String({ pattern: '^[a-z0-9_]+\\.[a-z0-9.]+$' }),
    bytes: Count,
    sha256: Sha256,
  },
  strict,
);

const Table = Type.Object(
  {
    name: Type.String(),
    columns: Type.Array(Type.String()),
    rows: Count,
    /** The rows in COPY's text format, in the order of the primary key, gzipped. */
    file: BackupFile,
  },
  strict,
);

/** `last_value` is text, because sequences count further than JSON's numbers. */
const Sequence = Type.Object(
  { name: Type.String(), last_value: Type.String({ pattern: '^-?[0-9]+$' }), is_called: Type.Boolean() },
  strict,
);

const Migration = Type.Object({ version: Count, name: Type.String(), checksum: Sha256 }, strict);

const Blobs = Type.Object({ count: Count, bytes: Count, files: Type.Array(BackupFile) }, strict);

const Manifest = Type.Object(
  {
    format: Type.Literal(BACKUP_FORMAT),
    product_version: Type.String(),
    /** The moment whose state the backup holds, by the clock of the database. */
    created_at: Type.String(),
    sql: Type.Object(
      {
        postgres_version: Type.String(),
        migrations: Type.Array(Migration),
        tables: Type.Array(Table),
        sequences: Type.Array(Sequence),
      },
      strict,
    ),
    /** Absent when there were none. */
    blobs: Type.Optional(Blobs),
  },
  strict,
);

/** SHA-256 of the manifest without this field, as compact JSON. */
const SealedManifest = Type.Object({ ...Manifest.properties, checksum: Sha256 }, strict);

export type BackupFile = Static<typeof BackupFile>;
export type BackupTable = Static<typeof Table>;
export type BackupSequence = Static<typeof Sequence>;
export type BackupMigration = Static<typeof Migration>;
export type BlobsBackup = Static<typeof Blobs>;
export type BackupManifest = Static<typeof Manifest>;
export type SqlBackup = BackupManifest['sql'];

const validSealed = Compile(SealedManifest);

/** The content of manifest.json. */
export function manifestText(manifest: BackupManifest): string {
  return `${JSON.stringify({ ...manifest, checksum: manifestChecksum(manifest) }, undefined, 2)}\n`;
}

export function manifestChecksum(manifest: BackupManifest): string {
  return createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
}

/** Fails with `conflict` for a backup of a newer format and with `invalid` for everything else that is wrong. */
export function parseManifest(text: string): BackupManifest {
  const content = parseObject(text);
  const { checksum, ...manifest } = content;
  // JSON keeps the order of fields, so the text that was signed comes out again, whatever the white space.
  const computed = createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
  if (checksum !== computed) throw damaged(new Error('the checksum is of another content'));
  if (typeof manifest['format'] === 'number' && manifest['format'] > BACKUP_FORMAT) {
    throw newer(String(manifest['product_version']), `its format is ${manifest['format']}`);
  }
  if (!validSealed.Check(content)) {
    const [first] = validSealed.Errors(content);
    throw damaged(new Error(`${first?.instancePath ?? ''} ${first?.message ?? ''}`));
  }
  const { checksum: _, ...valid } = content;
  return valid;
}

/** `why` completes "This backup needs a newer release: …". */
export function newer(productVersion: string, why: string): AppError {
  return new AppError(
    'conflict',
    `This backup was made by release ${productVersion} and needs it, or a later one: ${why}, which this release ` +
      'does not know. Nothing was changed.',
    { outcome: 'not_applied' },
  );
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const content: unknown = JSON.parse(text);
    if (typeof content === 'object' && content !== null) return { ...content };
    throw new Error('it is no object');
  } catch (error) {
    throw damaged(error);
  }
}

function damaged(cause: unknown): AppError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AppError(
    'invalid',
    `The backup is damaged: its manifest.json is not what was written (${reason}). Take another backup or copy. ` +
      'Nothing was changed.',
    { cause, outcome: 'not_applied' },
  );
}
