import { checkSelection } from '../customers/selection/check.ts';
import type { Problem } from '../errors.ts';
import { cancelCustomerExport, deleteCustomerExport } from '../exports/cancel.ts';
import { startCustomerExport } from '../exports/start.ts';
import type { ExportTask } from '../exports/task.ts';
import { builder } from './builder.ts';
import { compressionType, customerExportType } from './customer-export.ts';
import { customerFilterInput } from './customer-filter.ts';
import { refusalsAsUserErrors } from './errors.ts';

type Payload = { readonly task?: ExportTask; readonly userErrors: readonly Problem[] };

const userErrorCodeType = builder.enumType('UserErrorCode', {
  description: 'Why a request is refused.',
  values: {
    INVALID: { description: 'A value is malformed or out of range.' },
    REQUIRED: { description: 'A value is missing or empty.' },
    NOT_FOUND: { description: 'What is named does not exist, or not for this caller.' },
    CONFLICT: { description: 'The request contradicts what is already there.' },
    LIMIT_REACHED: { description: 'Too many requests or exports; try again later.' },
    TOO_LARGE: { description: 'A list or text is longer than allowed.' },
  } as const,
});

const userErrorType = builder.objectRef<Problem>('UserError').implement({
  description: 'One fault of a request. Nothing was stored.',
  fields: (t) => ({
    code: t.expose('code', { type: userErrorCodeType, nullable: false, description: 'For machines.' }),
    message: t.exposeString('message', {
      nullable: false,
      description: 'For people: what is expected.',
    }),
    field: t.stringList({
      description:
        'Path into the input: `["filter", "birthdateMonths", "1"]`; null when it is about the whole.',
      resolve: ({ path }) => (path.length === 0 ? null : [...path]),
    }),
  }),
});

const startPayloadType = builder.objectRef<Payload>('StartCustomerExportPayload').implement({
  description: 'The export that was started, or everything that is wrong with the request.',
  fields: (t) => ({
    asyncTaskId: t.id({
      description: 'Id of the export; null when the request was refused.',
      resolve: ({ task }) => task?.id ?? null,
    }),
    customerExport: t.field({
      type: customerExportType,
      description: 'The export; null when the request was refused.',
      resolve: ({ task }) => task ?? null,
    }),
    userErrors: t.field({
      type: [userErrorType],
      nullable: false,
      description: 'Every fault of the request; empty when it was accepted.',
      resolve: ({ userErrors }) => userErrors,
    }),
  }),
});

function changePayload(name: string, description: string) {
  return builder.objectRef<Payload>(name).implement({
    description,
    fields: (t) => ({
      customerExport: t.field({
        type: customerExportType,
        description: 'The export as it stands now; null when the request was refused.',
        resolve: ({ task }) => task ?? null,
      }),
      userErrors: t.field({
        type: [userErrorType],
        nullable: false,
        description:
          'NOT_FOUND for an unknown or foreign export, CONFLICT for one in the wrong state; empty when done.',
        resolve: ({ userErrors }) => userErrors,
      }),
    }),
  });
}

const startInput = builder.inputType('StartCustomerExportInput', {
  description: 'What to export.',
  fields: (t) => ({
    downloadRequestId: t.string({
      required: true,
      description:
        'The caller’s own id of this request, 1 to 128 characters without control characters: the idempotency key, per caller and brand.',
    }),
    filter: t.field({ type: customerFilterInput, required: true, description: 'Which customers.' }),
    selection: t.string({
      description:
        'A selection set on Customer, `{ boosterCustomerId email transactions { amount } }`: aliases allowed, fragments and directives not; at most 10,000 characters and 16 lists. null = every field except `transactions`.',
    }),
    compression: t.field({
      type: compressionType,
      required: true,
      defaultValue: 'NONE',
      description: 'How to compress the file.',
    }),
  }),
});

const taskArgument = 'Id of the export.';

builder.mutationFields((t) => ({
  startCustomerExport: t.field({
    type: startPayloadType,
    nullable: false,
    // So that one document cannot start exports by the hundred.
    complexity: 1000,
    description:
      'Starts an export and answers at once. The same downloadRequestId with the same filter, selection and compression gives the same export, whatever its status; with another request it is a CONFLICT. Needs the scope `customers:export`.',
    args: { input: t.arg({ type: startInput, required: true, description: 'What to export.' }) },
    resolve: (_, { input }, { deps, viewer, origin, suggestions }, { schema }) =>
      refusalsAsUserErrors(async () => {
        const selection = checkSelection(schema, input.selection, suggestions);
        return { task: await startCustomerExport(deps, viewer, { ...input, selection }, origin) };
      }),
  }),
  cancelCustomerExport: t.field({
    type: changePayload('CancelCustomerExportPayload', 'The export that was asked to stop.'),
    nullable: false,
    description:
      'Stops an export that waits (at once) or runs (through CANCELING). Once more changes nothing; a finished one is a CONFLICT.',
    args: { asyncTaskId: t.arg.id({ required: true, description: taskArgument }) },
    resolve: (_, { asyncTaskId }, { deps, viewer, origin }) =>
      refusalsAsUserErrors(async () => ({
        task: await cancelCustomerExport(deps, viewer, asyncTaskId, origin),
      })),
  }),
  deleteCustomerExport: t.field({
    type: changePayload('DeleteCustomerExportPayload', 'The export whose file was removed.'),
    nullable: false,
    description: 'Removes a COMPLETED export’s file now. The record stays, EXPIRED.',
    args: { asyncTaskId: t.arg.id({ required: true, description: taskArgument }) },
    resolve: (_, { asyncTaskId }, { deps, viewer, origin }) =>
      refusalsAsUserErrors(async () => ({
        task: await deleteCustomerExport(deps, viewer, asyncTaskId, origin),
      })),
  }),
}));
