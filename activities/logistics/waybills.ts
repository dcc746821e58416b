import type { Logger } from 'pino';
import type { Database } from '../../db/client.ts';
import type { Privacy } from '../../db/commands/privacy.ts';
import {
  issueWaybill,
  noteUsedWaybills,
  voidWaybill,
  waybillAskedAgain,
  waybillUnanswered,
} from '../../db/commands/waybills.ts';
import { uselessWaybills, type WaybillRow, waybillsUnderWay } from '../../db/queries/waybills.ts';
import { NeighbourError } from '../../providers/neighbour-error.ts';
import type { WaybillService } from '../../providers/waybills/port.ts';

export interface WaybillRound {
  db: Database;
  privacy: Privacy;
  waybills: WaybillService;
  logger: Pick<Logger, 'warn' | 'error'>;
}

const BATCH = 50;
/** Longer than any call takes. */
const ASK_AGAIN_MS = 15_000;
/** For two days the service knows that the same number is the same waybill; well before that it is given up. */
const ASKED_FOR_MS = 86_400_000;

/**
 * One look at the waybills (FU-8): what a carrier did not answer is asked again, what left otherwise is noted, and what no
 * order can use any more is given back. All it knows is rows, so it may stop at any point and run twice.
 */
export async function watchWaybills(round: WaybillRound, now: Date): Promise<void> {
  const { db, privacy, waybills } = round;
  const giveBack = (row: WaybillRow) =>
    voidWaybill(db, row.waybillNo, (waybill) => waybills.void({ ...waybill, reason: '订单已取消' }), now);
  const issue = async (row: WaybillRow) =>
    row.createdAt.getTime() < now.getTime() - ASKED_FOR_MS
      ? await waybillUnanswered(db, row.waybillNo, now)
      : await issueWaybill(db, privacy, row, (consignment) => waybills.issue(consignment), now);
  for (const row of await waybillsUnderWay(db, new Date(now.getTime() - ASK_AGAIN_MS), BATCH)) {
    await waybillAskedAgain(db, row.waybillNo, now);
    await guarded(round, row, () => (row.state === 'voiding' ? giveBack(row) : issue(row)));
  }
  await noteUsedWaybills(db, now);
  for (const row of await uselessWaybills(db, BATCH)) await guarded(round, row, () => giveBack(row));
}

/** One bad waybill does not keep the others waiting. */
async function guarded({ logger }: WaybillRound, { waybillNo }: WaybillRow, look: () => Promise<unknown>) {
  try {
    await look();
  } catch (error) {
    const level = error instanceof NeighbourError ? 'warn' : 'error';
    logger[level]({ waybillNo, err: error }, 'a waybill could not be looked after');
  }
}
