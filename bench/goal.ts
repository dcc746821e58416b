/** One line of the result: what was wanted, what was found. */
export interface Goal {
  id: string;
  goal: string;
  measured: string;
  reached: boolean;
}
