import { createRoute, z } from '@hono/zod-openapi';
import { type InboxRow, intake } from '../../../db/commands/inbox.ts';
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
const AT_ONCE = 16;
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
    const messages = new Map<string, Row>();
    await eachOf(good, async (row) => {
      const message = await send(deps, { merchantId: merchantId ?? '', sub }, row);
      messages.set(message.inboxId, row);
    });
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
 * A row as a message to its order: its key is what it says, so the same row twice is one message. One that was refused
 * before (the order was put on hold that very moment) and can be applied now is a new one.
 */
async function send(
  deps: Deps,
  { merchantId, sub }: { merchantId: string; sub: string },
  { orderNo, carrier, trackingNo }: Row,
): Promise<InboxRow> {
  const key = `${orderNo} ${carrier} ${trackingNo}`;
  for (let eventKey = key; ; ) {
    const { row } = await intake(deps.db, {
      source: `shipment file ${merchantId}`,
      eventKey,
      bodyHash: '',
      orderNo,
      kind: 'shipment_reported',
      actor: `merchant:${sub}`,
      payload: { carrier, trackingNo },
      receivedAt: deps.now(),
    });
    if (row.appliedAt === null) await signalQuietly(deps, row);
    if ((row.verdict as Verdict | null)?.result !== 'refused') return row;
    eventKey = `${key} after ${row.inboxId}`;
  }
}

/** The verdicts of all that were sent, asked for together; what has none in time is not among them. */
async function awaitVerdicts({ db }: Deps, inboxIds: readonly string[]): Promise<Map<string, Verdict>> {
  const verdicts = new Map<string, Verdict>();
  const until = Date.now() + WAIT_MS;
  for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 1.6, 500)) {
    const open = inboxIds.filter((inboxId) => !verdicts.has(inboxId));
    for (const [inboxId, verdict] of await inboxVerdicts(db, open))
      verdicts.set(inboxId, verdict as unknown as Verdict);
    if (verdicts.size === inboxIds.length || Date.now() > until) return verdicts;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** Works on all items, on a bounded number of them at a time. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
