package dev.coracle.watchhub;

import java.util.List;

/**
 * The keys of one read, in key order, all at the same revision.
 *
 * @param revision the store's revision the read was made at
 * @param more whether keys follow beyond the limit
 * @param count how many keys the range holds at that revision, from where the read began; -1 where
 *     a limit left some out and counting them would have meant walking past all
 */
public record Range(List<KeyValue> items, long revision, boolean more, long count) {}
