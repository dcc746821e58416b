/**
 * Order numbers (SB-3, decision 17): the second in Beijing time, 40 random bits, and a check character; a child adds
 * one character for its place among its siblings and a check character of its own. Sortable by time, not guessable,
 * at most 32 characters. The check is ISO 7064 MOD 37-2's sum: any one wrong character and any swap of neighbours
 * is detected, since 37 is prime and larger than the alphabet.
 */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'; // Crockford's base 32: no I, L, O, U
const RANDOM_CHARACTERS = 8; // × 5 bits = 40
const BEIJING_MS = 8 * 3_600_000;

/** A root's number. `random` gives one byte per call of which five bits are used. Pure: clock and randomness come in. */
export function newOrderNo(at: Date, random: () => number): string {
  const time = new Date(at.getTime() + BEIJING_MS).toISOString().replace(/\D/g, '').slice(2, 14);
  for (;;) {
    let body = time;
    for (let i = 0; i < RANDOM_CHARACTERS; i++) body += ALPHABET[random() & 31];
    const check = checkCharacter(body);
    // Three of 37 sums have no character in the alphabet: draw again.
    if (check !== undefined) return body + check;
  }
}

/** The number of a node's `index`-th child (from 1), or undefined where that index has no check character. */
function childCandidate(parentNo: string, index: number): string | undefined {
  const place = ALPHABET[index];
  if (place === undefined) throw new RangeError(`a node has at most ${ALPHABET.length - 1} children`);
  const check = checkCharacter(parentNo + place);
  return check === undefined ? undefined : parentNo + place + check;
}

/** The numbers of `count` children, in order. Places without a check character are passed over. */
export function childOrderNos(parentNo: string, count: number): string[] {
  const numbers: string[] = [];
  for (let index = 1; numbers.length < count; index++) {
    const candidate = childCandidate(parentNo, index);
    if (candidate !== undefined) numbers.push(candidate);
  }
  return numbers;
}

/** Whether a text is a well-formed order number with the right check character. */
export function isOrderNo(text: string): boolean {
  return (
    /^\d{12}[0-9A-HJKMNP-TV-Z]{9,20}$/.test(text) &&
    (text.length - 21) % 2 === 0 &&
    checkCharacter(text.slice(0, -1)) === text.at(-1)
  );
}

function checkCharacter(body: string): string | undefined {
  let sum = 0;
  for (const character of body) sum = ((sum + ALPHABET.indexOf(character)) * 2) % 37;
  return ALPHABET[(38 - sum) % 37];
}
