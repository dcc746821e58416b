import type { Stack } from '../../cli/stack/index.ts';
import { startOwnStack } from './own-stack.ts';
import { eventually, sandbox, stack } from './world.ts';

/** Parcels at the carriers of the sandbox, and their reports. */

/** A stack that asks about its parcels every second, whose carriers move them only when told to. */
export async function startParcelStack(env: Record<string, string> = {}): Promise<Stack> {
  const watching = { PARCEL_WATCH_INTERVAL_SECONDS: '1', SWEEP_INTERVAL_SECONDS: '2' };
  const own = await startOwnStack({ env: { ...watching, ...env } });
  await sandbox('kuaidi100', '/settings', { autoAdvance: false });
  return own;
}

/** Where a carrier's day is four seconds: an express parcel may be silent for five, and is asked about after one. */
export const FAST_DIVISOR = 17_280;
export const startFastParcelStack = (): Promise<Stack> =>
  startParcelStack({ PARCEL_TIME_DIVISOR: String(FAST_DIVISOR) });

export type Carrier = ReturnType<typeof carrierOf>;

/** What the carrier of a parcel does with it. */
export function carrierOf(trackingNo: string, carrier = 'shunfeng') {
  const path = `/parcels/${carrier}/${trackingNo}`;
  const move = (step: string, body: object = {}) => sandbox('kuaidi100', path + step, body);
  return {
    tells: (state: string, text: string) => move('/events', { state, text }),
    /** Tells everything again. */
    repeats: () => move('/notify'),
    faults: (faults: object) => sandbox('kuaidi100', '/faults', { ...faults, onlyOutTradeNo: trackingNo }),
    advance: (to: string) => move('/advance', { to }),
    /** Sets the parcel on a course. */
    course: (course: string) => move('/course', { course }),
    /** Moves it to the end of a course. */
    runs: async (course: string) => {
      await move('/course', { course });
      for (let steps = 0; steps < 12; steps++) await move('/advance').catch(() => undefined);
    },
    untilWatched: () =>
      eventually(async () => {
        const known = await sandbox<{ subscribed: boolean }>('kuaidi100', path, {}, 'GET').catch(() => null);
        return known?.subscribed;
      }, `${trackingNo} to be watched`),
  };
}

/** A report of a parcel as its carrier signs it, or, by `more`, as somebody else does. */
export const signReport = (trackingNo: string, more: object = {}) =>
  sandbox<{ body: string }>('kuaidi100', '/sign', { carrier: 'shunfeng', trackingNo, ...more });

/** Sends a report about a shipment; the status it is answered with. */
export async function postReport(shipmentNo: string, body: string): Promise<number> {
  const response = await fetch(`${stack().apiUrl}/v1/callbacks/kuaidi100/${shipmentNo}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body,
  });
  await response.arrayBuffer();
  return response.status;
}
