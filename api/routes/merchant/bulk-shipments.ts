import { createRoute, z } from '@hono/zod-openapi';
import type { InboxRow } from '../../../db/commands/inbox.ts';
import { intakeBatch } from '../../../db/commands/inbox-batch.ts';
import { inboxVerdicts, loadShippable } from '../../../db/queries/shipping.ts';
import { CARRIERS, type Carrier, isValidTrackingNo } from '../../../domain/logistics/carriers.ts';
import type { Verdict } from '../../../domain/order/effects.ts';
import { isOrderNo } from '../../../domain/order/order-no.ts';
import { requireRole } from '../../auth/middleware.ts';
import { signalQuietly } from '../../commands.ts';
import type { App, Deps } from '../../context.ts';
import { Problem, problemOf } from '../../errors.ts';
import { bearer, idempotencyHeader, json, problems } from '../../schemas.ts';
import { type FileRow, readShipmentFile } from './shipment-file.ts';

/** Under `/v1`; the one path that takes a body of more than the usual size. */
export const BULK_SHIPMENTS_PATH = '/merchant/shipments';
/** Orders that were told of their shipment and have not applied it yet: more would keep other orders from the worker. */
const UNDER_WAY = 48;
/** An order that takes longer, its signal perhaps lost, is left to the sweeper. */
const APPLIED_WITHIN_MS = 10_000;
const LOOK_MS = 50;
const ASKED_AHEAD = 200;
/** How long the answer waits for verdicts; callers and proxies give up after about a minute. */
const WAIT_MS = 30_000;

const route = createRoute({
  method: 'post',
  path: BULK_SHIPMENTS_PATH,
  tags: ['Merchant'],
  security: bearer,
  middleware: [requireRole('merchant')],
  summary: 'Enter carriers and tracking numbers of many orders by a CSV file (FU-3)',
  request: {
    headers: idempotencyHeader,
    body: {
      required: true as const,
      content: {
        'text/csv': {
          schema: z.string().openapi({
            description:
              'UTF-8, at most 10,000 rows and 2 MiB. Every row is judged alone, and the same row again changes nothing, whatever the Idempotency-Key.',
            example: 'order_no,carrier,tracking_no\n260301120506K3V9Q0ZM4,shunfeng,SF1234567890123\n',
          }),
        },
      },
    },
  },
  responses: {
    200: json(
      z
        .object({
          accepted: z.number().int(),
          pending: z.number().int().openapi({
            description:
              'Taken, but not applied yet; send the file again in a moment to see what became of them',
          }),
          rejected: z.array(
            z.object({
              line: z.number().int().openapi({ description: 'The header’s is 1' }),
              orderNo: z.string(),
              code: z.string(),
              message: z.string(),
            }),
          ),
        })
        .openapi('BulkShipments'),
      'What became of the rows',
    ),
    ...problems,
  },
});

interface Row {
  line: number;
  orderNo: string;
  carrier: Carrier;
  trackingNo: string;
}
interface Rejection {
  line: number;
  orderNo: string;
  code: string;
  message: string;
}

export function registerBulkShipments(app: App, deps: Deps): void {
  app.openapi(route, async (c) => {
    if (!/^text\/csv\b/i.test(c.req.header('content-type') ?? ''))
      throw new Problem('invalid_request', 'Send the file with content-type text/csv.');
    const { merchantId, sub } = c.get('principal');
    const file = await readShipmentFile(c.req.raw.body);
    const { good, rejected } = await judge(deps, merchantId ?? '', file);
    const { messages, fresh } = await take(deps, { merchantId: merchantId ?? '', sub }, good);
    // Goes on after the answer: the rows are durable, and what is not told here is told by the sweeper.
    tell(deps, fresh).catch((error) => deps.logger.warn({ err: error }, 'a file is left to the sweeper'));
    const verdicts = await awaitVerdicts(deps, [...messages.keys()]);
    for (const [inboxId, row] of messages) {
      const verdict = verdicts.get(inboxId);
      if (verdict?.result === 'refused') rejected.push(rejection(row, verdict.code));
    }
    rejected.sort((a, b) => a.line - b.line);
    const pending = messages.size - verdicts.size;
    return c.json({ accepted: file.length - pending - rejected.length, pending, rejected }, 200);
  });
}

/** Which rows are to be shipped, and what is wrong with others; what is shipped as its row says is neither. */
async function judge({ db }: Deps, merchantId: string, file: readonly FileRow[]) {
  const named = file.flatMap(({ fields }) => (fields && isOrderNo(fields.orderNo) ? [fields.orderNo] : []));
  const orders = await loadShippable(db, merchantId, [...new Set(named)]);
  const firstLines = new Map<string, number>();
  const good: Row[] = [];
  const rejected: Rejection[] = [];
  for (const { line, fields } of file) {
    if (!fields) {
      const message = 'The row has not exactly the three fields of the header.';
      rejected.push({ line, orderNo: '', code: 'invalid_row', message });
      continue;
    }
    const { orderNo, carrier, trackingNo } = fields;
    const first = firstLines.get(orderNo);
    firstLines.set(orderNo, first ?? line);
    const order = orders.get(orderNo);
    if (first !== undefined) {
      const message = `The order is in line ${first} already; only that line counts.`;
      rejected.push({ line, orderNo, code: 'duplicate_order', message });
    } else if (!order) rejected.push(rejection({ line, orderNo }, 'not_found'));
    else if (!isCarrier(carrier)) {
      const message = `The carrier is to be one of ${CARRIERS.join(', ')}.`;
      rejected.push({ line, orderNo, code: 'unknown_carrier', message });
    } else if (!isValidTrackingNo(carrier, trackingNo))
      rejected.push(rejection({ line, orderNo }, 'invalid_tracking_no'));
    else if (order.shipments.some((each) => each.carrier === carrier && each.trackingNo === trackingNo))
      continue;
    else if (order.state !== 'awaiting_shipment')
      rejected.push(rejection({ line, orderNo }, 'not_awaiting_shipment'));
    else if (order.review !== 'confirmed') rejected.push(rejection({ line, orderNo }, 'not_reviewed'));
    else good.push({ line, orderNo, carrier, trackingNo });
  }
  return { good, rejected };
}

function isCarrier(text: string): text is Carrier {
  return (CARRIERS as readonly string[]).includes(text);
}

function rejection({ line, orderNo }: Pick<Row, 'line' | 'orderNo'>, code: string): Rejection {
  return { line, orderNo, code, message: problemOf(code).message };
}

/**
 * Rows as messages to their orders, all of them durable when it returns: the key is what a row says, so the same row
 * twice is one message. One that was refused before (the order was put on hold that very moment) and can be applied now
 * is a new one. `fresh` are those that nobody has told the orders of.
 */
async function take(
  deps: Deps,
  { merchantId, sub }: { merchantId: string; sub: string },
  rows: readonly Row[],
): Promise<{ messages: Map<string, Row>; fresh: InboxRow[] }> {
  const head = {
    source: `shipment file ${merchantId}`,
    kind: 'shipment_reported',
    actor: `merchant:${sub}`,
    receivedAt: deps.now(),
  };
  const messages = new Map<string, Row>();
  const fresh: InboxRow[] = [];
  let open = rows.map((row) => ({ row, eventKey: keyOf(row) }));
  while (open.length > 0) {
    const taken = await intakeBatch(
      deps.db,
      head,
      open.map(({ row: { orderNo, carrier, trackingNo }, eventKey }) => ({
        ...{ orderNo, eventKey, payload: { carrier, trackingNo } },
      })),
    );
    const refused: typeof open = [];
    for (const [index, { row: message, isNew }] of taken.entries()) {
      const { row } = open[index] as (typeof open)[number];
      if ((message.verdict as Verdict | null)?.result === 'refused')
        refused.push({ row, eventKey: `${keyOf(row)} after ${message.inboxId}` });
      else messages.set(message.inboxId, row);
      if (isNew) fresh.push(message);
    }
    open = refused;
  }
  return { messages, fresh };
}

function keyOf({ orderNo, carrier, trackingNo }: Row): string {
  return `${orderNo} ${carrier} ${trackingNo}`;
}

/**
 * The verdicts of all that were taken; what has none in time is not among them. Orders are told in the order of the
 * rows, so until the time is over only the first that are open are asked for.
 */
async function awaitVerdicts({ db }: Deps, inboxIds: readonly string[]): Promise<Map<string, Verdict>> {
  const verdicts = new Map<string, Verdict>();
  const until = Date.now() + WAIT_MS;
  for (let pauseMs = 20; ; ) {
    const isLast = Date.now() > until;
    const open = inboxIds.filter((inboxId) => !verdicts.has(inboxId));
    const asked = isLast ? open : open.slice(0, ASKED_AHEAD);
    const found = await inboxVerdicts(db, asked);
    for (const [inboxId, verdict] of found) verdicts.set(inboxId, verdict as unknown as Verdict);
    if (isLast || verdicts.size === inboxIds.length) return verdicts;
    if (found.size === asked.length) continue;
    await pause(pauseMs);
    pauseMs = Math.min(pauseMs * 1.6, 500);
  }
}

/** Tells orders of their shipments, always as many as apply them: what else the worker has to do goes on beside it. */
async function tell(deps: Deps, messages: readonly InboxRow[]): Promise<void> {
  const underWay = new Map<string, number>();
  for (let next = 0; next < messages.length; ) {
    const batch = messages.slice(next, next + UNDER_WAY - underWay.size);
    next += batch.length;
    await Promise.all(batch.map((message) => signalQuietly(deps, message)));
    const now = Date.now();
    for (const { inboxId } of batch) underWay.set(inboxId, now);
    await pause(LOOK_MS);
    for (const inboxId of (await inboxVerdicts(deps.db, [...underWay.keys()])).keys())
      underWay.delete(inboxId);
    for (const [inboxId, since] of underWay)
      if (since < Date.now() - APPLIED_WITHIN_MS) underWay.delete(inboxId);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
