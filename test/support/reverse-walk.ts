import type { Stage } from './case-player.ts';
import { Dice, diceOf } from './dice.ts';
import { COMMANDS } from './reverse-commands.ts';
import { Player } from './reverse-player.ts';
import type { PaidTree } from './reverse-tree.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Somebody does something about one leaf; another may do something else between their look and their step. */
export interface ReverseEvent {
  what: string;
  leaf: number;
  seed: number;
  rival?: ReverseEvent | undefined;
}

/** A paid tree and all who act on it, one event after the other. */
export class ReverseWalk implements Stage {
  readonly rows: PaidTree;
  /** Whether goods come back at the merchant's fault alone. */
  readonly isMerchantsFault: boolean;
  /** How often each event had an effect. */
  readonly done = new Map<string, number>();
  readonly #players: Player[];
  #rival: ReverseEvent | undefined;
  #count = 0;

  constructor(rows: PaidTree, isMerchantsFault: boolean) {
    this.rows = rows;
    this.isMerchantsFault = isMerchantsFault;
    this.#players = rows.leaves.map((model) => new Player(this, model));
  }

  next(): number {
    return ++this.#count;
  }

  count(what: string): void {
    this.done.set(what, (this.done.get(what) ?? 0) + 1);
  }

  /** The clock never goes back. */
  moveTo(at: Date): void {
    if (at > this.rows.clock.at) this.rows.clock.at = at;
  }

  /** Time passes, and somebody does something. */
  happen({ what, leaf, seed, rival }: ReverseEvent): void {
    const player = this.#players[leaf % Math.max(this.#players.length, 1)];
    const command = COMMANDS[what];
    if (!player || !command) return;
    const dice = diceOf(seed);
    this.moveTo(new Date(this.rows.clock.at.getTime() + (dice.below(30) === 0 ? 4 * DAY_MS : HOUR_MS)));
    this.#rival = rival;
    if (command.act(player, dice)) this.count(what);
    this.#rival = undefined;
  }

  /** Whether somebody is to act between the look and the step of the event that happens. */
  get hasRival(): boolean {
    return this.#rival !== undefined;
  }

  /** Lets the rival act, if there is one; whether there was. */
  letRival(): boolean {
    const rival = this.#rival;
    if (!rival) return false;
    this.happen({ ...rival, rival: undefined });
    return true;
  }

  /** All leaves leave their warehouses. */
  shipAll(): void {
    for (const { walk } of this.#players) walk.finish(new Dice([0]));
  }

  /** Everything comes to its end; with `isAllBack`, everything comes back. */
  finish(seed: number, isAllBack: boolean): void {
    for (const player of this.#players) player.finish(diceOf(seed, 200), isAllBack);
  }
}
