import { randomUUID } from 'node:crypto';
import { asc, inArray } from 'drizzle-orm';
import { type Decision, noEffects, type Verdict } from '../../domain/order/effects.ts';
import type { OrderNode } from '../../domain/order/node.ts';
import { amendAddress as decideAmendment } from '../../domain/order/steps/amend-address.ts';
import type { Database } from '../client.ts';
import { newestAddress, versionsOfAmendment } from '../queries/order-addresses.ts';
import { requireNode } from '../queries/order-nodes.ts';
import { orderAddresses, orders, shipments } from '../schema/index.ts';
import { CommitRefused, commitStep } from './commit-step.ts';
import { claimKey, findKey, type IdempotencyKey } from './idempotency.ts';
import type { Contact, Privacy } from './privacy.ts';

export interface Amendment {
  key: IdempotencyKey;
  /** The leaves that go to the new address, those of them that still can. */
  leafNos: readonly string[];
  buyerId: string;
  actor: string;
  /** That of the orders: freight and deliverability were priced for it. */
  region: string;
  contact: Contact;
  at: Date;
}

/** `done` names the leaves that got a new version, by this request or by the same one before. */
export type AmendmentResult =
  | { result: 'done'; amended: { orderNo: string; addressVersion: number }[] }
  | { result: 'other_body' }
  | Extract<Verdict, { result: 'refused' }>;

const TRIES = 3;
const ADDRESS_FIELDS = ['name', 'phone', 'province', 'city', 'district', 'street'] as const;

/**
 * Gives leaves a new version of their address (FU-6), in one transaction: all of those that can still change, or it is
 * refused with `not_amendable` if none can. A leaf that has this address already keeps its version.
 *
 * Orders and then shipments are locked: a step or a push of a shipment comes before, and is seen here, or after, and
 * sees the new address.
 */
export async function amendAddress(
  db: Database,
  privacy: Privacy,
  amendment: Amendment,
): Promise<AmendmentResult> {
  // Before the transaction, which is to wait for no other connection: the buyer's key is at hand from here on.
  const sealedContact = await privacy.seal(amendment.buyerId, amendment.contact);
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction((tx) => amendLocked(tx, privacy, { ...amendment, sealedContact }));
    } catch (error) {
      if (attempt === TRIES || !isDeadlock(error)) throw error;
    }
  }
}

async function amendLocked(
  tx: Database,
  privacy: Privacy,
  amendment: Amendment & { sealedContact: Buffer },
): Promise<AmendmentResult> {
  const { key, leafNos, at } = amendment;
  const stagesOf = await lockLeaves(tx, leafNos);
  const claim = await findKey(tx, key);
  if (claim?.result === 'other_body') return claim;
  if (claim) return { result: 'done', amended: await versionsOfAmendment(tx, claim.ref, leafNos) };

  const changes: LeafChange[] = [];
  const refusals: Extract<Verdict, { result: 'refused' }>[] = [];
  for (const orderNo of leafNos) {
    const { leaf, version, fields } = await compare(tx, privacy, orderNo, amendment);
    const decision = decideAmendment(leaf, { version, stages: stagesOf(orderNo) }, at);
    if (decision.verdict.result === 'refused') refusals.push(decision.verdict);
    else changes.push({ leaf, version, fields, decision });
  }
  const [refusal] = refusals;
  if (changes.length === 0 && refusal) return refusal;

  const stepKey = `amend_address:${randomUUID()}`;
  const amended = changes.filter(({ fields }) => fields.length > 0);
  await claimKey(tx, key, stepKey, at);
  if (amended.length > 0) await write(tx, amendment, stepKey, amended);
  return {
    result: 'done',
    amended: amended.map(({ leaf, version }) => ({ orderNo: leaf.orderNo, addressVersion: version })),
  };
}

interface LeafChange {
  leaf: OrderNode;
  version: number;
  /** The names of what differs from the address before. */
  fields: string[];
  decision: Decision;
}

async function lockLeaves(tx: Database, leafNos: readonly string[]) {
  await tx
    .select({ orderNo: orders.orderNo })
    .from(orders)
    .where(inArray(orders.orderNo, [...leafNos]))
    .orderBy(asc(orders.orderNo))
    .for('no key update');
  const rows = await tx
    .select({ orderNo: shipments.orderNo, stage: shipments.stage })
    .from(shipments)
    .where(inArray(shipments.orderNo, [...leafNos]))
    .orderBy(asc(shipments.shipmentNo))
    .for('no key update');
  return (orderNo: string) => rows.filter((row) => row.orderNo === orderNo).map(({ stage }) => stage);
}

async function compare(
  tx: Database,
  privacy: Privacy,
  orderNo: string,
  { buyerId, contact }: Pick<Amendment, 'buyerId' | 'contact'>,
) {
  const leaf = await requireNode(tx, orderNo);
  const newest = await newestAddress(tx, orderNo);
  const before = newest && (await privacy.open(buyerId, newest.sealedContact));
  const fields = ADDRESS_FIELDS.filter((field) => before?.[field] !== contact[field]);
  return { leaf, version: (newest?.version ?? 0) + 1, fields };
}

async function write(
  tx: Database,
  { region, sealedContact, actor, at }: Amendment & { sealedContact: Buffer },
  stepKey: string,
  changes: readonly LeafChange[],
): Promise<void> {
  const address = { region, sealedContact, changedBy: actor, at };
  await tx
    .insert(orderAddresses)
    .values(changes.map(({ leaf, version }) => ({ orderNo: leaf.orderNo, version, ...address })));
  const effects = noEffects();
  for (const { decision } of changes) {
    effects.nodes.push(...decision.effects.nodes);
    effects.notices.push(...decision.effects.notices);
  }
  await commitStep(tx, {
    at,
    effects,
    log: changes.map(({ leaf, version, fields }) => ({
      ...{ orderNo: leaf.orderNo, stepKey, action: 'amend_address', actor, at },
      ...{ fromState: leaf.state, toState: leaf.state, version: leaf.version + 1 },
      input: { version, fields },
      result: { outcome: 'applied', verdict: { result: 'accepted' }, refundNos: [] },
    })),
  });
}

/** Steps write the order and its shipments in one statement, in an order of the database's choosing. */
function isDeadlock(error: unknown): boolean {
  if (error instanceof CommitRefused) return error.reason === 'stale';
  const { code } = ((error as { cause?: unknown }).cause ?? error) as { code?: unknown };
  return code === '40P01';
}
