import { randomUUID } from 'node:crypto';
import type { CaseCommand } from '../../domain/after-sale/case.ts';
import type { Database } from '../client.ts';
import { inbox } from '../schema/index.ts';

export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

/** A message that a report brought: to the order, or to one of its cases. */
export interface ParcelMessage {
  inboxId: string;
  orderNo: string;
  caseNo: string | null;
}

/** A carrier's message to a case; told again under its key it is none. */
export async function tellCase(
  tx: Transaction,
  message: { orderNo: string; caseNo: string; eventKey: string; command: CaseCommand; at: Date },
): Promise<ParcelMessage[]> {
  const { orderNo, caseNo, eventKey, command, at } = message;
  const rows = await tx
    .insert(inbox)
    .values({
      ...{ inboxId: randomUUID(), source: 'tracking', eventKey, bodyHash: '', orderNo },
      ...{ kind: 'case_commanded', actor: 'carrier', receivedAt: at },
      payload: { caseNo, command },
    })
    .onConflictDoNothing()
    .returning({ inboxId: inbox.inboxId });
  return rows.map(({ inboxId }) => ({ inboxId, orderNo, caseNo }));
}
