import { randomBytes, randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import type { ShopClient } from '../../cli/shop-client.ts';
import { Privacy } from '../../db/commands/privacy.ts';
import * as t from '../../db/schema/index.ts';
import { type Buyer, database, stack } from './world.ts';

/** Cases as rows, and files to send. */

/** An open case of a buyer and merchant M1; it has a row only. */
export async function givenCaseRow(
  buyer: Buyer,
  more: Partial<typeof t.afterSales.$inferInsert> = {},
): Promise<string> {
  const caseNo = `EV${randomUUID().slice(0, 13)}`;
  const privacy = new Privacy(database(), stack().env['MASTER_KEY'] as string);
  const sealedWords = await privacy.sealText(buyer.sub, '壶嘴裂了');
  await database()
    .insert(t.afterSales)
    .values({
      ...{ caseNo, orderNo: caseNo, buyerId: buyer.sub, merchantId: 'M1', holdId: caseNo },
      ...{ kind: 'refund_only', reason: 'damaged', sealedWords, wasSigned: true },
      ...{ openedAt: new Date(), state: 'disputed', version: 1, ...more },
    });
  return caseNo;
}

export async function endCaseRow(caseNo: string): Promise<void> {
  await database()
    .update(t.afterSales)
    .set({ state: 'closed', endedAt: new Date() })
    .where(eq(t.afterSales.caseNo, caseNo));
}

/** The first bytes that make a file what it is, filled up with noise to a size. */
export function fileOf(start: keyof typeof STARTS | Buffer, bytes = 2000): Buffer<ArrayBuffer> {
  const head = typeof start === 'string' ? STARTS[start] : start;
  return Buffer.concat([head, randomBytes(Math.max(0, bytes - head.length))]);
}

const isoMedia = (brand: string) =>
  Buffer.concat([Buffer.from([0, 0, 0, 0x14]), Buffer.from(`ftyp${brand}\0\0\0\0${brand}`)]);

const STARTS = {
  'image/jpeg': Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex'),
  'image/png': Buffer.from(
    '89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000a49444154',
    'hex',
  ),
  'image/webp': Buffer.from('RIFF\x10\0\0\0WEBPVP8 ', 'latin1'),
  'image/gif': Buffer.from('GIF89a\x01\0\x01\0', 'latin1'),
  'video/mp4': isoMedia('isom'),
  'video/quicktime': isoMedia('qt  '),
  'video/webm': Buffer.from('1a45dfa39f4286810142f7810142f2810442f381084282847765626d42878104', 'hex'),
} as const;

export interface Sending {
  key?: string;
  /** What the sender says it is. */
  name?: string;
  type?: string;
  field?: string;
}

/** Sends a file as evidence of a case. */
export function giveEvidence(
  client: ShopClient,
  caseNo: string,
  file: Uint8Array<ArrayBuffer>,
  { key = randomUUID(), name = 'photo.jpg', type = 'image/jpeg', field = 'file' }: Sending = {},
): Promise<Response> {
  const body = new FormData();
  body.append('note', 'beside the file');
  body.append(field, new File([file], name, { type }));
  return sendEvidence(client, caseNo, body, { 'idempotency-key': key });
}

/** The same for any body. */
export function sendEvidence(
  client: ShopClient,
  caseNo: string,
  body: FormData | ReadableStream<Uint8Array> | string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${stack().apiUrl}/v1/after-sales/${caseNo}/evidence`, {
    method: 'POST',
    headers: { authorization: `Bearer ${client.token}`, 'idempotency-key': randomUUID(), ...headers },
    body,
    ...(body instanceof ReadableStream && { duplex: 'half' }),
  });
}
