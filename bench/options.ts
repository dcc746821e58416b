import { parseArgs } from 'node:util';

export interface Options {
  /** Interleaved runs of C3 and P1. */
  pairs: number;
  /** Orders of each run. */
  orders: number;
  /** Orders under way at a time in the closed loop. */
  concurrency: number;
  /** Orders of each other kind whose histories are counted. */
  kinds: number;
  /** Notifications of each run of P10. */
  callbacks: number;
  /** Rows of the file of shipments. */
  bulk: number;
  /** Cases that are opened, and how long the stack idles before and after. */
  cases: number;
  idleSeconds: number;
  /** How long each database calibration and the constant arrival rate last. */
  calibrationSeconds: number;
  rateSeconds: number;
  /** Where the results go; `.dingdan/bench/<timestamp>.json` when not given. */
  json: string | undefined;
}

/** Reads the command line. Throws, naming the flag, when one is not a positive number. */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      pairs: { type: 'string', default: '5' },
      orders: { type: 'string', default: '120' },
      concurrency: { type: 'string', default: '24' },
      kinds: { type: 'string', default: '8' },
      callbacks: { type: 'string', default: '3000' },
      bulk: { type: 'string', default: '10000' },
      cases: { type: 'string', default: '1000' },
      'idle-seconds': { type: 'string', default: '120' },
      'calibration-seconds': { type: 'string', default: '4' },
      'rate-seconds': { type: 'string', default: '45' },
      json: { type: 'string' },
    },
  });
  return {
    pairs: positive('pairs', values.pairs),
    orders: positive('orders', values.orders),
    concurrency: positive('concurrency', values.concurrency),
    kinds: positive('kinds', values.kinds),
    callbacks: positive('callbacks', values.callbacks),
    bulk: positive('bulk', values.bulk),
    cases: positive('cases', values.cases),
    idleSeconds: positive('idle-seconds', values['idle-seconds']),
    calibrationSeconds: positive('calibration-seconds', values['calibration-seconds']),
    rateSeconds: positive('rate-seconds', values['rate-seconds']),
    json: values.json,
  };
}

function positive(flag: string, value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${flag} must be a whole number above zero`);
  return number;
}
