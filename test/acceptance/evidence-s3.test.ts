import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ShopClient } from '../../cli/shop-client.ts';
import type { Stack } from '../../cli/stack/index.ts';
import * as t from '../../db/schema/index.ts';
import { fileOf, giveEvidence, givenCaseRow, sendEvidence } from '../support/evidence.ts';
import { startOwnStack } from '../support/own-stack.ts';
import { type Buyer, database, eventually, newBuyer, sandbox, stack, staff } from '../support/world.ts';

/** RT-1, RT-3: evidence in an S3 bucket. It is chosen by the environment, so it has a stack of its own. */

const MIB = 1024 * 1024;

let own: Stack;
beforeAll(async () => {
  own = await startOwnStack({ env: { S3_BUCKET: 'evidence' } });
}, 300_000);
afterAll(() => own.stop());

async function givenCase(): Promise<{ buyer: Buyer; caseNo: string }> {
  const buyer = await newBuyer();
  return { buyer, caseNo: await givenCaseRow(buyer) };
}

interface Bucket {
  objects: { key: string; bytes: number; mediaType: string; parts: number }[];
  uploads: { key: string }[];
}
const bucket = async (): Promise<Bucket> => ({
  ...(await sandbox<Bucket>('s3', '/objects', undefined, 'GET')),
  ...(await sandbox<Bucket>('s3', '/uploads', undefined, 'GET')),
});
const rowsOf = (caseNo: string) =>
  database().select().from(t.afterSaleEvidence).where(eq(t.afterSaleEvidence.caseNo, caseNo));
const look = (client: ShopClient, caseNo: string, evidenceId: string) =>
  client.raw('GET', `/after-sales/${caseNo}/evidence/${evidenceId}`);
const idOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { evidenceId: string }).evidenceId;

test('RT-1 RT-3 pictures and videos lie in the bucket with their types, and both sides read them as they were sent', async () => {
  const { buyer, caseNo } = await givenCase();
  const merchant = await staff('merchant1');
  const [picture, video] = [fileOf('image/png', 100_000), fileOf('video/mp4', 30 * MIB)];
  const pictureId = await idOf(await giveEvidence(buyer, caseNo, picture));
  const videoId = await idOf(await giveEvidence(merchant, caseNo, video));
  const { objects, uploads } = await bucket();
  expect(objects).toMatchObject([
    { key: `evidence/${pictureId}`, bytes: picture.length, mediaType: 'image/png', parts: 1 },
    { key: `evidence/${videoId}`, bytes: video.length, mediaType: 'video/mp4', parts: 6 },
  ]);
  expect(uploads).toEqual([]);
  expect(existsSync(stack().env['EVIDENCE_DIR'] as string)).toBe(false);
  for (const [client, id, file, type] of [
    [merchant, pictureId, picture, 'image/png'],
    [buyer, videoId, video, 'video/mp4'],
  ] as const) {
    const seen = await look(client, caseNo, id);
    expect([seen.status, seen.headers.get('content-type')]).toEqual([200, type]);
    expect(Buffer.from(await seen.arrayBuffer()).equals(file)).toBe(true);
  }
  expect((await look(await newBuyer(), caseNo, pictureId)).status).toBe(404);
});

test('RT-1 what is too large, is no picture or breaks off leaves nothing in the bucket', async () => {
  const { buyer, caseNo } = await givenCase();
  const before = await bucket();
  expect((await giveEvidence(buyer, caseNo, Buffer.from('%PDF-1.7'))).status).toBe(415);
  async function* broken() {
    yield Buffer.from('--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n');
    yield fileOf('video/webm', 12 * MIB);
    await eventually(async () => (await bucket()).uploads.length > 0, 'the beginning');
    throw new Error('broken off');
  }
  const headers = { 'content-type': 'multipart/form-data; boundary=b' };
  await expect(sendEvidence(buyer, caseNo, ReadableStream.from(broken()), headers)).rejects.toThrow();
  await eventually(async () => (await bucket()).uploads.length === 0, 'the beginning to be removed');
  // The connection may be closed on who goes on sending before the answer is read.
  const refused = await giveEvidence(buyer, caseNo, fileOf('video/mp4', 30 * MIB + 1)).then(
    ({ status }) => status,
    () => 'closed',
  );
  expect([413, 'closed']).toContain(refused);
  expect(await bucket()).toEqual(before);
  expect(await rowsOf(caseNo)).toEqual([]);
});

test('RT-1 SB-6 while the store fails the answer is 503, and the same key succeeds afterwards', async () => {
  const { buyer, caseNo } = await givenCase();
  const [file, key] = [fileOf('image/jpeg', 50_000), randomUUID()];
  await sandbox('s3', '/faults', { refuse: { operations: ['put'], code: 'InternalError' } });
  const refused = await giveEvidence(buyer, caseNo, file, { key });
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([503, 'busy']);
  expect(await rowsOf(caseNo)).toEqual([]);
  await sandbox('s3', '/faults', undefined, 'DELETE');
  const evidenceId = await idOf(await giveEvidence(buyer, caseNo, file, { key }));
  await sandbox('s3', '/faults', { refuse: { operations: ['get'], code: 'SlowDown' } });
  expect((await look(buyer, caseNo, evidenceId)).status).toBe(503);
  await sandbox('s3', '/faults', undefined, 'DELETE');
  expect((await look(buyer, caseNo, evidenceId)).status).toBe(200);
});

test('RT-1 the store’s keys change while the system runs, and no log has them', async () => {
  const { buyer, caseNo } = await givenCase();
  const file = stack().env['S3_KEYS'] as string;
  const old = JSON.parse(readFileSync(file, 'utf8')) as { accessKeyId: string; secretAccessKey: string };
  const next = { accessKeyId: 'AKIANEXT', secretAccessKey: 'the-next-secret-key' };
  await sandbox('s3', '/keys', next);
  expect((await giveEvidence(buyer, caseNo, fileOf('image/gif'))).status).toBe(503);
  writeFileSync(`${file}.next`, JSON.stringify(next), { mode: 0o600 });
  renameSync(`${file}.next`, file);
  await eventually(
    async () => (await giveEvidence(buyer, caseNo, fileOf('image/gif'))).status === 201,
    'the new keys to be used',
  );
  const log = readFileSync(own.process('api').logFile, 'utf8');
  expect(log).toContain('InvalidAccessKeyId');
  for (const secret of [...Object.values(old), ...Object.values(next)]) expect(log).not.toContain(secret);
});
