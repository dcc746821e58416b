import type { AuditReport } from './audit.ts';

const INVARIANTS = [
  ['I1', 'Stock is conserved, and the warehouses’ books are ours'],
  ['I2', 'The money at the providers is the money in the books'],
  ['I3', 'Every charge, refund and waybill took effect once'],
  ['I5', 'What was acknowledged comes to an end'],
] as const;

const SHOWN = 50;

/** The report for people: what was looked at, then each invariant with what breaks it. */
export function reportOf({ checked, findings }: AuditReport): string {
  const counts = Object.entries(checked).map(([name, count]) => `${count} ${wordsOf(name)}`);
  const sections = INVARIANTS.flatMap(([invariant, title]) => {
    const broken = findings.filter((finding) => finding.invariant === invariant);
    const verdict = broken.length === 0 ? 'holds' : `${broken.length} findings`;
    const shown = broken.slice(0, SHOWN).map(({ subject, problem }) => `    ${subject}: ${problem}`);
    const rest = broken.length > SHOWN ? [`    … and ${broken.length - SHOWN} more`] : [];
    return [`${invariant}  ${title}: ${verdict}`, ...shown, ...rest];
  });
  return `Looked at ${counts.join(', ')}.\n${sections.join('\n')}\n`;
}

/** `stock levels` for `stockLevels`. */
function wordsOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
