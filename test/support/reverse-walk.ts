import type { Stage } from './case-player.ts';
import { Dice, diceOf } from './dice.ts';
import type { FulfilmentModel } from './fulfilment-model.ts';
import { COMMANDS } from './reverse-commands.ts';
import { Player } from './reverse-player.ts';
import type { PaidTree } from './reverse-tree.ts';
import { same } from './same.ts';

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
  /** Points per whole yuan that the shops give (CK-12). */
  readonly earnRate: number;
  /** How often each event had an effect. */
  readonly done = new Map<string, number>();
  readonly #known = new Map<FulfilmentModel, Player>();
  #rival: (() => void) | undefined;
  #count = 0;

  constructor(rows: PaidTree, { isMerchantsFault, earnRate }: Pick<Stage, 'isMerchantsFault' | 'earnRate'>) {
    this.rows = rows;
    this.isMerchantsFault = isMerchantsFault;
    this.earnRate = earnRate;
  }

  /** One for each leaf, also for those that were made since (RT-8). */
  get #players(): Player[] {
    return this.rows.leaves.map((model) => {
      const player = this.#known.get(model) ?? new Player(this, model);
      this.#known.set(model, player);
      return player;
    });
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
    const players = this.#players;
    const player = players[leaf % Math.max(players.length, 1)];
    const command = COMMANDS[what];
    if (!player || !command) return;
    const dice = diceOf(seed);
    this.moveTo(new Date(this.rows.clock.at.getTime() + (dice.below(30) === 0 ? 4 * DAY_MS : HOUR_MS)));
    this.#rival = rival && (() => this.happen({ ...rival, rival: undefined }));
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
    this.#rival = undefined;
    rival?.();
    return rival !== undefined;
  }

  /** All leaves leave their warehouses; with `isTooLate`, their buyer cancelled just then. */
  shipAll(isTooLate: boolean): void {
    for (const { walk } of this.#players) {
      if (isTooLate && walk.cancelTooLate()) this.count('cancelTooLate');
      walk.finish(new Dice([0]));
    }
  }

  /** Everything comes to its end; with `isAllBack`, everything comes back, the last leaf just before the first. */
  finish(seed: number, isAllBack: boolean): void {
    const dice = diceOf(seed, 200);
    this.#settle(dice);
    if (isAllBack) this.#giveAllBack(this.#players, dice);
    else for (const player of this.#players) player.keep();
    for (const player of this.#players) player.checkOver();
  }

  /** Nothing is open about any leaf, nor about what was made meanwhile. */
  #settle(dice: Dice): void {
    const settled = new Set<Player>();
    for (;;) {
      const player = this.#players.find((one) => !settled.has(one));
      if (player) {
        settled.add(player);
        player.settle(dice);
      } else if (this.rows.waiting.length === 0) return;
      else {
        const [one] = this.#players;
        same(dice.below(2) === 0 ? one?.payDifference(dice) : one?.leaveUnpaid(dice), true);
      }
    }
  }

  #giveAllBack([player, ...others]: readonly Player[], dice: Dice): void {
    if (!player) return;
    let isRaced = false;
    player.giveAllBack(dice, () => {
      isRaced = true;
      this.#rival = () => this.#giveAllBack(others, dice);
    });
    // Of a leaf that has ended already there is no last step to race.
    if (!isRaced) this.#giveAllBack(others, dice);
  }
}
