import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { textOf } from '../support/histories.ts';
import { historyFromText } from '../support/history-json.ts';
import { ADDRESS } from '../support/world.ts';

const histories = new URL('histories/', import.meta.url);
const recorded = readdirSync(histories, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.json'),
);

/** Every text in a history, payloads decoded. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [textOf({ data: value })];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}

/** Mobile and identity numbers of the mainland, standing alone. */
const NUMBERS = [/(?<!\d)1[3-9]\d{9}(?!\d)/, /(?<!\d)\d{17}[\dXx](?![\dA-Za-z])/];
const { region: _region, ...personal } = ADDRESS;

test('I7 the scan would find what it looks for', () => {
  const texts = textsOf({
    a: [{ data: Buffer.from(`{"to":"${ADDRESS.name}","tel":"${ADDRESS.phone}"}`) }],
  }).join('\n');
  expect(texts).toContain(ADDRESS.name);
  expect(texts).toMatch(NUMBERS[0] as RegExp);
});

for (const file of recorded) {
  test(`I7 no personal data is in ${file}`, () => {
    const texts = textsOf(historyFromText(readFileSync(new URL(file, histories), 'utf8'))).join('\n');
    // Decoded, or nothing could be found in it.
    expect(texts).toContain('json/plain');
    for (const value of Object.values(personal)) expect(texts).not.toContain(value);
    for (const pattern of NUMBERS) expect(texts).not.toMatch(pattern);
  });
}
