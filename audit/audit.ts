import { readBooks } from './database.ts';
import { auditAcknowledged, auditEndings } from './endings.ts';
import type { Facts, Finding } from './facts.ts';
import { acceptedNotices, readCarrierWaybills, readDeliveries, readLedgers } from './ledgers.ts';
import { auditMoney, mismatchedTrades } from './money.ts';
import { auditOnce } from './once.ts';
import { auditOrders } from './orders.ts';
import { auditPieces } from './pieces.ts';
import { auditStock } from './stock.ts';
import { auditTurns } from './turns.ts';
import { auditWarehouses } from './warehouse.ts';
import { auditWaybills } from './waybills.ts';

export interface AuditReport {
  /** How many rows, trades, delivery orders and waybills were looked at. */
  checked: Record<keyof Facts, number>;
  findings: Finding[];
}

/** How many trades whose payment is not in our rows are asked about further, one call each. */
const MOST_NOTICES = 100;

/**
 * Compares the database with the providers', warehouses' and carriers' own books, sharing no code with the server or the
 * sandbox. At rest it finds nothing; while money moves the two are read at different moments and may differ, so callers look again.
 */
export async function audit({
  databaseUrl,
  sandboxUrl,
}: {
  databaseUrl: string;
  sandboxUrl: string;
}): Promise<AuditReport> {
  const [books, trades, deliveries, carrierWaybills] = await Promise.all([
    readBooks(databaseUrl),
    readLedgers(sandboxUrl),
    readDeliveries(sandboxUrl),
    readCarrierWaybills(sandboxUrl),
  ]);
  const facts: Facts = { ...books, trades, deliveries, carrierWaybills };
  const findings = check(facts);
  const unbooked = mismatchedTrades(facts).filter(
    ({ what, trade }) => what === 'was paid' && trade.paidFen > 0n,
  );
  for (const { trade } of unbooked.slice(0, MOST_NOTICES))
    findings.push(...auditAcknowledged(trade, await acceptedNotices(sandboxUrl, trade)));
  return { checked: countsOf(facts), findings };
}

/** Everything that can be said of the facts as they were read. */
export function check(facts: Facts): Finding[] {
  return [
    ...auditStock(facts),
    ...auditPieces(facts),
    ...auditWarehouses(facts),
    ...auditMoney(facts),
    ...auditOrders(facts),
    ...auditOnce(facts),
    ...auditWaybills(facts),
    ...auditEndings(facts),
    ...auditTurns(facts),
  ];
}

function countsOf(facts: Facts): AuditReport['checked'] {
  const counts = Object.entries(facts).map(([name, rows]) => [name, (rows as unknown[]).length]);
  return Object.fromEntries(counts) as AuditReport['checked'];
}
