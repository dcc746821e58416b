import type { CancellationState } from '../order/cancellation.ts';
import type { ShipmentStage } from './stages.ts';

interface Words {
  zh: string;
  en: string;
}

/** How far a shipment is, in words (FU-2). */
export const STAGE_WORDS: Record<ShipmentStage, Words> = {
  planned: { zh: '待通知仓库', en: 'the warehouse is being told' },
  pushing: { zh: '正在通知仓库', en: 'the warehouse is being told' },
  accepted: { zh: '仓库已接单', en: 'the warehouse took it' },
  picking: { zh: '仓库拣货中', en: 'being picked' },
  checked: { zh: '仓库已复核', en: 'checked' },
  packed: { zh: '已打包', en: 'packed' },
  weighed: { zh: '已称重，等待交接', en: 'weighed, waiting for the carrier' },
  handed_over: { zh: '已出库', en: 'left the warehouse' },
  refused: { zh: '仓库拒单', en: 'the warehouse does not send it' },
  cancelled: { zh: '已拦截', en: 'stopped' },
};

/** What came of a request to cancel a paid order (CN-3). */
export const CANCELLATION_WORDS: Record<CancellationState, Words> = {
  asking: {
    zh: '已暂停出库，正在确认能否拦截',
    en: 'outbound is paused; we are asking whether it can be stopped',
  },
  queued: {
    zh: '仓库尚未答复，客服正在核实',
    en: 'the warehouse has not answered; customer service is looking',
  },
  agreed: { zh: '已同意取消，款项原路退回', en: 'agreed; the money goes back the way it came' },
  partly_agreed: {
    zh: '部分商品已取消并退款，其余已出库或继续发货',
    en: 'agreed in part; the rest has left or goes on',
  },
  refused: { zh: '订单已经出库，无法取消', en: 'the order has left the warehouse' },
};
