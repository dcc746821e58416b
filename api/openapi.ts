import type { App } from './context.ts';
import { PROBLEM_CODES } from './problems.ts';

const INFO = {
  openapi: '3.1.0',
  info: {
    title: 'Dingdan',
    version: '0.1.0',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    description:
      'Order management for e-commerce. Money is integer fen in fields that end in `Fen`; times are ISO 8601 in UTC; problems are RFC 9457 with a stable `code`; writes carry an `Idempotency-Key`.',
  },
  servers: [{ url: '/' }],
};

/** What each group of endpoints is for, in the order of the reference page. */
const TAGS: Record<string, string> = {
  Items: 'What is on sale.',
  Cart: 'The basket before the quote.',
  Addresses: 'Where a buyer receives parcels.',
  Benefits: 'Coupons, points and notices of a buyer.',
  Quotes: 'Prices with every step shown; an order is a submitted quote.',
  Orders: 'Orders of a buyer: submit, read, cancel, receive.',
  'After-sales': 'Cases about what was shipped, and their evidence.',
  Payments: 'Attempts to pay an order.',
  Merchant: 'What a shop does with its orders.',
  Platform: 'Customer service, finance and operations.',
  Callbacks: 'Where providers report; each proves itself in its own way.',
};

type Document = ReturnType<App['getOpenAPI31Document']>;
interface Operation {
  tags?: string[];
  summary?: string;
  operationId?: string;
  security?: Record<string, string[]>[];
  responses: Record<string, unknown>;
}

/**
 * The OpenAPI document of everything registered on `app`, with what no route has to say for itself: operation ids,
 * the security scheme, and the shared answer for a problem. Throws when an endpoint lacks a summary or a known tag.
 */
export function describeApi(app: App): Document {
  const document = app.getOpenAPI31Document(INFO);
  const ids = new Set<string>();
  const tags = new Set<string>();
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(item) as [string, Operation][]) {
      const [tag] = operation.tags ?? [];
      const operationId = operationIdOf(method, path);
      if (!operation.summary || !tag || !(tag in TAGS) || ids.has(operationId))
        throw new Error(`${method} ${path} needs a summary, a tag of api/openapi.ts and an id of its own`);
      ids.add(operationId);
      tags.add(tag);
      item[method as 'get'] = complete(operation, operationId) as never;
    }
  }
  const { schemas, ...components } = document.components ?? {};
  return {
    ...document,
    tags: Object.entries(TAGS)
      .filter(([name]) => tags.has(name))
      .map(([name, description]) => ({ name, description })),
    components: {
      ...components,
      schemas: { ...schemas, ...problemSchemas(schemas?.['Problem'] as object) },
      responses: {
        Problem: problem('A problem (RFC 9457) with a stable `code`'),
        Unauthenticated: problem('No usable token; `loginMethods` says how to log in'),
      },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  } as Document;
}

function complete(operation: Operation, operationId: string): Operation {
  const { tags, summary, security = [], responses, ...rest } = operation;
  const { default: refused, ...answers } = responses;
  const ref = (name: string) => ({ $ref: `#/components/responses/${name}` });
  return {
    tags: tags as string[],
    summary: summary as string,
    operationId,
    security,
    ...rest,
    responses: {
      ...answers,
      ...(security.length > 0 ? { '401': ref('Unauthenticated') } : {}),
      ...(refused ? { default: ref('Problem') } : {}),
    },
  };
}

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});

function problemSchemas(schema: object) {
  return {
    Problem: {
      ...schema,
      description: 'What went wrong and the way out. `code` is one of ProblemCode; new ones may come.',
    },
    ProblemCode: { type: 'string', enum: PROBLEM_CODES },
  };
}

/** `get /v1/orders/{orderNo}/payments` → `getOrderPayments`; a segment before a parameter is one thing of many. */
export function operationIdOf(method: string, path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== 'v1');
  const words = segments.flatMap((segment, index) => {
    if (segment.startsWith('{')) return [];
    return (segments[index + 1]?.startsWith('{') ? singular(segment) : segment).split('-');
  });
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function singular(word: string): string {
  return word
    .replace(/sses$/, 'ss')
    .replace(/ies$/, 'y')
    .replace(/(?<!s)s$/, '');
}
