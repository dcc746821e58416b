import { type Facts, type Finding, type Trade, tradeKey } from './facts.ts';

type EndingFacts = Pick<Facts, 'inbox' | 'refunds' | 'workItems' | 'trades' | 'payments'>;

/** How long a message may be without a verdict: several rounds of whatever delivers it again. */
export const INBOX_PATIENCE_MS = 60_000;

const finding = (subject: string, problem: string): Finding => ({ invariant: 'I5', subject, problem });

/** I5: whatever was acknowledged ends in a final state, or with a person who knows by when. */
export function auditEndings({ inbox, refunds, workItems, trades, payments }: EndingFacts): Finding[] {
  const openItems = new Set(workItems.filter(({ open }) => open).map(({ workItemId }) => workItemId));
  const providerOf = new Map(payments.map(({ outTradeNo, provider }) => [outTradeNo, provider]));
  const known = new Map(
    trades.flatMap(({ refunds }) => refunds.map(({ refundNo, done }) => [refundNo, done] as const)),
  );
  const unread = inbox.filter(({ applied, ageMs }) => !applied && ageMs > INBOX_PATIENCE_MS);
  const nobodys = workItems.filter(
    ({ open, ownerRole, dueAt }) => open && (ownerRole === '' || dueAt === null),
  );
  const lost = refunds.filter(
    ({ state, refundNo }) => state === 'queued' && !openItems.has(`refund-${refundNo}`),
  );
  const moving = refunds.filter(({ state }) => state !== 'succeeded' && state !== 'queued');
  return [
    ...unread.map(({ inboxId, kind, orderNo, ageMs }) =>
      finding(
        `message ${inboxId}`,
        `${kind} of order ${orderNo} is without a verdict for ${Math.round(ageMs / 1000)} s`,
      ),
    ),
    ...moving.map(({ refundNo, outTradeNo, state }) => {
      const done = known.get(refundNo);
      const there = done === undefined ? 'does not know it' : done ? 'has made it' : 'has it under way';
      return finding(`refund ${refundNo}`, `it is ${state}; ${providerOf.get(outTradeNo)} ${there}`);
    }),
    ...lost.map(({ refundNo }) =>
      finding(`refund ${refundNo}`, 'it is with a person, and no open work item says so'),
    ),
    ...nobodys.map(({ workItemId }) =>
      finding(`work item ${workItemId}`, 'it is open without an owner or a due time'),
    ),
  ];
}

/** Notifications that we answered as taken about a trade whose money our rows do not have. */
export function auditAcknowledged({ provider, outTradeNo }: Trade, accepted: readonly string[]): Finding[] {
  if (accepted.length === 0) return [];
  const subject = `trade ${tradeKey(provider, outTradeNo)}`;
  return [finding(subject, `its money is not in our rows, though we acknowledged ${accepted.join(', ')}`)];
}
