import { randomInt, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Refusal } from '../shared/control.ts';
import type { Notifier } from '../shared/notifier.ts';
import type { Books, NewOrder } from './books.ts';
import { newTrackingNo, OWN_CHOICE } from './carriers.ts';
import type { QimenFaults } from './faults.ts';
import { confirmationContent, type NoticeContent, reportContent } from './notices.ts';
import {
  type DeliveryOrder,
  type End,
  ended,
  type Parcel,
  parcelsOf,
  processStatusOf,
  remaining,
  type Stage,
  stagesAhead,
} from './order.ts';

/** Reports that end a delivery order which has not left; REFUSE is the buyer's, of what has. */
const ENDING_REPORTS: Record<string, End> = {
  EXCEPTION: 'exception',
  REJECT: 'refused',
  CLOSED: 'closed',
  CANCELED: 'cancelled',
};

export interface AskedParcel {
  logisticsCode?: string | undefined;
  trackingNo?: string | undefined;
  weightGrams?: number | undefined;
  lines: { lineNo: string; quantity: number }[];
}

/** The rules of a delivery order's life, for the API, the page, the clock and the control API alike. All of it is told. */
export class Desk {
  readonly #books: Books;
  readonly #faults: QimenFaults;
  readonly #notifier: Notifier<NoticeContent>;
  readonly #notifyUrl: string;
  /** Told of every delivery order that was created or has moved. */
  onChange: (order: DeliveryOrder) => void = () => undefined;

  constructor(settings: {
    books: Books;
    faults: QimenFaults;
    notifier: Notifier<NoticeContent>;
    notifyUrl: string;
  }) {
    this.#books = settings.books;
    this.#faults = settings.faults;
    this.#notifier = settings.notifier;
    this.#notifyUrl = settings.notifyUrl;
  }

  /** Takes a delivery order, or finds it again when it is the same. */
  async create(request: NewOrder): Promise<DeliveryOrder> {
    const known = this.#books.find(request.shipmentNo);
    if (known) {
      const same = (Object.keys(request) as (keyof NewOrder)[]).every((field) =>
        isDeepStrictEqual(known[field], request[field]),
      );
      if (!same) throw new Refusal('order-exists', '订单已存在');
      return known;
    }
    const code = this.#faults.take('refusePush', request.shipmentNo);
    if (code) throw new Refusal(code, '仓库拒绝接单');
    const { order, onFile } = this.#books.create(request);
    await Promise.all([onFile, this.#report(order, processStatusOf('accepted'))]);
    this.onChange(order);
    return order;
  }

  /** The owner cancels. Throws a Refusal once something has left; the carrier may be asked to stop it then. */
  async cancel(order: DeliveryOrder): Promise<void> {
    const { shipmentNo } = order;
    if (this.#faults.take('pendingCancel', shipmentNo)) throw new Refusal('order-processing', '订单处理中');
    const shipped = new Refusal('order-shipped', '订单已出库');
    if (!ended(order) && this.#faults.take('refuseCancel', shipmentNo)) {
      await this.advance(order, 'handed_over');
      throw shipped;
    }
    if (order.handovers.length > 0) {
      const answer = this.#faults.take('tmsCancel', shipmentNo);
      if (answer) await this.#report(order, answer === 'succeeds' ? 'TMSCANCELED' : 'TMSCANCELFAILED');
      throw shipped;
    }
    if (order.stage !== 'cancelled') await this.#move(order, 'cancelled');
  }

  /** One step, or every one up to a stage. Throws a Refusal where that stage is not ahead. */
  async advance(order: DeliveryOrder, to: Stage | undefined = stagesAhead(order)[0]): Promise<void> {
    const ahead = stagesAhead(order);
    if (to === undefined || !ahead.includes(to))
      throw new Refusal('not-ahead', `${order.shipmentNo} is ${order.stage}`);
    for (const stage of ahead.slice(0, ahead.indexOf(to) + 1)) {
      if (this.#faults.take('exceptionAt', order.shipmentNo, (at) => at === stage))
        return this.#move(order, 'exception', '库内异常');
      if (stage === 'handed_over') await this.handOver(order);
      else await this.#move(order, stage);
      // Someone else may have ended it while this step was written.
      if (order.stage !== stage) return;
    }
  }

  /** Hands over these parcels, or one with all that remains. Throws a Refusal for more than remains. */
  async handOver(order: DeliveryOrder, asked?: readonly AskedParcel[]): Promise<void> {
    if (ended(order)) throw new Refusal('not-ahead', `${order.shipmentNo} is ${order.stage}`);
    const left = remaining(order);
    const parcels = (asked ?? [{ lines: left }]).map((parcel) => parcelOf(order, parcel, left));
    const complete = left.every(({ quantity }) => quantity === 0);
    const { handover, onFile } = this.#books.handOver(order, parcels, complete);
    await Promise.all([onFile, this.#tell(order, confirmationContent(order, handover))]);
    this.onChange(order);
  }

  /** Reports a status. One that ends a delivery order ends it in the books too, if it has not left. */
  async report(order: DeliveryOrder, processStatus: string, remark?: string): Promise<void> {
    const end = ENDING_REPORTS[processStatus];
    if (end && !ended(order) && parcelsOf(order).length === 0)
      await Promise.all([this.#books.move(order, end), this.#report(order, processStatus, remark)]);
    else await this.#report(order, processStatus, remark);
    this.onChange(order);
  }

  async #move(
    order: DeliveryOrder,
    stage: Exclude<Stage, 'handed_over'> | End,
    remark?: string,
  ): Promise<void> {
    const onFile = this.#books.move(order, stage);
    await Promise.all([onFile, this.#report(order, processStatusOf(stage), remark)]);
    this.onChange(order);
  }

  #report(order: DeliveryOrder, processStatus: string, remark?: string): Promise<void> {
    return this.#tell(order, reportContent(order, processStatus, remark));
  }

  #tell({ shipmentNo }: DeliveryOrder, content: NoticeContent): Promise<void> {
    return this.#notifier.tell({
      notifyId: randomUUID(),
      outTradeNo: shipmentNo,
      url: this.#notifyUrl,
      content,
    });
  }
}

/** Takes a parcel's lines out of what is left, and gives it what was not asked for. */
function parcelOf(order: DeliveryOrder, asked: AskedParcel, left: Parcel['lines']): Parcel {
  const chosen = order.logisticsCode === 'OTHER' ? OWN_CHOICE : order.logisticsCode;
  const { logisticsCode = chosen, weightGrams = randomInt(200, 5000) } = asked;
  const lines = asked.lines.map(({ lineNo, quantity }) => {
    const line = left.find((one) => one.lineNo === lineNo);
    if (!line || line.quantity < quantity)
      throw new Refusal('more-than-remains', `line ${lineNo}: ${line?.quantity ?? 0} remain`);
    line.quantity -= quantity;
    return { lineNo, itemCode: line.itemCode, quantity };
  });
  const trackingNo = asked.trackingNo ?? newTrackingNo(logisticsCode);
  return { logisticsCode, trackingNo, weightGrams, lines };
}
