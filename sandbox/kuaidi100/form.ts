import type { z } from 'zod';
import { refused } from './refusal.ts';

/** A field that came exactly once. */
export function only(form: URLSearchParams, name: string): string {
  const values = form.getAll(name);
  return values.length === 1 ? (values[0] ?? '') : '';
}

/** The JSON of a field. Throws a Refusal with this code that names what is wrong. */
export function parse<Output>(schema: z.ZodType<Output>, text: string, code: string): Output {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw refused(code, 'param');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw refused(code, parsed.error.issues[0]?.path.join('.') ?? 'param');
}
