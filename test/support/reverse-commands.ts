import type { Side } from './case-player.ts';
import type { Dice } from './dice.ts';
import { EVENTS, type EventName, MOSTLY } from './fulfilment-walk.ts';
import type { Player } from './reverse-player.ts';

/** What somebody can do: who, how often beside the others, and how; whether it had an effect. */
interface Command {
  by: Side | 'finance' | 'carrier' | 'warehouse' | 'clock' | 'anybody';
  often: number;
  /** Nothing comes of it once all has left. */
  isEarly?: boolean;
  act: (player: Player, dice: Dice) => boolean;
}

/** Everything that can happen after a tree was paid; what is added here is drawn, counted and checked like the rest. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  apply: { by: 'buyer', often: 6, act: (player, dice) => player.apply(dice) },
  buyerActs: { by: 'buyer', often: 4, act: (player, dice) => player.act('buyer', dice) },
  receive: { by: 'buyer', often: 1, act: (player) => player.receive('buyer') },
  extend: { by: 'buyer', often: 1, act: (player) => player.extend() },
  merchantActs: { by: 'merchant', often: 6, act: (player, dice) => player.act('merchant', dice) },
  platformDecides: { by: 'platform', often: 2, act: (player, dice) => player.act('platform', dice) },
  bringBack: { by: 'buyer', often: 4, act: (player, dice) => player.bringBack(dice) },
  payDifference: { by: 'buyer', often: 2, act: (player, dice) => player.payDifference(dice) },
  leaveUnpaid: { by: 'buyer', often: 1, act: (player, dice) => player.leaveUnpaid(dice) },
  choose: { by: 'buyer', often: 2, act: (player, dice) => player.choose(dice) },
  merchantGives: { by: 'merchant', often: 1, act: (player, dice) => player.give('merchant', dice) },
  platformGives: { by: 'platform', often: 1, act: (player, dice) => player.give('platform', dice) },
  refundAll: { by: 'finance', often: 1, act: (player, dice) => player.refundAll(dice) },
  sign: { by: 'carrier', often: 2, act: (player, dice) => player.sign(dice) },
  refuseAtDoor: { by: 'carrier', often: 3, act: (player, dice) => player.refuseAtDoor(dice) },
  intercept: { by: 'carrier', often: 4, act: (player, dice) => player.intercept(dice) },
  returnSigned: { by: 'carrier', often: 1, act: (player, dice) => player.returnSigned(dice) },
  alarm: { by: 'carrier', often: 1, act: (player, dice) => player.alarm(dice) },
  alarmOver: { by: 'carrier', often: 1, act: (player, dice) => player.alarmOver(dice) },
  sendAll: { by: 'warehouse', often: 2, act: (player, dice) => player.sendAll(dice) },
  timeOver: { by: 'clock', often: 3, act: (player, dice) => player.timeOver(dice) },
  autoReceive: { by: 'clock', often: 1, act: (player) => player.receive('auto') },
  meddle: { by: 'anybody', often: 2, act: (player, dice) => player.meddle(dice) },
  cancelTooLate: { by: 'buyer', often: 3, isEarly: true, act: ({ walk }) => walk.cancelTooLate() },
  ...Object.fromEntries(EVENTS.map((what) => [what, fulfilment(what)])),
};

/** What can happen until all has left. */
function fulfilment(what: EventName): Command {
  const act = ({ walk }: Player, dice: Dice) => walk[what](dice);
  if (what === 'goodwill') return { by: 'finance', often: 1, act };
  const often = (MOSTLY as readonly EventName[]).includes(what) || what === 'shipByHand' ? 5 : 3;
  return { by: 'warehouse', often, isEarly: true, act };
}

/** The commands as often as they are to be drawn, for a tree that is to be shipped, or was. */
export const drawn = (isShipped: boolean): string[] =>
  Object.entries(COMMANDS).flatMap(([what, { often, isEarly }]) =>
    isShipped && isEarly ? [] : Array<string>(often).fill(what),
  );
