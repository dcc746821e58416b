import { fixed } from './table.ts';
import type { Statement } from './writes.ts';

/** The same statement of several runs as one, the dearest first. */
export function mergeStatements(statements: readonly Statement[]): Statement[] {
  const merged = new Map<string, Statement>();
  for (const statement of statements) {
    const known = merged.get(statement.queryId);
    merged.set(
      statement.queryId,
      known
        ? {
            ...known,
            calls: known.calls + statement.calls,
            executionMs: known.executionMs + statement.executionMs,
            planningMs: known.planningMs + statement.planningMs,
          }
        : statement,
    );
  }
  return [...merged.values()].sort((a, b) => b.executionMs + b.planningMs - (a.executionMs + a.planningMs));
}

const SHOWN = 12;
export const statementHead = ['calls/order', 'ms/order', 'writes', 'statement'];

/** The statements that took most of the database's time, per order. */
export function statementRows(statements: readonly Statement[], orders: number): string[][] {
  return statements
    .slice(0, SHOWN)
    .map(({ calls, executionMs, planningMs, writes, query }) => [
      fixed(calls / orders),
      fixed((executionMs + planningMs) / orders, 2),
      writes ? 'yes' : '',
      query.length > 70 ? `${query.slice(0, 69)}…` : query,
    ]);
}
