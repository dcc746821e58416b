/** The value below which a share of the sample lies, by nearest rank: p99 is `percentile(sample, 0.99)`. */
export function percentile(sample: readonly number[], share: number): number {
  if (sample.length === 0) throw new Error('there is no percentile of nothing');
  const sorted = [...sample].sort((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] as number;
}

/** The middle of the sample; of an even one the mean of the middle two. */
export function median(sample: readonly number[]): number {
  if (sample.length === 0) throw new Error('there is no median of nothing');
  const sorted = [...sample].sort((a, b) => a - b);
  const upper = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[upper] as number;
  return ((sorted[upper - 1] as number) + (sorted[upper] as number)) / 2;
}
