import { z } from 'zod';
import { Failure } from './failure.ts';

/** Parameters as Stripe's clients write them: `a[b]=1&list[0]=x&list[]=y`, in a form or in an address. */
export interface Params {
  [name: string]: string | Params;
}

const NAME = /^([^[\]]+)((?:\[[^[\]]*\])*)$/;

/** The nested parameters. Throws a Failure on a name that is broken or comes twice. */
export function parseParams(pairs: URLSearchParams): Params {
  const root: Params = Object.create(null);
  for (const [name, value] of pairs) {
    const match = NAME.exec(name);
    if (!match) throw invalid('parameter_unknown', name, `Received unknown parameter: ${name}`);
    const path = [
      match[1] ?? '',
      ...[...(match[2] ?? '').matchAll(/\[([^[\]]*)\]/g)].map(([, key]) => key ?? ''),
    ];
    place(root, path, name, value);
  }
  return root;
}

function place(root: Params, path: string[], name: string, value: string): void {
  let node = root;
  for (const [depth, key] of path.entries()) {
    // `list[]` means the next element.
    const at = key === '' ? String(Object.keys(node).length) : key;
    const there = node[at];
    if (depth === path.length - 1) {
      if (there !== undefined) throw invalid('parameter_invalid', name, `The parameter ${name} comes twice.`);
      node[at] = value;
      return;
    }
    if (typeof there === 'string') throw invalid('parameter_invalid', name, `Invalid hash: ${name}`);
    node = there ?? (node[at] = Object.create(null) as Params);
  }
}

/** The parameters by a schema. Throws a Failure that names the first wrong one. */
export function readParams<Output>(schema: z.ZodType<Output>, params: Params): Output {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (!issue) throw parsed.error;
  const name = bracketed(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const unknown = bracketed([...issue.path, issue.keys[0] ?? '']);
    throw invalid('parameter_unknown', unknown, `Received unknown parameter: ${unknown}`);
  }
  if (valueAt(params, issue.path) === undefined)
    throw invalid('parameter_missing', name, `Missing required param: ${name}.`);
  const code = issue.code === 'custom' ? issue.params?.code : undefined;
  throw invalid(typeof code === 'string' ? code : undefined, name, issue.message);
}

function invalid(code: string | undefined, param: string, message: string): Failure {
  return new Failure(400, message, { ...(code !== undefined && { code }), param });
}

function bracketed(path: readonly PropertyKey[]): string {
  return path.map((key, depth) => (depth === 0 ? String(key) : `[${String(key)}]`)).join('');
}

function valueAt(params: Params, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (node, key) => (node as Record<PropertyKey, unknown> | undefined)?.[key],
    params,
  );
}

/** A whole number, written in digits. */
export const integer = (min: number, max: number) =>
  z
    .string()
    .refine((text) => /^-?\d{1,15}$/.test(text), {
      error: 'Invalid integer',
      params: { code: 'parameter_invalid_integer' },
      abort: true,
    })
    .transform(Number)
    .refine((value) => value >= min, {
      error: `This value must be greater than or equal to ${min}.`,
      params: { code: 'parameter_invalid_integer' },
    })
    .refine((value) => value <= max, {
      error: `This value must be less than or equal to ${max}.`,
      params: { code: 'parameter_invalid_integer' },
    });

/** An amount in fen: at most eight digits. Source: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts. */
export const amount = integer(1, 99_999_999);

const texts = z.record(z.string(), z.string());
export const listOf = <Item extends z.ZodType<unknown, string>>(item: Item) =>
  texts.transform(Object.values<string>).pipe(z.array(item));

/** At most 50 pairs, names of 40 and values of 500 characters: https://docs.stripe.com/api/metadata. */
export const metadata = z
  .record(z.string().max(40), z.string().max(500))
  .refine((pairs) => Object.keys(pairs).length <= 50, { error: 'Metadata can have up to 50 keys.' });

/** `expand` where only these fields can be expanded. */
export const expand = <Field extends string>(...fields: [Field, ...Field[]]) =>
  listOf(z.enum(fields, { error: 'This property cannot be expanded.' })).default([]);

/** `limit` and `starting_after` of a list. */
export const paging = {
  limit: integer(1, 100).default(10),
  starting_after: z.string().optional(),
};
