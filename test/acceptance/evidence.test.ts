import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { eq } from 'drizzle-orm';
import { afterAll, expect, test } from 'vitest';
import type { ShopClient } from '../../cli/shop-client.ts';
import * as t from '../../db/schema/index.ts';
import { endCaseRow, fileOf, giveEvidence, givenCaseRow, sendEvidence } from '../support/evidence.ts';
import { anonymous, type Buyer, database, eventually, newBuyer, stack, staff } from '../support/world.ts';

/** RT-1, RT-3: evidence of after-sale cases. The cases are rows only. */

const MIB = 1024 * 1024;
interface Evidence {
  evidenceId: string;
  mediaType: string;
  bytes: number;
  givenBy: string;
  at: string;
}

const cases: string[] = [];
afterAll(() => Promise.all(cases.map(endCaseRow)));

async function givenCase(): Promise<{ buyer: Buyer; caseNo: string }> {
  const buyer = await newBuyer();
  const caseNo = await givenCaseRow(buyer);
  cases.push(caseNo);
  return { buyer, caseNo };
}

async function given(response: Response | Promise<Response>): Promise<Evidence> {
  const answer = (await (await response).json()) as Evidence;
  expect(answer).toHaveProperty('evidenceId');
  return answer;
}

async function refusal(response: Response | Promise<Response>): Promise<[number, string]> {
  const { status, code } = (await (await response).json()) as { status: number; code: string };
  return [status, code];
}

const look = (client: ShopClient, caseNo: string, evidenceId: string) =>
  client.raw('GET', `/after-sales/${caseNo}/evidence/${evidenceId}`);
const rowsOf = (caseNo: string) =>
  database().select().from(t.afterSaleEvidence).where(eq(t.afterSaleEvidence.caseNo, caseNo));
const folder = () => stack().env['EVIDENCE_DIR'] as string;
const kept = () => readdir(folder()).catch(() => []);

test.each([
  ['image/jpeg', 'jpg'],
  ['image/png', 'png'],
  ['image/webp', 'webp'],
  ['image/gif', 'gif'],
  ['video/mp4', 'mp4'],
  ['video/quicktime', 'mov'],
  ['video/webm', 'webm'],
] as const)(
  'RT-1 a file of %s is evidence, whatever it is called, and is read as it was sent',
  async (mediaType, extension) => {
    const { buyer, caseNo } = await givenCase();
    const file = fileOf(mediaType, 100_000);
    const response = await giveEvidence(buyer, caseNo, file, {
      name: '../../etc/passwd.html',
      type: 'text/html',
    });
    expect(response.status).toBe(201);
    const evidence = await given(response);
    expect(evidence).toEqual({
      evidenceId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      mediaType,
      bytes: file.length,
      givenBy: 'buyer',
      at: expect.any(String),
    });
    expect(await kept()).toContain(evidence.evidenceId);
    const seen = await look(buyer, caseNo, evidence.evidenceId);
    expect(seen.status).toBe(200);
    expect(Object.fromEntries(seen.headers)).toMatchObject({
      'content-type': mediaType,
      'content-length': String(file.length),
      'content-disposition': `attachment; filename="${evidence.evidenceId}.${extension}"`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'private',
    });
    expect(Buffer.from(await seen.arrayBuffer()).equals(file)).toBe(true);
  },
);

test('RT-1 a file that is no picture and no video is refused, whatever it says it is', async () => {
  const { buyer, caseNo } = await givenCase();
  const before = await kept();
  const files = [
    '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    '<!doctype html><script>alert(1)</script>',
    '%PDF-1.7',
    'PK\u0003\u0004',
    'MZ',
    'words',
    '',
  ];
  for (const text of files)
    expect(await refusal(giveEvidence(buyer, caseNo, Buffer.from(text), { type: 'image/png' }))).toEqual([
      415,
      'evidence_type',
    ]);
  expect(await rowsOf(caseNo)).toEqual([]);
  expect(await kept()).toEqual(before);
});

test('RT-1 a picture has at most 5 MiB, a video 30 MiB; what is larger leaves nothing', async () => {
  const { buyer, caseNo } = await givenCase();
  const before = await kept();
  for (const file of [
    fileOf('image/png', 5 * MIB + 1),
    fileOf('video/mp4', 30 * MIB + 1),
    fileOf('video/mp4', 40 * MIB),
  ]) {
    // The connection may be closed on who goes on sending before the answer is read.
    const refused = await refusal(giveEvidence(buyer, caseNo, file)).catch(() => 'closed');
    expect([[413, 'evidence_too_large'], 'closed']).toContainEqual(refused);
  }
  expect(await rowsOf(caseNo)).toEqual([]);
  expect(await kept()).toEqual(before);
  expect((await given(giveEvidence(buyer, caseNo, fileOf('image/png', 5 * MIB)))).bytes).toBe(5 * MIB);
  const video = fileOf('video/mp4', 30 * MIB);
  const { evidenceId } = await given(giveEvidence(buyer, caseNo, video));
  const seen = await (await look(buyer, caseNo, evidenceId)).arrayBuffer();
  expect(Buffer.from(seen).equals(video)).toBe(true);
});

test('RT-1 a body without a length is refused at the limit, and one that breaks off leaves nothing', async () => {
  const { buyer, caseNo } = await givenCase();
  const before = await kept();
  const head = Buffer.from('--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n');
  const headers = { 'content-type': 'multipart/form-data; boundary=b' };
  async function* endless() {
    yield Buffer.concat([head, fileOf('video/webm')]);
    for (let sent = 0; sent < 200; sent += 1) yield Buffer.alloc(MIB);
  }
  const refused = await sendEvidence(buyer, caseNo, ReadableStream.from(endless()), headers).then(
    (response) => refusal(response),
    // The connection is closed on who goes on sending.
    () => 'closed',
  );
  expect([[413, 'evidence_too_large'], 'closed']).toContainEqual(refused);
  async function* broken() {
    yield Buffer.concat([head, fileOf('image/png', MIB)]);
    await eventually(async () => (await kept()).some((name) => name.endsWith('.part')), 'the beginning');
    throw new Error('broken off');
  }
  await expect(sendEvidence(buyer, caseNo, ReadableStream.from(broken()), headers)).rejects.toThrow();
  await eventually(async () => (await kept()).length === before.length, 'the beginning to be removed');
  expect(await rowsOf(caseNo)).toEqual([]);
  for (const [body, more] of [
    ['{"file":1}', { 'content-type': 'application/json' }],
    [`--b\r\nContent-Disposition: form-data; name="photo"\r\n\r\nx\r\n--b--`, headers],
    [String(head), headers],
  ] as const)
    expect(await refusal(sendEvidence(buyer, caseNo, body, more))).toEqual([400, 'invalid_request']);
});

test('RT-1 RT-3 both sides and customer service give ten files each, also when they send them at once', async () => {
  const { buyer, caseNo } = await givenCase();
  const sides = { buyer, merchant: await staff('merchant1'), platform: await staff('customerService') };
  for (const [side, client] of Object.entries(sides)) {
    const answers = await Promise.all(
      Array.from({ length: 13 }, () => giveEvidence(client, caseNo, fileOf('image/png'))),
    );
    const taken = answers.filter(({ status }) => status === 201);
    expect(taken).toHaveLength(10);
    expect((await given(taken[0] as Response)).givenBy).toBe(side);
    for (const answer of answers.filter(({ status }) => status !== 201))
      expect(await refusal(answer)).toEqual([409, 'evidence_too_many']);
  }
  const rows = await rowsOf(caseNo);
  expect(rows).toHaveLength(30);
  expect(await kept()).toEqual(expect.arrayContaining(rows.map(({ evidenceId }) => evidenceId)));
});

test('RT-3 both sides and the platform see evidence, nobody else; only customer service gives any for the platform', async () => {
  const { buyer, caseNo } = await givenCase();
  const merchant = await staff('merchant1');
  const { evidenceId } = await given(giveEvidence(merchant, caseNo, fileOf('image/jpeg')));
  const [service, finance, operations] = [
    await staff('customerService'),
    await staff('finance'),
    await staff('operations'),
  ];
  for (const client of [buyer, merchant, service, finance, operations]) {
    const seen = await look(client, caseNo, evidenceId);
    expect(seen.status).toBe(200);
    await seen.arrayBuffer();
  }
  for (const client of [await newBuyer(), await staff('merchant2')]) {
    expect(await refusal(look(client, caseNo, evidenceId))).toEqual([404, 'not_found']);
    expect(await refusal(giveEvidence(client, caseNo, fileOf('image/jpeg')))).toEqual([404, 'not_found']);
  }
  for (const client of [finance, operations])
    expect(await refusal(giveEvidence(client, caseNo, fileOf('image/jpeg')))).toEqual([403, 'role_missing']);
  expect((await look(anonymous(), caseNo, evidenceId)).status).toBe(401);
  // Under another case there is no such evidence, not even for who sees both.
  const other = await givenCase();
  expect(await refusal(look(service, other.caseNo, evidenceId))).toEqual([404, 'not_found']);
  expect(await refusal(look(service, caseNo, randomUUID()))).toEqual([404, 'not_found']);
  expect(await refusal(look(service, caseNo, '..%2F..%2Fpasswd'))).toEqual([400, 'invalid_request']);
  expect(await rowsOf(caseNo)).toHaveLength(1);
});

test('RT-1 SB-6 the same file with the same key is one piece of evidence, also after the case; another file is refused', async () => {
  const { buyer, caseNo } = await givenCase();
  const [file, key] = [fileOf('image/png'), randomUUID()];
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => given(giveEvidence(buyer, caseNo, file, { key }))),
  );
  expect(new Set(answers.map(({ evidenceId }) => evidenceId)).size).toBe(1);
  expect(await refusal(giveEvidence(buyer, caseNo, fileOf('image/png'), { key }))).toEqual([
    422,
    'idempotency_key_reused',
  ]);
  await endCaseRow(caseNo);
  expect(await given(giveEvidence(buyer, caseNo, file, { key }))).toEqual(answers[0]);
  expect(await refusal(giveEvidence(buyer, caseNo, file))).toEqual([409, 'case_over']);
  const rows = await rowsOf(caseNo);
  expect(rows).toHaveLength(1);
  // The evidence stays to be seen, and nothing of the other requests stays.
  expect((await look(buyer, caseNo, rows[0]?.evidenceId as string)).status).toBe(200);
  const all = (await database().select().from(t.afterSaleEvidence)).map(({ evidenceId }) => evidenceId);
  expect((await kept()).sort()).toEqual(all.sort());
});

test('RT-1 the API answers others while twelve videos are sent at once', async () => {
  const { buyer, caseNo } = await givenCase();
  const merchant = await staff('merchant1');
  const chunk = Buffer.alloc(64 * 1024);
  const headers = { 'content-type': 'multipart/form-data; boundary=b' };
  async function* video() {
    yield Buffer.from('--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n');
    yield fileOf('video/mp4', chunk.length);
    for (let sent = 2 * chunk.length; sent <= 30 * MIB; sent += chunk.length) yield chunk;
    yield Buffer.from('\r\n--b--\r\n');
  }
  const upload = { isDone: false };
  const uploads = Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      sendEvidence(index % 2 ? buyer : merchant, caseNo, ReadableStream.from(video()), headers),
    ),
  ).finally(() => {
    upload.isDone = true;
  });
  const tookMs: number[] = [];
  while (!upload.isDone) {
    const began = performance.now();
    expect((await anonymous().raw('GET', '/items?limit=1')).status).toBe(200);
    tookMs.push(performance.now() - began);
  }
  expect((await uploads).map(({ status }) => status)).toEqual(Array(12).fill(201));
  expect(tookMs.length).toBeGreaterThan(10);
  const median = tookMs.sort((a, b) => a - b)[Math.floor(tookMs.length / 2)];
  expect(median).toBeLessThan(500);
});
