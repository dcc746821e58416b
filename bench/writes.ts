import postgres from 'postgres';

/** A statement of the product as `pg_stat_statements` saw it. */
export interface Statement {
  /** The server's own number: the text of one statement may be kept with or without its constants. */
  queryId: string;
  calls: number;
  executionMs: number;
  /** 0 unless the server tracks planning. */
  planningMs: number;
  writes: boolean;
  query: string;
}

/** What one span of time did to the database. */
export interface DatabaseWork {
  /** Transaction ids taken: transactions that wrote. */
  writeTransactions: number;
  /** null where the server has no pg_stat_statements. */
  statements: Statement[] | null;
}

/** Looks at the database from its own connection; reads only, so that looking takes no transaction id. */
export class DatabaseWatch {
  readonly sql: postgres.Sql;
  #nextXid = 0n;
  #hasStatements = false;

  constructor(databaseUrl: string) {
    this.sql = postgres(databaseUrl, {
      max: 1,
      onnotice: () => {},
      connection: { application_name: 'dingdan-bench' },
    });
  }

  async begin(): Promise<void> {
    const [found] = await this.sql`SELECT 1 FROM pg_extension WHERE extname = 'pg_stat_statements'`;
    this.#hasStatements = found !== undefined;
    if (this.#hasStatements) await this.sql`SELECT pg_stat_statements_reset()`;
    this.#nextXid = await this.#readNextXid();
  }

  async end(): Promise<DatabaseWork> {
    const writeTransactions = Number((await this.#readNextXid()) - this.#nextXid);
    return { writeTransactions, statements: this.#hasStatements ? await this.#readStatements() : null };
  }

  /** State changes and other log rows of these orders. */
  async countTransitions(orderNos: readonly string[]): Promise<number> {
    const [row] = await this.sql<
      { count: number }[]
    >`SELECT count(*)::int AS count FROM order_log WHERE order_no = ANY(${[...orderNos]})`;
    return row?.count ?? 0;
  }

  /** Messages that providers sent about these orders. */
  async countCallbacks(orderNos: readonly string[]): Promise<number> {
    const [row] = await this.sql<{ count: number }[]>`
      SELECT count(*)::int AS count FROM inbox WHERE order_no = ANY(${[...orderNos]}) AND source NOT LIKE 'command %'`;
    return row?.count ?? 0;
  }

  close(): Promise<void> {
    return this.sql.end({ timeout: 5 });
  }

  async #readNextXid(): Promise<bigint> {
    const [row] = await this.sql<
      { xid: string }[]
    >`SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS xid`;
    return BigInt(row?.xid ?? 0);
  }

  async #readStatements(): Promise<Statement[]> {
    const rows = await this.sql<
      { queryid: string; calls: string; total_exec_time: number; total_plan_time: number; query: string }[]
    >`
      SELECT s.queryid::text, s.calls::text, s.total_exec_time, s.total_plan_time, s.query FROM pg_stat_statements s
      JOIN pg_database d ON d.oid = s.dbid AND d.datname = current_database() WHERE s.toplevel ORDER BY s.total_exec_time DESC`;
    return rows.map(({ queryid, calls, total_exec_time, total_plan_time, query }) => ({
      queryId: queryid,
      calls: Number(calls),
      executionMs: total_exec_time,
      planningMs: total_plan_time,
      writes: /\b(insert\s+into|update\s+(only\s+)?["\w.]+\s+(\w+\s+)?set|delete\s+from)\b/i.test(query),
      query: query.replace(/\s+/g, ' ').trim(),
    }));
  }
}
