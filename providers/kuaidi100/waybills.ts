import { z } from 'zod';
import type { Keys, Kuaidi100Keys, WaybillAccount } from '../../config/keys.ts';
import type { Carrier } from '../../domain/logistics/carriers.ts';
import type { Consignment, Party, WaybillRefusal, WaybillService } from '../waybills/port.ts';
import { Kuaidi100Api } from './api.ts';
import { refusal, unknownResult } from './errors.ts';
import { accountFields, callLabel, type LabelAnswer } from './labels.ts';

export interface Kuaidi100WaybillConfig {
  /** `https://api.kuaidi100.com/label/order`, or the sandbox's. */
  labelUrl: string;
  keys: Keys<Kuaidi100Keys>;
  /** How long a call may take before its result counts as unknown. */
  timeoutMs?: number;
}

/** Kuaidi100 asks the carrier and draws the label while we wait. */
const DEFAULT_TIMEOUT_MS = 8_000;
/** A short link to a label in HTML. */
const PRINT_TYPE = 'HTML';
const PAYMENT = 'MONTHLY';
const PRODUCT = '标准快递';

const issued = z.object({
  kuaidinum: z.string().trim().min(1),
  label: z.url({ protocol: /^https?$/ }),
  kdComOrderNum: z.string().nullish(),
});

/** Electronic waybills of all carriers from Kuaidi100 (电子面单 V2), under the merchants' own accounts (FU-8). */
export function createKuaidi100Waybills(config: Kuaidi100WaybillConfig): WaybillService {
  const { labelUrl, keys, timeoutMs = DEFAULT_TIMEOUT_MS } = config;
  const api = new Kuaidi100Api({ keys, timeoutMs });
  return {
    name: 'kuaidi100',
    serves: (merchantId, carrier) => accountOf(keys(), merchantId, carrier) !== null,
    async issue(consignment) {
      const { secret, account } = required(keys(), consignment);
      const param = { ...accountFields(account), ...orderFields(consignment, account.template) };
      const answer = await callLabel(api, labelUrl, 'order', { secret, param });
      const { sender, receiver } = consignment;
      if (answer.meaning === 'refused' || answer.meaning === 'absent')
        return refused(answer, account, [sender, receiver]);
      const parsed = issued.safeParse(answer.data);
      // The number is given out: asked again, Kuaidi100 answers it again.
      if (!parsed.success)
        throw unknownResult('label/order order', 'unverified_answer', 'the answer has no number or no label');
      const { kuaidinum: trackingNo, label, kdComOrderNum } = parsed.data;
      return {
        result: 'issued',
        trackingNo,
        labelUrl: label,
        carrierOrderNo: kdComOrderNum || null,
      };
    },
    async void(waybill) {
      const { secret, account } = required(keys(), waybill);
      const param = {
        ...accountFields(account),
        kuaidicom: waybill.carrier,
        kuaidinum: waybill.trackingNo,
        ...(waybill.carrierOrderNo !== null && { orderId: waybill.carrierOrderNo }),
        reason: waybill.reason,
      };
      const answer = await callLabel(api, labelUrl, 'cancel', { secret, param });
      // Assumed of `absent`: Kuaidi100 publishes no code for a waybill that is cancelled already, and no longer knows it.
      if (answer.meaning === 'done' || answer.meaning === 'absent') return { result: 'voided' };
      return refused(answer, account, []);
    },
  };
}

function orderFields(consignment: Consignment, template: string): object {
  const { weightGrams } = consignment;
  return {
    printType: PRINT_TYPE,
    kuaidicom: consignment.carrier,
    recMan: partyFields(consignment.receiver),
    sendMan: partyFields(consignment.sender),
    cargo: consignment.goods,
    count: 1,
    ...(weightGrams !== null && { weight: weightGrams / 1000 }),
    payType: PAYMENT,
    expType: PRODUCT,
    tempId: template,
    orderId: consignment.waybillNo,
    reorder: false,
    needSubscribe: false,
  };
}

/** Kuaidi100 takes a mobile number and any other in fields of their own. */
function partyFields({ name, phone, address }: Party): object {
  return { name, [/^1\d{10}$/.test(phone) ? 'mobile' : 'tel']: phone, printAddr: address };
}

/** A refusal as Kuaidi100 words it, without what is nobody's business who reads it. */
function refused(
  { code, message }: LabelAnswer,
  { partnerKey, partnerSecret }: WaybillAccount,
  parties: Party[],
): WaybillRefusal {
  const hidden = [
    ...[partnerKey, partnerSecret],
    ...parties.flatMap(({ phone, address }) => [address, phone]),
  ];
  const masked = hidden.reduce<string>((text, part) => (part ? text.replaceAll(part, '***') : text), message);
  return { result: 'refused', code, message: masked };
}

function accountOf(
  { waybills }: Kuaidi100Keys,
  merchantId: string,
  carrier: Carrier,
): { secret: string; account: WaybillAccount } | null {
  const { secret, accounts = {} } = waybills ?? {};
  const own = Object.hasOwn(accounts, merchantId) ? accounts[merchantId] : undefined;
  const account = own && Object.hasOwn(own, carrier) ? own[carrier] : undefined;
  return secret !== undefined && account ? { secret, account } : null;
}

/** As `accountOf`; one that was taken out of the keys meanwhile is put back by us, and the call serves then. */
function required(keys: Kuaidi100Keys, asker: { merchantId: string; carrier: Carrier }) {
  const found = accountOf(keys, asker.merchantId, asker.carrier);
  if (found) return found;
  throw refusal('label/order', 'no_account', `${asker.merchantId} has none at ${asker.carrier}`, true);
}
