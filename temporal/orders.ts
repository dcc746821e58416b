import { createHash } from 'node:crypto';
import {
  type Client,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
  type WorkflowStartOptions,
} from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { formatYuan } from '../domain/money.ts';
import type { StepResult } from '../domain/order/view.ts';
import type { afterSale } from '../workflows/after-sale/after-sale.ts';
import * as messages from '../workflows/order/messages.ts';
import type { order } from '../workflows/order/order.ts';
import type { refund } from '../workflows/refund/refund.ts';
import { searchAttributes } from '../workflows/shared/search-attributes.ts';

export interface OrderSummary {
  orderNo: string;
  buyerId: string;
  merchantId: string | null;
  payableFen: bigint;
  paymentDeadline: Date;
  state: string;
}

const SUBMIT_DEADLINE_MS = 5_000;
/** A provider waits five seconds for its acknowledgement; what is not sent by then is sent by the sweeper. */
const SIGNAL_DEADLINE_MS = 1_500;
const LOOK_DEADLINE_MS = 1_000;

/** Temporal did not answer. `code` is gRPC's UNAVAILABLE, which callers know as an outage. */
export class TemporalUnreachable extends Error {
  override readonly name = 'TemporalUnreachable';
  readonly code = 14;
}

/** Orders and refunds as Temporal knows them: the one place that starts and signals workflows from outside. */
export class OrderWorkflows {
  readonly #client: Client;
  readonly #taskQueue: string;
  readonly #withAttributes: boolean;

  constructor(client: Client, options: { taskQueue: string; searchAttributes: boolean }) {
    this.#client = client;
    this.#taskQueue = options.taskQueue;
    this.#withAttributes = options.searchAttributes;
  }

  /**
   * Update-with-Start: starts the order and awaits its submit's verdict for at most 5 s. `undefined` when there is no
   * answer in time; the order goes on and is found under its number. Sent again it awaits the same verdict. Throws
   * `TemporalUnreachable` when it is not known to have started: nothing was taken then (I5).
   */
  async submit(summary: OrderSummary, quoteId: string): Promise<StepResult | undefined> {
    const { orderNo, buyerId } = summary;
    const startWorkflowOperation = new WithStartWorkflowOperation<typeof order>('order', {
      ...this.#startOptions(summary),
      args: [{ orderNo, submit: { quoteId, buyerId } }],
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
    });
    try {
      return await this.#client.withDeadline(Date.now() + SUBMIT_DEADLINE_MS, () =>
        this.#client.workflow.executeUpdateWithStart(messages.submitted, {
          updateId: messages.SUBMIT_UPDATE_ID,
          startWorkflowOperation,
        }),
      );
    } catch (error) {
      // Ended already: whoever asks reads the stored verdict.
      if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
      if (!isTimeout(error)) throw error;
      if (await this.#isKnown(orderNo)) return undefined;
      throw new TemporalUnreachable(`order ${orderNo} is not known to have started`, { cause: error });
    }
  }

  /** Starts an order from its row; one that runs is left alone. */
  async startOrder(summary: OrderSummary): Promise<void> {
    await this.#client.workflow.start<typeof order>('order', {
      ...this.#startOptions(summary),
      args: [{ orderNo: summary.orderNo }],
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    });
  }

  async startRefund(refundNo: string): Promise<void> {
    await this.#client.workflow.start<typeof refund>('refund', {
      taskQueue: this.#taskQueue,
      workflowId: messages.refundWorkflowId(refundNo),
      args: [{ refundNo }],
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      staticSummary: `Refund ${refundNo}`,
    });
  }

  /** `absent` when no run of that order is open. */
  async signalOrder(orderNo: string, kind: string, inboxId: string): Promise<'sent' | 'absent'> {
    const signal = messages.SIGNAL_OF[kind as messages.MessageKind];
    if (!signal) throw new Error(`no signal for messages of kind ${kind}`);
    return await this.#ifOpen(() => this.#handle(orderNo).signal(signal, { inboxId }));
  }

  /** Starts a case from its row; one that runs is left alone. */
  async startCase(caseNo: string): Promise<void> {
    await this.#client.workflow.start<typeof afterSale>('afterSale', {
      taskQueue: this.#taskQueue,
      workflowId: messages.caseWorkflowId(caseNo),
      args: [{ caseNo }],
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      staticSummary: `After-sale case ${caseNo}`,
    });
  }

  /** Tells a case of what one of its sides did. `absent` when no run of it is open. */
  async signalCase(caseNo: string, inboxId: string): Promise<'sent' | 'absent'> {
    const handle = this.#client.workflow.getHandle(messages.caseWorkflowId(caseNo));
    return await this.#ifOpen(() => handle.signal(messages.caseCommanded, { inboxId }));
  }

  /** Starts a queued refund again; a run that is just ending hears of it in time to go on. */
  async retryRefund(refundNo: string): Promise<void> {
    await this.#client.workflow.signalWithStart<typeof refund, []>('refund', {
      taskQueue: this.#taskQueue,
      workflowId: messages.refundWorkflowId(refundNo),
      args: [{ refundNo }],
      signal: messages.refundChanged,
      staticSummary: `Refund ${refundNo}`,
    });
  }

  /** Makes a refund ask its provider now. `absent` when no run of it is open. */
  async signalRefund(refundNo: string): Promise<'sent' | 'absent'> {
    const refund = this.#client.workflow.getHandle(messages.refundWorkflowId(refundNo));
    return await this.#ifOpen(() => refund.signal(messages.refundChanged));
  }

  /** Tells an order that a hold was placed or released beside it. */
  async afterSaleChanged(orderNo: string): Promise<'sent' | 'absent'> {
    return await this.#ifOpen(() => this.#handle(orderNo).signal(messages.afterSaleChanged));
  }

  /** Whether a run of the order exists, as far as Temporal can be asked. */
  async #isKnown(orderNo: string): Promise<boolean> {
    try {
      await this.#client.withDeadline(Date.now() + LOOK_DEADLINE_MS, () => this.#handle(orderNo).describe());
      return true;
    } catch {
      return false;
    }
  }

  #handle(orderNo: string) {
    return this.#client.workflow.getHandle(messages.orderWorkflowId(orderNo));
  }

  async #ifOpen(send: () => Promise<void>): Promise<'sent' | 'absent'> {
    try {
      await this.#client.withDeadline(Date.now() + SIGNAL_DEADLINE_MS, send);
      return 'sent';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'absent';
      throw error;
    }
  }

  #startOptions({
    orderNo,
    buyerId,
    merchantId,
    payableFen,
    paymentDeadline,
    state,
  }: OrderSummary): Omit<WorkflowStartOptions<typeof order>, 'args'> {
    return {
      taskQueue: this.#taskQueue,
      workflowId: messages.orderWorkflowId(orderNo),
      workflowTaskTimeout: '5s',
      staticSummary: `Order ${orderNo}: CNY ${formatYuan(payableFen)}`,
      ...(this.#withAttributes
        ? {
            typedSearchAttributes: new TypedSearchAttributes([
              { key: searchAttributes.state, value: state },
              {
                key: searchAttributes.buyerHash,
                value: createHash('sha256').update(buyerId).digest('hex').slice(0, 16),
              },
              { key: searchAttributes.payableFen, value: Number(payableFen) },
              { key: searchAttributes.deadline, value: paymentDeadline },
              ...(merchantId ? [{ key: searchAttributes.merchant, value: merchantId }] : []),
            ]),
          }
        : {}),
    } as Omit<WorkflowStartOptions<typeof order>, 'args'>;
  }
}

function isTimeout(error: unknown): boolean {
  const { code, name, cause } = error as { code?: number; name?: string; cause?: { code?: number } };
  const DEADLINE_EXCEEDED = 4;
  const CANCELLED = 1;
  return (
    [code, cause?.code].some((c) => c === DEADLINE_EXCEEDED || c === CANCELLED) ||
    name === 'WorkflowUpdateRPCTimeoutOrCancelledError'
  );
}
