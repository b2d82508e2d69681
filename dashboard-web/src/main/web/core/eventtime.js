// An Event carries its times in old and new fields; these read both.

export const lastSeen = (e) => e.series?.lastObservedTime ?? e.lastTimestamp ?? e.eventTime
  ?? e.firstTimestamp ?? e.metadata.creationTimestamp;

export const count = (e) => e.series?.count ?? e.count ?? 1;
