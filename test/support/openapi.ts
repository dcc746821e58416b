import type { ShopClient } from '../../cli/shop-client.ts';
import { stack } from './world.ts';

/** The running API's own document, as a list of things a caller can do and how to ask for each. */

type Schema = Record<string, unknown> & {
  $ref?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
};

export interface Operation {
  /** `POST /orders/{orderNo}/payments`, without the `/v1` before it. */
  name: string;
  method: string;
  path: string;
  parameters: string[];
  body: Schema | null;
}

interface Document {
  paths: Record<string, Record<string, { requestBody?: { content: Record<string, { schema: Schema }> } }>>;
  components: { schemas: Record<string, Schema> };
}

let known: Promise<Document> | undefined;
function readDocument(): Promise<Document> {
  known ??= fetch(`${stack().apiUrl}/openapi.json`).then((response) => response.json() as Promise<Document>);
  return known;
}

export async function listOperations(): Promise<Operation[]> {
  const { paths } = await readDocument();
  return Object.entries(paths)
    .filter(([path]) => path.startsWith('/v1/'))
    .flatMap(([full, methods]) =>
      Object.entries(methods).map(([method, { requestBody }]) => {
        const path = full.slice('/v1'.length);
        const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
        const body = requestBody?.content['application/json']?.schema ?? null;
        return {
          name: `${method.toUpperCase()} ${path}`,
          method: method.toUpperCase(),
          path,
          parameters,
          body,
        };
      }),
    );
}

/** Asks for an operation with a well-formed body, the path's parameters and the body's fields as given where they have that name. */
export async function attempt(
  client: ShopClient,
  operation: Operation,
  values: Record<string, string>,
  key: string,
): Promise<Response> {
  const { components } = await readDocument();
  const path = operation.path.replace(/\{(\w+)\}/g, (_all, name: string) =>
    encodeURIComponent(values[name] ?? 'none'),
  );
  const body = operation.body ? exampleOf(operation.body, components.schemas, values) : undefined;
  return await client.raw(
    operation.method,
    path,
    body,
    operation.method === 'GET' ? {} : { 'idempotency-key': key },
  );
}

/** A value that fits a schema; required properties only. */
export function exampleOf(
  schema: Schema,
  schemas: Record<string, Schema>,
  values: Record<string, unknown> = {},
  name = '',
): unknown {
  const nested = (inner: Schema, as = name) => exampleOf(inner, schemas, values, as);
  if (name in values && schema.type === 'string') return values[name];
  if (schema.$ref) return nested(schemas[schema.$ref.split('/').at(-1) as string] as Schema);
  if ('const' in schema) return schema['const'];
  if ('example' in schema) return schema['example'];
  const choice = [schema['enum'], schema['oneOf'], schema['anyOf']].find(Array.isArray);
  if (choice) return schema['enum'] ? choice[0] : nested(choice[0] as Schema);
  if (schema['allOf']) return Object.assign({}, ...(schema['allOf'] as Schema[]).map((part) => nested(part)));
  const { type } = schema;
  if (type === 'object') {
    const required = (schema['required'] ?? []) as string[];
    return Object.fromEntries(
      required.map((property) => [property, nested(schema.properties?.[property] ?? {}, property)]),
    );
  }
  if (type === 'array')
    return Array.from({ length: Number(schema['minItems'] ?? 0) }, () => nested(schema.items ?? {}));
  if (type === 'integer' || type === 'number') return schema['minimum'] ?? 1;
  if (type === 'boolean') return true;
  if (schema['pattern'] === '^1\\d{10}$') return '13800000009';
  return 'x'.repeat(Math.max(6, Number(schema['minLength'] ?? 0)));
}
