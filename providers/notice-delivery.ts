/** A notification as it came over HTTP: nothing is parsed before it is verified. */
export interface NoticeDelivery {
  rawBody: string;
  /** A header by its lower-case name. */
  header(name: string): string | undefined;
  receivedAt: Date;
}
