import { z } from 'zod';

/** Go's YAML reader takes any scalar where a text is expected, as written; so does this schema. */
const text = z.union([z.string(), z.number(), z.boolean()], { error: 'must be a text' });

const task = z.strictObject(
  {
    name: text,
    triggeredAfter: text.nullish(),
    // What is no mapping is reported by the model: Keptn read the file and ignored it.
    properties: z.unknown().optional(),
  },
  { error: messageFor('a task', 'name, triggeredAfter, properties') },
);

const trigger = z.strictObject(
  {
    event: text.nullish(),
    selector: z
      .strictObject(
        {
          match: z
            .record(z.string(), text.nullable(), { error: 'must be a mapping such as {result: fail}' })
            .nullish(),
        },
        { error: messageFor('a selector', 'match') },
      )
      .nullish(),
  },
  { error: messageFor('a trigger', 'event, selector') },
);

const concurrency = z.union(
  [
    text,
    z.strictObject({ mode: text.nullish(), hold: z.array(text, { error: 'must be a list' }).nullish() }),
  ],
  { error: 'must be queue, parallel, replace, skip, or a mapping of mode and hold' },
);

const sequence = z.strictObject(
  {
    name: text,
    triggeredOn: z.array(trigger, { error: 'must be a list of triggers' }).nullish(),
    tasks: z.array(task, { error: 'must be a list of tasks' }).nullish(),
    'x-concurrency': concurrency.nullish(),
    'x-timeout': text.nullish(),
    'x-cooldown': text.nullish(),
    'x-max-per-hour': text.nullish(),
  },
  { error: messageFor('a sequence', 'name, triggeredOn, tasks') },
);

const freeze = z.strictObject(
  { from: text, to: text, timezone: text.nullish(), reason: text.nullish() },
  { error: messageFor('a freeze window', 'from, to, timezone, reason') },
);

const stage = z.strictObject(
  {
    name: text,
    sequences: z.array(sequence, { error: 'must be a list of sequences' }).nullish(),
    'x-freeze': z.array(freeze, { error: 'must be a list of windows' }).nullish(),
  },
  { error: messageFor('a stage', 'name, sequences') },
);

/**
 * The shape of a shipyard file of version 0.2.0 to 0.2.3, with Slipway's extensions. Names, versions,
 * durations and triggers are checked afterwards, because they need more than a shape.
 */
export const shipyardSchema = z.strictObject(
  {
    apiVersion: text,
    kind: text.nullish(),
    metadata: z.strictObject({ name: text.nullish() }, { error: messageFor('metadata', 'name') }).nullish(),
    spec: z.strictObject(
      {
        stages: z
          .array(stage, { error: 'must be a list of stages' })
          .min(1, { error: 'must have at least one stage' }),
        'x-payload-numbers': text.nullish(),
      },
      { error: messageFor('spec', 'stages') },
    ),
  },
  { error: messageFor('a shipyard', 'apiVersion, kind, metadata, spec') },
);

/** The file as written, once its shape is known to be right. */
export type ShipyardFile = z.infer<typeof shipyardSchema>;
/** One stage of the file as written. */
export type StageFile = ShipyardFile['spec']['stages'][number];
/** One sequence of the file as written. */
export type SequenceFile = NonNullable<StageFile['sequences']>[number];
function messageFor(what: string, keys: string): (issue: { code?: string }) => string | undefined {
  return ({ code }) =>
    code === 'unrecognized_keys' ? undefined : `${what} is a mapping with the keys ${keys}`;
}
