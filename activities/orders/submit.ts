import type { Database } from '../../db/client.ts';
import { CommitRefused, commitStep } from '../../db/commands/commit-step.ts';
import { contractsInForce, loadPaymentScope, loadStoredResult } from '../../db/queries/order-nodes.ts';
import { loadQuoteToSubmit } from '../../db/queries/quotes.ts';
import { noEffects, type Verdict } from '../../domain/order/effects.ts';
import type { OrderNode } from '../../domain/order/node.ts';
import { submitOrder } from '../../domain/order/steps/submit.ts';
import { type StepResult, viewOf } from '../../domain/order/view.ts';
import type { PricedBasket } from '../../domain/pricing/basket.ts';
import { orderRow } from './order-row.ts';

export interface SubmitRequest {
  orderNo: string;
  quoteId: string;
  buyerId: string;
  atMs: number;
}

/**
 * Makes the order of a quote (SB-2, SB-4): snapshot, reservation, locked coupons and frozen points, log row and
 * notices in one statement. A refusal creates nothing but its log row, so that it can be answered again.
 */
export async function submit(db: Database, request: SubmitRequest): Promise<StepResult> {
  const { orderNo, quoteId, buyerId } = request;
  const at = new Date(request.atMs);
  const quote = await loadQuoteToSubmit(db, quoteId, buyerId);
  if (!quote) return await refuseSubmit(db, request, 'quote_not_found');
  const contractOf = await contractsIfPaid(db, quote.basket, at);
  const { nodes, effects } = submitOrder({ orderNo, buyerId, basket: quote.basket, at, contractOf });
  const [root, ...children] = nodes as [OrderNode, ...OrderNode[]];
  const verdict: Verdict = { result: 'accepted' };
  const stored = { outcome: 'applied' as const, verdict, refundNos: [] };
  const input = { quoteId };
  try {
    await commitStep(db, {
      at,
      effects,
      newOrders: nodes.map((node) =>
        orderRow(node, {
          lines: node.kind === 'parent' ? nodes.flatMap((other) => other.lines) : node.lines,
          priceSteps: node.kind === 'child' ? [] : quote.basket.pricing.steps,
          region: quote.basket.region,
          sealedContact: quote.sealedContact,
          quoteId,
        }),
      ),
      newLines: nodes.flatMap((node) => node.lines.map((line) => ({ ...line, orderNo: node.orderNo }))),
      log: nodes.map((node) => ({
        orderNo: node.orderNo,
        stepKey: 'submit',
        action: 'submit',
        actor: `buyer:${buyerId}`,
        fromState: null,
        toState: node.state,
        version: node.version,
        input,
        result: stored,
        at,
      })),
    });
  } catch (error) {
    if (!(error instanceof CommitRefused)) throw error;
    if (error.reason === 'repeated') return await submittedBefore(db, orderNo);
    // A deadlock's victim, or a defect: the local activity is tried again.
    if (error.reason === 'stale' || error.reason === 'duplicate') throw error;
    return await refuseSubmit(db, request, error.reason);
  }
  return { ...stored, node: viewOf(root, children) };
}

/** Contracts are fixed at payment (FN-5): only an order with nothing to pay needs them now. */
function contractsIfPaid(db: Database, { pricing, shops }: PricedBasket, at: Date) {
  if (pricing.payableFen > 0n) return () => null;
  return contractsInForce(db, at, { merchantIds: shops.map((shop) => shop.merchantId) });
}

/** A refusal is an answer too: stored, so that the same order number is always refused for the same reason. */
async function refuseSubmit(
  db: Database,
  { orderNo, quoteId, buyerId, atMs }: SubmitRequest,
  code: string,
): Promise<StepResult> {
  const at = new Date(atMs);
  const verdict: Verdict = { result: 'refused', code, state: 'cancelled' };
  const result = { outcome: 'conflict' as const, verdict, refundNos: [] };
  try {
    await commitStep(db, {
      at,
      effects: noEffects(),
      log: [
        {
          orderNo,
          stepKey: 'submit',
          action: 'submit',
          actor: `buyer:${buyerId}`,
          fromState: null,
          toState: 'refused',
          version: 0,
          input: { quoteId },
          result,
          at,
        },
      ],
    });
  } catch (error) {
    if (error instanceof CommitRefused && error.reason === 'repeated')
      return await submittedBefore(db, orderNo);
    throw error;
  }
  return { ...result, node: null };
}

async function submittedBefore(db: Database, orderNo: string): Promise<StepResult> {
  const [stored, scope] = await Promise.all([
    loadStoredResult(db, orderNo, 'submit'),
    loadPaymentScope(db, orderNo),
  ]);
  return {
    ...(stored as unknown as StepResult),
    outcome: 'repeated',
    node: scope ? viewOf(scope.root, scope.leaves) : null,
  };
}
