import type { GraphQLSchema } from 'graphql';
import { describeTypes, type JsonSchema } from './openapi/schemas.ts';
import { mediaTypes } from './respond.ts';
import { bodyTypes } from './rest/body.ts';

/** What the REST page and the file URLs offer, as OpenAPI 3.1; made from the schemas that do the work. */
export function describeApi(schema: GraphQLSchema) {
  const { request, task } = describeTypes(schema);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Customer export',
      version: '1.0.0',
      description:
        'The REST page of the customer export. GraphQL, at `/graphql`, starts and follows the same exports and can do more. ' +
        'Answers come as JSON or as one line of JSON: by `?format=json|jsonl`, else by a suffix `.json` or `.jsonl` on the path, else by `Accept`, else as JSON.',
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    paths: {
      '/customer/{brand}/export': startPath,
      '/customer/{brand}/export/{asyncTaskId}': taskPath,
      '/exports/{asyncTaskId}/file': filePath,
    },
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      parameters,
      schemas: {
        ExportRequest: request,
        ExportStarted: started,
        CustomerExport: task,
        Error: errorBody,
      },
      responses: errorResponses,
    },
  };
}

const reference = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` });
const answer = (name: string) =>
  Object.fromEntries(Object.values(mediaTypes).map((type) => [type, { schema: reference('schemas', name) }]));
/** Query and path parameters are texts. */
const text = (
  where: 'path' | 'query' | 'header',
  name: string,
  description: string,
  schema: JsonSchema = {},
) => ({
  name,
  in: where,
  required: where === 'path',
  description,
  schema: { type: 'string', ...schema },
});

const parameters = {
  brand: text('path', 'brand', 'Code of the brand (Maison).'),
  asyncTaskId: text('path', 'asyncTaskId', 'Id of the export: 32 hex digits, or a UUID with its dashes.'),
  format: text('query', 'format', 'How to answer. Anything else is a 406.', {
    enum: Object.keys(mediaTypes),
  }),
};

const started: JsonSchema = {
  type: 'object',
  properties: {
    asyncTaskId: { type: 'string', pattern: '^[0-9a-f]{32}$', description: 'Id of the export.' },
  },
  required: ['asyncTaskId'],
};

const textSchema: JsonSchema = { type: 'string' };
const errorBody: JsonSchema = {
  type: 'object',
  properties: {
    responseStatus: {
      type: 'object',
      properties: {
        errorCode: { ...textSchema, description: 'For machines.' },
        message: { ...textSchema, description: 'For people.' },
        errors: {
          type: 'array',
          description: 'Every fault of the request’s content; empty for other errors.',
          items: {
            type: 'object',
            properties: {
              errorCode: {
                ...textSchema,
                description: 'INVALID, REQUIRED, NOT_FOUND, CONFLICT, LIMIT_REACHED or TOO_LARGE.',
              },
              fieldName: { ...textSchema, description: 'The parameter, `interests[0].sapInterestId`.' },
              message: { ...textSchema, description: 'What is expected.' },
            },
            required: ['errorCode', 'fieldName', 'message'],
          },
        },
      },
      required: ['errorCode', 'message', 'errors'],
    },
  },
  required: ['responseStatus'],
};

const errors = {
  400: 'The request’s content is refused; `errors` names every fault under its parameter’s name.',
  401: 'There is no valid bearer token.',
  403: 'The token lacks the scope, or a file’s signed URL is not good or has expired.',
  404: 'It does not exist, or not for this caller.',
  406: 'The answer was asked for in a format that there is not.',
  409: 'It contradicts what is already there.',
  410: 'The file is no longer kept, or the export failed and will never have one; `errorCode` says which.',
  412: '`If-Match` names another file.',
  413: 'The body has 262,144 bytes or more.',
  415: 'The body is of another media type or encoding.',
  416: 'The range lies outside the file.',
  429: 'Too many requests or exports; try again later.',
};
const errorResponses = Object.fromEntries(
  Object.entries(errors).map(([status, description]) => [status, { description, content: answer('Error') }]),
);
const refused = (...statuses: (keyof typeof errors)[]) =>
  Object.fromEntries(statuses.map((status) => [status, reference('responses', `${status}`)]));
const header = (description: string) => ({ description, schema: textSchema });

const startPath = {
  parameters: [reference('parameters', 'brand'), reference('parameters', 'format')],
  post: {
    operationId: 'startCustomerExport',
    summary: 'Export customer data',
    description:
      'Starts an export and answers at once. The same downloadRequestId with the same filter gives the same export. ' +
      'Names in the body ignore case. In a form, lists are repeated keys or have commas, and objects are JSON.',
    requestBody: {
      required: true,
      content: Object.fromEntries(
        bodyTypes.map((type) => [type, { schema: reference('schemas', 'ExportRequest') }]),
      ),
    },
    responses: {
      200: { description: 'The export, new or already there.', content: answer('ExportStarted') },
      ...refused(400, 401, 403, 404, 406, 409, 413, 415, 429),
    },
  },
};

const taskPath = {
  parameters: ['brand', 'asyncTaskId', 'format'].map((name) => reference('parameters', name)),
  get: {
    operationId: 'getCustomerExport',
    summary: 'Status of an export',
    responses: {
      200: {
        description: 'It is done and has its file.',
        headers: { Expires: header('Until when the file is kept.') },
        content: answer('CustomerExport'),
      },
      202: {
        description: 'It waits or runs.',
        headers: {
          'Retry-After': header('Seconds after which to ask again.'),
          'X-Progress': header('How far it is, `42%`.'),
        },
        content: answer('CustomerExport'),
      },
      ...refused(401, 404, 406, 410),
    },
  },
  delete: {
    operationId: 'deleteCustomerExport',
    summary: 'Cancel an export, or remove the file of one that is done',
    responses: {
      202: { description: 'The export as it stands now.', content: answer('CustomerExport') },
      ...refused(401, 404, 406, 409),
    },
  },
};

const fileTypes = ['text/jsonl', 'application/gzip', 'application/zstd'];
const fileResponseHeaders = {
  ETag: header('Strong: it changes with any byte of the file.'),
  'Repr-Digest': header('`sha-256=:…:` of the whole file (RFC 9530).'),
  'Content-Disposition': header('The file’s name.'),
  'Accept-Ranges': header('`bytes`.'),
};
const fileContent = Object.fromEntries(fileTypes.map((type) => [type, {}]));

const filePath = {
  parameters: [
    reference('parameters', 'asyncTaskId'),
    text('query', 'expires', 'Of a signed URL: until when it is good, in seconds since 1970.'),
    text('query', 'signature', 'Of a signed URL.'),
  ],
  get: {
    operationId: 'downloadCustomerExport',
    summary: 'The file of an export',
    description:
      'Opens with the signed URL that the export’s status comes with, or for its owner with a bearer token. ' +
      'Takes one range of bytes, `If-Range`, `If-Match` and `If-None-Match`.',
    security: [{}, { bearer: [] }],
    responses: {
      200: { description: 'All of the file.', headers: fileResponseHeaders, content: fileContent },
      206: { description: 'The bytes asked for.', headers: fileResponseHeaders, content: fileContent },
      304: { description: '`If-None-Match` names this file.' },
      ...refused(401, 403, 404, 410, 412, 416),
    },
  },
};
